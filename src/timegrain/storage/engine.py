"""One database: how it is opened, read and written. SQLite and PostgreSQL differ here and in `dialect.py`.

SQLite: WAL with `synchronous=FULL` (an acknowledged batch holds through a power cut), `secure_delete=ON`
(erased text is overwritten), one writing connection a process; other processes are waited for.
PostgreSQL: a pool; a batch locks its user, a policy change the whole organisation.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from timegrain.errors import Refused, Unavailable

BUSY_MS = 30_000
"""How long a writer waits for another process, such as a policy change from the command line."""

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

POLICY = 0
"""The lock of an organisation's policy; users, whose ids begin at 1, have their own."""

SIGN_INS = -1
"""In the place of a user: attempts to sign in, and sessions that begin, one after the other."""


class Database:
    """Reads beside one another, and writes: on SQLite one at a time, on PostgreSQL one a user."""

    def __init__(self, url: str, pool_size: int = 10) -> None:
        self.url = _parsed(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._writing = threading.Lock()
        if self.is_sqlite:
            path = Path(self.url.database or "")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._reader = _sqlite_engine(self.url, "BEGIN", QueuePool, pool_size=pool_size, max_overflow=40)
            self._writer = _sqlite_engine(self.url, "BEGIN IMMEDIATE", QueuePool, pool_size=1, max_overflow=0)
        else:
            self._writer = create_engine(
                self.url, pool_size=pool_size, max_overflow=40, pool_pre_ping=True, future=True
            )
            event.listen(self._writer, "connect", _postgres_durable)
            self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @property
    def engine(self) -> Engine:
        """The writing engine: for migrations, and for tests that count statements."""
        return self._writer

    @property
    def reader(self) -> Engine:
        return self._reader

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only transaction that sees one state of the database throughout."""
        with _reachable(), self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, organisation: int, users: Sequence[int] = (), policy: bool = False) -> Iterator[Connection]:
        """A transaction that may write facts of `users`, or with `policy` anything of the organisation.

        No two write the same user's figures at once, and none writes while the policy changes.
        """
        with _reachable():
            if self.is_sqlite:
                with self._writing, self._writer.connect() as connection, connection.begin():
                    yield connection
            else:
                with self._writer.connect() as connection, connection.begin():
                    _lock(connection, organisation, users, policy)
                    yield connection

    def lock_user(self, connection: Connection, organisation: int, user: int) -> None:
        """In a transaction that may write: the figures of one user more. Users in the order of their ids."""
        if not self.is_sqlite:
            _lock_user(connection, organisation, user)

    def ping(self) -> None:
        """Raises `Unavailable` where the database does not answer."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def scrub(self) -> None:
        """After an erasure: leave no byte of it in unused parts of pages or in the write-ahead log.

        Waits for readers. SQLite's `secure_delete` overwrites what is deleted, but not the copies that
        stay behind when a full page is split: so the file is written anew.
        """
        with _reachable():
            if self.is_sqlite:
                with self._writing:
                    _rewrite(self._writer)
            else:
                with self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.execute(text("VACUUM facts, names, texts, users, devices, keys, buckets, audit"))

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise Refused("the database must be sqlite:///PATH or postgresql://...") from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite+pysqlite")
    raise Refused("the database must be sqlite:///PATH or postgresql://...")


def _sqlite_engine(url: URL, begin: str, pool: type[QueuePool | NullPool], **options: Any) -> Engine:
    engine = create_engine(
        url, poolclass=pool, connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000}, **options
    )
    reads_only = begin == "BEGIN"

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _: object) -> None:
        # The driver would begin transactions by itself, and too late.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "secure_delete=ON",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-65536",
            f"busy_timeout={BUSY_MS}",
            f"query_only={'ON' if reads_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres_durable(connection: Any, _: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
    connection.commit()


def _lock(connection: Connection, organisation: int, users: Sequence[int], policy: bool) -> None:
    """Advisory locks queue fairly: no batch starves a policy change. Sorted, so that none deadlock."""
    shared = "" if policy else "_shared"
    connection.execute(
        text(f"SELECT pg_advisory_xact_lock{shared}(:organisation, :lock)"),
        {"organisation": organisation, "lock": POLICY},
    )
    for user in sorted(set(users)) if not policy else ():
        _lock_user(connection, organisation, user)


def _lock_user(connection: Connection, organisation: int, user: int) -> None:
    connection.execute(
        text("SELECT pg_advisory_xact_lock(:organisation, :lock)"),
        {"organisation": organisation, "lock": user},
    )


def _rewrite(engine: Engine) -> None:
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        cursor.close()
    finally:
        connection.close()
    if busy:
        raise Unavailable("a reader holds old pages of the database; the erasure holds, ask again to scrub them")


@contextmanager
def _reachable() -> Iterator[None]:
    """What the driver says of a database that cannot be reached, in our words."""
    try:
        yield
    except OperationalError as error:
        raise Unavailable("the database cannot be reached") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("the database cannot be reached") from error
        if getattr(error.orig, "sqlite_errorcode", None) in _DAMAGED:
            raise Unavailable("the database file is damaged, or none of a database") from error
        raise
