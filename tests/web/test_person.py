"""The page of a person: the figures of the API to the second, whatever the zone does to its clocks."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from tests.contract.served import NOBODY, Office, succeeded
from tests.web.visiting import Visitor, visitor

NAMES = ("total", "active", "idle", "productive", "neutral", "unproductive")
WEEK = {"startDate": "2026-02-02 00:00:00", "endDate": "2026-02-08 23:59:59"}
_CELL = re.compile(
    r'<td><a class="h\d" href="[^"]*date=([\d-]+)[^"]*hour=(\d+)&amp;show=active" title="[^"]*active (\d+:\d\d:\d\d)"'
)
_LINK = re.compile(r'<a href="([^"]*)" title="[^"]*?(\d[\d,]*) seconds?"')


def work(office: Office, *spans: tuple[str, str, str], user: str = "") -> None:
    """Focus on an application from a second to a second of UTC."""
    focus = [{"start": start, "end": end, "app": app} for app, start, end in spans]
    office.send(userId=user or office.user, focus=focus)


def worked_week(office: Office, user: str = "") -> None:
    office.run("rate", "Code", "productive")
    work(
        office,
        ("Code", "2026-02-02T18:20:07Z", "2026-02-02T18:41:30Z"),  # over midnight in Kolkata
        ("Games", "2026-02-03T03:30:00Z", "2026-02-03T05:00:01Z"),
        ("Code", "2026-02-04T09:12:33Z", "2026-02-04T09:12:34Z"),
        user=user,
    )
    away = [{"start": "2026-02-03T04:00:00Z", "end": "2026-02-03T04:20:00Z"}]
    office.send(userId=user or office.user, away=away)


def asked(office: Office, path: str, **changed: Any) -> Any:
    return succeeded(office.call(path, office.question(**{**WEEK, **changed})))


def seconds_of(text: str) -> int:
    hours, minutes, seconds = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def tiles(html: str) -> list[int]:
    return [int(one) for one in re.findall(r'data-seconds="(\d+)"', html)]


def cells(html: str) -> dict[tuple[str, int], int]:
    return {(day, int(hour)): seconds_of(active) for day, hour, active in _CELL.findall(html)}


def linked(html: str, part: str) -> list[int]:
    """The seconds of the figures that link to an address with this part."""
    return [int(seconds.replace(",", "")) for to, seconds in _LINK.findall(html) if part in unescape(to)]


def test_figures_are_those_of_the_api(office: Office) -> None:
    worked_week(office)
    anna = visitor(office)
    for zone in ("Asia/Kolkata", "Asia/Kathmandu", "America/New_York"):
        page = anna.get(f"/person?week=2026-02-02&zone={zone}&show=active")
        overall = asked(office, "/v1/dashboard/weekly-summary", timeZone=zone)["overallSummary"]
        names = ("", "Active", "Idle", "Productive", "Neutral", "Unproductive")
        assert tiles(page) == [overall[f"total{name}TimeSpendSeconds"] for name in names]
        assert tiles(page)[0] == 1283 + 5401 + 1
        (sheet,) = asked(office, "/v1/proof-of-work/timesheet", timeZone=zone)
        for day in sheet["dailySummary"]:
            assert day["inTime"][11:19] in page
            assert day["outTime"][11:19] in page
            assert f'title="{day["inTime"][11:19]}">{day["inTime"][11:16]}</a>' in page
        assert sheet["session"]["avgCheckInTime"] in page
        of_days = linked(page, "show=active")
        assert of_days.count(overall["totalActiveTimeSpendSeconds"]) >= 3  # tile, feet of two tables
        assert sum(cells(page).values()) == overall["totalActiveTimeSpendSeconds"]
        items = asked(office, "/v1/app-usage", timeZone=zone)["items"]
        for item in items:
            assert set(linked(page, f"%3A{item['name']}#")) == {item["activeSeconds"]}
        body = {"year": 2026, "month": 2, "timeZone": zone, "userId": [office.user]}
        (month,) = succeeded(office.call("/v1/report-analysis/monthly-summary", body))
        assert f"{month['timeSummary']['totalWorkedTimeInSeconds']:,} seconds" in page
        assert page.count("● </span>") == 0
        present = month["monthlySummary"]["presentDays"]
        assert len(re.findall(r'<span class="word">Present</span>', page)) == present > 0


def test_each_hour_is_the_hour_of_the_clock(office: Office) -> None:
    """In zones that are half an hour and a quarter off."""
    work(office, ("Code", "2026-02-03T03:20:10Z", "2026-02-03T04:31:00Z"))
    anna = visitor(office)
    kolkata = cells(anna.get("/person?week=2026-02-02"))
    assert kolkata == {("2026-02-03", 8): 590, ("2026-02-03", 9): 3600, ("2026-02-03", 10): 60}
    kathmandu = cells(anna.get("/person?week=2026-02-02&zone=Asia/Kathmandu"))
    assert kathmandu == {("2026-02-03", 9): 3290, ("2026-02-03", 10): 960}
    utc = cells(anna.get("/person?week=2026-02-02&zone=UTC"))
    assert utc == {("2026-02-03", 3): 2390, ("2026-02-03", 4): 1860}


def test_weeks_in_which_clocks_change(office: Office) -> None:
    work(
        office,
        ("Code", "2025-10-26T00:30:00Z", "2025-10-26T00:40:05Z"),  # 02:30 in Berlin
        ("Code", "2025-10-26T01:30:00Z", "2025-10-26T01:40:00Z"),  # 02:30 again
        ("Code", "2026-03-29T00:50:00Z", "2026-03-29T01:10:00Z"),  # 01:50 to 03:10
    )
    anna = visitor(office)
    page = anna.get("/person?week=2025-10-20&zone=Europe/Berlin")
    assert cells(page) == {("2025-10-26", 2): 1205}
    assert "has 25:00 hours" in page
    assert '<td role="cell" data-l="Pause"><a href' in page
    assert linked(page, "date=2025-10-26").count(3600 + 600 - 1205) == 1  # the pause, by true seconds
    page = anna.get("/person?week=2026-03-23&zone=Europe/Berlin")
    assert cells(page) == {("2026-03-29", 1): 600, ("2026-03-29", 3): 600}
    assert "has 23:00 hours" in page
    assert page.count('class="cell gone"') == 1


def test_what_a_figure_opens_adds_up_to_it(office: Office) -> None:
    worked_week(office)
    anna = visitor(office)
    for name in NAMES:
        page = anna.get(f"/person?week=2026-02-02&show={name}")
        table = page[page.index('id="shown"') :].partition("</table>")[0]
        *days, whole = [int(one.replace(",", "")) for one in re.findall(r'(\d[\d,]*) seconds?"', table)]
        assert sum(days) == whole == tiles(page)[NAMES.index(name)]
        assert all(f"show={name}" in to for to in re.findall(r'<td><a href="([^"]*)"', table))
    assert 'id="shown"' not in anna.get("/person?week=2026-02-02")


def test_days_without_figures_say_why(office: Office) -> None:
    away = [{"start": "2026-02-03T03:30:00Z", "end": "2026-02-03T03:40:00Z"}]
    office.send(focus=[{"start": "2026-02-03T03:30:00Z", "end": "2026-02-03T03:40:00Z", "app": "Code"}], away=away)
    page = visitor(office).get("/person?week=2026-02-02")
    assert page.count('colspan="6">no data<') == 6
    assert page.count('class="nodata">none<') == 3  # idle alone: no in, no out
    page = visitor(office).get("/person?week=2026-02-09")
    assert "No data for anna@example.com in this week" in page
    assert "The last report came" in page
    page = visitor(office).get("/person?week=2037-02-02")
    assert "is still to come" in page
    assert "data-seconds" not in page


def employee(office: Office, name: str, email: str) -> tuple[str, Visitor]:
    office.run("team", "add", "Support")
    made = office.run("user", "add", "--name", name, "--email", email, "--team", "Support")
    return made["userId"], visitor(office, email)


def test_whoever_is_counted_sees_what_managers_see(office: Office) -> None:
    bo, employee_bo = employee(office, "<b>Bo</b> & co", "bo@example.com")
    worked_week(office, bo)
    anna = visitor(office)
    address = f"/person?who={bo}&week=2026-02-02"
    theirs, ours = employee_bo.get(address), anna.get(address)
    assert tiles(theirs) == tiles(ours)
    assert cells(theirs) == cells(ours) != {}
    assert "&lt;b&gt;Bo&lt;/b&gt; &amp; co sees exactly these figures too." in ours
    assert "<b>Bo</b>" not in ours + theirs
    assert employee_bo.get("/person?week=2026-02-02").count("data-seconds") == 6  # there is but oneself
    for other in (office.user, NOBODY):
        refused = employee_bo.get(f"/person?who={other}", 403)
        assert "data-seconds" not in refused
    assert "data-seconds" not in anna.get(f"/person?who={NOBODY}", 404)
    anna.get("/person?who=x", 400)
    anna.get(f"/person?who={bo}&month=2026-13", 400)


def test_whom_to_look_at_is_chosen(office: Office) -> None:
    bo, _ = employee(office, "<b>Bo</b>", "bo@example.com")
    anna = visitor(office)
    page = anna.get("/person?week=2026-02-02")
    assert "data-seconds" not in page
    assert f'<li><a href="/person?who={bo}&amp;week=2026-02-02">&lt;b&gt;Bo&lt;/b&gt;</a></li>' in page
    moved = anna.client.get(f"/people/{bo}")
    assert (moved.status_code, moved.headers["location"]) == (303, f"/person?who={bo}")


def test_what_a_role_does_not_open_is_not_there(office: Office) -> None:
    role = succeeded(
        office.call("/v1/access-management", {"roleName": "Totals", "roleData": [{"path": "/", "access": "Own Data"}]})
    )
    bo, seen = employee(office, "Bo", "bo@example.com")
    worked_week(office, bo)
    full = seen.get("/person?week=2026-02-02")
    changed = office.call(f"/v1/users/{bo}", {"roleId": role["roleId"]}, method="PATCH")
    assert changed.status_code == 200, changed.text
    page = seen.get("/person?week=2026-02-02")
    for head in ("timesheet-head", "usage-head", "month-head"):
        assert head in full
        assert head not in page
    assert 'id="when-head"' in page
