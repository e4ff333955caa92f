"""`GET /v1/me`: who this key is, what it may do, and what its organisation says of what is collected."""

from __future__ import annotations

from uuid import UUID

import msgspec

from timegrain.api.calls import Call
from timegrain.api.routes import Route, nothing
from timegrain.errors import Forbidden
from timegrain.storage.people import organisation_row
from timegrain.storage.queries.own_rights import own_rights
from timegrain.storage.roles import Level


class MyOrganisation(msgspec.Struct, rename="camel"):
    """`notice` is the organisation's own text, null where it has none; `titles` and `urls` are what is kept."""

    organisation_id: UUID
    name: str
    time_zone: str
    week_start: str
    titles: str
    urls: str
    notice: str | None


class MyPage(msgspec.Struct, rename="camel"):
    path: str
    access: Level


class LedTeam(msgspec.Struct, rename="camel"):
    team_id: UUID
    name: str


class MyUser(msgspec.Struct, rename="camel"):
    user_id: UUID
    name: str
    leads: list[LedTeam]


class Me(msgspec.Struct, rename="camel"):
    """`user` and `device` are those that the key belongs to: a device token has both, others at most a user.
    `roleName` is null for a key without one of the organisation's roles; `leads` are the teams led today."""

    role: str
    organisation: MyOrganisation
    user: MyUser | None
    device: str | None
    role_name: str | None
    pages: list[MyPage]


def _work(call: Call, _asked: None) -> Me:
    who = call.caller
    if who.key is None:
        raise Forbidden("This call tells about a key")
    row = organisation_row(call.connection, who.organisation)
    organisation = MyOrganisation(row.uuid, row.name, row.zone, row.week_start, row.titles, row.urls, row.notice)
    rights = own_rights(call.connection, who.organisation, who.key, call.reach.today)
    user = None
    if rights.user is not None:
        user = MyUser(*rights.user, [LedTeam(*one) for one in rights.led])
    pages = [MyPage(*page) for page in who.pages]
    return Me(who.role, organisation, user, who.device, rights.role_name, pages)


ROUTES = (
    Route(
        method="GET",
        path="/v1/me",
        name="getMe",
        summary="Who this key is and what it may do",
        message="Fetched this key's rights successfully",
        read=nothing,
        data=Me,
        work=_work,
    ),
)
