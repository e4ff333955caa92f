"""Which facts decide some seconds: those that touch them, and heartbeats that may reach them. One statement each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select, text

from timegrain.counting.instants import LONGEST_FACT, Range, union
from timegrain.storage.dialect import Near, all_near, near_each
from timegrain.storage.facts import COLUMNS, OF_USER, FactKind
from timegrain.storage.given import once, triples
from timegrain.storage.schema import HEARTBEAT_KIND, LONG_MS, facts

_DAY_MS = LONGEST_FACT * 1000
_KINDS = facts.c.kind.between(bindparam("first_kind"), bindparam("last_kind"))
_windows = once(triples("windows"), "windows")
# Of windows less than a day apart the days before them, in which a long fact begins, are read once.
_joined = once(triples("joined"), "joined")
_ORGANISATION = facts.c.organisation_id == bindparam("organisation")
_COLUMNS = (*COLUMNS, facts.c.user_id)
_short_before: ColumnElement[int] = _windows.c.c1 - LONG_MS
_SHORT = near_each(
    _windows,
    facts,
    _COLUMNS,
    and_(
        _ORGANISATION,
        facts.c.user_id == _windows.c.c0,
        facts.c.start_ms >= _short_before,
        facts.c.start_ms <= _windows.c.c2,
        facts.c.start_ms + facts.c.length_ms >= _windows.c.c1,
        facts.c.length_ms < text(str(LONG_MS)),
        _KINDS,
    ),
)
_LONG = near_each(
    _joined,
    facts,
    _COLUMNS,
    and_(
        _ORGANISATION,
        facts.c.user_id == _joined.c.c0,
        facts.c.start_ms >= _joined.c.c1 - _DAY_MS,
        facts.c.start_ms <= _joined.c.c2,
        facts.c.length_ms >= text(str(LONG_MS)),
        facts.c.start_ms + facts.c.length_ms >= _joined.c.c1,
        _KINDS,
    ),
)
_HEARTBEATS = near_each(
    _windows,
    facts,
    _COLUMNS,
    and_(
        _ORGANISATION,
        facts.c.user_id == _windows.c.c0,
        facts.c.kind == text(str(HEARTBEAT_KIND)),
        facts.c.start_ms >= _windows.c.c1 - bindparam("timeout_ms"),
        facts.c.start_ms <= _windows.c.c2 + bindparam("timeout_ms"),
    ),
)

_INPUTS = all_near(_LONG, _SHORT)
_SHOWN = all_near(_LONG, _SHORT, _HEARTBEATS)
_BOUNDS = select(
    func.min(facts.c.start_ms), func.max(facts.c.start_ms), func.max(facts.c.start_ms + facts.c.length_ms)
).where(OF_USER)

FactRow = tuple[int, int, int, int, int, int, int]
"""Start in milliseconds, device, kind, browser or editor, length in milliseconds, application, site."""


def read_shown(
    connection: Connection, organisation: int, ranges: Mapping[int, Sequence[Range]], timeout: int
) -> dict[int, list[FactRow]]:
    """Of some users the focus and page facts that touch the seconds of their ranges, which are in order, and heartbeats
    up to `timeout` seconds off, by start."""
    kinds = FactKind.FOCUS, FactKind.PAGE
    return _touching(connection, _SHOWN, organisation, ranges, kinds, {"timeout_ms": timeout * 1000})


def read_inputs(connection: Connection, organisation: int, user: int, within: Range) -> list[FactRow]:
    """Away and present facts that touch the seconds `within`, by start."""
    return read_inputs_of_each(connection, organisation, {user: [within]})[user]


def read_inputs_of_each(
    connection: Connection, organisation: int, ranges: Mapping[int, Sequence[Range]]
) -> dict[int, list[FactRow]]:
    """The same of some users, of each those that touch its ranges, which are in order."""
    return _touching(connection, _INPUTS, organisation, ranges, (FactKind.AWAY, FactKind.PRESENT))


def _touching(
    connection: Connection,
    statement: Near,
    organisation: int,
    ranges: Mapping[int, Sequence[Range]],
    kinds: tuple[FactKind, FactKind],
    more: Mapping[str, int] | None = None,
) -> dict[int, list[FactRow]]:
    # A second early: a present interval of some milliseconds covers the whole second in which it begins.
    windows = {user: [((start - 1) * 1000, (end + 1) * 1000) for start, end in of] for user, of in ranges.items()}
    parameters = {
        "organisation": organisation,
        "windows": [(user, *window) for user, of in windows.items() for window in of],
        "joined": [(user, *joined) for user, of in windows.items() for joined in _joined_days(of)],
        "first_kind": int(kinds[0]),
        "last_kind": int(kinds[1]),
        **(more or {}),
    }
    found: dict[int, list[FactRow]] = {user: [] for user in windows}
    for row in statement.rows(connection, parameters):
        found[row[-1]].append(row[:-1])
    return {user: sorted(_each_once(rows, windows[user])) for user, rows in found.items()}


def _joined_days(windows: Iterable[Range]) -> Iterator[Range]:
    for start, end in union((start, end + _DAY_MS) for start, end in windows):
        yield start, end - _DAY_MS


def _each_once(rows: Iterable[FactRow], windows: Sequence[Range]) -> Iterable[FactRow]:
    """Two windows may both be touched by one fact, and a long one may lie between them."""
    if len(windows) == 1:
        return rows
    starts = [start for start, _ in windows]
    return {row for row in rows if row[4] < LONG_MS or windows[bisect_right(starts, row[0] + row[4]) - 1][1] >= row[0]}


def bounds(connection: Connection, organisation: int, user: int) -> Range | None:
    """The seconds from the first fact's start to the last one's end; None without facts."""
    first, last_start, last = connection.execute(_BOUNDS, {"organisation": organisation, "user": user}).one()
    if first is None:
        return None
    return first // 1000, max(last // 1000, last_start // 1000) + 1
