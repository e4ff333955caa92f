"""SQLite's write-ahead log: whoever reads for long keeps it from being emptied, and that is told."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from timegrain.storage import sqlite
from timegrain.storage.engine import Database


def test_a_reader_that_keeps_the_log_is_told_of(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("WAL_KEPT_BYTES", "WAL_WARNED_BYTES", "_PATIENCE_S"):
        monkeypatch.setattr(sqlite, name, 0)

    def write() -> None:
        with sqlite_database.write(1, policy=True) as connection:
            connection.execute(text("UPDATE organisations SET name = name || 'x'"))
            connection.execute(text("CREATE TABLE IF NOT EXISTS written (a)"))
            connection.execute(text("INSERT INTO written VALUES (1)"))

    write()
    with sqlite_database.read() as connection:
        connection.execute(text("SELECT count(*) FROM written")).scalar_one()
        with caplog.at_level("WARNING", "timegrain.database"):
            for _ in range(20):
                write()
    assert "reads for long keeps the write-ahead log" in caplog.text
