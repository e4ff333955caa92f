"""The dashboard's calls and the timesheet: what a person sees of the worked example, and from where to where."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.served import NOBODY, Office, failed, statements, succeeded

DAY = {"startDate": "2026-02-03 00:00:00", "endDate": "2026-02-03 23:59:59"}
WORKED = {
    "totalWorkedTimeInSeconds": 5400,
    "activeWorkedTimeInSeconds": 4770,
    "idleWorkedTimeInSeconds": 630,
    "productiveWorkedTimeInSeconds": 1800,
    "unproductiveWorkedTimeInSeconds": 0,
    "neutralWorkedTimeInSeconds": 2970,
}
CALLS = {
    "/v1/dashboard/work-summary": "Fetched work summary successfully",
    "/v1/dashboard/work-time-analysis": "Fetched work time analysis successfully",
    "/v1/dashboard/productivity-analysis": "Fetched productivity analysis successfully",
    "/v1/proof-of-work/timesheet": "Fetched timesheet successfully",
    "/v1/proof-of-work/app-usage/work-summary": "Fetched app usage work summary successfully",
    "/v1/app-usage": "Fetched app usage successfully",
    "/v1/dashboard/recent-screenshot": "Fetched screenshots successfully",
    "/v1/proof-of-work/screenshot": "Fetched screenshots successfully",
}


@pytest.fixture
def worked(office: Office) -> Office:
    """The worked example of docs/counting.md: 3 February 2026 from 9:00 to 10:30 in Kolkata."""
    office.run("rate", "github.com", "productive")
    office.send(
        focus=[
            {"start": "2026-02-03T03:30:00.700Z", "end": "2026-02-03T04:30:00.200Z", "app": "Code"},
            {
                "start": "2026-02-03T04:30:00.200Z",
                "end": "2026-02-03T05:00:00Z",
                "app": "Google Chrome",
                "url": "https://github.com/pulls",
            },
        ],
        away=[
            {"start": "2026-02-03T03:40:00Z", "end": "2026-02-03T03:44:00Z"},
            {"start": "2026-02-03T04:10:00Z", "end": "2026-02-03T04:20:30Z"},
        ],
    )
    return office


def asked(office: Office, path: str, **changed: Any) -> Any:
    return succeeded(office.call(path, office.question(**{**DAY, **changed})))


def test_work_summary(worked: Office) -> None:
    answer = worked.call("/v1/dashboard/work-summary", worked.question(**DAY)).json()
    assert answer == {
        "success": True,
        "statusCode": 200,
        "statusMessage": "Fetched work summary successfully",
        "error": None,
        "data": {
            "timeSummary": WORKED,
            "activityStats": {"appsVisitedCount": 1, "websitesVisitedCount": 1, "totalTeamMembers": 1},
        },
    }
    stats = asked(worked, "/v1/proof-of-work/app-usage/work-summary")["activityStats"]
    assert stats == {"appsVisitedCount": 1, "websitesVisitedCount": 1}


def test_a_range_is_exact_to_the_second(worked: Office) -> None:
    """9:40:10 to 9:50:29 is all idle; a second more on either side is not."""
    idle = asked(
        worked,
        "/v1/dashboard/work-summary",
        startDate="2026-02-03 09:40:10",
        endDate="2026-02-03 09:50:29",
    )
    assert idle["timeSummary"]["idleWorkedTimeInSeconds"] == idle["timeSummary"]["totalWorkedTimeInSeconds"] == 620
    more = asked(worked, "/v1/dashboard/work-summary", startDate="2026-02-03 09:39:58", endDate="2026-02-03 09:50:30")
    assert more["timeSummary"]["activeWorkedTimeInSeconds"] == 3
    assert more["activityStats"]["websitesVisitedCount"] == 0


def test_sessions(worked: Office) -> None:
    user = {"userId": worked.user, "name": "anna@example.com", "profilePicUrl": None}
    session = {"inTime": "2026-02-03T03:30:00.000Z", "outTime": "2026-02-03T05:00:00.000Z", "isWorking": False}
    (row,) = asked(worked, "/v1/dashboard/work-time-analysis")
    names = [f"{name}WorkedTimeInSeconds" for name in ("total", "active", "idle")]
    assert row == {"user": user, "timeSummary": {name: WORKED[name] for name in names}, "session": session}
    (row,) = asked(worked, "/v1/dashboard/productivity-analysis")
    names = [f"{name}WorkedTimeInSeconds" for name in ("active", "productive", "unproductive", "neutral")]
    assert row == {"user": user, "timeSummary": {name: WORKED[name] for name in names}}
    (row,) = asked(worked, "/v1/dashboard/work-time-analysis", startDate="2026-02-03 09:45:00")
    assert row["session"]["inTime"] == "2026-02-03T04:20:30.000Z"
    after = {"startDate": "2026-02-04 00:00:00", "endDate": "2026-02-04 23:59:59"}
    (row,) = asked(worked, "/v1/dashboard/work-time-analysis", **after)
    assert row["session"] == {"inTime": None, "outTime": None, "isWorking": False}


def test_my_team_is_today(worked: Office) -> None:
    (row,) = succeeded(worked.call("/v1/my-team", {"timeZone": "Asia/Kolkata", "userId": [worked.user]}))
    assert set(row) == {"user", "timeSummary", "session"}
    assert row["timeSummary"] == dict.fromkeys(WORKED, 0)
    failed(worked.call("/v1/my-team", {"timeZone": "Mars/One", "userId": [worked.user]}), 400, "INVALID_TIME_ZONE")
    failed(worked.call("/v1/my-team", {"timeZone": "UTC"}), 400, "USER_OR_TEAM_REQUIRED")


def test_timesheet_is_in_the_clocks_of_the_zone(worked: Office) -> None:
    (row,) = asked(
        worked, "/v1/proof-of-work/timesheet", startDate="2026-02-01 00:00:00", endDate="2026-02-07 23:59:59"
    )
    assert row == {
        "user": {"userId": worked.user, "name": "anna@example.com", "profilePicUrl": None},
        "dailySummary": [
            {
                "date": "2026-02-03T00:00:00.000Z",
                "day": "Tuesday",
                "inTime": "2026-02-03T09:00:00.000Z",
                "outTime": "2026-02-03T10:30:00.000Z",
                "totalTimeSpendSeconds": 5400,
                "activeTimeSpendSeconds": 4770,
                "idleTimeSpendSeconds": 630,
                "productiveTimeSpendSeconds": 1800,
                "unproductiveTimeSpendSeconds": 0,
                "neutralTimeSpendSeconds": 2970,
            }
        ],
        "overallSummary": {
            "totalActiveTimeSpendSeconds": 4770,
            "totalIdleTimeSpendSeconds": 630,
            "totalTimeSpendSeconds": 5400,
            "totalProductiveTimeSpendSeconds": 1800,
            "totalNeutralTimeSpendSeconds": 2970,
            "totalUnproductiveTimeSpendSeconds": 0,
        },
        "session": {"avgCheckInTime": "09:00:00", "avgCheckOutTime": "10:30:00"},
    }


def test_a_page_of_the_timesheet(worked: Office) -> None:
    for number in range(16):
        worked.run("user", "add", "--name", f"{number:02}", "--email", f"{number}@example.com")
    users = [one["userId"] for one in worked.run("user", "list")["users"]]
    body = worked.question(**DAY, userId=users)
    first, second, third = (
        worked.call("/v1/proof-of-work/timesheet", {**body, "offset": page}).json() for page in (1, 2, 3)
    )
    assert set(first) == {"success", "statusCode", "statusMessage", "error", "response"}
    assert first["success"] is True
    pages = [one["response"] for one in (first, second, third)]
    assert [len(page["usersList"]) for page in pages] == [15, 2, 0]
    assert {page["totalActiveUsers"] for page in pages} == {1}
    everybody = succeeded(worked.call("/v1/proof-of-work/timesheet", body))
    assert [row for page in pages for row in page["usersList"]] == everybody
    assert [row["user"]["name"] for row in everybody] == [*(f"{n:02}" for n in range(16)), "anna@example.com"]
    failed(worked.call("/v1/proof-of-work/timesheet", {**body, "offset": 0}), 400, "VALIDATION_ERROR")


@pytest.mark.parametrize("path", CALLS)
def test_statements_messages_and_errors(shared_office: Office, path: str) -> None:
    shared_office.call(path, shared_office.question())
    with statements(shared_office) as counted:
        answer = shared_office.call(path, shared_office.question(startDate="2026-02-08 00:00:07")).json()
    assert answer["statusMessage"] == CALLS[path]
    assert len(counted) <= 3, counted
    failed(shared_office.call(path, shared_office.question(userId=[NOBODY])), 404, "USER_NOT_FOUND")
    failed(shared_office.call(path, shared_office.question(endDate="2026-02-07 00:00:00")), 400, "INVALID_DATE_RANGE")
    failed(shared_office.call(path, shared_office.question(), shared_office.key("writer")), 403, "FORBIDDEN")
