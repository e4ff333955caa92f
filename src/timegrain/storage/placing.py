"""The file of a SQLite database: a new one made beside its place, and put there in one step."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from timegrain.errors import Refused
from timegrain.storage.engine import parsed
from timegrain.whole_files import SIDES, move, unfinished

IN_USE = "the database is in use: end the server and every command that has it open first"

MAGIC = b"SQLite format 3\x00"
"""What a file of SQLite begins with."""

PROGRESS_STEPS = 1_000_000
"""Of SQLite's machine, between two reports."""


def file_of(url: str) -> Path | None:
    """The file that a database of this URL is in; None on PostgreSQL."""
    meant = parsed(url)
    return Path(meant.database or "").resolve() if meant.get_backend_name() == "sqlite" else None


@contextmanager
def beside(place: Path) -> Iterator[Path]:
    """A place for a new database, in the same folder."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with unfinished(place, f".{place.name}-unfinished-") as made:
        yield made


@contextmanager
def alone(place: Path) -> Iterator[Connection | None]:
    """The database that is there, which nobody else can open meanwhile; None where none or no sound one is.

    Raises `Refused` where another has it open.
    """
    # SQLite would remove the write-ahead log of what it takes for no database, and with it what may be rescued.
    if not place.exists() or not _is_database(place):
        yield None
        return
    raw = sqlite3.connect(place, timeout=0.5, isolation_level=None, check_same_thread=False)
    try:
        engine = create_engine("sqlite+pysqlite://", creator=lambda: raw, poolclass=StaticPool)
        try:
            raw.execute("PRAGMA locking_mode=EXCLUSIVE").close()
            raw.execute("BEGIN EXCLUSIVE").close()
            raw.execute("COMMIT").close()
            # Its write-ahead log goes into the file, which then is all there is of it.
            raw.execute("PRAGMA journal_mode=DELETE").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise Refused(IN_USE) from error
            yield None
        except sqlite3.DatabaseError:
            yield None
        else:
            with engine.connect() as connection:
                yield connection
    finally:
        raw.close()


def _is_database(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(MAGIC)) == MAGIC


def put_in_place(made: Path, place: Path, aside: Path | None, replace: bool) -> None:
    """Move what is there aside, if anything is to be kept, and the new one into its place.

    Nobody may have it open: see `alone`. Killed in between, it leaves the old one or the new one there.
    """
    if replace:
        kept = place.stat()
        made.chmod(stat.S_IMODE(kept.st_mode))
        with suppress(PermissionError):
            os.chown(made, kept.st_uid, kept.st_gid)
    if aside is not None:
        os.link(place, aside)
    for suffix in SIDES:
        # Left by what was damaged: read with the new one it would damage that.
        with suppress(FileNotFoundError):
            side = Path(f"{place}{suffix}")
            side.rename(f"{aside}{suffix}") if aside is not None else side.unlink()
    move(made, place, replace)


def integrity(file: Path) -> tuple[str, int, int]:
    """Of a backup, as a file of SQLite, the revision of its schema, and how many facts and people are in it.

    Raises `Refused` where it is cut or damaged, or of something else.
    """
    connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise Refused(f"the backup is damaged: {' '.join(str(found).split())}")
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        facts, people = (
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in ("facts", "users")
        )
        return revision, facts, people
    except (sqlite3.DatabaseError, TypeError) as error:
        raise Refused("the backup is damaged, or of no database of timegrain") from error
    finally:
        connection.close()


def snapshot(place: Path, target: Path, progress: Callable[[int, int], None]) -> None:
    """Write one state of a database to an empty file, without free pages and what was deleted, beside writers.

    Raises `Refused` where it cannot be written.
    """
    connection = sqlite3.connect(f"{place.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)
    try:
        pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        connection.set_progress_handler(
            lambda: progress(min(target.stat().st_size, pages * size), pages * size), PROGRESS_STEPS
        )
        connection.execute("VACUUM INTO ?", (str(target),)).close()
    except sqlite3.OperationalError as error:
        raise Refused(f"the backup could not be written: {error}") from error
    finally:
        connection.close()
