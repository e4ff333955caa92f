"""Every time in a table is a link, and where it leads, the page has as many seconds."""

from __future__ import annotations

import re
from urllib.parse import urldefrag

import pytest

from tests.contract.served import Office
from tests.web.reading import Read, seconds_of
from tests.web.test_down_to_the_spans import week
from tests.web.test_week import worked
from tests.web.visiting import Visitor, visitor

__all__ = ["week"]

_TIME = re.compile(r"\d+:\d\d(:\d\d)?")
_TOLD = re.compile(r'title="[^"]*?(?:active |total )?([\d,]+) seconds?[",]')
_SUM = re.compile(r'data-sum="(\d+)"')
_IN_TEXT = re.compile(r">(\d+:\d\d:\d\d)<")
_NOT_FOLLOWED = {"Pause", "In", "Out", "In, average", "Out, average"}
"""No single figure of a day."""
PAGES = (
    "/day?date=2026-02-05",
    "/subjects?week=2026-02-02",
    "/subjects?month=2026-02",
    "/subjects?week=2026-02-02&subject=application%3AChess",
    "/subjects?month=2026-02&subject=application%3AChess",
    "/reports?report=month&month=2026-02",
    "/reports?report=extra-hours&month=2026-02",
    "/reports?report=app-usage&month=2026-02",
)
OF_BEN = ("/person?week=2026-02-02&show=idle", "/person?week=2026-02-02&show=active&zone=Asia/Kathmandu")


def seconds_on(page: str) -> set[int]:
    told = {int(one.replace(",", "")) for one in _TOLD.findall(page)} | {int(one) for one in _SUM.findall(page)}
    return told | {seconds_of(one) for one in _IN_TEXT.findall(page)}


def check(anna: Visitor, address: str) -> int:
    """How many were followed."""
    html = anna.get(address)
    pages: dict[str, set[int]] = {}
    followed = 0
    for table in Read(html).tables:
        head = [cell.text for cell in table.rows[0]]
        for row in table.rows[1:]:
            for place, cell in enumerate(row):
                if not _TIME.fullmatch(cell.text) or cell.text in ("0:00", "0:00:00"):
                    continue
                name = head[place] if len(head) == len(row) else ""
                if name in _NOT_FOLLOWED or table.place == "shown":
                    continue
                assert cell.links, (address, table.place, row[0].text, name, cell.text)
                (link,) = cell.links
                to = urldefrag(link.to)[0] or address
                told = re.findall(r"([\d,]+) seconds?", link.attributes.get("title", ""))
                if table.place == "heat-twin" and cell.text.count(":") == 1:
                    minutes, seconds = cell.text.split(":")
                    wanted = int(minutes) * 60 + int(seconds)
                else:
                    wanted = int(told[-1].replace(",", "")) if told else seconds_of(cell.text)
                pages.setdefault(to, seconds_on(html if to == address else anna.get(to)))
                if not to.startswith("/day") or "extra-hours" not in address:
                    assert wanted in pages[to], (address, row[0].text, name, cell.text, link.to)
                followed += 1
    return followed


@pytest.mark.parametrize("address", PAGES)
def test_of_many(sqlite_office: Office, address: str) -> None:
    assert check(visitor(worked(sqlite_office)), address) > 3


@pytest.mark.parametrize("address", OF_BEN)
def test_of_one(sqlite_office: Office, address: str) -> None:
    anna = visitor(worked(sqlite_office))
    (ben,) = re.findall(r'<option value="([^"]+)"[^>]*>ben<', anna.get("/week"))
    assert check(anna, f"{address}&who={ben}") > 10


@pytest.mark.parametrize("address", [one for one in PAGES if "extra-hours" not in one])
def test_of_a_team_for_some_days(week: Office, address: str) -> None:
    anna = visitor(week)
    (team,) = re.findall(r'<option value="([^"]+)"[^>]*>Support<', anna.get("/week"))
    assert check(anna, f"{address}&who={team}") > 1
