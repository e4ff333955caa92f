"""SQLite: WAL with `synchronous=FULL` (an acknowledged batch holds through a power cut), `secure_delete=ON`
(erased text is overwritten), one writing connection a process; other processes are waited for.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import cast
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from timegrain.errors import Unavailable
from timegrain.storage import sqlite_faults
from timegrain.storage.sqlite_faults import Fault

log = logging.getLogger("timegrain.database")

BUSY_S = 20
"""How long a writer waits for another, in this process or in another such as an import from the command line."""

CACHE_KIB = 8 * 1024
"""Of each connection; what is not in it the system has in its own."""

ALL_CACHES_BYTES = 80 * 1024 * 1024
"""Of all connections of a process: beyond it they use pages again instead of taking more memory."""

CHECKPOINT_EACH_S = 1.0
"""While somebody writes, what was written is brought from the write-ahead log to the file so often, beside them."""

CHECKPOINT_PAGES = 32_768
"""Of so much that waits for it, some 128 MB, whoever writes next does it: it lets all others wait."""

WAL_KEPT_BYTES = 32 * 1024 * 1024
"""The write-ahead log is cut back to this; above it a write empties it, unless somebody reads in it."""

_TRIED_EACH_S = 0.1
"""It is emptied, once all in it has been brought to the file, as soon as a write finds no reader."""

WAL_WARNED_BYTES = 1024 * 1024 * 1024
_BROUGHT_AT_ONCE = 4
"""So often what was written meanwhile is brought too: only where nothing is left does SQLite sync the file, and else a
write that empties the log would have to."""

_PATIENCE_S = 5.0
"""Where no write found that, one waits for readers, and lets all others wait."""
_READER_WAITED_FOR_MS = 100

_PAUSE_S = 0.05

_LOOKED_AT = 1_000_000
"""Steps of SQLite's machine between two looks at the time: some 30 ms."""
_BETWEEN_LOOKS_S = 0.25
"""No more than this of them is SQLite's own, on a slow computer."""


class DatabaseFile:
    """The file of a database, which must stay the one that it was when it was first opened.

    What is written to a file that was removed or replaced is lost with it, though SQLite would go on without a word.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.wal = path.with_name(f"{path.name}-wal")
        self._identity: tuple[int, int] | None = None
        self._checkpointed = self._short_at = time.monotonic()
        self._brought_at = 0.0
        self._checkpointing = threading.Lock()

    def open(self) -> sqlite3.Connection:
        """A connection. The file is made only the first time: later it would be an empty one in another's place."""
        mode = "rwc" if self._identity is None else "rw"
        # The driver would begin transactions by itself, and too late: so no isolation level.
        connection = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode={mode}",
            uri=True,
            timeout=BUSY_S,
            isolation_level=None,
            check_same_thread=False,
        )
        if self._identity is None:
            self._identity = self._found()
        return connection

    def require_same(self) -> None:
        """Raises `Fault` where the file was removed or replaced."""
        if self._identity is not None and self._found() != self._identity:
            raise Fault(sqlite_faults.replaced(self.path))

    def require_written(self, engine: Engine) -> None:
        """After a commit: raises `Fault` where it went into a file that nobody will find again."""
        self.require_same()
        try:
            size = self.wal.stat().st_size
        except FileNotFoundError:
            raise Fault(f"{self.wal.name} was removed under the server: stop it, and start it again") from None
        now = time.monotonic()
        is_long = size > WAL_KEPT_BYTES
        if not is_long:
            self._short_at = now
        is_brought, has_waited = now - self._brought_at < _TRIED_EACH_S, now - self._short_at > _PATIENCE_S
        if is_long and (is_brought or has_waited) and self._checkpointing.acquire(blocking=False):
            try:
                self._brought_at = 0.0
                self._empty_wal(engine, size, _READER_WAITED_FOR_MS if has_waited else 0)
                if has_waited:
                    self._short_at = now
            finally:
                self._checkpointing.release()
        elif now - self._checkpointed > (_TRIED_EACH_S if is_long else CHECKPOINT_EACH_S) and (
            self._checkpointing.acquire(blocking=False)
        ):
            self._checkpointed = now
            threading.Thread(target=self._checkpoint, name="timegrain-checkpoint", daemon=True).start()

    def quiet(self) -> AbstractContextManager[object]:
        """While it is held nothing is brought to the file: only one may at a time, and SQLite lets nobody wait."""
        return self._checkpointing

    def _checkpoint(self) -> None:
        """In a thread of its own: it waits for nobody, and nobody for it."""
        try:
            # What stands in its way, such as a full disk, the next write will tell.
            with suppress(sqlite3.Error, Fault), closing(self.open()) as connection:
                connection.execute("PRAGMA synchronous=FULL")
                for _ in range(_BROUGHT_AT_ONCE):
                    _, frames, brought = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                    if frames == brought:
                        self._brought_at = time.monotonic()
                        break
        finally:
            self._checkpointing.release()

    def _found(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except OSError:
            raise Fault(sqlite_faults.gone(self.path)) from None
        return found.st_dev, found.st_ino

    def _empty_wal(self, engine: Engine, size: int, reader_waited_for_ms: int) -> None:
        """Readers that follow upon one another keep it from beginning anew."""
        with _raw(engine) as connection:
            connection.execute(f"PRAGMA busy_timeout={reader_waited_for_ms}")
            try:
                busy = connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0]
            except sqlite3.OperationalError:  # the disk is full: the next write will tell
                return
            finally:
                connection.execute(f"PRAGMA busy_timeout={BUSY_S * 1000}")
        if busy and size > WAL_WARNED_BYTES:
            told = "a transaction that reads for long keeps the write-ahead log from being emptied: end it"
            log.warning(json.dumps({"database": told, "bytes": size}))


def make_engine(url: URL, file: DatabaseFile, begin: str, pool_size: int, max_overflow: int) -> Engine:
    """`begin` is what begins its transactions: BEGIN of a reader, BEGIN IMMEDIATE of the writer."""
    engine = create_engine(url, poolclass=QueuePool, pool_size=pool_size, max_overflow=max_overflow, creator=file.open)
    reads_only = begin == "BEGIN"

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _: object) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "secure_delete=ON",
            "foreign_keys=ON",
            f"cache_size=-{CACHE_KIB}",
            f"soft_heap_limit={ALL_CACHES_BYTES}",
            f"journal_size_limit={WAL_KEPT_BYTES}",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            f"query_only={'ON' if reads_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "checkin")
    def _unlimited(connection: sqlite3.Connection | None, _: object) -> None:
        if connection is not None:
            connection.set_progress_handler(None, 0)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def limit(connection: Connection, seconds: float, gone: Callable[[], bool]) -> None:
    """Each statement is given up after `seconds`, as `TookTooLong`, until the connection goes back to its pool.

    So what makes progress, statement after statement, may take longer, and ends where whoever asked has `gone`.
    """
    driver = connection.connection.driver_connection
    if driver is None:
        return
    spent, looked = 0.0, time.monotonic()

    def begins(*_: object) -> None:
        nonlocal spent, looked
        spent, looked = 0.0, time.monotonic()

    def is_over() -> bool:
        nonlocal spent, looked
        now = time.monotonic()
        # Between two looks whoever reads the rows may have worked on them: that is no time of the statement.
        spent, looked = spent + min(now - looked, _BETWEEN_LOOKS_S), now
        return spent > seconds or gone()

    event.listen(connection, "before_cursor_execute", begins)
    driver.set_progress_handler(is_over, _LOOKED_AT)


def rewrite(engine: Engine) -> None:
    """Write the file anew, without what was deleted, and empty the write-ahead log.

    The copy goes through a temporary file of no name, never through memory.
    """
    with _raw(engine) as connection:
        connection.execute("VACUUM")
        enough = time.monotonic() + BUSY_S
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            # Readers are waited for; another process that is about the same is not.
            if time.monotonic() > enough:
                break
            time.sleep(_PAUSE_S)
        else:
            return
    raise Unavailable("a reader holds old pages of the database; the erasure holds, ask again to scrub them")


@contextmanager
def _raw(engine: Engine) -> Iterator[sqlite3.Connection]:
    """The driver's connection, outside of any transaction."""
    held = engine.raw_connection()
    try:
        yield cast(sqlite3.Connection, held.driver_connection)
    finally:
        held.close()
