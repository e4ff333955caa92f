"""The teams that a caller may see, and who belongs to one or leads it when. One statement each."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, false, literal, or_, select, union_all

from timegrain.storage.roles import Level, Reach
from timegrain.storage.schema import leads, memberships, teams, users


class SeenTeam(NamedTuple):
    """`whole`: with everybody in it, else only as far as the caller belongs to it."""

    id: int
    uuid: UUID
    name: str
    whole: bool


class TeamDays(NamedTuple):
    """Somebody's days in a team or as its lead, half-open."""

    user: int
    uuid: UUID
    name: str
    first: int
    end: int
    primary: bool

    @property
    def place(self) -> tuple[str, str, int]:
        """By which they are listed."""
        return self.name, str(self.uuid), self.first


_OF_TEAMS = teams.c.organisation_id == bindparam("organisation")
_ID = (teams.c.id, teams.c.uuid, teams.c.name)
_LED = (
    select(leads.c.team_id)
    .where(
        leads.c.organisation_id == bindparam("organisation"),
        leads.c.user_id == bindparam("reader"),
        leads.c.first_day <= bindparam("today"),
        leads.c.end_day > bindparam("today"),
    )
    .scalar_subquery()
)
_JOINED = (
    select(memberships.c.team_id)
    .where(memberships.c.organisation_id == bindparam("organisation"), memberships.c.user_id == bindparam("reader"))
    .scalar_subquery()
)
_IS_LED = teams.c.id.in_(_LED)
_WITHIN = {
    Level.FULL: select(*_ID, literal(value=True)).where(_OF_TEAMS),
    Level.TEAM: select(*_ID, _IS_LED).where(_OF_TEAMS, or_(_IS_LED, teams.c.id.in_(_JOINED))),
    Level.OWN: select(*_ID, false()).where(_OF_TEAMS, teams.c.id.in_(_JOINED)),
}
_WHO = (users.c.id, users.c.uuid, users.c.name)
_MEMBERS, _LEADS = (
    select(*_WHO, table.c.first_day, table.c.end_day, primary)
    .select_from(
        table.join(users, (users.c.organisation_id == table.c.organisation_id) & (users.c.id == table.c.user_id))
    )
    .where(table.c.organisation_id == bindparam("organisation"), table.c.team_id == bindparam("team"))
    for table, primary in ((memberships, memberships.c.is_primary), (leads, false()))
)


_ON_DAY = union_all(
    *(
        select(literal(value=is_lead).label("is_lead"), table.c.team_id, users.c.name)
        .select_from(
            table.join(users, (users.c.organisation_id == table.c.organisation_id) & (users.c.id == table.c.user_id))
        )
        .where(
            table.c.organisation_id == bindparam("organisation"),
            table.c.first_day <= bindparam("today"),
            table.c.end_day > bindparam("today"),
        )
        for table, is_lead in ((memberships, False), (leads, True))
    )
)


def teams_seen(connection: Connection, organisation: int, reach: Reach) -> list[SeenTeam]:
    """By name, then id. Below full access those that one leads now or belongs to at any time."""
    parameters = {"organisation": organisation, "reader": reach.user, "today": reach.today}
    found = [
        SeenTeam(id_, uuid, name, bool(whole))
        for id_, uuid, name, whole in connection.execute(_WITHIN[reach.level], parameters)
    ]
    return sorted(found, key=lambda one: (one.name, str(one.uuid)))


def on_day(connection: Connection, organisation: int, day: int) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """The names of the members and of the leads of each team that has any on a day, by the team's id."""
    members: dict[int, list[str]] = {}
    leading: dict[int, list[str]] = {}
    for is_lead, team, name in connection.execute(_ON_DAY, {"organisation": organisation, "today": day}):
        (leading if is_lead else members).setdefault(team, []).append(name)
    return members, leading


def members_seen(connection: Connection, organisation: int, team: SeenTeam, reader: int | None) -> list[TeamDays]:
    """By name, id and first day."""
    return _days(connection, _MEMBERS, organisation, team, reader)


def leads_seen(connection: Connection, organisation: int, team: SeenTeam, reader: int | None) -> list[TeamDays]:
    """By name, id and first day."""
    return _days(connection, _LEADS, organisation, team, reader)


def _days(
    connection: Connection, statement: Select[Any], organisation: int, team: SeenTeam, reader: int | None
) -> list[TeamDays]:
    rows = connection.execute(statement, {"organisation": organisation, "team": team.id})
    found = [TeamDays._make((*told, bool(primary))) for *told, primary in map(tuple, rows)]
    return sorted((one for one in found if team.whole or one.user == reader), key=lambda one: one.place)
