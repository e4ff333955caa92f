"""Who is meant by users named and teams named: each person with the home-zone days on which they count.

One statement. Users who are named count on all days, through a team a person counts on the days of
membership (T10); each day once. Whoever sees the data of their teams sees others on their days of membership
in the teams that they lead now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Column,
    CompoundSelect,
    Connection,
    Integer,
    Row,
    Select,
    bindparam,
    literal_column,
    select,
    union_all,
)

from timegrain.counting.instants import Range, union
from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.errors import Detail, Forbidden, TeamNotFound, TooManyPeople, UserNotFound
from timegrain.storage.given import uuids
from timegrain.storage.roles import Level, Reach
from timegrain.storage.schema import leads, memberships, teams, users

MOST_PEOPLE = 10_000
BEYOND = "Some of these people are beyond what you may see"


class Meant(NamedTuple):
    """A person, on the home-zone days `[first, end)`."""

    user: int
    generation: int
    first: int
    end: int


class Profile(NamedTuple):
    """A person, with the home-zone days on which they count, half-open, in order."""

    user: int
    generation: int
    subject_generation: int
    subject_difference: int | None
    uuid: UUID
    name: str
    email: str
    facts_from: int | None
    """Slots before are frozen, for their facts were retired; None: none is."""
    days: tuple[Range, ...]

    @property
    def subject_generations(self) -> tuple[int, ...]:
        """Those whose sums are the seconds of subjects."""
        return tuple(one for one in (self.subject_generation, self.subject_difference) if one is not None)


_given_users = uuids("users")
_given_teams = uuids("teams")
_LED = (
    select(leads.c.team_id)
    .where(
        leads.c.organisation_id == bindparam("organisation"),
        leads.c.user_id == bindparam("reader"),
        leads.c.first_day <= bindparam("today"),
        leads.c.end_day > bindparam("today"),
    )
    .cte("led")
)
_OF_MEMBERSHIP = (memberships.c.organisation_id == users.c.organisation_id) & (memberships.c.user_id == users.c.id)


_ALWAYS = literal_column(str(ALWAYS), Integer), literal_column(str(FOREVER), Integer)


class _Statements(NamedTuple):
    """Rows of team (0: named), user, first day, end day and what else is told of the user."""

    named: Select[Any]
    everybody: CompoundSelect[Any]
    within_reach: CompoundSelect[Any]


def _statements(*told: Column[Any]) -> _Statements:
    named_team = literal_column("0", Integer)
    of_users = users.c.organisation_id == bindparam("organisation"), users.c.uuid.in_(select(_given_users.c.c0))
    days = memberships.c.first_day, memberships.c.end_day
    named = select(named_team, users.c.id, *_ALWAYS, *told).where(*of_users)
    named_of_led = (
        select(named_team, users.c.id, *days, *told)
        .select_from(users.join(memberships, _OF_MEMBERSHIP))
        .where(
            *of_users,
            users.c.id != bindparam("reader"),
            memberships.c.team_id.in_(select(_LED.c.team_id)),
        )
    )
    members = (
        select(teams.c.id, users.c.id, *days, *told)
        .select_from(
            teams.outerjoin(
                memberships,
                (memberships.c.organisation_id == teams.c.organisation_id) & (memberships.c.team_id == teams.c.id),
            ).outerjoin(users, _OF_MEMBERSHIP)
        )
        .where(teams.c.organisation_id == bindparam("organisation"), teams.c.uuid.in_(select(_given_teams.c.c0)))
    )
    return _Statements(
        named,
        union_all(named, members),
        union_all(
            named.where(users.c.id == bindparam("reader")),
            named_of_led,
            members.where(teams.c.id.in_(select(_LED.c.team_id))),
        ),
    )


_MEANT = _statements(users.c.generation)
_TOLD = (
    users.c.generation,
    users.c.subject_generation,
    users.c.subject_difference,
    users.c.uuid,
    users.c.name,
    users.c.email,
    users.c.facts_from,
)
_PROFILES = _statements(*_TOLD)
_EVERYBODY = select(literal_column("0", Integer), users.c.id, *_ALWAYS, *_TOLD).where(
    users.c.organisation_id == bindparam("organisation")
)
_SELF = _EVERYBODY.where(users.c.id == bindparam("reader"))
_ALL_WITHIN: dict[Level, Select[Any] | CompoundSelect[Any]] = {
    Level.FULL: _EVERYBODY,
    Level.TEAM: union_all(
        _SELF,
        select(literal_column("0", Integer), users.c.id, memberships.c.first_day, memberships.c.end_day, *_TOLD)
        .select_from(users.join(memberships, _OF_MEMBERSHIP))
        .where(
            users.c.organisation_id == bindparam("organisation"),
            memberships.c.team_id.in_(select(_LED.c.team_id)),
        ),
    ),
    Level.OWN: _SELF,
}
_KNOWN_USERS = select(users.c.uuid).where(
    users.c.organisation_id == bindparam("organisation"), users.c.uuid.in_(select(_given_users.c.c0))
)
_KNOWN_TEAMS = select(teams.c.uuid).where(
    teams.c.organisation_id == bindparam("organisation"), teams.c.uuid.in_(select(_given_teams.c.c0))
)


def few_enough(user_ids: Sequence[UUID], team_ids: Sequence[UUID]) -> None:
    """Raises `TooManyPeople` for what is too much before anybody is looked up."""
    # The sets are made only where there may be too many: this runs in front of each question.
    if any(len(ids) > MOST_PEOPLE and len(set(ids)) > MOST_PEOPLE for ids in (user_ids, team_ids)):
        raise TooManyPeople(f"more than {MOST_PEOPLE} people are meant")


def people_meant(
    connection: Connection,
    organisation: int,
    user_ids: Sequence[UUID],
    team_ids: Sequence[UUID],
    reach: Reach | None = None,
) -> list[Meant]:
    """Within `reach`, or (None) of the whole organisation.

    Raises `UserNotFound`, `TeamNotFound` with the ids in the details, `TooManyPeople`; below full access
    `Forbidden` for any id beyond reach, which it does not name.
    """
    rows = _rows(connection, organisation, user_ids, team_ids, reach, _MEANT)
    return [
        Meant(user, generation, first, end)
        for (user, generation), days in _each_day_once(rows).items()
        for first, end in days
    ]


def profiles_meant(
    connection: Connection,
    organisation: int,
    user_ids: Sequence[UUID],
    team_ids: Sequence[UUID],
    reach: Reach | None = None,
) -> list[Profile]:
    """The same people with what answers tell of them, by name, then id. Raises as `people_meant`."""
    rows = _rows(connection, organisation, user_ids, team_ids, reach, _PROFILES)
    found = [Profile._make((*told, tuple(days))) for told, days in _each_day_once(rows).items()]
    return sorted(found, key=lambda one: (one.name, str(one.uuid)))


def profiles_within(
    connection: Connection, organisation: int, reach: Reach, most: int | None = MOST_PEOPLE
) -> list[Profile]:
    """Everybody whom a caller may see, by name, then id. Raises `TooManyPeople`, with `most` None never."""
    parameters = {"organisation": organisation, "reader": reach.user, "today": reach.today}
    rows = connection.execute(_ALL_WITHIN[reach.level], parameters).all()
    found = [Profile._make((*told, tuple(days))) for told, days in _each_day_once(rows, most).items()]
    return sorted(found, key=lambda one: (one.name, str(one.uuid)))


def _rows(
    connection: Connection,
    organisation: int,
    user_ids: Sequence[UUID],
    team_ids: Sequence[UUID],
    reach: Reach | None,
    statements: _Statements,
) -> Sequence[Row[Any]]:
    few_enough(user_ids, team_ids)
    asked_users, asked_teams = set(user_ids), set(team_ids)
    parameters: dict[str, Any] = {
        "organisation": organisation,
        "users": [one.hex for one in asked_users],
        "teams": [one.hex for one in asked_teams],
    }
    if reach is not None and reach.level is not Level.FULL:
        if reach.user is None or (reach.level is Level.OWN and (asked_teams or asked_users - {reach.uuid})):
            raise Forbidden(BEYOND)
        parameters |= {"reader": reach.user, "today": reach.today}
        rows = connection.execute(statements.within_reach, parameters).all()
        if len({row[1] for row in rows if not row[0]}) < len(asked_users) or len(_teams_in(rows)) < len(asked_teams):
            raise Forbidden(BEYOND)
        return rows
    rows = connection.execute(statements.everybody if asked_teams else statements.named, parameters).all()
    if sum(not row[0] for row in rows) < len(asked_users):
        known = set(connection.execute(_KNOWN_USERS, parameters).scalars())
        raise UserNotFound("no such user in this organisation", _details("userId", asked_users - known))
    if len(_teams_in(rows)) < len(asked_teams):
        known = set(connection.execute(_KNOWN_TEAMS, parameters).scalars())
        raise TeamNotFound("no such team in this organisation", _details("teamId", asked_teams - known))
    return rows


def _teams_in(rows: Sequence[Row[Any]]) -> set[int]:
    return {row[0] for row in rows if row[0]}


def _each_day_once(rows: Sequence[Row[Any]], most: int | None = MOST_PEOPLE) -> dict[tuple[Any, ...], list[Range]]:
    """The days on which each user counts, by what is told of them. A team's row without member has no user."""
    days: dict[tuple[Any, ...], list[Range]] = {}
    for _, user, first, end, *told in map(tuple, rows):
        if user is not None:
            days.setdefault((user, *told), []).append((first, end))
    if most is not None and len(days) > most:
        raise TooManyPeople(f"more than {most} people are meant")
    return {who: ranges if len(ranges) == 1 else union(ranges) for who, ranges in days.items()}


def _details(field: str, ids: Iterable[UUID]) -> list[Detail]:
    return [Detail(field, str(id_)) for id_ in sorted(ids)]
