"""`POST /v1/proof-of-work/timeline` and `POST /v1/explain`: spans, and what is behind them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from timegrain.api.calls import Answered, Call, Given
from timegrain.api.listing import Listed
from timegrain.api.ranges import LocalTime, PeopleAsked, RangeRequest, ZoneName, read_range
from timegrain.api.routes import Route
from timegrain.api.timesheet import PEOPLE_A_PAGE, Paged, read_page
from timegrain.counting.instants import DAY
from timegrain.errors import InvalidDateRange, wrong
from timegrain.figures.explain import LONGEST_DAYS, Explanation, explain
from timegrain.figures.timeline import Timeline, timeline_users
from timegrain.storage import people
from timegrain.storage.queries.people_meant import Profile


class ExplainRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """`userId` names one person."""

    start_date: LocalTime
    end_date: LocalTime
    time_zone: ZoneName
    user_id: list[UUID]
    team_id: list[UUID] | None = None
    offset: int | None = None
    limit: int | None = None


def titles_shown(call: Call, profiles: Sequence[Profile]) -> list[int]:
    """The users whose titles this caller may read."""
    if call.caller.titles == "none":
        return []
    everybody = call.caller.titles == "managers"
    return [one.user for one in profiles if everybody or one.user == call.caller.user]


def _timeline(call: Call, paged: Paged) -> Answered:
    asked = paged.asked
    profiles = call.profiles(asked.users, asked.teams)
    first = ((paged.page or 1) - 1) * PEOPLE_A_PAGE
    within = asked.range.start, asked.range.end
    page, titles_of, active = (first, first + PEOPLE_A_PAGE), frozenset(titles_shown(call, profiles)), set[int]()
    users = Listed(timeline_users(call.asker, profiles, page, within, titles_of, active))
    return Answered(users.under("usersList", {"totalActiveUsers": len(active)}), "response")


def _read_one(given: Given) -> PeopleAsked:
    asked = read_range(given)
    if len(set(asked.users)) != 1 or asked.teams:
        raise wrong("userId", "must name one person")
    if asked.range.end - asked.range.start > LONGEST_DAYS * DAY:
        raise InvalidDateRange(f"the range is longer than {LONGEST_DAYS} days")
    return asked


def _explain(call: Call, asked: PeopleAsked) -> Explanation:
    profiles = call.profiles(asked.users)
    teams = {one.id: one.uuid for one in people.all_teams(call.connection, call.caller.organisation)}
    within = asked.range.start, asked.range.end
    return explain(call.asker, profiles[0], within, teams, bool(titles_shown(call, profiles)))


ROUTES = (
    Route(
        method="POST",
        path="/v1/proof-of-work/timeline",
        name="postTimeline",
        summary="What people had in front, span after span",
        message="Fetched timeline successfully",
        body=RangeRequest,
        read=read_page,
        response=Timeline,
        long=True,
        work=_timeline,
    ),
    Route(
        method="POST",
        path="/v1/explain",
        name="postExplain",
        summary="Why each second of one person was counted as it was",
        message="Explained successfully",
        body=ExplainRequest,
        read=_read_one,
        data=Explanation,
        long=True,
        work=_explain,
    ),
)
