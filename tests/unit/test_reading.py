"""A question that goes on, statement after statement, is not cut; one statement that does not end is."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import text

from timegrain.errors import TookTooLong
from timegrain.storage.engine import Database

COUNTED = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :most) SELECT max(i) FROM n"
ROWS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :most) SELECT i FROM n"
FOR_EVER = 10**12
LIMIT_S = 1.0


def test_what_makes_progress_may_take_longer(sqlite_database: Database) -> None:
    with sqlite_database.read(LIMIT_S) as connection:
        enough = time.monotonic() + 2 * LIMIT_S
        while time.monotonic() < enough:
            # Enough for the time to be looked at, and soon over.
            assert connection.execute(text(COUNTED), {"most": 100_000}).scalar_one() == 100_000


def test_the_time_of_who_reads_the_rows_is_not_the_statement_s(sqlite_database: Database) -> None:
    with sqlite_database.read(LIMIT_S) as connection:
        rows = iter(connection.execute(text(ROWS), {"most": 60_000}))
        total, enough = next(rows)[0], time.monotonic() + 2 * LIMIT_S
        while time.monotonic() < enough:
            pass
        assert total + sum(row[0] for row in rows) == 60_000 * 60_001 // 2


def test_a_statement_that_does_not_end_is_given_up(sqlite_database: Database) -> None:
    with pytest.raises(TookTooLong), sqlite_database.read(LIMIT_S) as connection:
        connection.execute(text(COUNTED), {"most": FOR_EVER}).scalar_one()


def test_nothing_is_read_for_who_has_gone(database: Database) -> None:
    gone = threading.Event()
    with database.read(60, gone.is_set) as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
        gone.set()
        with pytest.raises(TookTooLong):
            connection.execute(text("SELECT 1"))


def test_a_statement_ends_when_who_asked_goes(sqlite_database: Database) -> None:
    gone = threading.Event()
    leaving = threading.Timer(0.1, gone.set)
    leaving.start()
    with pytest.raises(TookTooLong), sqlite_database.read(600, gone.is_set) as connection:
        connection.execute(text(COUNTED), {"most": FOR_EVER}).scalar_one()
