"""Every large table has `organisation_id` in its keys, and the check of the statements of all tests can fail."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, text
from sqlalchemy.exc import DBAPIError

from tests.scoping import BY, WATCH, unbound
from timegrain.storage.dialect import store
from timegrain.storage.engine import Database
from timegrain.storage.schema import DISTRIBUTED, metadata

REFERENCE = {"organisations"}
OF_THE_DATABASE = {"alembic_version"}
"""One row, of the schema itself."""


def keys_without(tables: Iterable[Table]) -> list[str]:
    """Primary, unique and foreign keys, and unique indexes, of distributed tables that do not begin with it."""
    found = []
    for table in tables:
        if table.name in REFERENCE:
            continue
        keys = {"its primary key": list(table.primary_key.columns)}
        for one in table.constraints - {table.primary_key} - table.foreign_key_constraints:
            keys |= {str(one.name): list(one.columns)} if type(one).__name__ == "UniqueConstraint" else {}
        keys |= {str(one.name): list(one.columns) for one in table.indexes if one.unique}
        keys |= {str(one.name): list(one.columns) for one in table.foreign_key_constraints}
        found += [f"{table.name}: {name}" for name, columns in keys.items() if columns[0].name != BY]
        for one in table.foreign_key_constraints:
            to = "id" if one.referred_table.name in REFERENCE else BY
            found += [f"{table.name}: {one.name}"] if one.elements[0].column.name != to else []
    return found


def test_every_table_is_distributed_or_a_reference_table() -> None:
    distributed = {table.name for table in DISTRIBUTED}
    assert distributed == {name for name, table in metadata.tables.items() if BY in table.c}
    assert metadata.tables.keys() - distributed == REFERENCE
    assert keys_without(metadata.sorted_tables) == []


def test_a_migrated_database_has_it_in_every_key(database: Database) -> None:
    held = MetaData()
    held.reflect(database.engine)
    assert held.tables.keys() - OF_THE_DATABASE == metadata.tables.keys()
    tables = [table for table in held.sorted_tables if table.name not in OF_THE_DATABASE]
    assert keys_without(tables) == []
    assert sum(len(table.foreign_key_constraints) for table in tables) == sum(
        len(table.foreign_key_constraints) for table in metadata.sorted_tables
    )


BOUND = (
    "SELECT * FROM facts WHERE organisation_id = ?",
    "SELECT * FROM facts f JOIN users u ON u.organisation_id = f.organisation_id WHERE f.organisation_id = ?",
    "SELECT 1 FROM keys LEFT JOIN users ON users.organisation_id = keys.organisation_id WHERE keys.organisation_id = ?",
    "SELECT 1 FROM organisations o JOIN facts ON facts.organisation_id = o.id WHERE o.id = ?",
    "WITH a AS (SELECT * FROM users WHERE organisation_id = ?) SELECT 1 FROM a JOIN facts USING (user_id) "
    "WHERE facts.organisation_id = a.organisation_id",
    "INSERT INTO facts (organisation_id, user_id) VALUES (?, ?)",
    "DELETE FROM facts WHERE organisation_id = ? AND user_id = ?",
    "SELECT id FROM organisations",
)
NOT_BOUND = (
    "SELECT * FROM facts",
    "SELECT * FROM facts WHERE user_id = ?",
    "SELECT * FROM facts WHERE organisation_id = ? OR user_id = ?",
    "SELECT * FROM facts WHERE NOT organisation_id = ?",
    "SELECT * FROM facts WHERE organisation_id > ?",
    "SELECT * FROM facts WHERE organisation_id IN (SELECT id FROM organisations)",
    "SELECT * FROM facts WHERE organisation_id = user_id",
    "SELECT * FROM facts f, facts g WHERE f.organisation_id = ?",
    "SELECT * FROM facts f JOIN users u ON u.id = f.user_id WHERE f.organisation_id = ?",
    "SELECT * FROM facts f JOIN users u ON u.organisation_id = f.organisation_id",
    # An outer join keeps every row of its left side, whatever it is told.
    "SELECT 1 FROM keys LEFT JOIN users ON users.organisation_id = keys.organisation_id AND keys.organisation_id = ?",
    "SELECT 1 FROM keys FULL JOIN users ON users.organisation_id = ? AND keys.organisation_id = ?",
    "SELECT (SELECT max(id) FROM users WHERE users.organisation_id = f.organisation_id) FROM facts f "
    "WHERE f.organisation_id = ?",
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM facts)",
    "SELECT 1 FROM users WHERE organisation_id = ? UNION ALL SELECT 1 FROM facts",
    "WITH a AS (SELECT * FROM users) SELECT 1 FROM a WHERE a.organisation_id = ?",
    "WITH a AS (SELECT 1) SELECT 1 FROM a, (SELECT * FROM facts) b WHERE b.organisation_id = ?",
    "UPDATE users SET name = '' WHERE id = ?",
    "UPDATE users SET organisation_id = ?",
    "UPDATE users SET name = (SELECT max(title_id) FROM facts) WHERE organisation_id = ?",
    "DELETE FROM facts",
    "DELETE FROM facts WHERE organisation_id IN (?, ?)",
    "INSERT INTO facts (user_id) VALUES (?)",
    "INSERT INTO facts SELECT * FROM users WHERE organisation_id = ?",
    "INSERT INTO facts (organisation_id) SELECT organisation_id FROM users",
)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_check_tells_statements_apart(dialect: str) -> None:
    mark = "?" if dialect == "sqlite" else "%(organisation)s::INTEGER"
    assert [one for one in BOUND if unbound(one.replace("?", mark), dialect)] == []
    assert [one for one in NOT_BOUND if not unbound(one.replace("?", mark), dialect)] == []


def test_the_check_reads_what_the_program_executes(database: Database) -> None:
    """What the program executes in the hand of a test is held against it; what a test says itself is not."""
    broken = Table("facts", MetaData(), Column("user_id", Integer, primary_key=True), Column("app_id", Integer))
    with database.engine.connect() as connection:
        connection.execute(text("SELECT count(*) FROM facts"))
        assert WATCH.taken() == []
        with pytest.raises(DBAPIError):
            store(connection, broken, [(1, 1)])
    (found,) = set(WATCH.taken())
    assert found.startswith("facts: INSERT INTO facts (user_id, app_id)")
