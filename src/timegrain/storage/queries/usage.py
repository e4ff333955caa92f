"""What was used by people in pieces of their time: active seconds by subject, in one statement.

Whole slots are summed by subject, and once more for members of teams with rules of their own on the days of
their primary membership: what such a team rates otherwise is told apart without knowing memberships before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    and_,
    bindparam,
    cast,
    func,
    null,
    select,
    union_all,
)

from timegrain.counting.instants import Range
from timegrain.counting.ratings import Rule
from timegrain.counting.subjects import NameKind
from timegrain.counting.tallies import Tally
from timegrain.storage.dialect import earlier, later, packed, pairs
from timegrain.storage.queries.pieces import SUM, SUMS, add_sum
from timegrain.storage.queries.windows import (
    ARMS,
    ENDS,
    ORGANISATION,
    RULE,
    OfUser,
    Part,
    given_parts,
    row,
    rule_of,
    take,
)
from timegrain.storage.schema import memberships, names, rules, slot_subjects

USED, USED_IN_TEAM = 20, 21

Subject = tuple[NameKind, str]
"""What it is, and the name by which it is compared."""


class Used(NamedTuple):
    """Active seconds of a subject. `user` is None where they are of all, `people` of how many."""

    user: int | None
    seconds: int
    people: int
    spelling: str


@dataclass(slots=True)
class FoundUsage:
    """By subject; `in_teams` by team and subject what of it members of teams with rules did."""

    used: dict[Subject, list[Used]] = field(default_factory=dict)
    in_teams: dict[tuple[int, Subject], int] = field(default_factory=dict)
    sums: dict[int, Tally] = field(default_factory=dict)
    users: dict[int, OfUser] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)


_part = given_parts("subjects")
_day_starts = pairs("day_starts")
_starts = select(_day_starts.c.c0, _day_starts.c.c1).cte("day_starts").prefix_with("MATERIALIZED")


def _start_of(day: ColumnElement[int]) -> ColumnElement[int]:
    """The second at which a home-zone day of the range begins; null for others."""
    return select(_starts.c.c1).where(_starts.c.c0 == day).scalar_subquery()


def _slots_of(low: ColumnElement[int], high: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(
        slot_subjects.c.organisation_id == ORGANISATION,
        slot_subjects.c.user_id == _part.c.c1,
        slot_subjects.c.generation == _part.c.c2,
        slot_subjects.c.slot >= low,
        slot_subjects.c.slot < high,
    )


_NAMED = and_(
    names.c.organisation_id == ORGANISATION,
    names.c.user_id == slot_subjects.c.user_id,
    names.c.id == slot_subjects.c.subject_id,
)
_SECONDS = cast(func.sum(slot_subjects.c.seconds), BigInteger)
_TEAMS_WITH_RULES = select(rules.c.team_id).where(rules.c.organisation_id == ORGANISATION, rules.c.team_id > 0)
_IN_TEAM = and_(
    memberships.c.organisation_id == ORGANISATION,
    memberships.c.user_id == _part.c.c1,
    memberships.c.is_primary,
    memberships.c.team_id.in_(_TEAMS_WITH_RULES),
    memberships.c.first_day <= bindparam("last_day"),
    memberships.c.end_day > bindparam("first_day"),
)
_LOW = later(_part.c.c3, func.coalesce(_start_of(memberships.c.first_day), _part.c.c3))
_HIGH = earlier(_part.c.c4, func.coalesce(_start_of(memberships.c.end_day), _part.c.c4))


def _used(by_user: bool) -> Any:
    """Everybody's together: people are then counted here. By user where cut slots may add a subject to them."""
    user = slot_subjects.c.user_id if by_user else null()
    people = cast(func.count(slot_subjects.c.user_id.distinct()), BigInteger)
    told = row(
        USED, user, names.c.kind, _SECONDS, people, texts=(names.c.name, func.min(names.c.spelling))
    ).select_from(_part.join(slot_subjects, _slots_of(_part.c.c3, _part.c.c4)).join(names, _NAMED))
    grouped = told.group_by(names.c.kind, names.c.name)
    return grouped.group_by(slot_subjects.c.user_id) if by_user else grouped


_USED_IN_TEAMS = (
    row(USED_IN_TEAM, null(), names.c.kind, _SECONDS, memberships.c.team_id, texts=(names.c.name,))
    .select_from(_part.join(memberships, _IN_TEAM).join(slot_subjects, _slots_of(_LOW, _HIGH)).join(names, _NAMED))
    .group_by(memberships.c.team_id, names.c.kind, names.c.name)
)


@cache
def _statement(by_user: bool) -> CompoundSelect[Any]:
    return union_all(_used(by_user), _USED_IN_TEAMS, *SUMS, *ARMS)


def read(
    connection: Connection,
    organisation: int,
    subjects: Sequence[Part],
    day_starts: Sequence[tuple[int, int]],
    slots: Sequence[Part] = (),
    days: Sequence[Part] = (),
    windows: Iterable[tuple[int, Range]] = (),
    with_rules: bool = False,
) -> FoundUsage:
    """`subjects` are slots by user and generation of subjects; `day_starts` each home-zone day that the slots
    touch, and the one after them, with the second at which it begins. `slots` and `days` are summed by class."""
    to_count = [(0, user, 0, *range_) for user, range_ in windows]
    parameters: dict[str, Any] = {
        "organisation": organisation,
        "subjects": packed(subjects),
        "day_starts": packed(day_starts),
        "first_day": day_starts[0][0] if day_starts else 0,
        "last_day": day_starts[-1][0] if day_starts else 0,
        "slots": packed(slots),
        "days": packed(days),
        "ends": "[]",
        "windows": packed(to_count),
        "with_rules": int(with_rules),
    }
    found = FoundUsage()
    for told in connection.execute(_statement(bool(to_count)), parameters):
        _take(found, *told)
    return found


def _take(found: FoundUsage, tag: int, user: int, *told: Any) -> None:
    if tag == USED:
        subject = NameKind(told[0]), told[7]
        found.used.setdefault(subject, []).append(Used(user, told[1], told[2], told[8]))
    elif tag == USED_IN_TEAM:
        found.in_teams[told[2], (NameKind(told[0]), told[7])] = told[1]
    elif tag == SUM:
        add_sum(found.sums, told)
    elif tag == RULE:
        found.rules.append(rule_of(told))
    elif tag != ENDS:
        take(found.users.setdefault(user, OfUser()), tag, told)
