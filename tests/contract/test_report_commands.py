"""`timesheet`, `apps`, `month` and `export report`: what they print and write is what the API answers."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.contract.served import Office, succeeded
from tests.contract.test_commands import refused, run
from tests.contract.test_figures import DAY, worked

__all__ = ["worked"]

REPORTS = ("timesheet", "app-usage", "monthly", "facts")
DAYS = ("--from", "2026-02-03", "--to", "2026-02-03")


def exported(office: Office, report: str, format_: str) -> bytes:
    body = office.question(**DAY, report=report, format=format_)
    answer = office.call("/v1/export", body)
    assert answer.status_code == 200, answer.text
    return answer.content


def test_timesheet(worked: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of everybody, of one person, and by the clocks of another zone."""
    expected = succeeded(worked.call("/v1/proof-of-work/timesheet", worked.question(**DAY)))
    assert expected[0]["dailySummary"]
    assert worked.run("timesheet", *DAYS) == {"timesheet": expected}
    assert worked.run("timesheet", "--user", "anna@example.com", "--to", "2026-02-03") == {"timesheet": expected}
    (utc,) = worked.run("timesheet", *DAYS, "--zone", "UTC")["timesheet"]
    assert utc["dailySummary"][0]["inTime"] == "2026-02-03T03:30:00.000Z"
    (today,) = worked.run("timesheet")["timesheet"]
    assert today["dailySummary"] == []
    monkeypatch.setenv("COLUMNS", "40")
    printed = run(worked.url, "timesheet", *DAYS).stdout.splitlines()[1]
    figures = ["1:30", "1:19", "0:10", "0:30", "0:49", "0:00"]
    assert printed.split() == ["anna@example.com", "2026-02-03", "09:00", "10:30", *figures]


def test_apps(worked: Office) -> None:
    expected = succeeded(worked.call("/v1/app-usage", worked.question(**DAY)))
    assert worked.run("apps", *DAYS) == {name: expected[name] for name in ("items", "activeSeconds")}
    assert "github.com" in run(worked.url, "apps", *DAYS).stdout


def test_month(worked: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"year": 2026, "month": 2, "timeZone": "Asia/Kolkata", "userId": [worked.user]}
    expected = succeeded(worked.call("/v1/report-analysis/monthly-summary", body))
    assert worked.run("month", "--month", "2026-02") == {"months": expected}
    monkeypatch.setenv("COLUMNS", "40")
    printed = run(worked.url, "month", "--month", "2026-02").stdout.splitlines()[1]
    assert printed.split() == ["anna@example.com", "20", "1", "19", "0", "0", "1:30", "0:00"]


def test_teams(worked: Office) -> None:
    worked.run("team", "add", "Support")
    assert worked.run("timesheet", *DAYS, "--team", "Support") == {"timesheet": []}
    worked.run("team", "join", "Support", "anna@example.com", "--from", "2026-02-03")
    assert len(worked.run("timesheet", *DAYS, "--team", "Support")["timesheet"]) == 1


@pytest.mark.parametrize("report", REPORTS)
def test_exports_are_those_of_the_api(worked: Office, report: str, tmp_path: Path) -> None:
    file = tmp_path / f"{report}.json"
    told = worked.run("export", "report", report, str(file), *DAYS)
    assert told == {"file": str(file), "report": report, "format": "json", "people": 1}
    assert file.read_bytes() == exported(worked, report, "json")
    assert file.stat().st_mode & 0o077 == 0
    printed = run(worked.url, "export", "report", report, *DAYS).stdout
    assert printed.encode() == exported(worked, report, "csv").replace(b"\r\n", b"\n")


def test_formats(worked: Office, tmp_path: Path) -> None:
    """As the file ends, or as is said."""
    packed, sheet, odd = (tmp_path / name for name in ("t.csv.gz", "t.xlsx", "t.xlsx.txt"))
    for file in (packed, sheet):
        worked.run("export", "report", "timesheet", str(file), *DAYS)
    assert gzip.decompress(packed.read_bytes()) == exported(worked, "timesheet", "csv")
    page = load_workbook(sheet).active
    assert page is not None
    assert page.max_row == 3
    worked.run("export", "report", "timesheet", str(odd), "--format", "json", *DAYS)
    assert odd.read_bytes() == exported(worked, "timesheet", "json")
    assert load_workbook(io.BytesIO(exported(worked, "timesheet", "xlsx"))).sheetnames == ["timesheet"]


def test_titles_as_the_policy_says(office: Office) -> None:
    """Who runs the command is nobody in the organisation: `self` shows nothing."""
    for policy, seen in (("managers", True), ("self", False), ("none", False)):
        office.run("policy", "--titles", "managers")
        start, end = "2026-02-03T03:30:00Z", "2026-02-03T03:40:00Z"
        office.send(focus=[{"start": start, "end": end, "app": "Code", "title": "plan of mine"}])
        office.run("policy", "--titles", policy)
        assert ("plan of mine" in run(office.url, "export", "report", "facts", *DAYS).stdout) is seen


def test_wrong_usage(worked: Office) -> None:
    assert "FILE" in refused(worked.url, "export", "report", "monthly", "--json", code=2)
    refused(worked.url, "export", "report", "payroll", code=2)
    assert "IANA" in refused(worked.url, "timesheet", "--zone", "Mars/One")
    assert "nobody@example.com" in refused(worked.url, "apps", "--user", "nobody@example.com")
    assert "before" in refused(worked.url, "timesheet", "--from", "2026-02-04", "--to", "2026-02-03")
