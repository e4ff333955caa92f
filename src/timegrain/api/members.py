"""`/v1/teams/{teamId}/members` and `/leads`: who belongs to a team and who leads it, from day to day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection

from timegrain.api.calls import Call, Given
from timegrain.api.paging import PageQuery, page_of, read_cursor
from timegrain.api.people_fields import day, first_day, last_day, person, team_ids
from timegrain.api.routes import Route
from timegrain.api.teams import team_seen
from timegrain.counting.memberships import ALWAYS, FOREVER, Membership, joined, left
from timegrain.errors import wrong
from timegrain.recounting import change_memberships_in
from timegrain.storage import leads
from timegrain.storage.queries.teams_seen import SeenTeam, TeamDays, leads_seen, members_seen


class Member(msgspec.Struct, rename="camel"):
    """`from` null: from the beginning; `to`, the last day, null: without an end."""

    user_id: UUID
    name: str
    from_: date | None = msgspec.field(name="from")
    to: date | None
    primary: bool


class Members(msgspec.Struct, rename="camel"):
    items: list[Member]
    next_cursor: str | None


class Lead(msgspec.Struct, rename="camel"):
    user_id: UUID
    name: str
    from_: date | None = msgspec.field(name="from")
    to: date | None


class Leads(msgspec.Struct, rename="camel"):
    items: list[Lead]
    next_cursor: str | None


class NewLead(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Without `from` from today on, null: from the beginning; `to` is the last day."""

    user_id: UUID
    from_: date | UnsetType | None = msgspec.field(name="from", default=UNSET)
    to: date | None = None


class NewMember(NewLead, rename="camel", forbid_unknown_fields=True):
    """As primary, no other team of the person is it on these days."""

    primary: bool = False


class FromQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """`from` is the first day without; today unless told."""

    from_: date | None = msgspec.field(name="from", default=None)


class _DaysAsked(NamedTuple):
    team: UUID
    after: tuple[str, str, int] | None
    limit: int


class _Placing(NamedTuple):
    team: UUID
    user: UUID
    first: int
    end: int
    primary: bool = False


class _Leaving(NamedTuple):
    team: UUID
    user: UUID
    first: int | None


def _read_days(given: Given) -> _DaysAsked:
    query: PageQuery = given.query
    return _DaysAsked(given.id("teamId"), read_cursor(query.cursor, tuple[str, str, int]), query.limit)


_Days = Callable[[Connection, int, SeenTeam, int | None], list[TeamDays]]


def _page(call: Call, asked: _DaysAsked, read: _Days) -> tuple[list[TeamDays], str | None]:
    organisation = call.caller.organisation
    team = team_seen(call.connection, organisation, call.reach, asked.team)
    found = read(call.connection, organisation, team, call.reach.user)
    after = [one for one in found if asked.after is None or one.place > asked.after]
    items, following = page_of(after, asked.limit, lambda one: one.place)
    call.about.update(one.user for one in items)
    return items, following


def _members(call: Call, asked: _DaysAsked) -> Members:
    items, following = _page(call, asked, members_seen)
    return Members([_member(one) for one in items], following)


def _member(one: TeamDays) -> Member:
    return Member(one.uuid, one.name, first_day(one.first), last_day(one.end), one.primary)


def _leads(call: Call, asked: _DaysAsked) -> Leads:
    items, following = _page(call, asked, leads_seen)
    return Leads([_lead(one) for one in items], following)


def _lead(one: TeamDays) -> Lead:
    return Lead(one.uuid, one.name, first_day(one.first), last_day(one.end))


def _read_placing(given: Given) -> _Placing:
    body: NewLead = given.body
    first = given.caller.today
    if body.from_ is None:
        first = ALWAYS
    elif isinstance(body.from_, date):
        first = day("from", body.from_)
    end = FOREVER if body.to is None else day("to", body.to) + 1
    if end <= first:
        raise wrong("to", "must not be before the first day")
    return _Placing(given.id("teamId"), body.user_id, first, end, isinstance(body, NewMember) and body.primary)


def _join(call: Call, asked: _Placing) -> Member:
    organisation = call.caller.organisation

    def change(held: list[Membership]) -> list[Membership]:
        return joined(held, team.id, asked.first, asked.primary, asked.end)

    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        team = team_seen(connection, organisation, call.reach, asked.team)
        user = person(connection, organisation, asked.user)
        change_memberships_in(connection, organisation, user.id, change)
        found = members_seen(connection, organisation, team, None)
    call.about.add(user.id)
    return _member(next(one for one in found if one.user == user.id and one.first <= asked.first < one.end))


def _begin_lead(call: Call, asked: _Placing) -> Lead:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        team = team_seen(connection, organisation, call.reach, asked.team)
        user = person(connection, organisation, asked.user)
        leads.lead(connection, organisation, team.id, user.id, (asked.first, asked.end))
        found = leads_seen(connection, organisation, team, None)
    call.about.add(user.id)
    return _lead(next(one for one in found if one.user == user.id and one.first <= asked.first < one.end))


def _read_leaving(given: Given) -> _Leaving:
    query: FromQuery = given.query
    first = None if query.from_ is None else day("from", query.from_)
    return _Leaving(given.id("teamId"), given.id("userId"), first)


def _leave(call: Call, asked: _Leaving) -> None:
    organisation = call.caller.organisation
    first = call.reach.today if asked.first is None else asked.first
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        (team,) = team_ids(connection, organisation, [asked.team])
        user = person(connection, organisation, asked.user)
        change_memberships_in(connection, organisation, user.id, lambda held: left(held, team, first))
    call.about.add(user.id)


def _end_lead(call: Call, asked: _Leaving) -> None:
    organisation = call.caller.organisation
    first = call.reach.today if asked.first is None else asked.first
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        (team,) = team_ids(connection, organisation, [asked.team])
        user = person(connection, organisation, asked.user)
        leads.lead_no_more(connection, organisation, team, user.id, first)
    call.about.add(user.id)


_MEMBERS, _LEADS = "/v1/teams/{teamId}/members", "/v1/teams/{teamId}/leads"
ROUTES = (
    Route(
        method="GET",
        path=_MEMBERS,
        name="getMembers",
        summary="Who belongs to a team, from which day to which",
        message="Fetched members successfully",
        query=PageQuery,
        read=_read_days,
        data=Members,
        work=_members,
    ),
    Route(
        method="POST",
        path=_MEMBERS,
        name="addMember",
        summary="Make somebody a member from a day on",
        message="Added member successfully",
        body=NewMember,
        read=_read_placing,
        data=Member,
        work=_join,
        status=201,
    ),
    Route(
        method="DELETE",
        path=_MEMBERS + "/{userId}",
        name="deleteMember",
        summary="End a membership; the days before stay",
        query=FromQuery,
        read=_read_leaving,
        work=_leave,
        status=204,
    ),
    Route(
        method="GET",
        path=_LEADS,
        name="getLeads",
        summary="Who leads a team, from which day to which",
        message="Fetched leads successfully",
        query=PageQuery,
        read=_read_days,
        data=Leads,
        work=_leads,
    ),
    Route(
        method="POST",
        path=_LEADS,
        name="addLead",
        summary="Let somebody lead a team from a day on",
        message="Added lead successfully",
        body=NewLead,
        read=_read_placing,
        data=Lead,
        work=_begin_lead,
        status=201,
    ),
    Route(
        method="DELETE",
        path=_LEADS + "/{userId}",
        name="deleteLead",
        summary="Let somebody lead a team no more from a day on",
        query=FromQuery,
        read=_read_leaving,
        work=_end_lead,
        status=204,
    ),
)
