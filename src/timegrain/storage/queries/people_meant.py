"""Who is meant by users named and teams named: each person with the home-zone days on which they count.

One statement. Users who are named count on all days, through a team a person counts on the days of
membership (T10); each day once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Integer, bindparam, literal_column, select, union_all

from timegrain.counting.instants import Range, union
from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.errors import Detail, TeamNotFound, TooManyPeople, UserNotFound
from timegrain.storage.schema import memberships, teams, users

MOST_PEOPLE = 10_000


class Meant(NamedTuple):
    """A person, on the home-zone days `[first, end)`."""

    user: int
    generation: int
    first: int
    end: int


_NAMED = select(
    literal_column("0", Integer).label("team"),
    users.c.uuid.label("uuid"),
    users.c.id,
    users.c.generation,
    literal_column(str(ALWAYS), Integer),
    literal_column(str(FOREVER), Integer),
).where(users.c.organisation_id == bindparam("organisation"), users.c.uuid.in_(bindparam("users", expanding=True)))
_MEMBERS = (
    select(
        literal_column("1", Integer),
        teams.c.uuid,
        users.c.id,
        users.c.generation,
        memberships.c.first_day,
        memberships.c.end_day,
    )
    .select_from(
        teams.outerjoin(
            memberships,
            (memberships.c.organisation_id == teams.c.organisation_id) & (memberships.c.team_id == teams.c.id),
        ).outerjoin(
            users,
            (users.c.organisation_id == memberships.c.organisation_id) & (users.c.id == memberships.c.user_id),
        )
    )
    .where(
        teams.c.organisation_id == bindparam("organisation"),
        teams.c.uuid.in_(bindparam("teams", expanding=True)),
    )
)
_MEANT = union_all(_NAMED, _MEMBERS)


def people_meant(
    connection: Connection, organisation: int, user_ids: Sequence[UUID], team_ids: Sequence[UUID]
) -> list[Meant]:
    """Raises `UserNotFound`, `TeamNotFound` with the ids in the details, `TooManyPeople`."""
    asked_users, asked_teams = set(user_ids), set(team_ids)
    if len(asked_users) > MOST_PEOPLE or len(asked_teams) > MOST_PEOPLE:
        raise TooManyPeople(f"more than {MOST_PEOPLE} people are meant")
    rows = connection.execute(
        _MEANT, {"organisation": organisation, "users": list(asked_users), "teams": list(asked_teams)}
    ).all()
    _all_found(asked_users, {row[1] for row in rows if not row[0]}, asked_teams, {row[1] for row in rows if row[0]})
    days: dict[tuple[int, int], list[Range]] = {}
    for _, _, user, generation, first, end in rows:
        if user is not None:
            days.setdefault((user, generation), []).append((first, end))
    if len(days) > MOST_PEOPLE:
        raise TooManyPeople(f"more than {MOST_PEOPLE} people are meant")
    return [
        Meant(user, generation, first, end)
        for (user, generation), ranges in days.items()
        for first, end in union(ranges)
    ]


def _all_found(users_asked: set[UUID], users_found: set[UUID], teams_asked: set[UUID], teams_found: set[UUID]) -> None:
    if missing := users_asked - users_found:
        raise UserNotFound("no such user in this organisation", _details("userId", missing))
    if missing := teams_asked - teams_found:
        raise TeamNotFound("no such team in this organisation", _details("teamId", missing))


def _details(field: str, ids: Iterable[UUID]) -> list[Detail]:
    return [Detail(field, str(id_)) for id_ in sorted(ids)]
