"""The dashboard's calls about a range: `/v1/dashboard/...` and `/v1/my-team`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec

from timegrain import clock
from timegrain.api.calls import Call, Given
from timegrain.api.ranges import PeopleAsked, RangeRequest, ZoneName, known_zone, named, read_range
from timegrain.api.routes import Route
from timegrain.counting.calendar import Asked, day_start, local_day
from timegrain.counting.subjects import NameKind
from timegrain.figures.usage import used
from timegrain.figures.worked import Person, Session, User, Worked, each, sums, worked


class ActivityStats(msgspec.Struct, rename="camel"):
    """Distinct applications and sites with at least one active second; people asked for."""

    apps_visited_count: int
    websites_visited_count: int
    total_team_members: int


class WorkSummary(msgspec.Struct, rename="camel"):
    time_summary: Worked
    activity_stats: ActivityStats


class VisitedStats(msgspec.Struct, rename="camel"):
    """Distinct applications and sites with at least one active second."""

    apps_visited_count: int
    websites_visited_count: int


class AppUsageSummary(msgspec.Struct, rename="camel"):
    time_summary: Worked
    activity_stats: VisitedStats


class WorkTime(msgspec.Struct, rename="camel"):
    """Seconds."""

    total_worked_time_in_seconds: int
    active_worked_time_in_seconds: int
    idle_worked_time_in_seconds: int


class WorkTimeRow(msgspec.Struct, rename="camel"):
    user: User
    time_summary: WorkTime
    session: Session


class Productivity(msgspec.Struct, rename="camel"):
    """Seconds."""

    active_worked_time_in_seconds: int
    productive_worked_time_in_seconds: int
    unproductive_worked_time_in_seconds: int
    neutral_worked_time_in_seconds: int


class ProductivityRow(msgspec.Struct, rename="camel"):
    user: User
    time_summary: Productivity


class MyTeamRow(msgspec.Struct, rename="camel"):
    user: User
    time_summary: Worked
    session: Session


class MyTeamRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    time_zone: ZoneName
    user_id: list[UUID] | None = None
    team_id: list[UUID] | None = None
    offset: int | None = None
    limit: int | None = None


def _visited(call: Call, asked: PeopleAsked) -> tuple[Worked, int, int, int]:
    """What was done, how many applications and sites were used, and how many people were asked for."""
    profiles = call.profiles(asked.users, asked.teams)
    usage = used(call.asker, profiles, (asked.range.start, asked.range.end))
    kinds = Counter(kind for kind, _ in usage.uses)
    return worked(usage.tally), kinds[NameKind.APPLICATION], kinds[NameKind.SITE], len(profiles)


def _work_summary(call: Call, asked: PeopleAsked) -> WorkSummary:
    time, applications, sites, people = _visited(call, asked)
    return WorkSummary(time, ActivityStats(applications, sites, people))


def _app_usage_summary(call: Call, asked: PeopleAsked) -> AppUsageSummary:
    time, applications, sites, _ = _visited(call, asked)
    return AppUsageSummary(time, VisitedStats(applications, sites))


def _each(call: Call, asked: PeopleAsked) -> list[Person]:
    return each(call.asker, call.profiles(asked.users, asked.teams), asked.range, clock.now())


def _work_time(call: Call, asked: PeopleAsked) -> list[WorkTimeRow]:
    return [
        WorkTimeRow(
            one.user,
            WorkTime(
                one.worked.total_worked_time_in_seconds,
                one.worked.active_worked_time_in_seconds,
                one.worked.idle_worked_time_in_seconds,
            ),
            one.session,
        )
        for one in _each(call, asked)
    ]


def _productivity(call: Call, asked: PeopleAsked) -> list[ProductivityRow]:
    return [
        ProductivityRow(
            user,
            Productivity(
                time.active_worked_time_in_seconds,
                time.productive_worked_time_in_seconds,
                time.unproductive_worked_time_in_seconds,
                time.neutral_worked_time_in_seconds,
            ),
        )
        for user, time in sums(call.asker, call.profiles(asked.users, asked.teams), asked.range)
    ]


def _read_today(given: Given) -> PeopleAsked:
    """Today in the zone that is asked for."""
    body: MyTeamRequest = given.body
    zone = known_zone(body.time_zone)
    today = local_day(zone, clock.now())
    range_ = Asked(day_start(zone, today), day_start(zone, today + 1), today, today)
    return PeopleAsked(*named(body.user_id, body.team_id), range_, zone)


def _my_team(call: Call, asked: PeopleAsked) -> list[MyTeamRow]:
    return [MyTeamRow(one.user, one.worked, one.session) for one in _each(call, asked)]


def _about_range(path: str, name: str, summary: str, message: str, data: Any, work: Callable[..., Any]) -> Route[Any]:
    return Route(
        method="POST",
        path=path,
        name=name,
        summary=summary,
        message=message,
        body=RangeRequest,
        read=read_range,
        data=data,
        work=work,
    )


ROUTES = (
    _about_range(
        "/v1/dashboard/work-summary",
        "postWorkSummary",
        "What people did in a range, together",
        "Fetched work summary successfully",
        WorkSummary,
        _work_summary,
    ),
    _about_range(
        "/v1/dashboard/work-time-analysis",
        "postWorkTimeAnalysis",
        "How long each person worked in a range, and from when to when",
        "Fetched work time analysis successfully",
        list[WorkTimeRow],
        _work_time,
    ),
    _about_range(
        "/v1/dashboard/productivity-analysis",
        "postProductivityAnalysis",
        "How productive each person was in a range",
        "Fetched productivity analysis successfully",
        list[ProductivityRow],
        _productivity,
    ),
    Route(
        method="POST",
        path="/v1/my-team",
        name="postMyTeam",
        summary="What each person did today, and who is working",
        message="Fetched user work summary successfully",
        body=MyTeamRequest,
        read=_read_today,
        data=list[MyTeamRow],
        work=_my_team,
    ),
    _about_range(
        "/v1/proof-of-work/app-usage/work-summary",
        "postAppUsageWorkSummary",
        "What people did in a range, together, and how much they used for it",
        "Fetched app usage work summary successfully",
        AppUsageSummary,
        _app_usage_summary,
    ),
)
