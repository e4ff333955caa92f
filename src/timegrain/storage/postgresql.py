"""PostgreSQL: pools of connections with limits on how long anything takes; a batch locks its user, a policy change
the whole organisation.
"""

from __future__ import annotations

import random
import select
import time
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from timegrain.errors import TimegrainError, TookTooLong, Unavailable

POLICY = 0
"""The lock of an organisation's policy; users, whose ids begin at 1, have their own."""

SCHEMA = 7_461_676
"""The lock of the tables themselves."""

POOL_SIZE = 10
"""Connections that a process keeps for reading, and as many for writing: who holds one of the first may wait for one
of the second, and never the other way round."""

POOL_WAIT_S = 5.0
"""How long a call waits for one of them."""

READ_S, WRITE_S = 30, 60
"""The longest statement."""

LOCK_S = 10
"""The longest wait for a lock, such as that of a user whose batches are being counted."""

IDLE_S = 60
"""How long a transaction may do nothing, and so hold others up."""

DDL_LOCK_S = 2
"""Migrations wait for a table's lock no longer: whoever came after them would wait too, readers included."""

AGAIN_S = 2.0
"""How long after a failure that may pass the work is begun once more."""

ASKED_AFTER_S = 10.0
"""Of a connection that rested so long the server is asked whether it is there; else it would have said that it ends."""

_CONNECTION = {
    "application_name": "timegrain",
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A server that went away without a word is noticed within half a minute. The URL may say otherwise."""

_WITH_TEXT = "facts, names, texts, users, devices, keys, buckets, audit"
"""The tables that hold what an erasure deletes."""

_PAUSES_S = (0.01, 0.03, 0.1, 0.3, 0.6)

_SERIALISATION = ("40001", "40P01")
_LOST = ("08", "57P")
_MESSAGES = {
    "40001": "changes of the same rows met each other: send it again",
    "40P01": "changes of the same rows met each other: send it again",
    "55P03": "the database is busy with another change of the same: send it again",
    "25006": "the database takes no changes, it can only be read",
    "25P03": "the database ended a transaction in which nothing happened for too long",
    "42501": "the database's role lacks a right that this needs",
    "53100": "the disk of the database is full",
    "53300": "the database has no connection left",
}
"""By SQLSTATE, what passes or what an administrator can mend."""


def make_engine(url: URL, pool_size: int, reads_only: bool) -> Engine:
    """A reader sees one state of the database in a transaction; a writer what was committed before each statement,
    and so, once it holds its locks, all that was done under them before."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S,
        pool_use_lifo=True,
        isolation_level="REPEATABLE READ" if reads_only else "READ COMMITTED",
        connect_args={name: value for name, value in _CONNECTION.items() if name not in url.query},
    )
    settings = {
        "statement_timeout": f"'{READ_S if reads_only else WRITE_S}s'",
        "lock_timeout": f"'{LOCK_S}s'",
        "idle_in_transaction_session_timeout": f"'{IDLE_S}s'",
        "jit": "'off'",
        # What waits for a standby to apply it is left so.
        "synchronous_commit": "CASE WHEN current_setting('synchronous_commit') LIKE 'remote%'"
        " THEN current_setting('synchronous_commit') ELSE 'on' END",
    }
    chosen = ", ".join(f"set_config('{name}', {value}, false)" for name, value in settings.items())

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {chosen}")
        connection.commit()
        connection.read_only = reads_only

    @event.listens_for(engine, "checkin")
    def _note_use(_: Any, record: ConnectionPoolEntry) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _require_alive(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
        if _is_doubtful(connection, record):
            try:
                engine.dialect.do_ping(connection)
            except psycopg.OperationalError as error:
                raise InvalidatePoolError from error

    return engine


def _is_doubtful(connection: Any, record: ConnectionPoolEntry) -> bool:
    """Whether a connection that nobody used may be lost. A server that ends says so, and that waits to be read: to
    look costs nothing, where to ask the server would be a sixth of what a question costs."""
    used = record.info.get("used")
    if used is None:
        return False
    if time.monotonic() - used > ASKED_AFTER_S or connection.closed:
        return True
    said = select.poll()
    said.register(connection.fileno(), select.POLLIN)
    return bool(said.poll(0))


def lock(connection: Connection, organisation: int, users: Sequence[int], policy: bool) -> None:
    """Advisory locks queue fairly: no batch starves a policy change. Sorted, so that none deadlock."""
    shared = "" if policy else "_shared"
    connection.execute(
        text(f"SELECT pg_advisory_xact_lock{shared}(:organisation, :lock)"),
        {"organisation": organisation, "lock": POLICY},
    )
    if users and not policy:
        lock_users(connection, organisation, users)


def lock_users(connection: Connection, organisation: int, users: Sequence[int]) -> None:
    connection.execute(
        text("SELECT pg_advisory_xact_lock(:organisation, one) FROM unnest(CAST(:locks AS integer[])) AS one"),
        {"organisation": organisation, "locks": sorted(set(users))},
    )


def lock_schema(connection: Connection) -> None:
    """For a migration, which may take long: of several servers that start together one migrates, the others wait."""
    limits = "set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true)"
    connection.execute(text(f"SELECT {limits}, set_config('lock_timeout', '0', true)"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SCHEMA})
    connection.execute(text("SELECT set_config('lock_timeout', :longest, true)"), {"longest": f"{DDL_LOCK_S}s"})


_WORKER_GONE = "could not commit transaction for shard"
"""What Citus says, as an internal error, of a worker that ended between its answers and the commit."""


def as_known(error: DBAPIError) -> TimegrainError | None:
    """What PostgreSQL says, in our words; None for what nobody foresaw."""
    state = _state(error)
    if state == "57014":
        return TookTooLong("the database needed too long for this: ask for less at once, or again later")
    if state in _MESSAGES:
        return Unavailable(_MESSAGES[state])
    if state == "XX000" and _WORKER_GONE in str(error.orig):
        return Unavailable("a worker of the cluster went while it committed")
    return Unavailable("the database cannot be reached") if _is_lost(error) else None


def may_pass(error: BaseException | None) -> bool:
    """Whether the same work, begun again at once, has a chance: it met other work, or its connection was lost."""
    return isinstance(error, DBAPIError) and (_state(error) in _SERIALISATION or _is_lost(error))


def is_locked(error: BaseException | None) -> bool:
    """Whether something was waited for in vain that others hold."""
    return isinstance(error, DBAPIError) and _state(error) == "55P03"


def pauses() -> Iterator[float]:
    """Seconds to wait before each further try, at random, so that those who met do not meet again."""
    return (pause * random.uniform(0.5, 1.5) for pause in _PAUSES_S)  # noqa: S311


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _is_lost(error: DBAPIError) -> bool:
    return error.connection_invalidated or _state(error).startswith(_LOST)


def vacuum(engine: Engine) -> None:
    """Free what was deleted from the tables that hold text. Raises `Unavailable` where the role may not.

    PostgreSQL only warns then, and skips the table. To cut a table short would stop its readers.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        skipped: list[str] = []
        driver: Any = connection.connection.driver_connection
        driver.add_notice_handler(heard := lambda notice: skipped.append(notice.message_primary or ""))
        try:
            connection.execute(text(f"VACUUM (TRUNCATE false) {_WITH_TEXT}"))
        finally:
            driver.remove_notice_handler(heard)
            connection.execute(text(f"SET statement_timeout = '{WRITE_S}s'"))
    if any("permission denied" in one for one in skipped):
        raise Unavailable(
            "what was erased is gone, but the database's role may not free its place: see MAINTAIN in docs/operating.md"
        )
