"""Which facts decide some seconds: those that touch them, and heartbeats that may reach them. One statement each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select, text

from timegrain.counting.instants import LONGEST_FACT, Range, union
from timegrain.storage.dialect import Near, all_near, near_each
from timegrain.storage.facts import COLUMNS, OF_USER, FactKind
from timegrain.storage.given import pairs
from timegrain.storage.schema import HEARTBEAT_KIND, LONG_MS, facts

_DAY_MS = LONGEST_FACT * 1000
_KINDS = facts.c.kind.between(bindparam("first_kind"), bindparam("last_kind"))
_given_windows = pairs("windows")
# Materialized: SQLite would take the JSON apart again for each row that is joined.
_windows = select(_given_windows.c.c0, _given_windows.c.c1).cte("windows").prefix_with("MATERIALIZED")
# Of windows less than a day apart the days before them, in which a long fact begins, are read once.
_given_joined = pairs("joined")
_joined = select(_given_joined.c.c0, _given_joined.c.c1).cte("joined").prefix_with("MATERIALIZED")
_short_before: ColumnElement[int] = _windows.c.c0 - LONG_MS
_SHORT = near_each(
    _windows,
    facts,
    COLUMNS,
    and_(
        OF_USER,
        facts.c.start_ms >= _short_before,
        facts.c.start_ms <= _windows.c.c1,
        facts.c.start_ms + facts.c.length_ms >= _windows.c.c0,
        facts.c.length_ms < text(str(LONG_MS)),
        _KINDS,
    ),
)
_LONG = near_each(
    _joined,
    facts,
    COLUMNS,
    and_(
        OF_USER,
        facts.c.start_ms >= _joined.c.c0 - _DAY_MS,
        facts.c.start_ms <= _joined.c.c1,
        facts.c.length_ms >= text(str(LONG_MS)),
        facts.c.start_ms + facts.c.length_ms >= _joined.c.c0,
        _KINDS,
    ),
    "ix_facts_long",
)
_HEARTBEATS = near_each(
    _windows,
    facts,
    COLUMNS,
    and_(
        OF_USER,
        facts.c.kind == text(str(HEARTBEAT_KIND)),
        facts.c.start_ms >= _windows.c.c0 - bindparam("timeout_ms"),
        facts.c.start_ms <= _windows.c.c1 + bindparam("timeout_ms"),
    ),
    "ix_facts_heartbeats",
)

_INPUTS = all_near(_LONG, _SHORT)
_SHOWN = all_near(_LONG, _SHORT, _HEARTBEATS)
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
    statement: Near,
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
        "windows": windows,
        "joined": [(start, end - _DAY_MS) for start, end in union((s, e + _DAY_MS) for s, e in windows)],
        "first_kind": int(kinds[0]),
        "last_kind": int(kinds[1]),
        **(more or {}),
    }
    rows: list[FactRow] = list(map(tuple, connection.execute(statement.on(connection), parameters).all()))
    # Plain tuples: those of SQLAlchemy are slow to compare.
    return sorted(rows if len(windows) == 1 else _each_once(rows, windows))


def _each_once(rows: Iterable[FactRow], windows: Sequence[Range]) -> set[FactRow]:
    """Two windows may both be touched by one fact, and a long one may lie between them."""
    starts = [start for start, _ in windows]
    return {row for row in rows if row[4] < LONG_MS or windows[bisect_right(starts, row[0] + row[4]) - 1][1] >= row[0]}


def bounds(connection: Connection, organisation: int, user: int) -> Range | None:
    """The seconds from the first fact's start to the last one's end; None without facts."""
    first, last_start, last = connection.execute(_BOUNDS, {"organisation": organisation, "user": user}).one()
    if first is None:
        return None
    return first // 1000, max(last // 1000, last_start // 1000) + 1
