"""`GET /v1/me`: who this key is, what it may do, and what its organisation says of what is collected."""

from __future__ import annotations

from uuid import UUID

import msgspec

from timegrain.api.calls import Call
from timegrain.api.routes import Route, nothing
from timegrain.storage.people import organisation_row, user_row


class MyOrganisation(msgspec.Struct, rename="camel"):
    """`notice` is the organisation's own text, null where it has none; `titles` and `urls` are what is kept."""

    organisation_id: UUID
    name: str
    time_zone: str
    week_start: str
    titles: str
    urls: str
    notice: str | None


class MyUser(msgspec.Struct, rename="camel"):
    user_id: UUID
    name: str


class Me(msgspec.Struct, rename="camel"):
    """`user` and `device` are those that the key belongs to: a device token has both, other keys have none."""

    role: str
    organisation: MyOrganisation
    user: MyUser | None
    device: str | None


def _work(call: Call, _asked: None) -> Me:
    who = call.caller
    row = organisation_row(call.connection, who.organisation)
    organisation = MyOrganisation(row.uuid, row.name, row.zone, row.week_start, row.titles, row.urls, row.notice)
    user = None
    if who.user is not None:
        own = user_row(call.connection, who.organisation, who.user)
        user = MyUser(own.uuid, own.name)
    return Me(who.role, organisation, user, who.device)


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
