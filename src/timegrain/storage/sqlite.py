"""SQLite: WAL with `synchronous=FULL` (an acknowledged batch holds through a power cut), `secure_delete=ON`
(erased text is overwritten), one writing connection a process; other processes are waited for.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from timegrain.errors import Unavailable

BUSY_MS = 30_000
"""How long a writer waits for another process, such as a policy change from the command line."""


def make_engine(url: URL, begin: str, pool_size: int, max_overflow: int) -> Engine:
    """`begin` is what begins its transactions: BEGIN of a reader, BEGIN IMMEDIATE of the writer."""
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=max_overflow,
        connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000},
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


def rewrite(engine: Engine) -> None:
    """Write the file anew, without what was deleted, and empty the write-ahead log."""
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
