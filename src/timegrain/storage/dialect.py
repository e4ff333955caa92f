"""The few places where SQLite and PostgreSQL differ, besides lists (`given.py`): near rows, upsert, bulk load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    BigInteger,
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Integer,
    Select,
    SmallInteger,
    Table,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from timegrain.storage.schema import ADMIN

Row = tuple[Any, ...]


def is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


Selected = Select[Any] | CompoundSelect[Any]


class Near(NamedTuple):
    """A statement that reads a table near each of some given rows, as either database is asked."""

    sqlite: Selected
    postgresql: Selected

    def on(self, connection: Connection) -> Selected:
        return self.sqlite if is_sqlite(connection) else self.postgresql

    def rows(self, connection: Connection, given: Mapping[str, Any]) -> list[Row]:
        """As plain tuples: those of SQLAlchemy are slow to compare."""
        return list(map(tuple, connection.execute(self.on(connection), given).all()))


def all_near(*parts: Near) -> Near:
    """The rows of all of them."""
    return Near(union_all(*(one.sqlite for one in parts)), union_all(*(one.postgresql for one in parts)))


def near_each(given: CTE, table: Table, columns: Sequence[Column[Any]], fits: ColumnElement[bool]) -> Near:
    """`columns` of the rows of `table` that fit each row of `given`.

    PostgreSQL is asked row by row (an `OFFSET` is never merged into the question around it): as long as it knows
    little of the table it believes that it is cheaper to read all that the first columns of the key leave.
    """
    joined = select(*columns).select_from(given.join(table, fits))
    one_by_one = select(*columns).where(fits).offset(literal_column("0")).correlate(given).lateral(f"near_{given.name}")
    return Near(joined, select(*one_by_one.c).select_from(given.join(one_by_one, true())))


class later(FunctionElement[Any]):  # noqa: N801 - reads as the function it is
    """The greater of two numbers."""

    inherit_cache = True
    name = "later"
    type = BigInteger()


class earlier(FunctionElement[Any]):  # noqa: N801
    """The smaller of two numbers."""

    inherit_cache = True
    name = "earlier"
    type = BigInteger()


def _register_pair(kind: type[FunctionElement[Any]], on_sqlite: str, on_postgres: str) -> None:
    for dialect, function in (("sqlite", on_sqlite), ("postgresql", on_postgres)):

        @compiles(kind, dialect)
        def _compile(element: FunctionElement[Any], compiler: Any, function: str = function, **kw: Any) -> str:
            return f"{function}({compiler.process(element.clauses, **kw)})"


_register_pair(later, "max", "greatest")
_register_pair(earlier, "min", "least")


SQLITE_SIZES = (1, 8, 64, 256)
"""How many rows the statements take that write to SQLite: few, so that they stay prepared."""


def store(
    connection: Connection, table: Table, rows: Sequence[Row], add: tuple[str, ...] = (), new: bool = False
) -> None:
    """Insert rows that hold every column of `table` in its order; one with a known key replaces it.

    With `add`, the columns of these names are added up instead, and the others of a known key stay. Where the caller
    knows that all are `new`, PostgreSQL need not look, which takes half the time; a known key is an error then. The
    rows are of one organisation, which the first column of every table names.
    """
    if not rows:
        return
    if is_sqlite(connection):
        for first in range(0, len(rows), SQLITE_SIZES[-1]):
            _store_some(connection, table, rows[first : first + SQLITE_SIZES[-1]], add)
        return
    _, *columns = zip(table.columns, zip(*rows, strict=True), strict=True)
    arrays = tuple(list(values) if _array_type(one) == "text" else _array(values) for one, values in columns)
    statement = _postgres_insert(table) if new else _postgres_upsert(table, add)
    done = connection.exec_driver_sql(statement, (*arrays, rows[0][0], ADMIN))
    if done.rowcount != len(rows) and (new or _replaces(table)):
        raise RuntimeError(f"{done.rowcount} of {len(rows)} rows were stored: the organisation has no roles")


def store_both(connection: Connection, table: Table, new: Sequence[Row], known: Sequence[Row]) -> None:
    """The same of rows whose keys are new and rows that replace others: of SQLite, which looks anyway, at once."""
    if is_sqlite(connection):
        store(connection, table, [*new, *known])
    else:
        store(connection, table, new, new=True)
        store(connection, table, known)


def _array(values: Sequence[int | None]) -> str:
    """As PostgreSQL reads it: the driver takes its time over each number."""
    return f"{{{','.join('NULL' if one is None else str(one) for one in values)}}}"


def _store_some(connection: Connection, table: Table, rows: Sequence[Row], add: tuple[str, ...]) -> None:
    """Into SQLite, in one statement. Row by row the driver gives Python's lock away and waits for it again: beside a
    thread that works that takes hundreds of times as long."""
    size = next(size for size in SQLITE_SIZES if size >= len(rows))
    given = list(chain.from_iterable(rows))
    if size > 1:
        given += [None] * ((size - len(rows)) * len(table.columns))
        given.append(len(rows))
    connection.exec_driver_sql(_sqlite_upsert(table, add, size), tuple(given))


@lru_cache(maxsize=256)
def _sqlite_upsert(table: Table, add: tuple[str, ...], size: int) -> str:
    """Of one row, or of so many at most: how many it is comes after their values."""
    row = f"({', '.join('?' for _ in table.columns)})"
    rows = f"VALUES {row}"
    if size > 1:
        # Without a condition `ON` would belong to a join.
        rows = f"SELECT * FROM (VALUES {', '.join([row] * size)}) WHERE true LIMIT ?"  # noqa: S608
    return f"INSERT INTO {table.name} ({_columns(table)}) {rows} {_on_conflict(table, add)}"


@lru_cache(maxsize=64)
def _postgres_upsert(table: Table, add: tuple[str, ...]) -> str:
    return f"{_postgres_insert(table)} {_on_conflict(table, add)}"


@lru_cache(maxsize=64)
def _postgres_insert(table: Table) -> str:
    # From a row that every organisation has: so a cluster sees where the rows belong, and all goes there at once.
    _, *rest = table.columns
    arrays = ", ".join(f"%s::{_array_type(one)}[]" for one in rest)
    rows = (
        f"SELECT roles.organisation_id, given.* FROM roles, unnest({arrays}) AS given "  # noqa: S608
        "WHERE roles.organisation_id = %s AND roles.id = %s"
    )
    return f"INSERT INTO {table.name} ({_columns(table)}) {rows}"


def _columns(table: Table) -> str:
    return ", ".join(one.name for one in table.columns)


def _on_conflict(table: Table, add: tuple[str, ...]) -> str:
    key = ", ".join(one.name for one in table.primary_key.columns)
    if add:
        sums = ", ".join(f"{one} = {table.name}.{one} + excluded.{one}" for one in add)
        return f"ON CONFLICT ({key}) DO UPDATE SET {sums}"
    changed = ", ".join(f"{one.name} = excluded.{one.name}" for one in table.columns if not one.primary_key)
    return f"ON CONFLICT ({key}) DO UPDATE SET {changed}" if _replaces(table) else f"ON CONFLICT ({key}) DO NOTHING"


def _replaces(table: Table) -> bool:
    """Whether there is anything in a row beside its key."""
    return len(table.columns) > len(table.primary_key.columns)


def _array_type(one: Column[Any]) -> str:
    if isinstance(one.type, SmallInteger):
        return "smallint"
    if isinstance(one.type, BigInteger):
        return "bigint"
    return "integer" if isinstance(one.type, Integer) else "text"
