"""What was used by people in pieces of their time: active seconds by subject, in one statement.

Whole slots are summed by subject, and once more for members of teams with rules of their own on the days of
their primary membership: what such a team rates otherwise is told apart without knowing memberships before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from timegrain.counting.instants import Range
from timegrain.counting.ratings import Rule
from timegrain.counting.subjects import NameKind
from timegrain.counting.tallies import Tally
from timegrain.storage.dialect import earlier, later
from timegrain.storage.given import pairs, strings
from timegrain.storage.queries.pieces import SUM, SUMS, add_sum
from timegrain.storage.queries.told import ENDS, ORGANISATION, RULE, OfUser, Part, given_parts, row, rule_of, take
from timegrain.storage.queries.windows import ARMS, RULES, USED_NAMES
from timegrain.storage.schema import memberships, names, rules, slot_subjects

USED, PEOPLE, KNOWN_USER, USED_IN_TEAM = range(20, 24)

Subject = tuple[NameKind, str]
"""What it is, and the name by which it is compared."""


@dataclass(slots=True)
class FoundUsage:
    """Active seconds of whole slots by subject and spelling, and how many people used a subject in them.

    `in_teams` by team and subject what of it members of teams with rules did; `known_users` are the people
    of the windows who used a subject that the facts of their windows name.
    """

    used: dict[Subject, dict[str, int]] = field(default_factory=dict)
    people: dict[Subject, int] = field(default_factory=dict)
    known_users: set[tuple[int, Subject]] = field(default_factory=set)
    in_teams: dict[tuple[int, Subject], int] = field(default_factory=dict)
    sums: dict[int, Tally] = field(default_factory=dict)
    users: dict[int, OfUser] = field(default_factory=dict)
    rules: list[Rule] | None = None
    """None: they were not read, being known."""


_part = given_parts("subjects")
_day_starts = pairs("day_starts")
_starts = select(_day_starts.c.c0, _day_starts.c.c1).cte("day_starts").prefix_with("MATERIALIZED")


def _start_of(day: ColumnElement[int]) -> ColumnElement[int]:
    """The second at which a home-zone day of the range begins; null for others."""
    return select(_starts.c.c1).where(_starts.c.c0 == day).scalar_subquery()


def _slots_of(part: CTE) -> ColumnElement[bool]:
    return and_(
        slot_subjects.c.organisation_id == ORGANISATION,
        slot_subjects.c.user_id == part.c.c1,
        slot_subjects.c.generation == part.c.c2,
        slot_subjects.c.slot >= part.c.c3,
        slot_subjects.c.slot < part.c.c4,
    )


_TEAMS_WITH_RULES = select(rules.c.team_id).where(rules.c.organisation_id == ORGANISATION, rules.c.team_id > 0)
_IN_TEAM = and_(
    memberships.c.organisation_id == ORGANISATION,
    memberships.c.user_id == _part.c.c1,
    memberships.c.is_primary,
    or_(memberships.c.team_id.in_(_TEAMS_WITH_RULES), memberships.c.team_id == bindparam("team", type_=Integer)),
    memberships.c.first_day <= bindparam("last_day"),
    memberships.c.end_day > bindparam("first_day"),
)
_team_parts = (
    select(
        memberships.c.team_id.label("c0"),
        _part.c.c1,
        _part.c.c2,
        later(_part.c.c3, func.coalesce(_start_of(memberships.c.first_day), _part.c.c3)).label("c3"),
        earlier(_part.c.c4, func.coalesce(_start_of(memberships.c.end_day), _part.c.c4)).label("c4"),
    )
    .select_from(_part.join(memberships, _IN_TEAM))
    .cte("team_parts")
    .prefix_with("MATERIALIZED")
)
"""As parts, with a team for a key. On their own, so that no database reads slots before it knows which."""


_ANY_SECOND = func.sum(slot_subjects.c.seconds) != 0
"""What a difference takes back is not used."""


def _named(summed: Select[Any], name: str) -> CTE:
    """Sums by user and name, with the names: joined after they are summed, there are far fewer of them."""
    by_name = summed.group_by(slot_subjects.c.user_id, slot_subjects.c.subject_id)
    sums = by_name.having(_ANY_SECOND).subquery()
    of_name = and_(
        names.c.organisation_id == ORGANISATION, names.c.user_id == sums.c.user_id, names.c.id == sums.c.subject_id
    )
    told = select(sums, names.c.kind, names.c.name, names.c.spelling).select_from(sums.join(names, of_name))
    return told.cte(name).prefix_with("MATERIALIZED")


_SECONDS = cast(func.sum(slot_subjects.c.seconds), BigInteger).label("seconds")
_SUMMED = slot_subjects.c.user_id, slot_subjects.c.subject_id, _SECONDS
_used = _named(
    select(*_SUMMED).select_from(_part.join(slot_subjects, _slots_of(_part))),
    "used",
)
_used_in_teams = _named(
    select(*_SUMMED, _team_parts.c.c0.label("team_id"))
    .select_from(_team_parts.join(slot_subjects, _slots_of(_team_parts)))
    .group_by(_team_parts.c.c0),
    "used_in_teams",
)
_told = names.alias("told")


def _sum(used: CTE) -> ColumnElement[int]:
    return cast(func.sum(used.c.seconds), BigInteger)


_ARMS = (
    row(USED, null(), _used.c.kind, _sum(_used), texts=(_used.c.name, _used.c.spelling)).group_by(
        _used.c.kind, _used.c.name, _used.c.spelling
    ),
    row(PEOPLE, null(), _used.c.kind, func.count(_used.c.user_id.distinct()), texts=(_used.c.name,)).group_by(
        _used.c.kind, _used.c.name
    ),
    row(
        USED_IN_TEAM,
        null(),
        _used_in_teams.c.kind,
        _sum(_used_in_teams),
        _used_in_teams.c.team_id,
        texts=(_used_in_teams.c.name,),
    ).group_by(_used_in_teams.c.team_id, _used_in_teams.c.kind, _used_in_teams.c.name),
)
_KNOWN_USERS = row(KNOWN_USER, _used.c.user_id, _used.c.kind, texts=(_used.c.name,)).select_from(
    USED_NAMES.join(
        _told,
        and_(
            _told.c.organisation_id == ORGANISATION,
            _told.c.user_id == USED_NAMES.c.user_id,
            _told.c.id == USED_NAMES.c.id,
        ),
    ).join(
        _used,
        and_(_used.c.user_id == _told.c.user_id, _used.c.kind == _told.c.kind, _used.c.name == _told.c.name),
    )
)
_wanted = strings("wanted")
_wanted_names = (
    select(names.c.user_id, names.c.id, names.c.kind, names.c.name)
    .where(
        names.c.organisation_id == ORGANISATION,
        names.c.user_id.in_(select(_part.c.c1)),
        names.c.name.in_(select(_wanted.c.c0)),
    )
    .cte("wanted_names")
    .prefix_with("MATERIALIZED")
)


def _of_each(part: CTE, in_team: int) -> Select[Any]:
    of_slot = and_(_wanted_names.c.user_id == slot_subjects.c.user_id, _wanted_names.c.id == slot_subjects.c.subject_id)
    told = literal_column(str(in_team), Integer), part.c.c0, part.c.c1, _wanted_names.c.kind, _wanted_names.c.name
    joined = part.join(slot_subjects, _slots_of(part)).join(_wanted_names, of_slot)
    return select(*told, _SECONDS).select_from(joined).group_by(*told[1:]).having(_ANY_SECOND)


_OF_EACH = union_all(_of_each(_part, 0), _of_each(_team_parts, 1))
_WHOLE = union_all(*_ARMS, *SUMS, RULES)
_CUT = union_all(*_ARMS, _KNOWN_USERS, *SUMS, *ARMS)


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
    """`subjects` are slots by user and generation of subjects, all that are summed of each user; `day_starts` each
    home-zone day that the slots touch, and the one after them, with the second at which it begins. `slots` and `days`
    are summed by class."""
    to_count = [(0, user, 0, *range_) for user, range_ in windows]
    parameters: dict[str, Any] = {
        "organisation": organisation,
        "subjects": subjects,
        "day_starts": day_starts,
        "first_day": day_starts[0][0],
        "last_day": day_starts[-1][0],
        "slots": slots,
        "days": days,
        "with_rules": int(with_rules),
        "team": 0,
    }
    statement = _WHOLE
    if to_count:
        statement = _CUT
        parameters |= {"ends": (), "windows": to_count}
    found = FoundUsage(rules=[] if with_rules else None)
    for told in connection.execute(statement, parameters):
        _take(found, *told)
    return found


class EachUsed(NamedTuple):
    """Active seconds of whole slots by the key of the part, user and subject, and by team, user and subject what of
    it they did as members of teams with rules."""

    by_key: dict[tuple[int, int, Subject], int]
    in_teams: dict[tuple[int, int, Subject], int]


def of_each(
    connection: Connection,
    organisation: int,
    parts: Sequence[Part],
    day_starts: Sequence[tuple[int, int]],
    wanted: Collection[Subject],
    team: int = 0,
) -> EachUsed:
    """How much each used the wanted subjects. `team` counts as one with rules; `day_starts` as in `read`."""
    parameters = {
        "organisation": organisation,
        "subjects": parts,
        "day_starts": day_starts,
        "first_day": day_starts[0][0],
        "last_day": day_starts[-1][0],
        "wanted": sorted({name for _, name in wanted}),
        "team": team,
    }
    found = EachUsed({}, {})
    for in_team, key, user, kind, name, seconds in connection.execute(_OF_EACH, parameters):
        subject = NameKind(kind), name
        if subject in wanted:
            (found.in_teams if in_team else found.by_key)[key, user, subject] = seconds
    return found


def _take(found: FoundUsage, tag: int, user: int, *told: Any) -> None:
    if tag == USED:
        found.used.setdefault((NameKind(told[0]), told[7]), {})[told[8]] = told[1]
    elif tag == PEOPLE:
        found.people[NameKind(told[0]), told[7]] = told[1]
    elif tag == KNOWN_USER:
        found.known_users.add((user, (NameKind(told[0]), told[7])))
    elif tag == USED_IN_TEAM:
        found.in_teams[told[2], (NameKind(told[0]), told[7])] = told[1]
    elif tag == SUM:
        add_sum(found.sums, told)
    elif tag == RULE and found.rules is not None:
        found.rules.append(rule_of(told))
    elif tag != ENDS:
        take(found.users.setdefault(user, OfUser()), tag, told)
