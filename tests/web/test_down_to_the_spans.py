"""Every number of the week page, followed link by link down to spans that add up to it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urldefrag, urlsplit

import pytest

from tests.contract.served import Office
from tests.web.reading import Cell, Link, Read, Table, seconds_of
from tests.web.test_week import BERLIN, WEEK, worked
from tests.web.visiting import Visitor, visitor

_SPAN = re.compile(r'<li id="[^"]+"[^>]* data-seconds="(\d+)" data-class="(\w+)"')
_SUM = re.compile(r'data-sum="(\d+)"')
_PARTS = {
    "total": {"productive", "neutral", "unproductive", "idle"},
    "active": {"productive", "neutral", "unproductive"},
}


class Down:
    """Each address is read once."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self._pages: dict[str, tuple[str, Read]] = {}
        self._known: dict[str, int] = {}
        self.followed = 0

    def page(self, address: str) -> Read:
        return self._page(address)[1]

    def follow(self, link: Link) -> int:
        """What the link says, which must be what is behind it."""
        told = link.attributes.get("title") or link.text
        seconds = seconds_of(told.partition(",")[0])
        assert seconds == self.behind(link.to), (link, self.behind(link.to))
        self.followed += 1
        return seconds

    def behind(self, address: str) -> int:
        """The seconds that the page at an address shows for it, each followed further."""
        if address not in self._known:
            self._known[address] = self._behind(address)
        return self._known[address]

    def _page(self, address: str) -> tuple[str, Read]:
        address = urldefrag(address)[0]
        if address not in self._pages:
            html = self.visitor.get(address)
            self._pages[address] = html, Read(html)
        return self._pages[address]

    def _behind(self, address: str) -> int:
        found = urlsplit(address)
        asked = parse_qs(found.query)
        show = asked.get("show", ["total"])[0]
        html, page = self._page(address)
        if found.path == "/day":
            spans = [(int(seconds), name) for seconds, name in _SPAN.findall(html)]
            shown = sum(seconds for seconds, name in spans if name != "untracked")
            assert {name for _, name in spans} <= _PARTS.get(show, {show}) | (
                {"untracked"} if "show" not in asked else set()
            )
            assert [shown] == [int(one) for one in _SUM.findall(html)]
            return shown
        if found.path == "/person":
            return sum(self.follow(cell.links[0]) for cell in _column(page.table("shown"), show.capitalize()))
        if "date" in asked:
            return sum(self.follow(cell.links[0]) for cell in _column(page.table("on-day"), show.capitalize()))
        return sum(
            self.follow(link) for row in _rows(page.table("by-person")) for cell in row[1:-1] for link in cell.links
        )


def _rows(table: Table) -> list[list[Cell]]:
    """Without heading and foot."""
    body = table.rows[1:]
    return body[:-1] if body[-1][0].text.endswith("people") or body[-1][0].text.startswith("Week") else body


def _column(table: Table, name: str) -> list[Cell]:
    at = [cell.text for cell in table.rows[0]].index(name)
    return [row[at] for row in _rows(table) if len(row) > at and row[at].links]


@pytest.fixture
def week(sqlite_office: Office) -> Office:
    """Ben is in a team from Thursday on, and Anna until Wednesday."""
    office = worked(sqlite_office)
    office.run("team", "add", "Support")
    office.run("team", "join", "Support", "ben@example.com", "--from", "2026-02-05")
    office.run("team", "join", "Support", "anna@example.com", "--from", "2026-01-01")
    office.run("team", "leave", "Support", "anna@example.com", "--from", "2026-02-04")
    return office


@pytest.mark.parametrize("address", [WEEK, BERLIN])
@pytest.mark.parametrize("whose", ["everybody", "Support", "anna@example.com"])
def test_every_number_of_the_week_leads_down_to_its_spans(week: Office, address: str, whose: str) -> None:
    anna = visitor(week)
    who = re.search(rf'<option value="([^"]+)"[^>]*>{re.escape(whose)}<', anna.get("/week"))
    down = Down(anna)
    page = down.page(f"{address}&who={who[1]}" if who else address)
    assert page.table("by-day").rows[-1][1].text != "0:00:00"
    for link in page.links:
        if "data-seconds" in link.attributes:
            down.follow(link)
    for table in page.tables:
        for row in table.rows[1:]:
            for cell in row[1:]:
                for link in cell.links:
                    down.follow(link)
    columns = [link for link in page.links if ": total " in link.attributes.get("aria-label", "")]
    days = [row for row in _rows(page.table("by-day")) if len(row) > 2]
    assert [down.behind(link.to) for link in columns] == [seconds_of(row[1].text) for row in days]
    for link, row in zip(columns, days, strict=True):
        assert link.to == row[0].links[0].to
        parts = dict(re.findall(r"(Productive|Neutral|Unproductive|Idle) (\d+:\d\d:\d\d)", link.text))
        assert sum(map(seconds_of, parts.values())) == seconds_of(row[1].text)
    assert down.followed > 50
