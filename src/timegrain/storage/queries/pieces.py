"""Sums of pieces of people's time, and all that decides the seconds of some windows: one statement.

What lies between the edges of days and slots is summed from their totals. What is cut, and the slots that hold
a first or last active second, are counted from facts: `windows.py` has what decides them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, Select, Table, and_, func, null, union_all

from timegrain.counting.instants import Range
from timegrain.counting.ratings import Rule
from timegrain.counting.tallies import NOTHING, Tally, summed
from timegrain.storage.queries.told import ENDS, ORGANISATION, RULE, OfUser, Part, given_parts, row, rule_of, take
from timegrain.storage.queries.windows import ARMS, TITLES
from timegrain.storage.schema import day_totals, slot_totals

SUM = 10


@dataclass(slots=True)
class Found:
    """By piece: sums, and the first and last slot with an active second. By user: what decides the windows."""

    sums: dict[int, Tally] = field(default_factory=dict)
    ends: dict[int, tuple[int, int]] = field(default_factory=dict)
    users: dict[int, OfUser] = field(default_factory=dict)
    rules: list[Rule] | None = None
    """None: they were not read, being known or not needed."""


def _sums(part: CTE, table: Table, position: ColumnElement[int]) -> Select[Any]:
    totals = [func.sum(table.c[name]) for name in ("productive", "neutral", "unproductive", "idle")]
    within = and_(
        table.c.organisation_id == ORGANISATION,
        table.c.user_id == part.c.c1,
        table.c.generation == part.c.c2,
        position >= part.c.c3,
        position < part.c.c4,
    )
    return row(SUM, null(), part.c.c0, *totals).select_from(part.join(table, within)).group_by(part.c.c0)


SUMS = (
    _sums(given_parts("slots"), slot_totals, slot_totals.c.slot),
    _sums(given_parts("days"), day_totals, day_totals.c.day),
)
_ONLY_SUMS = union_all(*SUMS)
_EVERYTHING = union_all(*SUMS, *ARMS)
_WITH_TITLES = union_all(*SUMS, *ARMS, TITLES)


def read(
    connection: Connection,
    organisation: int,
    slots: Sequence[Part],
    days: Sequence[Part],
    ends: Sequence[Part] = (),
    windows: Iterable[tuple[int, Range]] = (),
    with_rules: bool = False,
    with_titles: bool = False,
) -> Found:
    """Sums of slots and days by piece; of `ends` the slots with the first and last active second.

    Windows are users' seconds to count; those of the ends' slots are added to them.
    """
    to_count = [(0, user, 0, *range_) for user, range_ in windows]
    parameters: dict[str, Any] = {"organisation": organisation, "slots": slots, "days": days}
    statement = _ONLY_SUMS
    if ends or to_count:
        statement = _WITH_TITLES if with_titles else _EVERYTHING
        parameters |= {"ends": ends, "windows": to_count, "with_rules": int(with_rules)}
    found = Found(rules=[] if with_rules and statement is not _ONLY_SUMS else None)
    for told in connection.execute(statement, parameters):
        _take(found, *told)
    return found


def add_sum(sums: dict[int, Tally], told: Sequence[Any]) -> None:
    """Add what a row of `SUM` tells, after its tag and user, to the sum of its piece."""
    key, *seconds = told[:5]
    sums[key] = summed([sums.get(key, NOTHING), Tally(*seconds)])


def _take(found: Found, tag: int, user: int, *told: Any) -> None:
    if tag == SUM:
        add_sum(found.sums, told)
    elif tag == ENDS:
        first, last = found.ends.get(told[0], (told[1], told[2]))
        found.ends[told[0]] = min(first, told[1]), max(last, told[2])
    elif tag == RULE and found.rules is not None:
        found.rules.append(rule_of(told))
    else:
        take(found.users.setdefault(user, OfUser()), tag, told)
