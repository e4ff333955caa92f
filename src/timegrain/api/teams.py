"""`/v1/teams`: the teams themselves; `members.py` has who belongs to them."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from timegrain import clock
from timegrain.api.calls import Call, Given
from timegrain.api.paging import PageQuery, page_of, read_cursor
from timegrain.api.people_fields import Name, team_ids
from timegrain.api.routes import Route
from timegrain.errors import Detail, Forbidden, TeamNotFound
from timegrain.storage import people
from timegrain.storage.queries.people_meant import BEYOND
from timegrain.storage.queries.teams_seen import SeenTeam, teams_seen
from timegrain.storage.roles import Level, Reach


class Team(msgspec.Struct, rename="camel"):
    team_id: UUID
    name: str


class Teams(msgspec.Struct, rename="camel"):
    items: list[Team]
    next_cursor: str | None


class GivenTeam(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    name: Name


class _TeamsAsked(NamedTuple):
    after: tuple[str, str] | None
    limit: int


class _Renaming(NamedTuple):
    team: UUID
    name: str


def _read_teams(given: Given) -> _TeamsAsked:
    query: PageQuery = given.query
    return _TeamsAsked(read_cursor(query.cursor, tuple[str, str]), query.limit)


def _list(call: Call, asked: _TeamsAsked) -> Teams:
    found = teams_seen(call.connection, call.caller.organisation, call.reach)
    after = [one for one in found if asked.after is None or (one.name, str(one.uuid)) > asked.after]
    items, following = page_of(after, asked.limit, lambda one: (one.name, str(one.uuid)))
    return Teams([Team(one.uuid, one.name) for one in items], following)


def _read_team(given: Given) -> UUID:
    return given.id("teamId")


def team_seen(connection: Connection, organisation: int, reach: Reach, uuid: UUID) -> SeenTeam:
    """Raises `TeamNotFound`, below full access `Forbidden`."""
    for one in teams_seen(connection, organisation, reach):
        if one.uuid == uuid:
            return one
    if reach.level is not Level.FULL:
        raise Forbidden(BEYOND)
    raise TeamNotFound("no such team in this organisation", [Detail("teamId", str(uuid))])


def _one(call: Call, uuid: UUID) -> Team:
    found = team_seen(call.connection, call.caller.organisation, call.reach, uuid)
    return Team(found.uuid, found.name)


def _read_new(given: Given) -> str:
    body: GivenTeam = given.body
    return body.name


def _add(call: Call, name: str) -> Team:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        made = people.add_team(connection, organisation, name, clock.now())
    return Team(made.uuid, made.name)


def _read_renaming(given: Given) -> _Renaming:
    return _Renaming(given.id("teamId"), _read_new(given))


def _rename(call: Call, asked: _Renaming) -> Team:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        (team,) = team_ids(connection, organisation, [asked.team])
        people.rename_team(connection, organisation, team, asked.name)
    return Team(asked.team, asked.name)


def _remove(call: Call, uuid: UUID) -> None:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        (team,) = team_ids(connection, organisation, [uuid])
        people.remove_team(connection, organisation, team)


_ITEM = "/v1/teams/{teamId}"
ROUTES = (
    Route(
        method="GET",
        path="/v1/teams",
        name="getTeams",
        summary="Teams, by name",
        message="Fetched teams successfully",
        query=PageQuery,
        read=_read_teams,
        data=Teams,
        work=_list,
    ),
    Route(
        method="POST",
        path="/v1/teams",
        name="addTeam",
        summary="Make a team",
        message="Added team successfully",
        body=GivenTeam,
        read=_read_new,
        data=Team,
        work=_add,
        status=201,
    ),
    Route(
        method="GET",
        path=_ITEM,
        name="getTeam",
        summary="One team",
        message="Fetched team successfully",
        read=_read_team,
        data=Team,
        work=_one,
    ),
    Route(
        method="PATCH",
        path=_ITEM,
        name="updateTeam",
        summary="Rename a team",
        message="Updated team successfully",
        body=GivenTeam,
        read=_read_renaming,
        data=Team,
        work=_rename,
    ),
    Route(
        method="DELETE",
        path=_ITEM,
        name="deleteTeam",
        summary="Remove a team that never had a member",
        read=_read_team,
        work=_remove,
        status=204,
    ),
)
