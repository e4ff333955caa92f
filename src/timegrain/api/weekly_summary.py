"""`POST /v1/dashboard/weekly-summary`: whole weeks of people's time, by local day."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, post

from timegrain.api.access import Action, require
from timegrain.api.envelope import decode_strictly, encoded
from timegrain.api.requests import Call, answered
from timegrain.errors import UserOrTeamRequired
from timegrain.storage.queries.people_meant import few_enough, people_meant
from timegrain.summary import Summary, asked, weekly_summary

MESSAGE = "Fetched weekly summary successfully"


class WeeklySummaryRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Dates are wall-clock time in `timeZone`, the end inclusive to the second."""

    start_date: str
    end_date: str
    time_zone: str
    user_id: list[UUID] | None = None
    team_id: list[UUID] | None = None
    offset: int | None = None
    limit: int | None = None


class WeeklySummaryResponse(msgspec.Struct, rename="camel"):
    success: bool
    status_code: int
    status_message: str
    error: None
    data: Summary


_DECODER = msgspec.json.Decoder(WeeklySummaryRequest)


def _work(call: Call) -> Response[bytes]:
    request: WeeklySummaryRequest = decode_strictly(call.body, _DECODER)
    range_ = asked(request.start_date, request.end_date, request.time_zone)
    if not request.user_id and not request.team_id:
        raise UserOrTeamRequired
    few_enough(request.user_id or (), request.team_id or ())
    require(call.caller, Action.READ)
    people = people_meant(call.connection, call.caller.organisation, request.user_id or (), request.team_id or ())
    data = weekly_summary(
        call.connection,
        call.caller.organisation,
        call.caller.zone,
        call.caller.week_start,
        people,
        range_,
        request.time_zone,
    )
    return encoded(WeeklySummaryResponse(True, 200, MESSAGE, None, data))


@post("/v1/dashboard/weekly-summary", status_code=200)
async def post_weekly_summary(request: Request[Any, Any, Any]) -> Response[bytes]:
    return await answered(request, _work)
