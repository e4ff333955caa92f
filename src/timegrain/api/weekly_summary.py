"""`POST /v1/dashboard/weekly-summary`: whole weeks of people's time, by local day."""

from __future__ import annotations

from timegrain.api.calls import Call
from timegrain.api.ranges import PeopleAsked, RangeRequest, read_range
from timegrain.api.routes import Route
from timegrain.summary import Summary, weekly_summary


def _work(call: Call, asked: PeopleAsked) -> Summary:
    who = call.caller
    people = call.people(asked.users, asked.teams)
    return weekly_summary(call.connection, who.organisation, who.zone, who.week_start, people, asked.range, asked.zone)


ROUTES = (
    Route(
        method="POST",
        path="/v1/dashboard/weekly-summary",
        name="postWeeklySummary",
        summary="Whole weeks of people's time, by local day",
        message="Fetched weekly summary successfully",
        body=RangeRequest,
        read=read_range,
        data=Summary,
        work=_work,
    ),
)
