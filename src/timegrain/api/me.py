"""`GET /v1/me`: who this key is, what it may do, and what its organisation says of what is collected."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get

from timegrain.api.envelope import encoded
from timegrain.api.requests import Call, answered
from timegrain.storage.people import organisation_row, user_row

MESSAGE = "Fetched this key's rights successfully"


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


class MeResponse(msgspec.Struct, rename="camel"):
    success: bool
    status_code: int
    status_message: str
    error: None
    data: Me


def _work(call: Call) -> Response[bytes]:
    who = call.caller
    row = organisation_row(call.connection, who.organisation)
    organisation = MyOrganisation(row.uuid, row.name, row.zone, row.week_start, row.titles, row.urls, row.notice)
    user = None
    if who.user is not None:
        own = user_row(call.connection, who.organisation, who.user)
        user = MyUser(own.uuid, own.name)
    return encoded(MeResponse(True, 200, MESSAGE, None, Me(who.role, organisation, user, who.device)))


@get("/v1/me")
async def get_me(request: Request[Any, Any, Any]) -> Response[bytes]:
    return await answered(request, _work, has_body=False)
