"""A month's reports: which days count as what, under schedules, holidays and employments that change within it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.served import NOBODY, ZONE, Office, failed, statements, succeeded
from timegrain.counting.memberships import FOREVER
from timegrain.storage import people
from timegrain.storage.dialect import store
from timegrain.storage.schema import employments, holidays, schedules

MONTHLY, EXTRA = "/v1/report-analysis/monthly-summary", "/v1/report-analysis/extra-hours-summary"
MONDAY_TO_FRIDAY, MONDAY_TO_SATURDAY = 0b0011111, 0b0111111


def february(day: int) -> int:
    return date(2026, 2, day).toordinal()


def asked(office: Office, path: str, **changed: Any) -> Any:
    body = {"year": 2026, "month": 2, "timeZone": ZONE, "userId": [office.user], **changed}
    return succeeded(office.call(path, body))


def focus(day: int, start: str, end: str) -> dict[str, str]:
    return {"start": f"2026-02-{day:02}T{start}:00+05:30", "end": f"2026-02-{day:02}T{end}:00+05:30", "app": "Code"}


@pytest.fixture
def month(office: Office) -> Office:
    """Employed from the 3rd; the 10th a holiday; from the 16th Saturdays too, 4 hours; own hours from the 23rd."""
    with office.database.write(1, policy=True) as connection:
        user = people.user_by_email(connection, 1, "anna@example.com").id
        store(connection, employments, [(1, user, february(3), FOREVER)])
        connection.execute(
            holidays.insert(), {"organisation_id": 1, "day": february(10), "uuid": uuid4(), "name": "Founders' Day"}
        )
        store(
            connection,
            schedules,
            [(1, 0, february(16), MONDAY_TO_SATURDAY, 4 * 3600), (1, user, february(23), MONDAY_TO_FRIDAY, 3600)],
        )
    office.send(
        focus=[
            focus(2, "10:00", "10:10"),
            focus(3, "09:00", "10:30"),
            focus(10, "10:00", "11:00"),
            focus(21, "10:00", "15:00"),
            focus(24, "10:00", "12:00"),
            focus(25, "10:00", "10:20"),
        ],
        away=[{name: value for name, value in focus(25, "10:00", "10:20").items() if name != "app"}],
    )
    return office


def by_day(row: dict[str, Any]) -> dict[int, str]:
    return {int(one["date"][8:]): one["attendanceStatus"] for one in row["dailySummary"]}


def test_a_month_with_every_change(month: Office) -> None:
    """Nine days off: four Sundays, the 2nd before employment, the 10th, and the Saturdays of the 7th, 14th and 28th."""
    (row,) = asked(month, MONTHLY)
    mail = "anna@example.com"
    assert row["user"] == {"userId": month.user, "name": mail, "emailId": mail, "profilePicUrl": None}
    assert row["monthlySummary"] == {
        "totalDays": 28,
        "workingDays": 19,
        "completedWorkingDays": 19,
        "upcomingWorkingDays": 0,
        "weekOffDays": 9,
        "weekOffWorkedDays": 2,
        "presentDays": 3,
        "absentDays": 16,
    }
    assert row["timeSummary"] == {
        "totalWorkedTimeInSeconds": 36000,
        "totalActiveWorkedTimeInSeconds": 34800,
        "totalIdleWorkedTimeInSeconds": 1200,
    }
    statuses = by_day(row)
    off, present, worked_off = {1, 7, 8, 14, 15, 22, 28}, {3, 21, 24}, {2, 10}
    assert {day for day, status in statuses.items() if status == "WEEK_OFF"} == off
    assert {day for day, status in statuses.items() if status == "PRESENT"} == present
    assert {day for day, status in statuses.items() if status == "WORKED_ON_WEEK_OFF"} == worked_off
    assert {day for day, status in statuses.items() if status == "ABSENT"} == set(range(1, 29)) - (
        off | present | worked_off
    )
    assert row["dailySummary"][24] == {
        "date": "2026-02-25",
        "day": "Wednesday",
        "attendanceStatus": "ABSENT",
        "totalWorkedTimeInSeconds": 1200,
        "activeWorkedTimeInSeconds": 0,
        "idleWorkedTimeInSeconds": 1200,
    }


def test_extra_hours(month: Office) -> None:
    (row,) = asked(month, EXTRA)
    extra = {
        int(one["date"][8:]): one["extraHoursWorkedTimeInSeconds"]
        for one in row["dailySummary"]
        if one["extraHoursWorkedTimeInSeconds"]
    }
    assert extra == {2: 600, 10: 3600, 21: 3600, 24: 3600}
    assert row["extraHoursSummary"] == {
        "totalDays": 28,
        "workingDays": 19,
        "completedWorkingDays": 19,
        "upcomingWorkingDays": 0,
        "weekOffDays": 9,
        "weekOffWorkedDays": 2,
        "extraHoursWorkedDays": 4,
        "extraHoursWorkedTimeInSeconds": 11400,
    }
    assert by_day(row) == by_day(asked(month, MONTHLY)[0])
    assert set(row["dailySummary"][0]) == {"date", "day", "attendanceStatus", "extraHoursWorkedTimeInSeconds"}


def test_through_a_team_other_days_are_week_off(month: Office) -> None:
    team = month.run("team", "add", "Night")["teamId"]
    month.run("team", "join", "Night", "anna@example.com", "--from", "2026-02-20")
    (row,) = asked(month, MONTHLY, userId=[], teamId=[team])
    assert {day for day, status in by_day(row).items() if status != "WEEK_OFF"} == {20, 21, 23, 24, 25, 26, 27}
    assert row["timeSummary"]["totalWorkedTimeInSeconds"] == 5 * 3600 + 2 * 3600 + 1200
    assert asked(month, MONTHLY, teamId=[team]) == asked(month, MONTHLY)


def test_days_are_those_of_the_zone(month: Office) -> None:
    """9:00 in Kolkata on the 3rd is the evening of the 2nd in New York; work days go by the date all the same."""
    (row,) = asked(month, MONTHLY, timeZone="America/New_York")
    assert by_day(row)[2] == "WORKED_ON_WEEK_OFF"
    assert by_day(row)[3] == "ABSENT"
    assert row["dailySummary"][1]["totalWorkedTimeInSeconds"] == 5400
    assert row["timeSummary"]["totalWorkedTimeInSeconds"] == 36000


def test_what_is_to_come(shared_office: Office) -> None:
    (row,) = asked(shared_office, MONTHLY, year=2200, month=12)
    counts = row["monthlySummary"]
    assert (counts["totalDays"], counts["workingDays"], counts["upcomingWorkingDays"]) == (31, 23, 23)
    assert set(by_day(row).values()) == {"UPCOMING", "WEEK_OFF"}


@pytest.mark.parametrize("path", [MONTHLY, EXTRA])
def test_statements_messages_and_errors(shared_office: Office, path: str) -> None:
    body = {"year": 2026, "month": 2, "timeZone": "America/New_York", "userId": [shared_office.user]}
    with statements(shared_office) as counted:
        answer = shared_office.call(path, body).json()
    name = "monthly" if path == MONTHLY else "extra hours"
    assert answer["statusMessage"] == f"Fetched {name} summary successfully"
    assert len(counted) <= 3, counted
    failed(shared_office.call(path, {**body, "month": 13}), 400, "VALIDATION_ERROR")
    failed(shared_office.call(path, {**body, "year": 1999}), 400, "VALIDATION_ERROR")
    failed(shared_office.call(path, {**body, "timeZone": "Mars/One"}), 400, "INVALID_TIME_ZONE")
    failed(shared_office.call(path, {**body, "userId": []}), 400, "USER_OR_TEAM_REQUIRED")
    failed(shared_office.call(path, {**body, "userId": [NOBODY]}), 404, "USER_NOT_FOUND")
    failed(shared_office.call(path, body, shared_office.key("writer")), 403, "FORBIDDEN")
