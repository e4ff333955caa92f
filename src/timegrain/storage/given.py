"""Lists as one parameter of a statement.

A list comes out as rows, so that a statement's text, and with it its cached form, does not depend on how many
there are::

    wanted = numbers("starts")
    statement = select(facts).where(facts.c.start_ms.in_(select(wanted.c.c0)))
    connection.execute(statement, {"starts": [1, 2, 3]})

To SQLite they go as JSON, to PostgreSQL numbers as arrays, one a column, which it reads sooner.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, BigInteger, Boolean, ColumnElement, Dialect, Text, Uuid, bindparam, column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Json(TypeDecorator[Sequence[Any]]):
    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        return json.dumps(value, ensure_ascii=False)


class _Arrays(TypeDecorator[Sequence[Any]]):
    """Of numbers or UUIDs, or of rows of `width` of them."""

    impl = Text
    cache_ok = True

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        if dialect.name == "sqlite":
            return json.dumps(value)
        columns = [value] if self.width == 1 else list(zip(*value, strict=True)) or [()] * self.width
        return BETWEEN_ARRAYS.join(f"{{{','.join(map(str, one))}}}" for one in columns)


BETWEEN_ARRAYS = "|"


def _array(given: str, place: int, type_: str) -> str:
    return f"CAST(split_part({given}, '{BETWEEN_ARRAYS}', {place + 1}) AS {type_}[])"


def _kind(name: str, *types: str) -> type[FunctionElement[Any]]:
    """What unpacks a list into columns of these types, as either database is asked."""
    kind = type(name, (FunctionElement,), {"inherit_cache": True, "name": name})
    width = len(types)
    names = [f"c{i}" for i in range(width)]

    @compiles(kind, "sqlite")
    def _sqlite(element: FunctionElement[Any], compiler: Any, **kw: Any) -> str:
        given = compiler.process(element.clauses, **kw)
        values = ["value"] if width == 1 else [f"json_extract(value, '$[{i}]')" for i in range(width)]
        picked = ", ".join(f"{value} AS {name}" for value, name in zip(values, names, strict=True))
        return f"(SELECT {picked} FROM json_each({given}))"  # noqa: S608

    @compiles(kind, "postgresql")
    def _postgres(element: FunctionElement[Any], compiler: Any, **kw: Any) -> str:
        given = compiler.process(element.clauses, **kw)
        if types == ("text",):
            return f"(SELECT value AS c0 FROM jsonb_array_elements_text(CAST({given} AS jsonb)))"  # noqa: S608
        if "text" in types:
            picked = ", ".join(f"CAST(value ->> {i} AS {type_}) AS c{i}" for i, type_ in enumerate(types))
            return f"(SELECT {picked} FROM jsonb_array_elements(CAST({given} AS jsonb)))"  # noqa: S608
        arrays = ", ".join(_array(given, place, type_) for place, type_ in enumerate(types))
        return f"(SELECT * FROM unnest({arrays}) AS unpacked({', '.join(names)}))"  # noqa: S608

    return kind


_Numbers = _kind("numbers", "bigint")
_Strings = _kind("strings", "text")
_Uuids = _kind("uuids", "uuid")
_Pairs = _kind("pairs", *["bigint"] * 2)
_Triples = _kind("triples", *["bigint"] * 3)
_Quadruples = _kind("quadruples", *["bigint"] * 4)
_Quintuples = _kind("quintuples", *["bigint"] * 5)
_Sextuples = _kind("sextuples", *["bigint"] * 6)
_Spellings = _kind("spellings", "bigint", "bigint", "text")


def numbers(parameter: str) -> TableValuedAlias:
    """One column, `c0`, of integers."""
    return _unpacked(_Numbers, parameter, BigInteger)


def strings(parameter: str) -> TableValuedAlias:
    """One column, `c0`, of texts."""
    return _unpacked(_Strings, parameter, Text)


def uuids(parameter: str) -> TableValuedAlias:
    """One column, `c0`, of UUIDs, from their 32 hexadecimal digits."""
    return _unpacked(_Uuids, parameter, Uuid)


def pairs(parameter: str) -> TableValuedAlias:
    """Two columns of integers, `c0` and `c1`."""
    return _unpacked(_Pairs, parameter, *[BigInteger] * 2)


def triples(parameter: str) -> TableValuedAlias:
    """Three columns of integers, `c0` to `c2`."""
    return _unpacked(_Triples, parameter, *[BigInteger] * 3)


def quadruples(parameter: str) -> TableValuedAlias:
    """Four columns of integers, `c0` to `c3`."""
    return _unpacked(_Quadruples, parameter, *[BigInteger] * 4)


def quintuples(parameter: str) -> TableValuedAlias:
    """Five columns of integers, `c0` to `c4`."""
    return _unpacked(_Quintuples, parameter, *[BigInteger] * 5)


def sextuples(parameter: str) -> TableValuedAlias:
    """Six columns of integers, `c0` to `c5`."""
    return _unpacked(_Sextuples, parameter, *[BigInteger] * 6)


def spellings(parameter: str) -> TableValuedAlias:
    """Two columns of integers and one of texts, `c0` to `c2`."""
    return _unpacked(_Spellings, parameter, BigInteger, BigInteger, Text)


def _unpacked(kind: type[FunctionElement[Any]], parameter: str, *types: type[TypeEngine[Any]]) -> TableValuedAlias:
    function = kind(bindparam(parameter, type_=_Json() if Text in types else _Arrays(len(types))))
    columns = (column(f"c{i}", type_) for i, type_ in enumerate(types))
    return function.table_valued(*columns).alias(f"{parameter}_given")


def once(given: TableValuedAlias, name: str) -> CTE:
    """A list that is joined: SQLite would else take the JSON apart again for each row."""
    return select(*given.c).cte(name).prefix_with("MATERIALIZED")


class _Among(FunctionElement[bool]):
    inherit_cache = True
    name = "among"
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002
        # In a condition SQLite would else be asked whether it `= 1`, and look through all that the user has.
        return self


def among(column: ColumnElement[int], parameter: str) -> ColumnElement[bool]:
    """Whether a column is one of the given numbers.

    PostgreSQL looks each up in an index. Of a list of rows it believes, as long as it knows little of the table, that
    it is cheaper to read all that the rest of the key leaves.
    """
    return _Among(column, bindparam(parameter, type_=_Arrays(1)))


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: Any, **kw: Any) -> str:
    column, given = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({given}))"  # noqa: S608


@compiles(_Among, "postgresql")
def _among_postgresql(element: _Among, compiler: Any, **kw: Any) -> str:
    column, given = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} = ANY(CAST({given} AS bigint[]))"
