"""A database with data from each earlier schema migrates, keeps every row, and counts equal.

`REVISION.json` holds the rows of all tables as that version of the program wrote them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from timegrain.recounting import differences
from timegrain.storage import devices, people, roles
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate, require_current
from timegrain.storage.schema import ADMIN

FOLDER = Path(__file__).parent
FIRST = ("organisations", "users", "teams", "devices")
"""Others refer to these."""

GONE = {("users", "is_admin")}
"""Columns that a later schema keeps in another form."""


def written(value: Any) -> Any:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


def fill(connection: Connection, tables: dict[str, Any]) -> None:
    for name in [*FIRST, *(name for name in tables if name not in FIRST)]:
        columns = tables[name]["columns"]
        rows = [dict(zip(columns, map(written, row), strict=True)) for row in tables[name]["rows"]]
        if rows:
            marks = ", ".join(f":{column}" for column in columns)
            connection.execute(text(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})"), rows)


def kept(name: str, table: dict[str, Any]) -> list[str]:
    return [column for column in table["columns"] if (name, column) not in GONE]


def held(connection: Connection, name: str, columns: list[str], where: str = "") -> set[tuple[str, ...]]:
    rows = connection.execute(text(f"SELECT {', '.join(columns)} FROM {name} {where}"))
    return {tuple(str(written(value)).replace("-", "") for value in row) for row in rows}


@pytest.mark.parametrize("revision", [file.stem for file in sorted(FOLDER.glob("*.json"))])
def test_a_database_of_that_version(empty_url: str, revision: str) -> None:
    tables = json.loads((FOLDER / f"{revision}.json").read_text(encoding="utf-8"))
    database = Database(empty_url)
    migrate(database, revision)
    with database.engine.begin() as connection:
        fill(connection, tables)
        before = {name: held(connection, name, kept(name, table)) for name, table in tables.items()}
        administrators = held(connection, "users", ["id"], "WHERE is_admin")
    migrate(database)
    require_current(database)
    with database.read() as connection:
        for name, table in tables.items():
            columns = kept(name, table)
            assert held(connection, name, columns) == before[name], name
        assert held(connection, "users", ["id"], f"WHERE role_id = {ADMIN}") == administrators != set()
        assert {one.id: (one.name, one.pages) for one in roles.all_roles(connection, 1)} == roles.BUILT_IN
        (organisation,) = people.all_organisations(connection)
        users = people.all_users(connection, organisation.id)
        known = devices.all_devices(connection, organisation.id)
    assert [differences(database, organisation.id, user.id) for user in users] == [0, 0]
    assert {one.name: (one.reported_at is None, one.input_at is None) for one in known if one.name == "default"} == {
        "default": (True, True)
    }
    assert all(one.reported_at and one.timeout == 120 for one in known if one.name != "default")
    database.close()
