"""The real program asked about ranges, and what it must answer by the oracle."""

from __future__ import annotations

from datetime import date, datetime
from random import Random
from typing import Any

from sqlalchemy import Connection

from timegrain import clock
from timegrain.counting.calendar import Asked
from timegrain.figures.attendance import months
from timegrain.figures.hours import hours_of
from timegrain.figures.live import live
from timegrain.figures.pieces import Asker
from timegrain.figures.week import week_of
from timegrain.figures.worked import each
from timegrain.storage.books import Books
from timegrain.storage.people import organisation_row
from timegrain.storage.queries.people_meant import Profile, profiles_meant

from . import attendance, figures
from .attendance import Attended, Calendar
from .days import CLASSES, SLOT, local_day
from .figures import Person, Ranged, Sums, Used
from .replay import World
from .replaying import Program, written
from .subjects import host_key, name_key
from .weeks import Week, week

DASHBOARD, PROOF = "/v1/dashboard", "/v1/proof-of-work"
DAY = 86_400
TOTALS = ("total", "active", "idle", *CLASSES[:3])


def compare(world: World, program: Program, asked: Ranged) -> None:
    """Asks every call about a range; raises where an answer differs from the oracle's."""
    people, used = figures.people(world, asked), figures.used(world, asked)
    together = tuple(map(sum, zip(*(one.sums for one in people), strict=True))) if people else (0, 0, 0, 0)
    kinds = [one.subject.kind for one in used]
    stats = {"appsVisitedCount": kinds.count("application"), "websitesVisitedCount": kinds.count("site")}
    body = _body(program, asked)
    assert program.call("POST", f"{PROOF}/app-usage/work-summary", body) == {
        "timeSummary": _worked(together),
        "activityStats": stats,
    }
    assert program.call("POST", f"{DASHBOARD}/work-summary", body) == {
        "timeSummary": _worked(together),
        "activityStats": {**stats, "totalTeamMembers": len(people)},
    }
    times = program.call("POST", f"{DASHBOARD}/work-time-analysis", body)
    assert times == [
        {
            "user": _user(program, one),
            "timeSummary": _worked(one.sums, *TOTALS[:3]),
            "session": {
                "inTime": _utc(one.came),
                "outTime": _utc(one.went),
                "isWorking": False,
                **_facts_from(world, asked),
            },
        }
        for one in people
    ]
    classes = program.call("POST", f"{DASHBOARD}/productivity-analysis", body)
    assert classes == [
        {"user": _user(program, one), "timeSummary": _worked(one.sums, "active", *CLASSES[:3])} for one in people
    ]
    assert _at(program, asked) == [_session(one, asked) for one in people]
    assert _hours(program, asked) == figures.hours(world, asked)
    assert _week(program, asked) == week(world, asked)
    if asked.now - 2 * DAY > world.facts_from:
        assert _live(program, asked) == figures.live(world, asked)
    timesheet = program.call("POST", f"{PROOF}/timesheet", body)
    assert timesheet == [_timesheet(program, one) | _facts_from(world, asked) for one in people]
    with_data = sum(any(one.sums) for one in people)
    for page, shown in ((1, timesheet), (2, [])):
        answer = program.call("POST", f"{PROOF}/timesheet", {**body, "offset": page})
        assert answer == {"totalActiveUsers": with_data, "usersList": shown}
    _compare_usage(program, asked, used, sum(together[:3]))


def _facts_from(world: World, asked: Ranged) -> dict[str, str]:
    return {"factsFrom": written(world.facts_from * 1000)} if asked.start < world.facts_from else {}


def _body(program: Program, asked: Ranged) -> dict[str, Any]:
    return {
        "startDate": written(asked.start * 1000),
        "endDate": written(asked.end * 1000 - 1000),
        "timeZone": asked.zone,
        "userId": [str(program.users[number].uuid) for number in asked.users],
        "teamId": [str(program.teams[number].uuid) for number in asked.teams],
    }


def _figures(sums: Sums) -> dict[str, int]:
    active = sum(sums[:3])
    return {"total": active + sums[3], "active": active, **dict(zip(CLASSES, sums, strict=True))}


def _worked(sums: Sums, *names: str) -> dict[str, int]:
    return {f"{name}WorkedTimeInSeconds": _figures(sums)[name] for name in names or TOTALS}


def _user(program: Program, one: Person) -> dict[str, Any]:
    return {"userId": str(program.users[one.user].uuid), "name": f"user {one.user}", "profilePicUrl": None}


def _utc(second: int | None) -> str | None:
    return None if second is None else written(second * 1000)


def _at(program: Program, asked: Ranged) -> list[tuple[str | None, str | None, bool]]:
    """The sessions as they are at a present of ours."""
    with program.database.read() as connection:
        asker, profiles = _asking(connection, program, asked)
        found = each(asker, profiles, Asked(asked.start, asked.end, 0, 0), asked.now)
    return [(one.session.in_time, one.session.out_time, one.session.is_working) for one in found]


def _live(program: Program, asked: Ranged) -> list[figures.Live]:
    with program.database.read() as connection:
        asker, profiles = _asking(connection, program, asked)
        found = live(asker, profiles, asked.zone, asked.now)
    return [
        figures.Live(
            tuple(one.tally), None if one.working_on is None else CLASSES[one.working_on], one.since, one.last_active
        )
        for one in found
    ]


def _hours(program: Program, asked: Ranged) -> list[dict[tuple[date, int], Sums]]:
    """Of each person, the hours with any second."""
    first, last = (local_day(asked.zone, second // SLOT).toordinal() for second in (asked.start, asked.end - 1))
    with program.database.read() as connection:
        asker, profiles = _asking(connection, program, asked)
        found = [hours_of(asker, one, asked.zone, first, last) for one in profiles]
    return [
        {
            (date.fromordinal(day), one.hour): tuple(one.tally)
            for day, of in days.items()
            for one in of
            if any(one.tally)
        }
        for days in found
    ]


def _week(program: Program, asked: Ranged) -> Week:
    first = local_day(asked.zone, asked.start // SLOT).toordinal()
    with program.database.read() as connection:
        asker, profiles = _asking(connection, program, asked)
        found = week_of(asker, profiles, asked.zone, first, asked.now)
    days = [[tuple(tally) for tally in one.days] for one in found.people]
    return Week(days, None if found.change is None else tuple(found.change))


def _asking(connection: Connection, program: Program, asked: Ranged) -> tuple[Asker, list[Profile]]:
    """Below the API, by rules read anew."""
    row = organisation_row(connection, program.id)
    users = [program.users[number].uuid for number in asked.users]
    teams = [program.teams[number].uuid for number in asked.teams]
    asker = Asker(connection, program.id, row.zone, row.policy_version, Books())
    return asker, profiles_meant(connection, program.id, users, teams)


def _session(one: Person, asked: Ranged) -> tuple[str | None, str | None, bool]:
    gone = not one.working or not asked.start <= asked.now < asked.end
    return _utc(one.came), _utc(one.went) if gone else None, one.working


def _timesheet(program: Program, one: Person) -> dict[str, Any]:
    overall = tuple(map(sum, zip(*(day.sums for day in one.days), strict=True))) if one.days else (0, 0, 0, 0)
    return {
        "user": _user(program, one),
        "dailySummary": [
            {
                "date": f"{day.day}T00:00:00.000Z",
                "day": f"{day.day:%A}",
                "inTime": _wall(day.came),
                "outTime": _wall(day.went),
                **{f"{name}TimeSpendSeconds": seconds for name, seconds in _figures(day.sums).items()},
            }
            for day in one.days
        ],
        "overallSummary": {
            f"total{'' if name == 'total' else name.capitalize()}TimeSpendSeconds": seconds
            for name, seconds in _figures(overall).items()
        },
        "session": {"avgCheckInTime": one.average_came, "avgCheckOutTime": one.average_went},
    }


def _wall(wall: datetime | None) -> str | None:
    return None if wall is None else f"{wall.isoformat(timespec='seconds')}.000Z"


Shown = tuple[str, str, str, tuple[int, ...], int, float]


def _compare_usage(program: Program, asked: Ranged, used: list[Used], active: int) -> None:
    limit = Random(f"{asked}").choice([1, 3, 7, 200])
    items = _pages(program, "POST", "/v1/app-usage", limit, _body(program, asked))
    assert [_shown(item) for item in items] == [_expected(one, active) for one in used]


def compare_subjects(world: World, program: Program, asked: Ranged) -> None:
    """What everybody used in the range, without a rule first."""
    everybody = asked._replace(users=tuple(range(world.start.users)))
    used = sorted(figures.used(world, everybody), key=lambda one: one.rule is not None)
    dates = {name: value for name, value in _body(program, asked).items() if name in ("startDate", "endDate")}
    items = _pages(program, "GET", "/v1/subjects", 7, None, {**dates, "timeZone": asked.zone})
    active = sum(one.seconds for one in used)
    assert [_shown(item) for item in items] == [_expected(one, active) for one in used]
    rules = [one["rule"] and (one["rule"]["kind"], one["rule"]["subject"], one["rule"]["starter"]) for one in items]
    assert rules == [one.rule for one in used]


def _pages(
    program: Program, method: str, path: str, limit: int, body: Any, query: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        asked = {**(query or {}), "limit": str(limit), **({"cursor": cursor} if cursor else {})}
        page = program.call(method, path, body, asked)
        items += page["items"]
        cursor = page["nextCursor"]
        if cursor is None:
            return items
        assert len(page["items"]) == limit


def _shown(item: dict[str, Any]) -> Shown:
    name = name_key(item["name"]) if item["type"] == "application" else host_key(item["name"])
    seconds = tuple(item[f"{rating}Seconds"] for rating in CLASSES[:3])
    assert sum(seconds) == item["activeSeconds"]
    return item["type"], name, item["rating"], seconds, item["people"], item["share"]


def _expected(one: Used, active: int) -> Shown:
    kind = {"application": "application", "site": "website"}[one.subject.kind]
    return kind, one.subject.name, one.rating, one.by_rating, one.people, round(one.seconds / active, 6)


REPORTS = "/v1/report-analysis"


def compare_reports(world: World, program: Program, calendar: Calendar, asked: Ranged) -> None:
    """The reports on the month in which the range begins, and the same month as it is at a present of ours."""
    users = figures.asked_for(world, asked)
    found = [attendance.month(world, calendar, asked, user) for user in users]
    begun = local_day(asked.zone, asked.start // SLOT)
    assert _months_at(program, asked, begun) == found
    now = asked._replace(now=clock.now())
    known = [attendance.month(world, calendar, now, user) for user in users]
    body = {name: value for name, value in _body(program, asked).items() if not name.endswith("Date")}
    body |= {"year": begun.year, "month": begun.month}
    monthly = program.call("POST", f"{REPORTS}/monthly-summary", body)
    assert monthly == [_monthly(program, user, days) for user, days in zip(users, known, strict=True)]
    extra = program.call("POST", f"{REPORTS}/extra-hours-summary", body)
    assert extra == [_extra_hours(program, user, days) for user, days in zip(users, known, strict=True)]


def _months_at(program: Program, asked: Ranged, begun: date) -> list[list[Attended]]:
    with program.database.read() as connection:
        asker, profiles = _asking(connection, program, asked)
        found = list(months(asker, profiles, begun.year, begun.month, asked.zone, asked.now))
    return [
        [
            Attended(
                date.fromordinal(one.day),
                one.status.value,
                one.tally.total,
                one.tally.active,
                one.tally.idle,
                one.extra,
            )
            for one in month.days
        ]
        for month in found
    ]


def _counts(days: list[Attended]) -> dict[str, int]:
    worked = [one for one in days if one.status == "WORKED_ON_WEEK_OFF"]
    off = [one for one in days if one.status.endswith("WEEK_OFF")]
    coming = [one for one in days if one.status == "UPCOMING"]
    return {
        "totalDays": len(days),
        "workingDays": len(days) - len(off),
        "completedWorkingDays": len(days) - len(off) - len(coming),
        "upcomingWorkingDays": len(coming),
        "weekOffDays": len(off),
        "weekOffWorkedDays": len(worked),
    }


def _reported(program: Program, user: int) -> dict[str, Any]:
    mail = f"{user}@example.com"
    uuid = str(program.users[user].uuid)
    return {"userId": uuid, "name": f"user {user}", "emailId": mail, "profilePicUrl": None}


def _day(one: Attended) -> dict[str, str]:
    return {"date": str(one.day), "day": f"{one.day:%A}", "attendanceStatus": one.status}


def _monthly(program: Program, user: int, days: list[Attended]) -> dict[str, Any]:
    statuses = [one.status for one in days]
    present, absent = statuses.count("PRESENT"), statuses.count("ABSENT")
    return {
        "user": _reported(program, user),
        "monthlySummary": {**_counts(days), "presentDays": present, "absentDays": absent},
        "timeSummary": {
            "totalWorkedTimeInSeconds": sum(one.total for one in days),
            "totalActiveWorkedTimeInSeconds": sum(one.active for one in days),
            "totalIdleWorkedTimeInSeconds": sum(one.idle for one in days),
        },
        "dailySummary": [
            {
                **_day(one),
                "totalWorkedTimeInSeconds": one.total,
                "activeWorkedTimeInSeconds": one.active,
                "idleWorkedTimeInSeconds": one.idle,
            }
            for one in days
        ],
    }


def _extra_hours(program: Program, user: int, days: list[Attended]) -> dict[str, Any]:
    return {
        "user": _reported(program, user),
        "extraHoursSummary": {
            **_counts(days),
            "extraHoursWorkedDays": sum(one.extra > 0 for one in days),
            "extraHoursWorkedTimeInSeconds": sum(one.extra for one in days),
        },
        "dailySummary": [{**_day(one), "extraHoursWorkedTimeInSeconds": one.extra} for one in days],
    }
