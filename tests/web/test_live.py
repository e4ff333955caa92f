"""Who is working now: the class and since when, never the subject."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from tests.contract.served import Office
from tests.web.visiting import Visitor, visitor
from timegrain import clock

NOW = int(datetime(2026, 2, 10, 9, 0, tzinfo=UTC).timestamp())
"""14:30 on a Tuesday in Asia/Kolkata."""


@pytest.fixture(autouse=True)
def _at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now_ms", lambda: NOW * 1000)


def test_a_run_of_work_begins_after_five_minutes_without_any(office: Office) -> None:
    office.run("rate", "Code", "productive")
    # 300 seconds lie before 08:05:00, 299 before 08:20:00.
    worked(office, ("07:00:00", "08:00:00"), ("08:05:00", "08:15:01"), ("08:20:00", "08:58:00"))
    anna = visitor(office)
    page = anna.get("/live")
    assert "1 of 1 working now" in page
    assert rows(page) == ["anna@example.com Productive 13:35 1:48"]
    assert 'href="/day?who=' in page
    assert "#t133500" in page
    assert "Secret" not in page
    assert "Code" not in page


def test_who_is_not_working_shows_when_they_last_were(office: Office) -> None:
    office.run("user", "add", "--name", "Bela", "--email", "bela@example.com")
    worked(office, ("07:00:00", "08:54:59"))
    page = visitor(office).get("/live?zone=UTC")
    assert "0 of 2 working now" in page
    assert rows(page) == ["anna@example.com 08:54 1:54", "Bela not today no data"]


def test_nothing_new_is_no_page_until_somebody_stops_working(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(second: int) -> None:
        monkeypatch.setattr(clock, "now_ms", lambda: second * 1000)

    worked(sqlite_office, ("08:00:00", "08:58:00"))
    anna = visitor(sqlite_office)
    at(NOW + 1)
    grown = re.findall(r'hx-get="[^"]*grown=([^"]+)"', anna.get("/live"))[0]
    assert again(anna, grown) == 204
    at(NOW + 179)
    assert again(anna, grown) == 204
    at(NOW + 180)  # the last active second is 300 seconds ago
    assert again(anna, grown) == 200
    at(NOW + 179)
    worked(sqlite_office, ("08:58:00", "08:58:30"))
    at(NOW + 181)
    assert again(anna, grown) == 200


def test_a_day_that_has_just_begun_knows_of_the_work_before_it(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now_ms", lambda: (NOW + 15 * 3600 + 60) * 1000)  # a minute past midnight in UTC
    worked(sqlite_office, ("23:00:00", "23:58:00"))
    anna = visitor(sqlite_office)
    assert rows(anna.get("/live?zone=UTC")) == ["anna@example.com Neutral before midnight 0:00"]
    assert rows(anna.get("/live")) == ["anna@example.com Neutral 04:30 0:58"]


def test_an_employee_sees_themselves_alone(sqlite_office: Office) -> None:
    sqlite_office.run("user", "add", "--name", "Bela", "--email", "bela@example.com")
    page = visitor(sqlite_office, "bela@example.com").get("/live")
    assert rows(page) == ["Bela not today no data"]


def again(who: Visitor, grown: str) -> int:
    """How a page is answered that was made with this mark."""
    return who.client.get("/live", params={"grown": grown}, headers={"HX-Request": "true"}).status_code


def worked(office: Office, *ranges: tuple[str, str]) -> None:
    office.send(
        focus=[
            {"start": f"2026-02-10T{start}Z", "end": f"2026-02-10T{end}Z", "app": "Code", "title": "Secret"}
            for start, end in ranges
        ]
    )


def rows(page: str) -> list[str]:
    found = re.findall(r"<tr role=\"row\"><th scope=\"row\".*?</tr>", page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found]
