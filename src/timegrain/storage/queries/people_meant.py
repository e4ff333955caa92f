"""Who is meant by users named and teams named: each person with the home-zone days on which they count.

One statement. Users who are named count on all days, through a team a person counts on the days of
membership (T10); each day once. Whoever sees the data of their teams sees others on their days of membership
in the teams that they lead now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Integer, bindparam, literal_column, select, union_all

from timegrain.counting.instants import Range, union
from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.errors import Detail, Forbidden, TeamNotFound, TooManyPeople, UserNotFound
from timegrain.storage.dialect import packed, uuids
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


_given_users = uuids("users")
_given_teams = uuids("teams")
_NAMED = select(
    literal_column("0", Integer),
    users.c.id,
    users.c.generation,
    literal_column(str(ALWAYS), Integer),
    literal_column(str(FOREVER), Integer),
).where(users.c.organisation_id == bindparam("organisation"), users.c.uuid.in_(select(_given_users.c.c0)))
_MEMBERS = (
    select(teams.c.id, users.c.id, users.c.generation, memberships.c.first_day, memberships.c.end_day)
    .select_from(
        teams.outerjoin(
            memberships,
            (memberships.c.organisation_id == teams.c.organisation_id) & (memberships.c.team_id == teams.c.id),
        ).outerjoin(
            users,
            (users.c.organisation_id == memberships.c.organisation_id) & (users.c.id == memberships.c.user_id),
        )
    )
    .where(teams.c.organisation_id == bindparam("organisation"), teams.c.uuid.in_(select(_given_teams.c.c0)))
)
_MEANT = union_all(_NAMED, _MEMBERS)
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
_NAMED_OF_LED = (
    select(literal_column("0", Integer), users.c.id, users.c.generation, memberships.c.first_day, memberships.c.end_day)
    .select_from(
        users.join(
            memberships,
            (memberships.c.organisation_id == users.c.organisation_id) & (memberships.c.user_id == users.c.id),
        )
    )
    .where(
        users.c.organisation_id == bindparam("organisation"),
        users.c.uuid.in_(select(_given_users.c.c0)),
        users.c.id != bindparam("reader"),
        memberships.c.team_id.in_(select(_LED.c.team_id)),
    )
)
_OF_LED = union_all(
    _NAMED.where(users.c.id == bindparam("reader")),
    _NAMED_OF_LED,
    _MEMBERS.where(teams.c.id.in_(select(_LED.c.team_id))),
)
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
    few_enough(user_ids, team_ids)
    asked_users, asked_teams = set(user_ids), set(team_ids)
    parameters = {
        "organisation": organisation,
        "users": packed([one.hex for one in asked_users]),
        "teams": packed([one.hex for one in asked_teams]),
    }
    if reach is not None and reach.level is not Level.FULL:
        return _within_reach(connection, parameters, asked_users, asked_teams, reach)
    rows = connection.execute(_MEANT if asked_teams else _NAMED, parameters).all()
    if sum(not row[0] for row in rows) < len(asked_users):
        known = set(connection.execute(_KNOWN_USERS, parameters).scalars())
        raise UserNotFound("no such user in this organisation", _details("userId", asked_users - known))
    if len({row[0] for row in rows if row[0]}) < len(asked_teams):
        known = set(connection.execute(_KNOWN_TEAMS, parameters).scalars())
        raise TeamNotFound("no such team in this organisation", _details("teamId", asked_teams - known))
    if not asked_teams:
        return [Meant(*row[1:]) for row in rows]
    return _each_day_once(rows)


def _within_reach(
    connection: Connection,
    parameters: dict[str, Any],
    asked_users: set[UUID],
    asked_teams: set[UUID],
    reach: Reach,
) -> list[Meant]:
    if reach.user is None or (reach.level is Level.OWN and (asked_teams or asked_users - {reach.uuid})):
        raise Forbidden(BEYOND)
    rows = connection.execute(_OF_LED, {**parameters, "reader": reach.user, "today": reach.today}).all()
    users_found = {row[1] for row in rows if not row[0]}
    teams_found = {row[0] for row in rows if row[0]}
    if len(users_found) < len(asked_users) or len(teams_found) < len(asked_teams):
        raise Forbidden(BEYOND)
    return _each_day_once(rows)


def _each_day_once(rows: Iterable[Sequence[Any]]) -> list[Meant]:
    days: dict[tuple[int, int], list[Range]] = {}
    for _, user, generation, first, end in rows:
        if user is not None:
            days.setdefault((user, generation), []).append((first, end))
    if len(days) > MOST_PEOPLE:
        raise TooManyPeople(f"more than {MOST_PEOPLE} people are meant")
    return [
        Meant(user, generation, first, end)
        for (user, generation), ranges in days.items()
        for first, end in (ranges if len(ranges) == 1 else union(ranges))
    ]


def _details(field: str, ids: Iterable[UUID]) -> list[Detail]:
    return [Detail(field, str(id_)) for id_ in sorted(ids)]
