"""A backup of the whole database in one file, taken while a server writes, and read again before it counts."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import zlib
from pathlib import Path
from typing import NamedTuple

from timegrain import clock
from timegrain.errors import Refused
from timegrain.recounting import Progress, silent
from timegrain.storage import pg_tools, placing, rows, withdrawn
from timegrain.storage.engine import Database
from timegrain.storage.migrations import revision_of
from timegrain.whole_files import SIDES, move, unfinished

PACKED = ".gz"
DIGEST = ".sha256"
"""What is added to a backup's name for its digest, as `sha256sum --check` reads it."""

_CHUNK = 1 << 20
_LEVEL = 1
"""Of gzip: 6 packs a tenth better in twice the time."""


class Made(NamedTuple):
    """`size` is the file's, in bytes."""

    size: int
    facts: int
    people: int
    revision: str
    sha256: str


def back_up(
    database: Database, file: Path, replace: bool = False, pg_bin: Path | None = None, progress: Progress = silent
) -> Made:
    """Write a backup, packed where `file` ends in .gz, and its digest beside it. Only who runs this can read them.

    What is acknowledged before it begins is in it. Raises `Refused` where the file is there and `replace` is not
    given, where it cannot be made, or where `file` is the database's own; then nothing has changed.
    """
    place = file.resolve()
    _require_other(database, place)
    if place.exists() and not replace:
        raise Refused(f"{file} is there already: --force takes its place")
    with unfinished(place) as made:
        if database.is_sqlite:
            counted = _of_sqlite(database, made, progress)
            if file.suffix == PACKED:
                _pack(made)
        else:
            counted = _of_postgresql(database, made, pg_bin)
        digest = digest_of(made)
        with unfinished(place) as beside:
            beside.write_text(f"{digest}  {place.name}\n")
            told = place.with_name(place.name + DIGEST)
            # A backup with the digest of another would be refused; one without is taken.
            told.unlink(missing_ok=True)
            move(made, place, replace)
            move(beside, told)
    return Made(place.stat().st_size, counted[1], counted[2], counted[0], digest)


def _require_other(database: Database, place: Path) -> None:
    """Raises `Refused` where writing there would take the place of the database itself."""
    if database.is_sqlite:
        own = Path(database.url.database or "").resolve()
        if place in {Path(f"{own}{suffix}") for suffix in ("", *SIDES)} or (place.exists() and place.samefile(own)):
            raise Refused(f"{place.name} is the database itself: name another file")


def _of_sqlite(database: Database, made: Path, progress: Progress) -> tuple[str, int, int]:
    with database.read() as connection:
        revision_of(connection)
    placing.snapshot(Path(database.url.database or ""), made, progress)
    return placing.integrity(made)


def _of_postgresql(database: Database, made: Path, pg_bin: Path | None) -> tuple[str, int, int]:
    with database.read() as connection:
        rows.take_time(connection)
        server = pg_tools.server_version(connection)
        dump, restore = (pg_tools.tool(name, pg_bin, server) for name in ("pg_dump", "pg_restore"))
        revision = revision_of(connection)
        facts, people = (rows.count(connection, table) for table in rows.COUNTED)
        pg_tools.dump(dump, database.url, made, pg_tools.export_snapshot(connection))
    pg_tools.require_whole(restore, made)
    return revision, facts, people


def _pack(made: Path) -> None:
    """In its place, and compared with what was packed."""
    before = hashlib.sha256()
    with unfinished(made) as packed:
        with made.open("rb") as source, gzip.GzipFile("", "wb", _LEVEL, packed.open("wb")) as target:
            while chunk := source.read(_CHUNK):
                before.update(chunk)
                target.write(chunk)
        after = hashlib.sha256()
        with gzip.open(packed) as source:
            while chunk := source.read(_CHUNK):
                after.update(chunk)
        if before.digest() != after.digest():
            raise Refused("the packed backup does not read as it was written")
        packed.replace(made)


def digest_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def unpack(file: Path, target: Path) -> None:
    """Write what is in a backup to another file. Raises `Refused` where it is cut or damaged."""
    beside = file.with_name(file.name + DIGEST)
    if beside.exists() and beside.read_text().split(" ")[0] != digest_of(file):
        raise Refused(f"{file} is damaged: it is not what {beside.name} tells of it")
    with file.open("rb") as opened:
        is_packed = opened.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(file) if is_packed else file.open("rb") as source, target.open("wb") as written:
            shutil.copyfileobj(source, written, _CHUNK)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Refused(f"{file} is damaged, or was cut short") from error


def write_withdrawn(database: Database, file: Path) -> int:
    """Write what a restored backup is not to bring back, in the place of what the file held; returns its size.

    Raises `Refused` where `file` is the database's own.
    """
    _require_other(database, file.resolve())
    with database.read() as connection:
        content = withdrawn.written(withdrawn.read(connection, clock.now()))
    with unfinished(file.resolve()) as made:
        made.write_bytes(content)
        move(made, file.resolve())
    return len(content)
