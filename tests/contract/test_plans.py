"""How SQLite finds rows in the tables that grow: it looks none of them through, neither for a batch nor for a question.

It plans by what it is told of the tables (`sqlite_statistics`), so its plan for few rows is its plan for many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.contract.served import Office, serving
from tests.contract.test_roles import Cast, asked, cast
from tests.contract.test_statements import QUESTIONS
from timegrain.api.routes import Route
from timegrain.storage import sqlite_statistics

__all__ = ["cast"]

FOUND_BY = {
    "facts": "start_ms",
    "stretches": "start_s",
    "slot_totals": "slot",
    "slot_subjects": "slot",
    "day_totals": "day",
    "names": "id|kind|user_id",
    "texts": "id",
    "erasures": "user_id",
    "devices": "user_id|uuid",
    "memberships": "user_id|team_id",
}
"""Of each such table the column by which a few of its rows are found."""

LISTS_PEOPLE = {"POST /v1/employees/filter", "GET /v1/settings/idle-alert", "GET /v1/users"}
"""They read the organisation's memberships, once."""

FOCUS = [
    {"start": f"2026-02-08T09:{minute:02d}:00Z", "end": f"2026-02-08T09:{minute:02d}:50Z", "app": "Code", "title": "a"}
    for minute in range(10)
]
LISTS: dict[str, Any] = {
    "focus": FOCUS,
    "pages": [
        {**one, "app": "Chrome", "browser": "Chrome", "url": "https://github.com/pulls", "domain": "github.com"}
        for one in FOCUS[:2]
    ],
    "away": [{"start": "2026-02-08T09:10:00Z", "end": "2026-02-08T09:20:00Z"}],
    "present": [{"start": "2026-02-08T09:20:00Z", "end": "2026-02-08T09:21:00Z"}],
}


@contextmanager
def looked_through() -> Iterator[list[str]]:
    """Where a plan finds rows of such a table by less than that: the step, and its statement."""
    found: list[str] = []

    def explain(_connection: Any, cursor: Any, sql: str, given: Any, _context: Any, many: bool) -> None:
        if not re.match(r"SELECT|UPDATE|DELETE|INSERT|WITH", sql):
            return
        plan = cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {sql}", given[0] if many else given).fetchall()
        for *_, step in plan:
            named = re.match(r"(?:SCAN|SEARCH) (\w+)", step)
            aliased = re.search(rf"(\w+) AS {named[1]}\b", sql) if named else None
            table = aliased[1] if aliased else named[1] if named else ""
            if table in FOUND_BY and not re.search(rf"\b({FOUND_BY[table]})[=<>]", step):
                found.append(f"{step}\n{sql}")

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", explain)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with serving(f"sqlite:///{tmp_path}/timegrain.db") as office:
        yield office


def test_a_batch_looks_nothing_through(office: Office) -> None:
    with looked_through() as found:
        office.send(**LISTS)
        longer = [{**one, "end": one["end"].replace(":50Z", ":55Z")} for one in FOCUS]
        office.send(**{**LISTS, "focus": longer})
    assert not found, "\n\n".join(found)


@pytest.mark.parametrize("route", QUESTIONS, ids=lambda route: route.operation)
def test_a_question_looks_nothing_through(cast: Cast, route: Route[Any]) -> None:
    with looked_through() as found:
        asked(cast, route, "Admin", userId=[cast.users["Admin"]["own"]], teamId=[])
    if route.operation in LISTS_PEOPLE:
        found = [one for one in found if not one.startswith("SEARCH memberships")]
    assert not found, "\n\n".join(found)


def test_what_sqlite_is_told_is_of_indexes_that_are_there(office: Office) -> None:
    with office.database.read() as connection:
        told = {tuple(row) for row in connection.exec_driver_sql("SELECT tbl, idx FROM sqlite_stat1")}
        indexes = {
            (table, table if origin == "pk" and is_keyed else index)
            for table, is_keyed in connection.exec_driver_sql("SELECT name, wr FROM pragma_table_list").all()
            for _, index, _, origin, _ in connection.exec_driver_sql(f"PRAGMA index_list({table})").all()
        }
    assert set(sqlite_statistics.EXPECTED) == told <= indexes
    assert {index for index in indexes if index[0] in FOUND_BY} <= told
