"""Whole tables, row after row, out of one database and into another of whichever kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, func, inspect, select, text

from timegrain.storage.dialect import Row, is_sqlite
from timegrain.storage.schema import day_totals, facts, metadata, organisations, slot_subjects, slot_totals, users

TABLES: Sequence[Table] = metadata.sorted_tables
"""Every table, those first to which others refer."""

COUNTED = (facts, users)
"""Whose rows are told of a backup."""

AT_ONCE = 20_000
"""Rows in memory."""


def count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def is_of_others(connection: Connection) -> bool:
    """Whether there is a table that is none of timegrain's."""
    found = inspect(connection)
    names = {
        name
        for schema in found.get_schema_names()
        if schema != "information_schema"
        for name in found.get_table_names(schema)
    }
    return not names <= {*(table.name for table in TABLES), "alembic_version"}


def is_empty(connection: Connection) -> bool:
    """Whether there is no organisation, and so nothing of any."""
    if not inspect(connection).has_table(organisations.name):
        return True
    return connection.execute(select(organisations.c.id).limit(1)).first() is None


def read(connection: Connection, table: Table) -> Iterator[Sequence[Row]]:
    """All rows in the order of their key, in groups, as values that are the same for every kind of database."""
    statement = select(table).order_by(*table.primary_key.columns)
    found = connection.execute(statement, execution_options={"stream_results": True, "yield_per": AT_ONCE})
    for group in found.partitions():
        yield [tuple(row) for row in group]


def write(connection: Connection, table: Table, groups: Iterable[Sequence[Row]]) -> None:
    """Add rows that hold every column of the table in its order."""
    columns = ", ".join(column.name for column in table.columns)
    if is_sqlite(connection):
        marks = ", ".join("?" for _ in table.columns)
        statement = f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"  # noqa: S608
        for group in groups:
            connection.exec_driver_sql(statement, _bound(connection, table, group))
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copied:
        for group in groups:
            for row in group:
                copied.write_row(row)


def _bound(connection: Connection, table: Table, group: Sequence[Row]) -> Sequence[Row]:
    """As the driver stores the values: SQLite has no type of its own for a UUID, for one."""
    binds = {place: bind for place, column in enumerate(table.columns) if (bind := _bind(connection, column))}
    if not binds:
        return group
    made: list[Sequence[Any]] = list(zip(*group, strict=True))
    for place, bind in binds.items():
        made[place] = [None if value is None else bind(value) for value in made[place]]
    return list(zip(*made, strict=True))


def _bind(connection: Connection, column: Column[Any]) -> Callable[[Any], Any] | None:
    dialect = connection.dialect
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def take_time(connection: Connection) -> None:
    """In this transaction no limit that is meant for questions holds."""
    if not is_sqlite(connection):
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(text(f"SET LOCAL {limit} = 0"))


def begin_loading(connection: Connection) -> None:
    """On a cluster of Citus tables of every kind are then filled in one transaction."""
    if not is_sqlite(connection):
        connection.execute(text("SET LOCAL citus.multi_shard_modify_mode TO 'sequential'"))


def gather_statistics(connection: Connection) -> None:
    """So that questions are planned by what was loaded."""
    connection.execute(text("ANALYZE"))


_CLASSES = ("productive", "neutral", "unproductive", "idle")


def figures(connection: Connection) -> dict[tuple[int, int], tuple[int, ...]]:
    """Of each organisation and user the sums that answer: days by class, slots by class, slots' subjects."""
    sums: dict[tuple[int, int], list[int]] = {}
    for table, generations, columns in (
        (day_totals, (users.c.generation,), _CLASSES),
        (slot_totals, (users.c.generation,), _CLASSES),
        (slot_subjects, (users.c.subject_generation, users.c.subject_difference), ("seconds",)),
    ):
        mine = (table.c.organisation_id == users.c.organisation_id) & (table.c.user_id == users.c.id)
        joined = users.outerjoin(table, mine & table.c.generation.in_(generations))
        added = [func.coalesce(func.sum(table.c[name]), 0) for name in columns]
        statement = select(users.c.organisation_id, users.c.id, *added).select_from(joined)
        for organisation, user, *found in connection.execute(statement.group_by(users.c.organisation_id, users.c.id)):
            sums.setdefault((organisation, user), []).extend(map(int, found))
    return {whose: tuple(found) for whose, found in sums.items()}
