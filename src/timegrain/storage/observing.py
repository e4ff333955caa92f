"""What is measured of a database: its statements, its connections, its files. Counts and seconds, no values."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import QueuePool

from timegrain.storage.engine import Database


class Observer(Protocol):
    """Told from whichever thread it happens in."""

    def statement(self, pool: str, seconds: float) -> None:
        """One that was answered."""

    def statement_failed(self, pool: str, error: str) -> None:
        """With the type of what the driver raised."""

    def connections(self, pool: str, in_use: int) -> None:
        """So many are in use from now on."""


def observe(database: Database, observer: Observer) -> None:
    """From now on. On SQLite readers and the writer are pools of their own; on PostgreSQL they share one."""
    if not database.is_sqlite:
        _observe(database.engine, "all", observer)
        return
    _observe(database.reader, "read", observer)
    _observe(database.engine, "write", observer)


def _observe(engine: Engine, pool: str, observer: Observer) -> None:
    def begins(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        context.began = time.perf_counter()

    def ended(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        observer.statement(pool, time.perf_counter() - context.began)

    def failed(context: ExceptionContext) -> None:
        observer.statement_failed(pool, type(context.original_exception).__name__)

    event.listen(engine, "before_cursor_execute", begins)
    event.listen(engine, "after_cursor_execute", ended)
    event.listen(engine, "handle_error", failed)

    def in_use(less: int) -> None:
        # What the pool says, and no sum of our own: a connection that is lost is given back without having been taken.
        held = engine.pool
        if isinstance(held, QueuePool):
            observer.connections(pool, max(0, held.checkedout() - less))

    event.listen(engine.pool, "checkout", lambda *_: in_use(0))
    event.listen(engine.pool, "checkin", lambda *_: in_use(1))


def file_sizes(database: Database) -> dict[str, int]:
    """Bytes of SQLite's file and of its write-ahead log, where there is one; empty on PostgreSQL."""
    if not database.is_sqlite or database.url.database is None:
        return {}
    sizes = {}
    for name, suffix in (("main", ""), ("wal", "-wal")):
        path = Path(f"{database.url.database}{suffix}")
        sizes[name] = path.stat().st_size if path.exists() else 0
    return sizes
