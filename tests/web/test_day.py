"""One person's day: rows that add up to every figure, and why each counts as it does."""

from __future__ import annotations

import re
from html import unescape
from typing import NamedTuple

import pytest

from tests.contract.served import Office, succeeded
from tests.web.visiting import visitor
from timegrain.web import day as day_page

FIELDS = {
    "total": "totalWorkedTimeInSeconds",
    "active": "activeWorkedTimeInSeconds",
    "idle": "idleWorkedTimeInSeconds",
    "productive": "productiveWorkedTimeInSeconds",
    "neutral": "neutralWorkedTimeInSeconds",
    "unproductive": "unproductiveWorkedTimeInSeconds",
}
_ROW = re.compile(r'<li id="(t\d{6}b?)"[^>]*data-seconds="(\d+)" data-class="(\w+)">(.*?)</li>', re.DOTALL)


class Row(NamedTuple):
    anchor: str
    seconds: int
    name: str
    text: str


def rows(page: str) -> list[Row]:
    found = _ROW.findall(page)
    assert len({one[0] for one in found}) == len(found), "ids occur twice"
    return [Row(anchor, int(seconds), name, _text(inner)) for anchor, seconds, name, inner in found]


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def total(page: str) -> int:
    """Of the rows, which the caption must say too."""
    found = sum(row.seconds for row in rows(page) if row.name != "untracked")
    assert re.findall(r'data-sum="(\d+)"', page) == [str(found)]
    return found


@pytest.fixture
def worked(office: Office) -> Office:
    """9:00 to 10:30 in Kolkata, with 4 minutes of no input in it and 10:30 of idle time; then a lock screen, nothing,
    five minutes of idle time to the second and, from 11:22, no input until long after midnight."""
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
            {"start": "2026-02-03T05:00:00Z", "end": "2026-02-03T05:10:00Z", "app": "LockApp.exe"},
            {"start": "2026-02-03T05:40:00Z", "end": "2026-02-03T19:30:00Z", "app": "Code"},
        ],
        away=[
            {"start": "2026-02-03T03:40:00Z", "end": "2026-02-03T03:44:00Z"},
            {"start": "2026-02-03T04:10:00Z", "end": "2026-02-03T04:20:30Z"},
            {"start": "2026-02-03T05:45:00Z", "end": "2026-02-03T05:50:00Z"},
            {"start": "2026-02-03T05:52:00Z", "end": "2026-02-03T19:29:00Z"},
        ],
    )
    return office


def test_every_row_says_why(worked: Office) -> None:
    page = visitor(worked).get("/day?date=2026-02-03")
    found = {row.anchor: row for row in rows(page)}
    assert list(found) == [
        "t090000",
        "t094000",
        "t095030",
        "t100000",
        "t103000",
        "t104000",
        "t111000",
        "t111500",
        "t112000",
        "t112200",
    ]
    assert "Tracked from 09:00:00 to 11:22:00, Asia/Kolkata, with 0:40:00 untracked in between." in page
    assert found["t090000"].text == (
        "09:00:00 – 09:40:00 0:40 :00 Neutral Code Code has no rule yet, so it is neutral. "
        "Code was in front on laptop-7. No input on laptop-7 from 09:10:00 to 09:14:00: 4 minutes, "
        "shorter than the threshold of 5 minutes, so it stays "
        "active. Reported: focus from 09:00:00.700, away from 09:10:00.000. Only Code laptop-7"
    )
    assert (
        "Idle: no input on laptop-7 from 09:40:00 to 09:50:30, longer than the threshold of 5 minutes. "
        "All of it is idle, from the first second without input."
    ) in found["t094000"].text
    assert (
        "A rule of the organisation rates github.com productive. github.com was in front on laptop-7 in Google Chrome."
    ) in found["t100000"].text
    assert found["t103000"].text.startswith("10:30:00 – 10:40:00 0:10 :00 Untracked lock screen in front A lock screen")
    assert found["t104000"].text == (
        "10:40:00 – 11:10:00 0:30 :00 Untracked nothing reported "
        "No device reported an application in front from 10:40:00 to 11:10:00."
    )
    assert "from 11:15:00 to 11:20:00, as long as the threshold of 5 minutes." in found["t111500"].text
    assert (
        "11:22:00 – 24:00:00 12:38 :00 Untracked no input for over 60 minutes No input on laptop-7 from "
        "2026-02-03 11:22:00 to 2026-02-04 00:59:00, longer than the away limit of 60 minutes. All of it is untracked."
    ) in found["t112200"].text
    assert total(page) == 5400 + 720
    assert {row.name for row in rows(visitor(worked).get("/day?date=2026-02-03&show=untracked"))} == {"untracked"}


def test_rules_of_the_starter_of_teams_and_what_ignores_idle(sqlite_office: Office) -> None:
    office = sqlite_office
    office.run("team", "add", "Support")
    office.run("team", "join", "Support", "anna@example.com")
    office.run("rate", "Code", "unproductive", "--app", "--team", "Support", "--ignore-idle")
    office.run("rate", "example.com", "productive")
    office.send(
        focus=[
            {"start": "2026-02-03T04:00:00Z", "end": "2026-02-03T05:00:00Z", "app": "Code"},
            {
                "start": "2026-02-03T05:00:00Z",
                "end": "2026-02-03T05:01:00Z",
                "app": "B",
                "url": "https://a.example.com",
            },
        ],
        away=[{"start": "2026-02-03T04:10:00Z", "end": "2026-02-03T04:40:00Z"}],
    )
    code, site = rows(visitor(office).get("/day?date=2026-02-03"))
    assert "A rule of team Support rates Code unproductive." in code.text
    assert "No input on laptop-7 from 09:40:00 to 10:10:00: 30 minutes, but Code ignores idle, so it stays" in code.text
    assert "A rule of the organisation rates example.com, and so a.example.com, productive." in site.text


@pytest.fixture
def travelled(office: Office) -> Office:
    """Work around both clock changes of Europe/Berlin, on two devices, with everything that parts spans."""
    office.run("rate", "Code", "productive", "--app")
    office.run("rate", "news.example", "unproductive")
    for day in ("2025-10-25", "2025-10-26", "2026-03-28", "2026-03-29"):
        at = f"{day}T{{}}Z".format
        site = {"app": "Firefox", "url": "https://news.example/"}
        office.send(
            focus=[
                {"start": at("00:10:00"), "end": at("02:20:07.5"), "app": "Code"},
                {"start": at("02:20:07.5"), "end": at("02:41:00"), "app": "Mail"},
                {"start": at("20:00:00"), "end": at("22:30:00"), "app": "Code"},
                {"start": at("22:30:00"), "end": at("23:59:59"), **site},
            ],
            away=[
                {"start": at("00:40:00"), "end": at("00:52:00")},
                {"start": at("20:10:00"), "end": at("21:20:00")},
                {"start": at("23:30:00"), "end": at("23:36:00")},
            ],
        )
        office.send(device="desk-2", focus=[{"start": at("01:00:00"), "end": at("01:30:00"), **site}])
    return office


@pytest.mark.parametrize(
    ("zone", "date", "hours"),
    [
        ("Europe/Berlin", "2025-10-26", 25),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Asia/Kolkata", "2025-10-26", 24),
        ("America/New_York", "2026-03-28", 24),
        ("Australia/Lord_Howe", "2025-10-26", 24),
    ],
)
def test_rows_add_up_to_every_figure(travelled: Office, zone: str, date: str, hours: int) -> None:
    anna = visitor(travelled)
    asked = travelled.question(startDate=f"{date} 00:00:00", endDate=f"{date} 23:59:59", timeZone=zone)
    figures = succeeded(travelled.call("/v1/dashboard/work-summary", asked))["timeSummary"]
    assert figures[FIELDS["total"]] > 3600
    address = f"/day?date={date}&zone={zone}"
    page = anna.get(address)
    assert total(page) == figures[FIELDS["total"]]
    assert f"it has {hours}:00 hours" in page or hours == 24
    for show, field in FIELDS.items():
        shown = anna.get(f"{address}&show={show}")
        assert total(shown) == sum(row.seconds for row in rows(shown)) == figures[field], show
        assert f'data-seconds="{figures[field]}">' in page, show
    by_hour = [total(anna.get(f"{address}&hour={hour}&show=active")) for hour in range(24)]
    assert sum(by_hour) == figures[FIELDS["active"]]
    by_subject = [total(anna.get(f"{address}&subject={subject}")) for subject in ("Code", "Mail", "news.example")]
    assert sum(by_subject) == figures[FIELDS["total"]]


def test_a_time_that_the_clock_shows_twice_is_written_apart(travelled: Office) -> None:
    anna = visitor(travelled)
    address = "/day?date=2025-10-26&zone=Europe/Berlin"
    whole = total(anna.get(address))
    parts = [("00:00", "02:00"), ("02:00", "02:00b"), ("02:00b", "03:00"), ("03:00", "24:00")]
    found = [anna.get(f"{address}&from={low}&to={high}") for low, high in parts]
    assert sum(map(total, found)) == whole
    tracked = [[row.anchor for row in rows(page) if row.name != "untracked"] for page in found]
    assert (total(found[1]), tracked[1][0]) == (3000, "t021000")
    assert tracked[2][0] == "t020000b"
    assert total(anna.get(f"{address}&hour=2")) == total(found[1]) + total(found[2])
    # A time that the clock skips is the end of what it skips; an hour that it skips is empty.
    spring = "/day?date=2026-03-29&zone=Europe/Berlin"
    assert total(anna.get(f"{spring}&from=02:30&to=04:00")) == total(anna.get(f"{spring}&hour=3"))
    assert total(anna.get(f"{spring}&hour=2")) == 0


def test_links_zoom_and_move_the_window(worked: Office) -> None:
    anna = visitor(worked)
    page = anna.get("/day?date=2026-02-03&from=09:00&to=10:00&show=idle")
    links = {name: unescape(href) for name, href in re.findall(r'data-zoom="(\w+)" href="([^"]+)"', page)}
    windows = {name: re.findall(r"(?:from|to)=([\d%A]+)", href) for name, href in links.items()}
    assert windows == {
        "in": ["09%3A15", "09%3A45"],
        "out": ["08%3A30", "10%3A30"],
        "earlier": ["08%3A30", "09%3A30"],
        "later": ["09%3A30", "10%3A30"],
        "all": [],
        "day": ["00%3A00", "24%3A00"],
    }
    assert all("show=idle" in href for href in links.values())
    (row,) = rows(anna.get(links["in"].partition("#")[0]))
    assert (row.anchor, row.seconds, row.name) == ("t094000", 300, "idle")
    edge = anna.get("/day?date=2026-02-03&from=23:58&to=24:00")
    assert "from=23%3A55&amp;to=24%3A00" in edge


def test_what_an_address_has_wrong_is_said(sqlite_office: Office) -> None:
    anna = visitor(sqlite_office)
    for field, wrong in (
        ("from", "from=9"),
        ("to", "from=10:00&to=09:00"),
        ("to", "to=24:01"),
        ("hour", "hour=24"),
        ("hour", "hour=x"),
        ("page", "page=0"),
        ("show", "show=fun"),
    ):
        assert f'href="#{field}"' in anna.get(f"/day?{wrong}", 400)


@pytest.mark.parametrize(("kept", "own", "others"), [("none", 0, 0), ("self", 1, 0), ("managers", 1, 1)])
def test_titles_are_shown_as_the_organisation_says(sqlite_office: Office, kept: str, own: int, others: int) -> None:
    office = sqlite_office
    office.run("policy", "--titles", kept)
    ben = office.run("user", "add", "--name", "Ben", "--email", "ben@example.com")["userId"]
    nasty = '<script>alert("&")</script>'
    fact = {
        "start": "2026-02-03T04:00:00Z",
        "end": "2026-02-03T05:00:00Z",
        "app": f"App {nasty}",
        "title": f"T {nasty}",
    }
    for user in (office.user, ben):
        office.send(userId=user, device=f"d {nasty}", focus=[fact | {"app": f"App {nasty}", "title": f"T {nasty}"}])
    anna = visitor(office)
    for user, shown in ((office.user, own), (ben, others)):
        page = anna.get(f"/day?who={user}&date=2026-02-03")
        assert page.count("T &lt;script&gt;") == shown
        assert "App &lt;script&gt;" in page
        assert "<script>" not in page


def test_everybody_sees_whom_they_may(office: Office) -> None:
    office.run("team", "add", "A")
    member = office.run("user", "add", "--name", "Mira", "--email", "m@example.com")["userId"]
    office.run("user", "add", "--name", "Lea", "--email", "lea@example.com", "--role", "Manager")
    office.run("team", "lead", "A", "lea@example.com", "--from", "2026-01-01")
    office.run("team", "join", "A", "m@example.com", "--from", "2026-02-03")
    for day in ("2026-02-02", "2026-02-03"):
        fact = {"start": f"{day}T16:00:00Z", "end": f"{day}T20:00:00Z", "app": "Code"}
        office.send(userId=member, focus=[fact])
        office.send(userId=office.user, focus=[fact])
    lea, anna = visitor(office, "lea@example.com"), visitor(office)
    # In UTC the home zone's 3 February begins at 18:30 of the second.
    for who, seconds in ((anna, 4 * 3600), (lea, 90 * 60)):
        page = who.get(f"/day?who={member}&date=2026-02-02&zone=UTC")
        assert total(page) == seconds
        assert ("You see 18:30:00 to 24:00:00 of it" in page) == (who is lea)
    everybody = anna.get("/day?date=2026-02-02&zone=UTC")
    assert sums(everybody) == {"anna@example.com": "4:00:00", "Mira": "4:00:00"}
    assert everybody.count("no data") == 1
    assert lea.get(f"/day?who={office.user}&date=2026-02-02", 403)
    employee = visitor(office, "m@example.com")
    assert total(employee.get("/day?date=2026-02-03")) == 4 * 3600
    assert employee.get(f"/day?who={office.user}", 403)


def sums(page: str) -> dict[str, str]:
    """Total time by name of a list of people."""
    of_one = r'<tr role="row"><th[^>]*><a [^>]*>([^<]+)</a>.*?data-l="Total"><a [^>]*title="([\d:]+),'
    return dict(re.findall(of_one, page))


def test_long_days_have_pages(sqlite_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_page, "ROWS_A_PAGE", 4)
    at = "2026-02-03T05:{:02d}:00Z".format
    focus = [{"start": at(one), "end": at(one + 1), "app": f"App {one}"} for one in range(10)]
    sqlite_office.send(focus=focus)
    anna = visitor(sqlite_office)
    pages = [anna.get(f"/day?date=2026-02-03&page={number}") for number in (1, 2, 3)]
    assert [len(rows(page)) for page in pages] == [4, 4, 2]
    assert all(re.findall(r'data-sum="(\d+)"', page) == ["600"] for page in pages)
    # A span of another page is a link to it there.
    links = [unescape(one) for one in re.findall(r'<a href="([^"]+)" tabindex="-1">', pages[0])]
    assert links[3:5] == ["#t103300", "/day?date=2026-02-03&page=2#t103400"]


def test_a_wrong_rating_is_set_right_where_it_is_seen(worked: Office) -> None:
    anna = visitor(worked)
    page = anna.get("/day?date=2026-02-03")
    only = dict(re.findall(r'<p><a href="([^"]+)#spans">Only ([^<]+)</a></p>', page))
    address = next(unescape(one) for one, name in only.items() if name == "Code")
    alone = anna.get(address)
    assert {row.name for row in rows(alone) if row.seconds} == {"neutral", "idle"}
    form = {"subject": "Code", "kind": "application", "rating": "unproductive", "next": address}
    answer = anna.post("/subjects/rate", form, address)
    assert str(answer.url.query, "ascii").startswith(address.partition("?")[2])
    assert {row.name for row in rows(answer.text)} == {"unproductive", "idle"}
    assert "Undo" in answer.text
    worked.run("user", "add", "--name", "Ben", "--email", "ben@example.com")
    own = visitor(worked, "ben@example.com").get("/day?date=2026-02-03&subject=application:Code")
    assert 'action="/subjects/rate"' not in own
