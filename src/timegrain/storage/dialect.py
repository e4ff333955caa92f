"""The few places where SQLite and PostgreSQL differ: lists as one parameter, upsert, bulk load.

A list goes in as one JSON parameter and comes out as rows, so that a statement's text, and with it its
cached form, does not depend on how many there are::

    wanted = numbers("starts")
    select(facts).where(facts.c.start_ms.in_(select(wanted.c.c0)))
    connection.execute(statement, {"starts": packed([1, 2, 3])})
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Integer,
    Select,
    SmallInteger,
    Table,
    Text,
    Uuid,
    bindparam,
    column,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine

from timegrain.storage.schema import ADMIN

Row = tuple[Any, ...]


def is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def packed(values: Sequence[object]) -> str:
    """Values, or rows of them, as the parameter that `numbers`, `strings` and `number_rows` unpack."""
    return json.dumps(values, ensure_ascii=False)


class _Numbers(FunctionElement[Any]):
    inherit_cache = True
    name = "numbers"


class _Strings(FunctionElement[Any]):
    inherit_cache = True
    name = "strings"


class _Uuids(FunctionElement[Any]):
    inherit_cache = True
    name = "uuids"


class _Pairs(FunctionElement[Any]):
    inherit_cache = True
    name = "pairs"


class _Quadruples(FunctionElement[Any]):
    inherit_cache = True
    name = "quadruples"


class _Quintuples(FunctionElement[Any]):
    inherit_cache = True
    name = "quintuples"


def numbers(parameter: str) -> TableValuedAlias:
    """One column, `c0`, of integers."""
    return _unpacked(_Numbers, parameter, 1, BigInteger)


def strings(parameter: str) -> TableValuedAlias:
    """One column, `c0`, of texts."""
    return _unpacked(_Strings, parameter, 1, Text)


def uuids(parameter: str) -> TableValuedAlias:
    """One column, `c0`, of UUIDs, from their 32 hexadecimal digits."""
    return _unpacked(_Uuids, parameter, 1, Uuid)


def pairs(parameter: str) -> TableValuedAlias:
    """Two columns of integers, `c0` and `c1`."""
    return _unpacked(_Pairs, parameter, 2, BigInteger)


def quadruples(parameter: str) -> TableValuedAlias:
    """Four columns of integers, `c0` to `c3`."""
    return _unpacked(_Quadruples, parameter, 4, BigInteger)


def quintuples(parameter: str) -> TableValuedAlias:
    """Five columns of integers, `c0` to `c4`."""
    return _unpacked(_Quintuples, parameter, 5, BigInteger)


def _unpacked(
    kind: type[FunctionElement[Any]], parameter: str, width: int, type_: type[TypeEngine[Any]]
) -> TableValuedAlias:
    function = kind(bindparam(parameter, type_=Text))
    return function.table_valued(*(column(f"c{i}", type_) for i in range(width))).alias(f"{parameter}_given")


def _register(kind: type[FunctionElement[Any]], width: int, type_: str) -> None:
    @compiles(kind, "sqlite")
    def _sqlite(element: FunctionElement[Any], compiler: Any, **kw: Any) -> str:
        given = compiler.process(element.clauses, **kw)
        picked = ", ".join(
            f"{f'json_extract(value, {chr(39)}$[{i}]{chr(39)})' if width > 1 else 'value'} AS c{i}"
            for i in range(width)
        )
        return f"(SELECT {picked} FROM json_each({given}))"  # noqa: S608

    @compiles(kind, "postgresql")
    def _postgres(element: FunctionElement[Any], compiler: Any, **kw: Any) -> str:
        given = compiler.process(element.clauses, **kw)
        if width == 1:
            return f"(SELECT value::{type_} AS c0 FROM jsonb_array_elements_text(CAST({given} AS jsonb)))"  # noqa: S608
        picked = ", ".join(f"(value->>{i})::{type_} AS c{i}" for i in range(width))
        return f"(SELECT {picked} FROM jsonb_array_elements(CAST({given} AS jsonb)))"  # noqa: S608


for _kind, _width, _type in (
    (_Numbers, 1, "bigint"),
    (_Strings, 1, "text"),
    (_Uuids, 1, "uuid"),
    (_Pairs, 2, "bigint"),
    (_Quadruples, 4, "bigint"),
    (_Quintuples, 5, "bigint"),
):
    _register(_kind, _width, _type)


class _Among(FunctionElement[bool]):
    inherit_cache = True
    name = "among"
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002
        # In a condition SQLite would else be asked whether it `= 1`, and look through all that the user has.
        return self


def among(column: ColumnElement[int], parameter: str) -> ColumnElement[bool]:
    """Whether a column is one of the packed numbers.

    PostgreSQL looks each up in an index. Of a list of rows it believes, as long as it knows little of the table, that
    it is cheaper to read all that the rest of the key leaves.
    """
    return _Among(column, bindparam(parameter, type_=Text))


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: Any, **kw: Any) -> str:
    column, given = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({given}))"  # noqa: S608


@compiles(_Among, "postgresql")
def _among_postgresql(element: _Among, compiler: Any, **kw: Any) -> str:
    column, given = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} = ANY(ARRAY(SELECT value::bigint FROM jsonb_array_elements_text(CAST({given} AS jsonb))))"  # noqa: S608


Selected = Select[Any] | CompoundSelect[Any]


class Near(NamedTuple):
    """A statement that reads a table near each of some given rows, as either database is asked."""

    sqlite: Selected
    postgresql: Selected

    def on(self, connection: Connection) -> Selected:
        return self.sqlite if is_sqlite(connection) else self.postgresql


def all_near(*parts: Near) -> Near:
    """The rows of all of them."""
    return Near(union_all(*(one.sqlite for one in parts)), union_all(*(one.postgresql for one in parts)))


def near_each(
    given: CTE, table: Table, columns: Sequence[Column[Any]], fits: ColumnElement[bool], index: str = ""
) -> Near:
    """`columns` of the rows of `table` that fit each row of `given`, by the index named or else the key.

    PostgreSQL is asked row by row (an `OFFSET` is never merged into the question around it): as long as it knows
    little of the table it believes that it is cheaper to read all that the first columns of the key leave.
    """
    joined = select(*columns).select_from(given.join(table, fits))
    one_by_one = select(*columns).where(fits).offset(literal_column("0")).correlate(given).lateral(f"near_{given.name}")
    return Near(
        joined.with_hint(table, f"INDEXED BY {index}", "sqlite") if index else joined,
        select(*one_by_one.c).select_from(given.join(one_by_one, true())),
    )


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
        connection.exec_driver_sql(_sqlite_upsert(table, add), list(rows))
        return
    _, *columns = zip(table.columns, zip(*rows, strict=True), strict=True)
    arrays = tuple(list(values) if _array_type(one) == "text" else _array(values) for one, values in columns)
    statement = _postgres_insert(table) if new else _postgres_upsert(table, add)
    done = connection.exec_driver_sql(statement, (*arrays, rows[0][0], ADMIN))
    if done.rowcount != len(rows) and (new or _replaces(table)):
        raise RuntimeError(f"{done.rowcount} of {len(rows)} rows were stored: the organisation has no roles")


def _array(values: Sequence[int | None]) -> str:
    """As PostgreSQL reads it: the driver takes its time over each number."""
    return f"{{{','.join('NULL' if one is None else str(one) for one in values)}}}"


@lru_cache(maxsize=64)
def _sqlite_upsert(table: Table, add: tuple[str, ...]) -> str:
    marks = ", ".join("?" for _ in table.columns)
    return f"INSERT INTO {table.name} ({_columns(table)}) VALUES ({marks}) {_on_conflict(table, add)}"  # noqa: S608


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
