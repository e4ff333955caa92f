"""A backup put into the place of a database, without what was erased or withdrawn since it was made.

The new database is made beside the old one and checked; then the two change places in one step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from timegrain import clock
from timegrain.backing_up import unpack
from timegrain.checking import SAMPLE, Checked, check
from timegrain.errors import Refused
from timegrain.recounting import Progress, silent
from timegrain.storage import people, pg_tools, placing, rows, withdrawn
from timegrain.storage.audit import Actor
from timegrain.storage.engine import Database, parsed
from timegrain.storage.migrations import migrate
from timegrain.storage.withdrawn import Withdrawn
from timegrain.withdrawing import withdraw_again

SQLITE, POSTGRESQL = placing.MAGIC, b"PGDMP"

UNKNOWN = (
    "nothing tells what was erased, and whose keys were revoked, since this backup: give --erasures FILE, as "
    "`timegrain backup --erasures FILE` wrote it last, or --without-erasures, and then erase and revoke again by hand"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """`replace` what is there; `erasures` is a file of `write_withdrawn`; `sample` None checks everybody."""

    by: Actor
    replace: bool = False
    erasures: Path | None = None
    without_erasures: bool = False
    sample: int | None = SAMPLE
    pg_bin: Path | None = None
    progress: Progress = silent


@dataclass(frozen=True, slots=True)
class Restored:
    """`aside` is where the old database is now; `known_at` until when it is known what was withdrawn."""

    facts: int
    people: int
    again: Counter[str]
    known_at: int | None
    aside: str | None
    checked: Checked


def restore(url: str, file: Path, wanted: Wanted) -> Restored:
    """Raises `Refused`, and leaves everything as it was, where the backup is damaged or newer than this program,
    where the database is in use, or where what was restored is not sound."""
    told = _told(wanted)
    with TemporaryDirectory(prefix="timegrain-") as folder:
        place = placing.file_of(url)
        if place is not None:
            return _into_file(place, file, wanted, told)
        unpacked = Path(folder) / "dump"
        unpack(file, unpacked)
        _require(unpacked, POSTGRESQL)
        return _into_server(url, unpacked, wanted, told)


def _told(wanted: Wanted) -> list[Withdrawn]:
    if wanted.erasures is None:
        return []
    try:
        return [withdrawn.from_file(wanted.erasures.read_bytes())]
    except msgspec.MsgspecError as error:
        raise Refused(f"{wanted.erasures} is not what `timegrain backup --erasures` writes") from error


def _require(file: Path, kind: bytes) -> None:
    with file.open("rb") as opened:
        head = opened.read(len(SQLITE))
    if head.startswith(kind):
        return
    if head.startswith((SQLITE, POSTGRESQL)):
        raise Refused("the backup is of the other kind of database: restore it into that, and then `timegrain copy` it")
    raise Refused("the file is damaged, or no backup of timegrain")


def _into_file(place: Path, file: Path, wanted: Wanted, told: list[Withdrawn]) -> Restored:
    with placing.beside(place) as made, placing.alone(place) as old:
        something = place.exists()
        filled = something and place.stat().st_size > 0 and (old is None or not _is_empty(old))
        known = [*told, *_known(old, filled, wanted, told)]
        unpack(file, made)
        _require(made, SQLITE)
        placing.integrity(made)
        aside = _name_aside(place) if filled else None
        done = _settle(f"sqlite:///{made}", wanted, known, str(aside) if aside else None)
        placing.put_in_place(made, place, aside, something)
    return done


def _into_server(url: str, dump: Path, wanted: Wanted, told: list[Withdrawn]) -> Restored:
    target = parsed(url)
    something, filled, known = pg_tools.exists(target), False, told
    if something:
        _require_unused(lambda: pg_tools.sessions(target))
        old = Database(url)
        try:
            with old.read() as connection:
                filled = not _is_empty(connection)
                known = [*told, *_known(connection, filled, wanted, told)]
        finally:
            old.close()
    else:
        _known(None, False, wanted, told)
    with pg_tools.maintaining(target) as connection:
        program = pg_tools.tool("pg_restore", wanted.pg_bin, pg_tools.server_version(connection))
    pg_tools.require_whole(program, dump)
    aside = pg_tools.name_beside(target, f"_replaced_{_now()}") if something else None
    with pg_tools.unfinished(target) as made:
        pg_tools.load(program, made, dump)
        done = _settle(made.render_as_string(hide_password=False), wanted, known, aside if filled else None)
        if something:
            _require_unused(lambda: pg_tools.sessions(target))
        pg_tools.exchange(target, made, aside)
    if aside is not None and not filled:
        pg_tools.drop(target, aside)
    return done


def _require_unused(sessions: Callable[[], int]) -> None:
    if sessions():
        raise Refused(placing.IN_USE)


def _now() -> str:
    return datetime.fromtimestamp(clock.now(), UTC).strftime("%Y%m%dT%H%M%SZ").lower()


def _is_empty(connection: Connection) -> bool:
    try:
        return rows.is_empty(connection) and not rows.is_of_others(connection)
    except DBAPIError:
        return False  # damaged


def _known(old: Connection | None, filled: bool, wanted: Wanted, told: list[Withdrawn]) -> list[Withdrawn]:
    """What the old database tells. Raises `Refused` where nothing tells anything, unless that is wanted."""
    if filled and not wanted.replace:
        raise Refused("there is a database already: --replace keeps it aside and takes its place")
    if filled and old is not None:
        with suppress(DBAPIError):
            return [withdrawn.read(old, clock.now())]
    if not told and not wanted.without_erasures:
        raise Refused(UNKNOWN)
    return []


def _require_told(database: Database, known: list[Withdrawn], wanted: Wanted) -> None:
    """Raises `Refused` where all that is known is of others than those in the backup."""
    told = {one.organisation for each in known for one in each.organisations}
    with database.read() as connection:
        restored = {one.uuid for one in people.all_organisations(connection)}
    if restored - told and not wanted.without_erasures:
        raise Refused(UNKNOWN)


def _name_aside(place: Path) -> Path:
    """One that nothing has: a restore of the same second may have been killed, and left what it kept."""
    name = f"{place.name}.replaced-{_now()}"
    names = (name, *(f"{name}-{number}" for number in range(2, 100)))
    return next(free for free in map(place.with_name, names) if not free.exists())


def _settle(url: str, wanted: Wanted, known: list[Withdrawn], aside: str | None) -> Restored:
    """What was restored in the form of this program, without what was withdrawn; checked."""
    database = Database(url)
    try:
        migrate(database)
        _require_told(database, known, wanted)
        again = withdraw_again(database, known, wanted.by)
        database.scrub()
        with database.read() as connection:
            organisations = people.all_organisations(connection)
            counted = [rows.count(connection, table) for table in rows.COUNTED]
        checked = check(database, organisations, wanted.sample, progress=wanted.progress)
    finally:
        database.close()
    if not checked.sound:
        what = checked.damage[0] if checked.damage else ", ".join(sorted({one.what for one in checked.wrong}))
        raise Refused(f"what was restored is not sound ({what}): nothing was changed")
    known_at = max((one.at for one in known), default=None)
    return Restored(counted[0], counted[1], again, known_at, aside, checked)
