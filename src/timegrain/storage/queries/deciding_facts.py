"""Which facts decide some seconds: those that touch them, and heartbeats that may reach them. One statement each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Connection, and_, bindparam, func, select, text

from timegrain.counting.instants import LONGEST_FACT, Range
from timegrain.storage.dialect import packed, pairs
from timegrain.storage.facts import COLUMNS, OF_USER, FactKind
from timegrain.storage.schema import HEARTBEAT_KIND, LONG_MS, facts

_KINDS = facts.c.kind.between(bindparam("first_kind"), bindparam("last_kind"))
_given_windows = pairs("windows")
# Materialized: SQLite would take the JSON apart again for each row that is joined.
_windows = select(_given_windows.c.c0, _given_windows.c.c1).cte("windows").prefix_with("MATERIALIZED")
_short_before: ColumnElement[int] = _windows.c.c0 - LONG_MS
_SHORT = select(*COLUMNS).select_from(
    _windows.join(
        facts,
        and_(OF_USER, facts.c.start_ms >= _short_before, facts.c.start_ms <= _windows.c.c1, _KINDS),
    )
)
_LONG = (
    select(*COLUMNS)
    .select_from(
        _windows.join(
            facts,
            and_(
                OF_USER,
                facts.c.start_ms >= _windows.c.c0 - LONGEST_FACT * 1000,
                facts.c.start_ms < _short_before,
                facts.c.length_ms >= text(str(LONG_MS)),
                facts.c.start_ms + facts.c.length_ms >= _windows.c.c0,
                _KINDS,
            ),
        )
    )
    .with_hint(facts, "INDEXED BY ix_facts_long", "sqlite")
)
_HEARTBEATS = (
    select(*COLUMNS)
    .select_from(
        _windows.join(
            facts,
            and_(
                OF_USER,
                facts.c.kind == text(str(HEARTBEAT_KIND)),
                facts.c.start_ms >= _windows.c.c0 - bindparam("timeout_ms"),
                facts.c.start_ms <= _windows.c.c1 + bindparam("timeout_ms"),
            ),
        )
    )
    .with_hint(facts, "INDEXED BY ix_facts_heartbeats", "sqlite")
)
_INPUTS = _LONG.union_all(_SHORT)
_SHOWN = _LONG.union_all(_SHORT, _HEARTBEATS)
_BOUNDS = select(
    func.min(facts.c.start_ms), func.max(facts.c.start_ms), func.max(facts.c.start_ms + facts.c.length_ms)
).where(OF_USER)

FactRow = tuple[int, int, int, int, int, int, int]
"""Start in milliseconds, device, kind, browser or editor, length in milliseconds, application, site."""


def read_shown(
    connection: Connection, organisation: int, user: int, ranges: Sequence[Range], timeout: int
) -> list[FactRow]:
    """Focus and page facts that touch the seconds of `ranges`, and heartbeats up to `timeout` seconds off, by start."""
    kinds = FactKind.FOCUS, FactKind.PAGE
    return _touching(connection, _SHOWN, organisation, user, ranges, kinds, {"timeout_ms": timeout * 1000})


def read_inputs(connection: Connection, organisation: int, user: int, within: Range) -> list[FactRow]:
    """Away and present facts that touch the seconds `within`, by start."""
    return _touching(connection, _INPUTS, organisation, user, [within], (FactKind.AWAY, FactKind.PRESENT))


def _touching(
    connection: Connection,
    statement: CompoundSelect[Any],
    organisation: int,
    user: int,
    ranges: Sequence[Range],
    kinds: tuple[FactKind, FactKind],
    more: Mapping[str, int] | None = None,
) -> list[FactRow]:
    # A second early: a present interval of some milliseconds covers the whole second in which it begins.
    windows = [((start - 1) * 1000, (end + 1) * 1000) for start, end in ranges]
    parameters = {
        "organisation": organisation,
        "user": user,
        "windows": packed(windows),
        "first_kind": int(kinds[0]),
        "last_kind": int(kinds[1]),
        **(more or {}),
    }
    rows: list[FactRow] = list(map(tuple, connection.execute(statement, parameters).all()))
    # Two windows may both be touched by one fact. Plain tuples: those of SQLAlchemy are slow to compare.
    return sorted(set(rows) if len(ranges) > 1 else rows)


def bounds(connection: Connection, organisation: int, user: int) -> Range | None:
    """The seconds from the first fact's start to the last one's end; None without facts."""
    first, last_start, last = connection.execute(_BOUNDS, {"organisation": organisation, "user": user}).one()
    if first is None:
        return None
    return first // 1000, max(last // 1000, last_start // 1000) + 1
