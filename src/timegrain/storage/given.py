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

from sqlalchemy import BigInteger, Boolean, ColumnElement, Dialect, Text, Uuid, bindparam, column
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


def _kind(name: str, width: int, type_: str) -> type[FunctionElement[Any]]:
    """What unpacks a list into `width` columns of a type, as either database is asked."""
    kind = type(name, (FunctionElement,), {"inherit_cache": True, "name": name})
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
        if type_ == "text":
            return f"(SELECT value AS c0 FROM jsonb_array_elements_text(CAST({given} AS jsonb)))"  # noqa: S608
        arrays = ", ".join(_array(given, place, type_) for place in range(width))
        return f"(SELECT * FROM unnest({arrays}) AS unpacked({', '.join(names)}))"  # noqa: S608

    return kind


_Numbers = _kind("numbers", 1, "bigint")
_Strings = _kind("strings", 1, "text")
_Uuids = _kind("uuids", 1, "uuid")
_Pairs = _kind("pairs", 2, "bigint")
_Quadruples = _kind("quadruples", 4, "bigint")
_Quintuples = _kind("quintuples", 5, "bigint")


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
    function = kind(bindparam(parameter, type_=_Json() if type_ is Text else _Arrays(width)))
    return function.table_valued(*(column(f"c{i}", type_) for i in range(width))).alias(f"{parameter}_given")


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
