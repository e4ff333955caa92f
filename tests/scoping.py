"""Whether a statement keeps to one organisation, read from its text by a parser that knows nothing of SQLAlchemy.

Each distributed table, wherever a statement names it (FROM, JOIN, subquery, CTE, arm of a union, UPDATE, DELETE), must
be bound to a parameter within the same SELECT, UPDATE or DELETE: `organisation_id = :p`, or through an equality of it
with the `organisation_id` of another table there that is bound. What only the SELECT around it binds does not do: a
cluster could not tell from it where the rows are. An INSERT must give it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

import timegrain
from timegrain.storage.schema import DISTRIBUTED

BY = "organisation_id"
TABLES = frozenset(table.name for table in DISTRIBUTED)
PROGRAM = Path(timegrain.__file__).parent
MIGRATIONS = PROGRAM / "storage" / "migrations"
"""Once a version, in one transaction, over all organisations."""
WHOLE_TABLES = PROGRAM / "storage" / "rows.py"
"""For backups and copies of the whole database: the only other statements of the program that may."""

_VALUES = (exp.Placeholder, exp.Parameter, exp.Literal)


@cache
def unbound(sql: str, dialect: str) -> tuple[str, ...]:
    """The distributed tables that a statement reads or writes without keeping to one organisation."""
    if not any(name in sql for name in TABLES):
        return ()
    found: list[str] = []
    for statement in sqlglot.parse(sql, read="postgres" if dialect == "postgresql" else dialect):
        if statement is not None and not isinstance(statement, (exp.Command, exp.Create, exp.Drop, exp.Alter)):
            found += _unbound(statement)
    return tuple(found)


def _unbound(statement: exp.Expression) -> Iterator[str]:
    written = {id(table) for one in statement.find_all(exp.Insert) for table in _inserted(one)}
    for insert in statement.find_all(exp.Insert):
        columns = [one.name for one in insert.this.expressions] if isinstance(insert.this, exp.Schema) else []
        yield from (table.name for table in _inserted(insert) if BY not in columns)
    ctes = {one.alias for one in statement.find_all(exp.CTE)}
    within: dict[int, tuple[exp.Expression, list[exp.Table]]] = {}
    for table in statement.find_all(exp.Table):
        if table.name in TABLES and table.name not in ctes and id(table) not in written:
            around = table.find_ancestor(exp.Select, exp.Update, exp.Delete)
            if around is None:
                yield table.name
            else:
                within.setdefault(id(around), (around, []))[1].append(table)
    for around, tables in within.values():
        bound = _bound(around, ctes)
        yield from (table.name for table in tables if table.alias_or_name not in bound)


def _inserted(insert: exp.Insert) -> list[exp.Table]:
    target = insert.this.this if isinstance(insert.this, exp.Schema) else insert.this
    return [target] if isinstance(target, exp.Table) and target.name in TABLES else []


def _bound(around: exp.Expression, ctes: set[str]) -> set[str]:
    """Names in this SELECT, UPDATE or DELETE whose `organisation_id` is that of a parameter."""
    sources = [one for one in _within(around) if isinstance(one, (exp.Table, exp.Subquery)) and one.alias_or_name]
    only = sources[0].alias_or_name if len(sources) == 1 else None
    # What a subquery or a CTE gives is bound where it comes from, which is looked at there.
    bound = {one.alias_or_name for one in sources if isinstance(one, exp.Subquery) or one.name in ctes}
    shared = {one.alias_or_name for one in sources if isinstance(one, exp.Table) and one.name == "organisations"}
    links = list(_links(around, only, shared))
    grown = True
    while grown:
        grown = False
        for needs, gives in links:
            if gives not in bound and (needs is None or needs in bound):
                bound.add(gives)
                grown = True
    return bound


def _links(around: exp.Expression, only: str | None, shared: set[str]) -> Iterator[tuple[str | None, str]]:
    """What must be bound (None: nothing, it is a parameter) for what to be bound."""
    where = around.args.get("where")
    conditions: list[tuple[exp.Expression, set[str] | None]] = [] if where is None else [(where.this, None)]
    for join in (one for one in _within(around) if isinstance(one, exp.Join)):
        on = join.args.get("on")
        if on is not None and join.side != "FULL":
            # An outer join keeps the rows of one side whatever its condition says: it binds the other alone.
            outer = {one.alias_or_name for one in join.find_all(exp.Table)} if join.side == "LEFT" else None
            conditions.append((on, outer))
    for condition, may_bind in conditions:
        for one in condition.flatten() if isinstance(condition, exp.And) else [condition]:
            if isinstance(one, exp.EQ):
                for left, right in ((one.left, one.right), (one.right, one.left)):
                    gives, needs = _owner(left, only, shared), _owner(right, only, shared)
                    if gives and (may_bind is None or gives in may_bind) and (needs or _is_value(right)):
                        yield needs, gives


def _owner(side: exp.Expression, only: str | None, shared: set[str]) -> str | None:
    """Of whom a column names the organisation; of `shared` it is the id."""
    if not isinstance(side, exp.Column):
        return None
    name = side.table or only
    return name if side.name == ("id" if name in shared else BY) else None


def _is_value(side: exp.Expression) -> bool:
    while isinstance(side, (exp.Cast, exp.Paren)):
        side = side.this
    return isinstance(side, _VALUES)


def _within(around: exp.Expression) -> Iterator[exp.Expression]:
    """What belongs to a SELECT, UPDATE or DELETE and not to another one in it."""
    for one in around.walk(prune=lambda node: node is not around and isinstance(node, exp.Select)):
        if one is not around and not isinstance(one, exp.Select):
            yield one


class Watch:
    """The program's statements that do not keep to one organisation, since last asked."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def __call__(self, connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        tables = unbound(sql, connection.dialect.name)
        if tables and _is_ours():
            self._found.append(f"{', '.join(tables)}: {sql}")

    def taken(self) -> list[str]:
        found, self._found = self._found, []
        return found


WATCH = Watch()
"""Of all engines: `tests/conftest.py` asks it at the end of each test."""


def _is_ours() -> bool:
    """Whether the program, and not a test or a migration, executes the statement at hand."""
    frame = sys._getframe(1)
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(MIGRATIONS) or file == WHOLE_TABLES:
            return False
        if file.is_relative_to(PROGRAM):
            return True
        if "tests" in file.parts and file.parent != Path(__file__).parent:
            return False
        frame = frame.f_back
    return False
