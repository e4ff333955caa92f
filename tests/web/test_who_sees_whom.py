"""Who sees whom: every page that links lead to and every name in an address, for people of every kind."""

from __future__ import annotations

import re
from collections import deque
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from tests.contract.served import Office, succeeded, timegrain
from tests.web.visiting import CSRF, PASSWORD, Visitor, visitor
from timegrain import clock

NOW = int(datetime(2026, 2, 12, 9, 0, tzinfo=UTC).timestamp())
"""A Thursday, 14:30 in Asia/Kolkata."""
LAST = "2026-02-09"
"""The last day of Xena in Support."""
OF_ONESELF = "/my-data"
"""Names who may look at one, by name."""


@pytest.fixture(autouse=True)
def _at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now_ms", lambda: NOW * 1000)


def made(office: Office, path: str, **body: Any) -> dict[str, Any]:
    answer = office.call(path, body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


def staffed(office: Office) -> dict[str, str]:
    """Lea leads Support, where Bela is and Xena was until `LAST`; Odo is in Hidden. Ids by name.

    Each has a second a day of an application that is named after them and the day.
    """
    office.run("policy", "--questions-a-minute", "0", "--titles", "managers")
    timegrain(office.url, "init", "--organisation", "Zeta", "--zone", "UTC", "--admin-email", "zed@example.com")
    roles = {
        one["roleName"]: one["roleId"] for one in succeeded(office.call("/v1/access-management", None, method="GET"))
    }
    teams = {name: made(office, "/v1/teams", name=name)["teamId"] for name in ("Support", "Hidden")}
    found = {}
    for name in ("Lea", "Bela", "Xena", "Odo"):
        role = roles["Manager" if name == "Lea" else "Employee"]
        user = made(
            office, "/v1/users", name=f"{name} Miller", email=f"{name.lower()}@example.com", roleId=role, teams=[]
        )
        found[name] = user["userId"]
        for day in (9, 11, 12):
            worked(office, found[name], name, f"2026-02-{day:02d}T06:00", f"App{day}{name}")
    for name, team, more in (
        ("Bela", "Support", {}),
        ("Xena", "Support", {"to": LAST}),
        ("Odo", "Hidden", {}),
    ):
        made(office, f"/v1/teams/{teams[team]}/members", userId=found[name], **{"from": "2026-01-01", **more})
    made(office, f"/v1/teams/{teams['Support']}/leads", userId=found["Lea"])
    return found


def worked(office: Office, user: str, name: str, minute: str, app: str) -> None:
    fact = {"start": f"{minute}:00Z", "end": f"{minute}:01Z", "app": app, "title": f"Title of {app}"}
    office.send(userId=user, device=f"box-of-{name}", focus=[fact])


def crawled(who: Visitor) -> dict[str, str]:
    """The pages that links lead to, one of each kind of address; with where they lead on."""
    todo, kinds, found = deque(["/"]), set(), {}
    while todo:
        address = todo.popleft()
        answer = who.client.get(address)
        assert answer.status_code < 400, address
        # Chance may write any name into a token.
        found[address] = CSRF.sub("", answer.text)
        there = [answer.headers["location"]] if answer.status_code == 303 else []
        there += re.findall(r'(?:href|hx-get)="([^"#]+)', answer.text)
        for one in (urljoin(address, unescape(href)) for href in there):
            parts = urlsplit(one)
            kind = parts.path, re.sub(r"=(?!App)[^&]*", "", parts.query)
            if not parts.path.startswith("/assets") and kind not in kinds:
                kinds.add(kind)
                todo.append(one)
    return found


HIDDEN = {
    "bela": ("Lea Miller", "Xena", "Odo", "anna@"),
    "xena": ("Lea Miller", "Bela", "Odo", "anna@"),
    "odo": ("Lea Miller", "Bela", "Xena", "Support", "anna@"),
    "lea": ("Odo", "App11Xena", "App12Xena", "Hidden", "anna@"),
}


@pytest.mark.slow
@pytest.mark.parametrize("who", HIDDEN)
def test_links_lead_to_nobody_beyond_reach(sqlite_office: Office, who: str) -> None:
    staffed(sqlite_office)
    pages = crawled(visitor(sqlite_office, f"{who}@example.com"))
    assert {urlsplit(one).path for one in pages} >= {"/week", "/person", "/day", "/subjects", "/live", "/reports"}
    for address, text in pages.items():
        told = [one for one in (*HIDDEN[who], "zed@", "Zeta") if one in text]
        assert address.startswith(OF_ONESELF) or not told, (address, told)


def test_pages_grow_by_those_whom_they_show_alone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether and when somebody else works is told to nobody who may not see it."""
    people = staffed(office)
    monkeypatch.setattr(clock, "now_ms", lambda: (NOW + 60) * 1000)
    asking = {}
    for who in ("anna", "lea", "bela", "xena"):
        client = visitor(office, f"{who}@example.com")
        found = {path: re.search(r'hx-get="([^"]+)"', client.get(path)) for path in ("/week", "/live")}
        asking[who] = client, [unescape(one[1]) for one in found.values() if one]

    def answered() -> dict[str, list[int]]:
        ask = {"HX-Request": "true"}
        return {
            who: [client.client.get(one, headers=ask).status_code for one in there]
            for who, (client, there) in asking.items()
        }

    assert set(map(tuple, answered().values())) == {(204, 204)}
    for name, second, told in (
        ("Odo", 100, {"anna"}),
        ("Bela", 200, {"anna", "lea", "bela"}),
        ("Xena", 300, {"anna", "lea", "bela", "xena"}),
    ):
        monkeypatch.setattr(clock, "now_ms", lambda at=second: (NOW + at) * 1000)
        worked(office, people[name], name, "2026-02-12T08:30", f"More{second}")
        monkeypatch.setattr(clock, "now_ms", lambda at=second: (NOW + at + 1) * 1000)
        assert {who for who, statuses in answered().items() if 200 in statuses} == told, name
    for who, until in (("anna", "14:35"), ("lea", "14:33"), ("bela", "14:33")):
        assert f", {until}.<" in visitor(office, f"{who}@example.com").get("/week").partition("counted until")[2][:60]


def test_reports_after_somebody_left_the_team_are_not_told(office: Office) -> None:
    people = staffed(office)
    lea, anna = visitor(office, "lea@example.com"), visitor(office)
    for path in ("/week", "/person"):
        address = f"{path}?week=2026-02-02&who={people['Xena']}"
        assert "The last report came" in anna.get(address)
        page = lea.get(address)
        assert "Xena Miller" in page
        assert "The last report came" not in page
    # Of this week Bela has data, and the week before is empty for both of them.
    worked(office, people["Bela"], "Bela", "2026-02-03T06:00", "Code")
    page = " ".join(re.sub(r"<[^>]+>", " ", lea.get("/week?week=2026-02-02")).split())
    assert "Xena Miller no data" in page
    assert "Xena Miller no data: no device has reported yet" not in page


@pytest.mark.parametrize("who", ["lea", "bela"])
def test_no_address_shows_anybody_beyond_reach(sqlite_office: Office, who: str) -> None:
    people = staffed(sqlite_office)
    reader = visitor(sqlite_office, f"{who}@example.com")
    for path in ("/week", "/person", "/day", "/subjects", "/live", "/reports", "/reports/file"):
        for other in (people["Odo"], sqlite_office.user):
            page = reader.get(f"{path}?who={other}&format=csv", 403)
            assert not [one for one in (*HIDDEN[who], "Odo", "box-of") if one in page]
            assert reader.client.get(f"{path}?only={other}&format=csv").status_code == 400


def test_whoever_left_a_team_is_not_seen_after_it(sqlite_office: Office) -> None:
    xena = staffed(sqlite_office)["Xena"]
    lea, anna = visitor(sqlite_office, "lea@example.com"), visitor(sqlite_office)
    for address in (
        f"/day?who={xena}&date=2026-02-12",
        f"/person?who={xena}&week=2026-02-09",
        f"/subjects?who={xena}&week=2026-02-09",
        f"/reports?report=app-usage&month=2026-02&who={xena}",
        f"/reports/file?report=app-usage&month=2026-02&format=csv&who={xena}",
    ):
        assert "12Xena" in anna.get(address), address
        page = lea.get(address)
        assert not re.findall("1[12]Xena", page), address
        assert ("box-of-Xena" in page, "9Xena" in page) == (False, "date=" not in address), address


def test_whoever_is_gone_is_signed_out_and_comes_in_no_more(office: Office) -> None:
    people = staffed(office)
    inside = {name: visitor(office, f"{name.lower()}@example.com") for name in ("Bela", "Xena")}
    for name, changed in (("Bela", {"active": False}), ("Xena", {"leftOn": "2026-02-11"})):
        assert office.call(f"/v1/users/{people[name]}", changed, method="PATCH").status_code == 200
        for path in ("/week", "/my-data", "/sessions", "/live"):
            answer = inside[name].client.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next=%2F{path[1:]}")
        form = {"organisation": office.name, "email": f"{name.lower()}@example.com", "password": PASSWORD}
        assert office.client.post("/sign-in", data=form).status_code == 422
