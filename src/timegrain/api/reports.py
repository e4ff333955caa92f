"""`POST /v1/report-analysis/...`: a month of people's attendance and extra hours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec

from timegrain import clock
from timegrain.api.calls import Call, Given
from timegrain.api.ranges import ZoneName, known_zone, named
from timegrain.api.routes import Route
from timegrain.figures.attendance import (
    ExtraHoursSummary,
    Month,
    MonthlySummary,
    extra_hours_summary,
    monthly_summary,
    months,
)


class MonthRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    year: Annotated[int, msgspec.Meta(ge=2000, le=2200)]
    month: Annotated[int, msgspec.Meta(ge=1, le=12)]
    time_zone: ZoneName
    user_id: list[UUID] | None = None
    team_id: list[UUID] | None = None
    offset: int | None = None
    limit: int | None = None


class MonthAsked(NamedTuple):
    users: list[UUID]
    teams: list[UUID]
    year: int
    month: int
    zone: str


def _read_month(given: Given) -> MonthAsked:
    body: MonthRequest = given.body
    zone = known_zone(body.time_zone)
    return MonthAsked(*named(body.user_id, body.team_id), body.year, body.month, zone)


def _months(call: Call, asked: MonthAsked) -> Iterator[Month]:
    profiles = call.profiles(asked.users, asked.teams)
    return months(call.asker, profiles, asked.year, asked.month, asked.zone, clock.now())


def _monthly(call: Call, asked: MonthAsked) -> Iterator[MonthlySummary]:
    return map(monthly_summary, _months(call, asked))


def _extra_hours(call: Call, asked: MonthAsked) -> Iterator[ExtraHoursSummary]:
    return map(extra_hours_summary, _months(call, asked))


ROUTES = (
    Route(
        method="POST",
        path="/v1/report-analysis/monthly-summary",
        name="postMonthlySummary",
        summary="A month of each person's days and attendance",
        message="Fetched monthly summary successfully",
        body=MonthRequest,
        read=_read_month,
        data=list[MonthlySummary],
        long=True,
        work=_monthly,
    ),
    Route(
        method="POST",
        path="/v1/report-analysis/extra-hours-summary",
        name="postExtraHoursSummary",
        summary="A month of each person's time beyond what is expected",
        message="Fetched extra hours summary successfully",
        body=MonthRequest,
        read=_read_month,
        data=list[ExtraHoursSummary],
        long=True,
        work=_extra_hours,
    ),
)
