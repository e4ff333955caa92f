"""`POST /v1/proof-of-work/timesheet`, and the empty lists of screenshots that are not taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from timegrain.api.calls import Answered, Call, Given
from timegrain.api.ranges import PeopleAsked, RangeRequest, read_range
from timegrain.api.routes import Route
from timegrain.errors import wrong
from timegrain.figures.timesheet import TimesheetRow, timesheet_rows, timesheets

PEOPLE_A_PAGE = 15


class TimesheetPage(msgspec.Struct, rename="camel"):
    """One page of people, and how many of all asked for have data."""

    total_active_users: int
    users_list: list[TimesheetRow]


class Paged(NamedTuple):
    """Which page of the people, 15 at a time."""

    asked: PeopleAsked
    page: int | None
    """From 1; None: everybody."""


def read_page(given: Given) -> Paged:
    asked = read_range(given)
    page: int | None = given.body.offset
    if page is not None and page < 1:
        raise wrong("offset", "pages begin at 1")
    return Paged(asked, page)


def _timesheet(call: Call, paged: Paged) -> Iterator[TimesheetRow] | Answered:
    asked = paged.asked
    profiles = call.profiles(asked.users, asked.teams)
    if paged.page is None:
        return timesheet_rows(call.asker, profiles, asked.range, asked.zone)
    first = (paged.page - 1) * PEOPLE_A_PAGE
    page = timesheets(call.asker, profiles, asked.range, asked.zone, slice(first, first + PEOPLE_A_PAGE))
    return Answered(TimesheetPage(page.active, page.rows), "response")


def _screenshots(call: Call, asked: PeopleAsked) -> list[str]:
    call.people(asked.users, asked.teams)
    return []


ROUTES: tuple[Route[Any], ...] = (
    Route(
        method="POST",
        path="/v1/proof-of-work/timesheet",
        name="postTimesheet",
        summary="Each person's days, with when they came and went",
        message="Fetched timesheet successfully",
        body=RangeRequest,
        read=read_page,
        data=list[TimesheetRow],
        response=TimesheetPage,
        long=True,
        work=_timesheet,
    ),
    *(
        Route(
            method="POST",
            path=path,
            name=name,
            summary="Screenshots: none, since none are taken",
            message="Fetched screenshots successfully",
            body=RangeRequest,
            read=read_range,
            data=list[str],
            work=_screenshots,
        )
        for path, name in (
            ("/v1/dashboard/recent-screenshot", "postRecentScreenshot"),
            ("/v1/proof-of-work/screenshot", "postScreenshot"),
        )
    ),
)
