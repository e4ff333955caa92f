"""The week page without script: its tables are what the API says, and it asks little of the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.served import ZONE, Office, statements, succeeded
from tests.web.reading import Read, seconds_of
from tests.web.visiting import Visitor, visitor
from timegrain import clock
from timegrain.counting.calendar import day_at, day_start, written_instant
from timegrain.storage.schema import devices
from timegrain.web.cells import IN_ROWS

WEEK = "/week?week=2026-02-02"
BERLIN = f"{WEEK}&zone=Europe%2FBerlin"


def fact(start: str, end: str, app: str = "Code") -> dict[str, str]:
    """In Kolkata: `03T09:00:00`, of February 2026."""
    return {"start": f"2026-02-{start}+05:30", "end": f"2026-02-{end}+05:30", "app": app}


@pytest.fixture
def week(office: Office) -> Office:
    return worked(office)


@pytest.fixture
def sqlite_week(sqlite_office: Office) -> Office:
    return worked(sqlite_office)


def worked(office: Office) -> Office:
    """Anna over midnight and the end of the week, Ben on a day with idle, Cid in the week before; Dora never."""
    office.run("rate", "Code", "productive", "--app")
    office.run("rate", "Chess", "unproductive", "--app")
    made = {name: office.run("user", "add", "--name", name, "--email", f"{name}@example.com") for name in NAMES}
    night, away = fact("03T22:10:07", "04T02:40:11"), fact("05T10:00:00", "05T10:21:30")
    office.send(focus=[fact("02T09:00:13", "02T11:00:00"), night, fact("08T23:00:00", "09T01:00:00", "Chess")])
    ben, cid = (made[name]["userId"] for name in NAMES[:2])
    afternoon = fact("05T09:30:00", "05T14:00:01", "Chess"), fact("04T09:00:00", "04T09:00:01", "Mail")
    office.send(userId=ben, focus=[*afternoon], away=[{name: away[name] for name in ("start", "end")}])
    office.send(userId=cid, focus=[fact("01T10:00:00", "01T12:00:00")])
    return office


NAMES = ("ben", "cid", "dora")


def asked(office: Office, path: str, first: str, last: str, zone: str) -> Any:
    everybody = [one["userId"] for one in office.run("user", "list")["users"]]
    dates = {"startDate": f"{first} 00:00:00", "endDate": f"{last} 23:59:59"}
    return succeeded(office.call(path, office.question(**dates, timeZone=zone, userId=everybody)))


@pytest.mark.parametrize(("address", "zone"), [(WEEK, ZONE), (BERLIN, "Europe/Berlin")])
def test_its_tables_are_what_the_api_says(week: Office, address: str, zone: str) -> None:
    page = Read(visitor(week).get(address))
    days = page.table("by-day").rows[1:-1]
    daily = asked(week, "/v1/dashboard/weekly-summary", "2026-02-02", "2026-02-08", zone)["breakdownSummary"]
    for row, day in zip(days, daily, strict=True):
        told = [day["metrics"][f"{name}TimeSpendSeconds"] for name in IN_ROWS]
        assert [seconds_of(cell.text) for cell in row[1:]] == told if any(told) else row[1].text == "no data"
    classes = asked(week, "/v1/dashboard/productivity-analysis", "2026-02-02", "2026-02-08", zone)
    by_name = {one["user"]["name"]: one["timeSummary"]["activeWorkedTimeInSeconds"] for one in classes}
    for row in Read(visitor(week).get(f"{address}&show=active")).table("by-person").rows[1:-1]:
        days = sum(seconds_of(cell.text) for cell in row[1:-1] if ":" in cell.text)
        assert days == by_name[row[0].text]
        assert days == (0 if row[-1].text == "no data" else seconds_of(row[-1].text))


def test_whoever_has_no_data_is_told_since_when(sqlite_week: Office) -> None:
    page = Read(visitor(sqlite_week).get(WEEK))
    people = page.table("people cards")
    assert people.row("dora")[-1].text == "no data: no device has reported yet"
    assert people.row("cid")[-1].text == "no data"
    assert "2 of 4 people have data" in page.text
    empty = visitor(sqlite_week).get("/week?week=2025-02-02")
    assert "No data for Everybody in this week" in empty
    assert "<table" not in empty
    assert "is still to come" in visitor(sqlite_week).get("/week?week=2037-01-05")


def test_rows_sort_by_each_column_both_ways(sqlite_week: Office) -> None:
    anna = visitor(sqlite_week)
    for name in ("Person", "Total", "Idle", "Unproductive"):
        page = Read(anna.get(WEEK))
        for _ in range(2):
            heading = next(cell for cell in page.table("people cards").rows[0] if cell.text == name)
            page = Read(anna.get(heading.links[0].to))
            rows = page.table("people cards").rows[1:-1]
            at = [cell.text for cell in page.table("people cards").rows[0]].index(name)
            told = [row[at].text if name == "Person" else row[at].text.zfill(8) for row in rows if len(row) > 5]
            descending = "sort=-" in heading.links[0].to
            assert told == sorted(told, reverse=descending, key=str.lower)
            assert ("descending" if descending else "ascending") in anna.get(heading.links[0].to)


def test_a_week_that_is_over_compares_with_the_whole_week_before(week: Office) -> None:
    """Cid alone was there then, for two hours."""
    for address in (WEEK, BERLIN):
        page = Read(visitor(week).get(address))
        total = seconds_of(page.table("by-day").rows[-1][1].text)
        hours, minutes = divmod((total - 2 * 3600) // 60, 60)
        assert f"+{hours}:{minutes:02} week on week" in page.text
        assert "Changes compare with January 26 – February 1, 2026" in page.text


def test_several_are_picked_at_once(sqlite_week: Office) -> None:
    anna = visitor(sqlite_week)
    html = anna.get(WEEK)
    boxes = dict(re.findall(r'type="checkbox" name="who" value="([^"]+)"> (\w+)', html))
    chosen = [who for who, name in boxes.items() if name in ("ben", "cid")]
    page = anna.get(f"{WEEK}&who=everybody&" + "&".join(f"who={who}" for who in chosen))
    assert [row[0].text for row in Read(page).table("people cards").rows[1:]] == ["ben", "cid", "2 people"]
    assert re.findall(r"checked> (ben|cid|dora)", page) == ["ben", "cid"]
    assert "<h1>ben, cid," in page


def test_the_page_asks_little_of_the_database(week: Office) -> None:
    anna = visitor(week)
    for address, most in ((WEEK, 6), (f"{WEEK}&who={week.user}", 6), (f"{BERLIN}&show=idle&date=2026-02-03", 6)):
        with statements(week) as asked:
            anna.get(address)
        assert len(asked) <= most, asked


def growing(anna: Visitor) -> Callable[[], tuple[int, str]]:
    """The page's own question for what is new."""
    found = re.search(r'hx-get="([^"]+)"', anna.get("/week"))
    assert found, "this week does not grow"
    address = found[1].replace("&amp;", "&")

    def ask() -> tuple[int, str]:
        answer = anna.client.get(address, headers={"HX-Request": "true"})
        return answer.status_code, answer.text

    return ask


def test_it_grows_when_a_device_reports(week: Office) -> None:
    anna = visitor(week)
    with week.database.write(1) as connection:
        # A report of the second in which a page is made counts as new.
        connection.execute(devices.update().values(reported_at=devices.c.reported_at - 60))
    ask = growing(anna)
    with statements(week) as asked:
        assert ask() == (204, "")
    assert len(asked) == 1
    now = clock.now()
    begin = max(now - 600, day_start(ZONE, day_at(ZONE, now)))
    week.send(focus=[{"start": written_instant(begin), "end": written_instant(now), "app": "Code"}])
    status, part = ask()
    assert status == 200
    assert f'data-seconds="{now - begin}"' in part
    assert "<head" not in part
    assert "<form" not in part
    over = anna.get(WEEK)
    assert "hx-get" not in over


@pytest.mark.parametrize("address", ["/week?week=2000-01-01", "/week?week=2037-12-31", "/day?date=2000-01-01"])
def test_no_step_leads_out_of_the_years_that_are_counted(sqlite_office: Office, address: str) -> None:
    anna = visitor(sqlite_office)
    page = anna.get(address)
    steps = re.findall(r'<a class="btn" href="([^"]*)" rel="(?:prev|next)"', page)
    assert len(steps) == 2
    for step in steps:
        anna.get(step.replace("&amp;", "&"))
    (of_person,) = set(re.findall(r'href="(/person\?[^"#]*week=[^"#]*)"', page)) or {"/person?week=1999-12-27"}
    anna.get(of_person.replace("&amp;", "&"))
