"""A day of which nothing was reported says so: 0:00 is what was measured and is nothing."""

from __future__ import annotations

from tests.contract.served import Office
from tests.web.reading import Read
from tests.web.test_week import worked
from tests.web.visiting import visitor


def test_whoever_has_no_data_is_not_told_0_00(sqlite_office: Office) -> None:
    anna = visitor(worked(sqlite_office))
    (people,) = Read(anna.get("/day?date=2026-02-05")).tables
    assert [cell.text for cell in people.row("dora")][-1] == "no data"
    assert "4:30" in [cell.text for cell in people.row("ben")]
    dora = next(link.to for link in people.row("dora")[0].links)
    page = Read(anna.get(dora))
    assert "That is not the same as 0:00." in page.text
    assert page.tables == []


def test_a_day_to_come_has_no_figures(sqlite_office: Office) -> None:
    anna = visitor(worked(sqlite_office))
    (people,) = Read(anna.get("/day?date=2037-02-05")).tables
    assert [cell.text for cell in people.row("ben")][-1] == "to come"
    page = Read(anna.get(next(link.to for link in people.row("ben")[0].links)))
    assert "To come This day has not begun." in page.text
    assert page.tables == []
