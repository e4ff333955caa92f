"""PostgreSQL: a pool of connections; a batch locks its user, a policy change the whole organisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL

POLICY = 0
"""The lock of an organisation's policy; users, whose ids begin at 1, have their own."""


def make_engine(url: URL, pool_size: int) -> Engine:
    engine = create_engine(url, pool_size=pool_size, max_overflow=40, pool_pre_ping=True)
    event.listen(engine, "connect", _durable)
    return engine


def _durable(connection: Any, _: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
    connection.commit()


def lock(connection: Connection, organisation: int, users: Sequence[int], policy: bool) -> None:
    """Advisory locks queue fairly: no batch starves a policy change. Sorted, so that none deadlock."""
    shared = "" if policy else "_shared"
    connection.execute(
        text(f"SELECT pg_advisory_xact_lock{shared}(:organisation, :lock)"),
        {"organisation": organisation, "lock": POLICY},
    )
    for user in sorted(set(users)) if not policy else ():
        lock_user(connection, organisation, user)


def lock_user(connection: Connection, organisation: int, user: int) -> None:
    connection.execute(
        text("SELECT pg_advisory_xact_lock(:organisation, :lock)"),
        {"organisation": organisation, "lock": user},
    )


def vacuum(engine: Engine) -> None:
    """Free what was deleted from the tables that hold text."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM facts, names, texts, users, devices, keys, buckets, audit"))
