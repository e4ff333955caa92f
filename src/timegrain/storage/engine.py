"""One database: how it is opened, read and written. What SQLite and PostgreSQL do each in their way is in
`sqlite.py` and `postgresql.py`, and in statements in `dialect.py`.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from timegrain.errors import Refused, TimegrainError, TookTooLong, Unavailable
from timegrain.storage import postgresql, sqlite, sqlite_faults
from timegrain.storage.sqlite_faults import Fault
from timegrain.storage.turns import Turns

Result = TypeVar("Result")

log = logging.getLogger("timegrain.database")
log.addHandler(logging.NullHandler())  # commands keep no log: they print the error itself

SIGN_INS = -1
"""In the place of a user: attempts to sign in, and sessions that begin, one after the other."""


class Database:
    """Reads beside one another, and writes: on SQLite one at a time, on PostgreSQL one a user."""

    def __init__(
        self,
        url: str,
        pool_size: int = postgresql.POOL_SIZE,
        turn: AbstractContextManager[object] | None = None,
    ) -> None:
        """`turn` is what SQLite's writers of this process wait for, instead of for one another alone."""
        self.url = parsed(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._writing = Turns() if turn is None else turn
        self._told: dict[str, str] = {}
        if self.is_sqlite:
            path = Path(self.url.database or "")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite.DatabaseFile(path)
            self._reader = sqlite.make_engine(self.url, self._file, "BEGIN", pool_size, max_overflow=40)
            self._writer = sqlite.make_engine(self.url, self._file, "BEGIN IMMEDIATE", pool_size=1, max_overflow=0)
        else:
            self._reader = postgresql.make_engine(self.url, pool_size, reads_only=True)
            self._writer = postgresql.make_engine(self.url, pool_size, reads_only=False)

    @property
    def engine(self) -> Engine:
        """The writing engine: for migrations, and for tests that count statements."""
        return self._writer

    @property
    def turn(self) -> AbstractContextManager[object]:
        """Held while something is written to SQLite; for a process that asks this one when it may."""
        return self._writing

    @property
    def reader(self) -> Engine:
        return self._reader

    @contextmanager
    def read(self, seconds: float | None = None, gone: Callable[[], bool] = bool) -> Iterator[Connection]:
        """A read-only transaction that sees one state of the database throughout.

        Raises `TookTooLong` for a statement that reads longer than `seconds` (SQLite; PostgreSQL has a setting of
        its own), and for the next one where whoever asked has `gone`.
        """
        with self._reachable("questions"):
            if self.is_sqlite:
                self._file.require_same()
            with self._reader.connect() as connection, connection.begin():
                if gone is not bool:
                    event.listen(connection, "before_cursor_execute", partial(_go_on, gone))
                if self.is_sqlite and seconds is not None:
                    sqlite.limit(connection, seconds, gone)
                yield connection

    @contextmanager
    def write(self, organisation: int, users: Sequence[int] = (), policy: bool = False) -> Iterator[Connection]:
        """A transaction that may write facts of `users`, or with `policy` anything of the organisation.

        No two write the same user's figures at once, and none writes while the policy changes.
        """
        with self._reachable("changes"):
            if self.is_sqlite:
                with self._writing:
                    self._file.require_same()
                    if self._told.get("changes"):
                        # Readers opened it meanwhile as it was, and what they know of it is shared.
                        self.close()
                    with self._writer.connect() as connection, connection.begin():
                        yield connection
                    self._file.require_written(self._writer)
            else:
                with self._writer.connect() as connection, connection.begin():
                    postgresql.lock(connection, organisation, users, policy)
                    yield connection

    @contextmanager
    def change_schema(self) -> Iterator[Connection]:
        """A transaction that may do anything."""
        with self._reachable("changes"), self._writer.connect() as connection, connection.begin():
            if not self.is_sqlite:
                postgresql.lock_schema(connection)
            yield connection

    def again(self, work: Callable[[], Result]) -> Result:
        """What `work` returns, which does one transaction, and comes to the same when it is done twice.

        Where PostgreSQL took the transaction back for the sake of another, or was lost before it answered, it is
        begun anew, some times. Then, and on SQLite at once, this raises what `work` raised.
        """
        enough = time.monotonic() + postgresql.AGAIN_S
        for pause in postgresql.pauses():
            try:
                return work()
            except Unavailable as error:
                if self.is_sqlite or not postgresql.may_pass(error.__cause__) or time.monotonic() >= enough:
                    raise
            time.sleep(pause)
        return work()

    def lock_users(self, connection: Connection, organisation: int, users: Sequence[int]) -> None:
        """In a transaction that may write: the figures of some users more, with higher ids than any before."""
        if not self.is_sqlite:
            postgresql.lock_users(connection, organisation, users)

    @property
    def place(self) -> str:
        """Which database it is, without who asks it and with what password."""
        if self.is_sqlite:
            return str(self.url.database)
        host = self.url.host or self.url.query.get("host") or "this computer"
        return f"{self.url.database} at {host}{f':{self.url.port}' if self.url.port else ''}"

    def ping(self) -> None:
        """Raises `Unavailable` where the database does not answer."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def scrub(self) -> None:
        """After an erasure: leave no byte of it in unused parts of pages or in the write-ahead log.

        Waits for readers. SQLite's `secure_delete` overwrites what is deleted, but not the copies that
        stay behind when a full page is split: so the file is written anew.
        """
        with self._reachable("changes"):
            if self.is_sqlite:
                with self._writing, self._file.quiet():
                    sqlite.rewrite(self._writer)
            else:
                postgresql.vacuum(self._writer)

    @contextmanager
    def _reachable(self, what: str) -> Iterator[None]:
        """What the driver says of a database that cannot be reached, in our words; logged as it begins and ends."""
        try:
            yield
        except DBAPIError as error:
            known = self._as_known(error)
            if known is None:
                raise
            self._note(what, known)
            raise known from error
        except PoolTimeoutError as error:
            raise Unavailable("every connection to the database is in use; send again") from error
        except TimegrainError as error:
            self._note(what, error)
            raise
        self._log(what, "")

    def _as_known(self, error: DBAPIError) -> TimegrainError | None:
        if self.is_sqlite:
            return sqlite_faults.as_known(error.orig, self._file.path)
        known = postgresql.as_known(error)
        if known is None and isinstance(error, OperationalError):
            return Unavailable("the database cannot be reached")
        return known

    def _note(self, what: str, error: TimegrainError) -> None:
        if isinstance(error, Fault) and not error.noted:
            error.noted = True
            self._log(what, error.message)
            if error.lasting:
                # Both: what SQLite knows of a file it shares between the connections of a process.
                self.close()

    def _log(self, what: str, fault: str) -> None:
        """One line when a fault begins, becomes another or is over."""
        before = self._told.get(what, "")
        if fault != before:
            self._told[what] = fault
            if fault:
                log.error(json.dumps({"database": fault, "failed": what}))
            else:
                log.warning(json.dumps({"database": "well again", "after": before, "answered": what}))

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()
        if self.is_sqlite:
            with self._file.quiet():
                pass


def _go_on(gone: Callable[[], bool], *_: object) -> None:
    if gone():
        raise TookTooLong("whoever asked has gone")


def parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise Refused("the database must be sqlite:///PATH or postgresql://...") from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite+pysqlite")
    raise Refused("the database must be sqlite:///PATH or postgresql://...")
