"""Reports: the figures of the API on screen and in files, and nothing that a role does not open."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.contract.served import NOBODY, Office, succeeded
from tests.web.test_person import employee, work, worked_week
from tests.web.visiting import Visitor, visitor

REPORTS = "/v1/report-analysis"
_CELL = re.compile(r'<td><a href="/day\?who=([\w-]+)[^"]*date=([\d-]+)" title="[^"]*?(\d[\d,]*) seconds?">')


def asked(office: Office, report: str, *users: str, zone: str = "Asia/Kolkata") -> Any:
    body = {"year": 2026, "month": 2, "timeZone": zone, "userId": list(users)}
    return succeeded(office.call(f"{REPORTS}/{report}", body))


def grid(page: str) -> dict[tuple[str, str], int]:
    """The seconds of the days, by user and day."""
    return {(user, day): int(seconds.replace(",", "")) for user, day, seconds in _CELL.findall(page)}


def downloaded(visited: Visitor, page: str, format_: str) -> tuple[str, bytes]:
    """The file that a page links to, and its name."""
    (address,) = re.findall(rf'<a class="btn" href="([^"]*)" download>{format_}<', page)
    answer = visited.client.get(address.replace("&amp;", "&"))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-security-policy"]
    return answer.headers["content-disposition"].partition("filename=")[2].strip('"'), answer.content


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))


def spreadsheet(content: bytes) -> list[dict[str, Any]]:
    """Its rows without the one of the totals, which is checked."""
    sheet = load_workbook(io.BytesIO(content), data_only=True).active
    assert sheet is not None
    head, *rows, totals = [[cell.value for cell in row] for row in sheet.iter_rows()]
    found = [dict(zip(map(str, head), row, strict=True)) for row in rows]
    for title, total in dict(zip(map(str, head), totals, strict=True)).items():
        if title in ("Total", "Active", "Idle", "Extra"):
            assert seconds_of(total) == sum(seconds_of(row[title]) for row in found)
    return found


def seconds_of(cell: Any) -> int:
    """A duration of less than a day is read as a time."""
    if isinstance(cell, timedelta):
        return round(cell.total_seconds())
    return int(cell.hour * 3600 + cell.minute * 60 + cell.second)


def two_people(office: Office) -> tuple[str, Visitor]:
    bo, seen = employee(office, "<b>Bo</b>", "bo@example.com")
    worked_week(office)
    work(office, ("Code", "2026-02-01T05:00:00Z", "2026-02-01T14:30:05Z"), user=bo)  # a Sunday
    work(office, ("Code", "2026-02-02T03:00:00Z", "2026-02-02T12:30:07Z"), user=bo)
    return bo, seen


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "Pacific/Auckland"])
def test_month(sqlite_office: Office, zone: str) -> None:
    office = sqlite_office
    bo, _ = two_people(office)
    anna = visitor(office)
    page = anna.get(f"/reports?report=month&month=2026-02&zone={zone}")
    answer = asked(office, "monthly-summary", office.user, bo, zone=zone)
    days = {
        (one["user"]["userId"], day["date"]): day["totalWorkedTimeInSeconds"]
        for one in answer
        for day in one["dailySummary"]
    }
    assert grid(page) == days
    assert len(days) == 56
    for one in answer:
        assert "show" not in one
        for seconds in one["timeSummary"].values():
            assert f'{seconds:,} seconds">' in page
    whole = sum(one["timeSummary"]["totalWorkedTimeInSeconds"] for one in answer)
    foot = page[page.index("<tfoot>") :].partition("</tfoot>")[0]
    assert f"{whole:,} seconds" in foot
    assert re.findall(r'data-l="Present"[^>]*><a[^>]*>(\d+)<', foot) == [
        str(sum(one["monthlySummary"]["presentDays"] for one in answer))
    ]
    assert f"/person?who={bo}&amp;zone=" in page or zone == "Asia/Kolkata"
    assert "&lt;b&gt;Bo&lt;/b&gt;" in page
    assert "<b>Bo</b>" not in page
    name, file = downloaded(anna, page, "CSV")
    assert name == "monthly-2026-02-01-2026-02-28.csv"
    assert {(row["userId"], row["date"]): int(row["totalSeconds"]) for row in read(file)} == days
    name, file = downloaded(anna, page, "XLSX")
    assert name == "monthly-2026-02-01-2026-02-28.xlsx"
    rows = {(row["User"], f"{row['Date']:%Y-%m-%d}"): row["Total"] for row in spreadsheet(file)}
    assert {key: seconds_of(total) for key, total in rows.items()} == days


def test_extra_hours(office: Office) -> None:
    bo, _ = two_people(office)
    anna = visitor(office)
    page = anna.get(f"/reports?report=extra-hours&month=2026-02&who={bo}&sort=-extra")
    (answer,) = asked(office, "extra-hours-summary", bo)
    days = {(bo, day["date"]): day["extraHoursWorkedTimeInSeconds"] for day in answer["dailySummary"]}
    assert grid(page) == days
    assert sum(days.values()) == 9 * 3600 + 1805 + 3600 + 1807
    assert 'aria-sort="descending"><a href' in page
    name, file = downloaded(anna, page, "CSV")
    assert name == "extra-hours-2026-02.csv"
    rows = read(file)
    assert {(row["userId"], row["date"]): int(row["extraHoursSeconds"]) for row in rows} == days
    assert [row["attendanceStatus"] for row in rows] == [day["attendanceStatus"] for day in answer["dailySummary"]]
    _, file = downloaded(anna, page, "XLSX")
    found = spreadsheet(file)
    assert [row["Date"] for row in found] == [datetime.fromisoformat(day) for _, day in days]
    assert [seconds_of(row["Extra"]) for row in found] == list(days.values())


def test_what_was_used(office: Office) -> None:
    two_people(office)
    anna = visitor(office)
    for when, start, end, zone in (
        ("month=2026-02", "2026-02-01", "2026-02-28", "Asia/Kolkata"),
        ("from=2026-02-02&to=2026-02-02", "2026-02-02", "2026-02-02", "Asia/Kathmandu"),
    ):
        page = anna.get(f"/reports?report=app-usage&{when}&zone={zone}")
        users = [one["userId"] for one in succeeded(office.call("/v1/users", None, method="GET"))["items"]]
        body = {"startDate": f"{start} 00:00:00", "endDate": f"{end} 23:59:59", "timeZone": zone, "userId": users}
        answer = succeeded(office.call("/v1/app-usage", body))
        assert answer["items"]
        shown = re.findall(
            r'data-l="Active"><a href="[^"]*subject=application%3A(\w+)[^"]*" title="[^"]*?(\d[\d,]*) seconds?"', page
        )
        assert [(name, int(seconds.replace(",", ""))) for name, seconds in shown] == [
            (one["name"], one["activeSeconds"]) for one in answer["items"]
        ]
        assert f"{answer['activeSeconds']:,} seconds" in page[page.index("<tfoot>") :]
        name, file = downloaded(anna, page, "CSV")
        assert name == f"app-usage-{start}-{end}.csv"
        assert [(row["subject"], int(row["activeSeconds"])) for row in read(file)] == [
            (one["name"], one["activeSeconds"]) for one in answer["items"]
        ]


def test_what_is_used_little_comes_on_further_pages(sqlite_office: Office) -> None:
    begun = datetime.fromisoformat("2026-02-03T04:00:00+00:00")
    at = [begun + timedelta(minutes=number) for number in range(203)]
    office = sqlite_office
    work(office, *((f"app{n}", f"{one:%FT%TZ}", f"{one + timedelta(seconds=10):%FT%TZ}") for n, one in enumerate(at)))
    anna = visitor(office)
    page = anna.get("/reports?report=app-usage&from=2026-02-03&to=2026-02-03")
    assert "200 shown here" in page
    (further,) = re.findall(r'<a class="btn" href="([^"]*)">Less used<', page)
    rest = anna.get(further.replace("&amp;", "&"))
    names = [re.findall(r"application%3A(app\d+)[^>]*>app", one) for one in (page, rest)]
    assert [len(one) for one in names] == [200, 3]
    assert len({*names[0], *names[1]}) == 203
    for one, seconds in ((page, 2000), (rest, 30)):
        sums = re.findall(r'(\d[\d,]*) seconds">', one.partition("<tfoot>")[2])
        assert sums == [f"{seconds:,}", "2,030"]
    assert len(read(downloaded(anna, rest, "CSV")[1])) == 203


def test_addresses_that_say_what_cannot_be(sqlite_office: Office) -> None:
    anna = visitor(sqlite_office)
    for wrong in (
        "report=salaries",
        "month=2026-13",
        "month=1999-12",
        "report=app-usage&from=2026-02-02&to=2026-02-01",
        "report=app-usage&from=2026-02-02",
        "report=app-usage&from=2024-01-01&to=2026-02-01",
        "zone=Mars/Olympus",
        "who=x",
    ):
        anna.get(f"/reports?{wrong}", 400)
    anna.get(f"/reports?only={sqlite_office.user}", 400)
    anna.get(f"/reports?who={NOBODY}", 404)
    anna.get("/reports/file?report=month&format=pdf", 400)


def test_whoever_is_counted_sees_what_managers_see_of_them(sqlite_office: Office) -> None:
    office = sqlite_office
    bo, seen = two_people(office)
    anna = visitor(office)
    for report in ("month", "extra-hours"):
        theirs = seen.get(f"/reports?report={report}&month=2026-02")
        assert grid(theirs) == grid(anna.get(f"/reports?report={report}&month=2026-02&who={bo}")) != {}
        for path in ("/reports?", "/reports/file?format=csv&"):
            seen.get(f"{path}report={report}&month=2026-02&who={office.user}", 403)
    assert {row["userId"] for row in read(downloaded(seen, theirs, "CSV")[1])} == {bo}


def test_what_a_role_does_not_open_is_not_offered(sqlite_office: Office) -> None:
    office = sqlite_office
    made = {"roleName": "Users", "roleData": [{"path": "/proof-of-work/app-usage", "access": "Own Data"}]}
    role = succeeded(office.call("/v1/access-management", made))["roleId"]
    bo, seen = employee(office, "Bo", "bo@example.com")
    assert office.call(f"/v1/users/{bo}", {"roleId": role}, method="PATCH").status_code == 200
    page = seen.get("/reports")
    assert "Extra hours" not in page
    assert 'value="app-usage"' in page
    for report in ("month", "extra-hours"):
        seen.get(f"/reports?report={report}", 403)
        seen.get(f"/reports/file?report={report}&format=csv", 403)
    assert seen.client.get("/reports/file?report=app-usage&format=csv").status_code == 200
    made["roleData"] = [{"path": page, "access": "Own Data"} for page in ("/", "/proof-of-work/timeline")]
    office.call("/v1/access-management", {**made, "roleId": role}, method="PATCH")
    seen.get("/reports", 403)
    assert "/reports" not in seen.get("/week")
