"""Files of reports: each read back by a reader that is not ours, and compared with the API and with hand counts."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from tests.contract.served import NOBODY, Office, failed, statements, succeeded
from tests.contract.test_figures import worked
from timegrain.api.exporting import PAGES
from timegrain.exporting import writing
from timegrain.exporting.sheets import Column, Kind, Sheet

__all__ = ["worked"]

FEBRUARY = {"startDate": "2026-02-01 00:00:00", "endDate": "2026-02-28 23:59:59"}
NASTY = '=HYPERLINK("http://evil.example","a, ""b""")'
REPORTS = ("timesheet", "app-usage", "monthly", "facts")


def exported(office: Office, report: str, format_: str, key: str = "", **changed: Any) -> httpx.Response:
    body = office.question(**{**FEBRUARY, "report": report, "format": format_, **changed})
    return office.call("/v1/export", body, key)


def as_json(office: Office, report: str, **changed: Any) -> list[dict[str, Any]]:
    answer = exported(office, report, "json", **changed)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()
    return rows


def as_csv(office: Office, report: str) -> list[dict[str, str]]:
    text = exported(office, report, "csv").content.decode("utf-8")
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def as_book(office: Office, report: str) -> Workbook:
    return load_workbook(io.BytesIO(exported(office, report, "xlsx").content))


def test_the_answer_is_a_file(worked: Office) -> None:
    for format_, media in writing.MEDIA_TYPES.items():
        answer = exported(worked, "timesheet", format_)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == (f"{media}; charset=utf-8" if format_ == "csv" else media)
        name = f"timesheet-2026-02-01-2026-02-28.{format_}"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_timesheet(worked: Office) -> None:
    (row,) = as_json(worked, "timesheet")
    assert row == {
        "name": "anna@example.com",
        "emailId": "anna@example.com",
        "userId": worked.user,
        "date": "2026-02-03",
        "day": "Tuesday",
        "inTime": "2026-02-03T09:00:00",
        "outTime": "2026-02-03T10:30:00",
        "totalSeconds": 5400,
        "activeSeconds": 4770,
        "idleSeconds": 630,
        "productiveSeconds": 1800,
        "neutralSeconds": 2970,
        "unproductiveSeconds": 0,
    }


def test_app_usage_is_that_of_the_api(worked: Office) -> None:
    items = succeeded(worked.call("/v1/app-usage", worked.question(**FEBRUARY)))["items"]
    assert len(items) == 2
    assert as_json(worked, "app-usage") == [
        {"subject" if name == "name" else name: value for name, value in item.items()} for item in items
    ]


def test_monthly_is_that_of_the_reports(worked: Office) -> None:
    """Of two months that the range touches, each whole."""
    rows = as_json(worked, "monthly", startDate="2026-01-31 12:00:00", endDate="2026-02-03 09:00:00")
    expected = []
    for month in (1, 2):
        body = {"year": 2026, "month": month, "timeZone": "Asia/Kolkata", "userId": [worked.user]}
        (monthly,) = succeeded(worked.call("/v1/report-analysis/monthly-summary", body))
        (extra,) = succeeded(worked.call("/v1/report-analysis/extra-hours-summary", body))
        days = zip(monthly["dailySummary"], extra["dailySummary"], strict=True)
        expected += [{**one, "extra": other["extraHoursWorkedTimeInSeconds"]} for one, other in days]
    shown = {
        "totalSeconds": "totalWorkedTimeInSeconds",
        "activeSeconds": "activeWorkedTimeInSeconds",
        "idleSeconds": "idleWorkedTimeInSeconds",
        "extraHoursSeconds": "extra",
        **{name: name for name in ("date", "day", "attendanceStatus")},
    }
    assert [{name: row[name] for name in shown} for row in rows] == [
        {name: one[source] for name, source in shown.items()} for one in expected
    ]
    assert len(rows) == 59


@pytest.mark.parametrize("report", REPORTS)
def test_csv_says_what_json_says(worked: Office, report: str) -> None:
    rows = as_json(worked, report)
    assert rows
    expected = [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
    assert as_csv(worked, report) == expected


def test_spreadsheet(worked: Office) -> None:
    """Typed cells, and formulas that give what adding up by hand gives."""
    sheet = as_book(worked, "timesheet").active
    assert sheet is not None
    assert sheet.freeze_panes == "A2"
    head, first, total = sheet.iter_rows()
    titles = [cell.value for cell in head]
    row = dict(zip(titles, first, strict=True))
    assert row["Date"].value == datetime(2026, 2, 3)  # noqa: DTZ001 - a spreadsheet knows no zones
    assert row["In"].value == datetime(2026, 2, 3, 9)  # noqa: DTZ001
    assert (row["Total"].value, row["Total"].number_format) == (timedelta(seconds=5400), "[h]:mm:ss")
    assert row["Name"].data_type == "s"
    sums = {title: cell.value for title, cell in zip(titles, total, strict=True) if cell.value is not None}
    assert sums.pop("Name") == "Total"
    letters = dict(zip(titles, "ABCDEFGHIJKLM", strict=True))
    durations = ("Total", "Active", "Idle", "Productive", "Neutral", "Unproductive")
    assert sums == {title: f"=SUM({letters[title]}2:{letters[title]}2)" for title in durations}


def test_totals_are_there_for_readers_that_do_not_compute(worked: Office) -> None:
    book = load_workbook(io.BytesIO(exported(worked, "monthly", "xlsx").content), data_only=True)
    sheet = book.active
    assert sheet is not None
    titles = [cell.value for cell in sheet[1]]
    assert sheet.max_row == 30
    assert sheet.cell(30, titles.index("Active") + 1).value == timedelta(seconds=4770)


def test_nobody_runs_what_somebody_named(office: Office) -> None:
    """A text is a text, whatever it begins with, in the sheet and in CSV."""
    names = [NASTY, "+1", "-1", "@SUM(A1)", "harmless"]
    starts = [f"2026-02-03T0{hour}:00:00Z" for hour in range(5)]
    ends = [f"2026-02-03T0{hour}:00:10Z" for hour in range(5)]
    office.send(
        focus=[{"start": s, "end": e, "app": name} for s, e, name in zip(starts, ends, names, strict=True)],
    )
    assert [row["application"] for row in as_json(office, "facts")] == names
    assert [row["application"] for row in as_csv(office, "facts")] == [*(f"'{name}" for name in names[:4]), names[4]]
    sheet = as_book(office, "facts").active
    assert sheet is not None
    place = [cell.value for cell in sheet[1]].index("Application") + 1
    cells = [sheet.cell(line, place) for line in range(2, 7)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(name, "s") for name in names]


@pytest.mark.parametrize("text", ["<r></r>", "<r><b>&</r>", "<b>", " spaces "])
def test_no_text_breaks_a_spreadsheet(text: str) -> None:
    """Not even one that looks like the file's own markup."""
    file = io.BytesIO()
    writing.write(Sheet("timesheet", [Column("name", "Name", Kind.TEXT)], iter([(text,)])), "xlsx", file)
    sheet = load_workbook(file).active
    assert sheet is not None
    assert sheet["A2"].value == text


@pytest.mark.parametrize("begins", writing.RUNS_AS_FORMULA)
def test_csv_marks_what_runs(begins: str) -> None:
    assert {"\n", "\uff1d"} <= set(writing.RUNS_AS_FORMULA)
    file = io.BytesIO()
    writing.write(Sheet("timesheet", [Column("name", "Name", Kind.TEXT)], iter([(f"{begins}1",)])), "csv", file)
    assert list(csv.reader(io.StringIO(file.getvalue().decode(), newline=""))) == [["name"], [f"'{begins}1"]]


def test_facts_and_what_text_of_them_is_shown(office: Office) -> None:
    """Those that begin in the range, of everybody alike; titles and full URLs as the policy and the reader allow."""
    office.run("policy", "--titles", "managers", "--urls", "full")
    page = {"app": "Firefox", "url": "https://example.com/a?b=1", "title": "Secret"}
    office.send(
        focus=[
            {"start": "2026-01-31T18:29:59.999Z", "end": "2026-01-31T18:40:00Z", "app": "Before"},
            {"start": "2026-01-31T18:30:00.123Z", "end": "2026-01-31T18:40:00Z", **page},
        ],
        away=[{"start": "2026-02-28T18:29:59Z", "end": "2026-02-28T18:40:00Z"}],
    )
    first, second = as_json(office, "facts")
    mail = "anna@example.com"
    assert first == {
        "name": mail,
        "emailId": mail,
        "userId": office.user,
        "device": "laptop-7",
        "kind": "focus",
        "start": "2026-01-31T18:30:00.123Z",
        "end": "2026-01-31T18:40:00.000Z",
        "application": "Firefox",
        "browser": "",
        "host": "example.com",
        "url": "https://example.com/a?b=1",
        "title": "Secret",
    }
    assert (second["kind"], second["application"], second["url"]) == ("away", "", "")
    office.run("policy", "--titles", "self", "--urls", "host")
    # This key is nobody's: what only the person may see is not for it.
    first = as_json(office, "facts")[0]
    assert (first["url"], first["title"], first["host"]) == ("", "", "example.com")


def test_through_a_team_only_facts_of_days_of_membership(worked: Office) -> None:
    team = worked.run("team", "add", "T")["teamId"]
    worked.run("team", "join", "T", "anna@example.com", "--from", "2026-02-04")
    assert len(as_json(worked, "facts")) == 4
    assert as_json(worked, "facts", userId=[], teamId=[team]) == []


def test_each_report_needs_its_page(office: Office) -> None:
    for report, page in PAGES.items():
        body = {"roleName": report, "roleData": [{"path": page, "access": "Full Access"}]}
        role = succeeded(office.call("/v1/access-management", body))["roleId"]
        made = office.call("/v1/keys", {"name": report, "roleId": role}).json()["data"]
        answers = {name: exported(office, name, "csv", made["apiKey"]).status_code for name in REPORTS}
        assert answers == {name: 200 if name == report else 403 for name in REPORTS}


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_every_beginning_of_a_formula(first: str) -> None:
    file = io.BytesIO()
    sheet = Sheet("s", [Column("a", "A", Kind.TEXT), Column("n", "N", Kind.COUNT)], iter([(f"{first}1", -1)]))
    writing.write(sheet, "csv", file)
    assert list(csv.reader(io.StringIO(file.getvalue().decode(), newline=""))) == [["a", "n"], [f"'{first}1", "-1"]]


def test_more_rows_than_a_sheet_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "ROWS_A_SHEET", 2)
    file = io.BytesIO()
    rows = iter([(f"{number}", number) for number in range(5)])
    writing.write(Sheet("s", [Column("a", "A", Kind.TEXT), Column("n", "N", Kind.DURATION)], rows), "xlsx", file)
    book = load_workbook(file)
    assert book.sheetnames == ["s", "s 2", "s 3"]
    assert [page.cell(2, 1).value for page in book] == ["0", "2", "4"]
    assert [page.max_row for page in book] == [4, 4, 3]


@pytest.mark.parametrize("format_", ["csv", "xlsx", "json"])
def test_nothing_to_tell(shared_office: Office, format_: str) -> None:
    content = exported(shared_office, "facts", format_).content
    if format_ == "json":
        assert json.loads(content) == []
    elif format_ == "csv":
        assert content.count(b"\r\n") == 1
    else:
        sheet = load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        assert sheet.max_row == 1


@pytest.mark.parametrize("report", REPORTS)
def test_statements_and_errors(shared_office: Office, report: str) -> None:
    exported(shared_office, report, "csv")
    with statements(shared_office) as counted:
        assert exported(shared_office, report, "csv").status_code == 200
    assert len(counted) <= 3, counted
    failed(exported(shared_office, report, "pdf"), 400, "VALIDATION_ERROR")
    failed(exported(shared_office, "payroll", "csv"), 400, "VALIDATION_ERROR")
    failed(exported(shared_office, report, "csv", userId=[]), 400, "USER_OR_TEAM_REQUIRED")
    failed(exported(shared_office, report, "csv", userId=[NOBODY]), 404, "USER_NOT_FOUND")
    failed(exported(shared_office, report, "csv", shared_office.key("writer")), 403, "FORBIDDEN")
