"""Applications and sites without script: forms, links, and the figures that they change."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.contract.served import ZONE, Office, succeeded
from tests.web.visiting import Visitor, visitor

WEEK = "/subjects?week=2026-02-02"
DAY = "2026-02-03"
CLASSES = ("productive", "neutral", "unproductive")
CODE, DOCS, MEET = "application:Code", "website:docs.example.com", "application:Meet"
WICKED = "<img src=x onerror=alert(1)>\"'&"


def at(minute: int) -> str:
    return f"{DAY}T{4 + minute // 60:02d}:{minute % 60:02d}:00Z"


def focus(start: int, end: int, app: str, url: str = "") -> dict[str, str]:
    return {"start": at(start), "end": at(end), "app": app, "url": url}


@pytest.fixture
def used(office: Office) -> Office:
    return worked(office)


@pytest.fixture
def sqlite_used(sqlite_office: Office) -> Office:
    return worked(sqlite_office)


def worked(office: Office) -> Office:
    """Anna and Bob, of Support, used the same; without input for half an hour of a meeting, Anna also something odd."""
    office.run("team", "add", "Support")
    office.run("user", "add", "--name", "Bob", "--email", "bob@example.com", "--team", "Support")
    lists: dict[str, Any] = {
        "focus": [
            focus(0, 40, "Code"),
            focus(40, 60, "chrome", "https://docs.example.com/a"),
            focus(60, 120, "Meet"),
        ],
        "away": [{"start": at(70), "end": at(100)}],
    }
    office.send(**{**lists, "focus": [*lists["focus"], focus(120, 125, WICKED)]})
    office.send(userId=user_of(office, "bob@example.com"), **lists)
    office.run("rate", "Code", "productive", "--app", "--ignore-idle")
    return office


def user_of(office: Office, mail: str) -> str:
    return str(next(one["userId"] for one in office.run("user", "list")["users"] if one["email"] == mail))


def team_of(office: Office) -> str:
    return str(office.run("team", "list")["teams"][0]["teamId"])


def figures(office: Office) -> dict[str, int]:
    """Seconds of everybody by class, as the API has them."""
    everybody = [one["userId"] for one in office.run("user", "list")["users"]]
    overall = succeeded(office.ask(userId=everybody, timeZone=ZONE))["overallSummary"]
    return {name: overall[f"total{name.capitalize()}TimeSpendSeconds"] for name in (*CLASSES, "idle")}


def rules(office: Office) -> Any:
    return office.run("rate", "list")["rules"]


def changes(page: str) -> dict[str, int]:
    """What the preview says of each class."""
    found = re.findall(r'data-class="(\w+)" data-seconds="(-?\d+)"', page)
    return {name: int(seconds) for name, seconds in found}


def undo(person: Visitor, saved: httpx.Response) -> httpx.Response:
    """Send the form of the toast on the page that came after a change."""
    toast = saved.text.partition('id="toast"')[2].partition("</form>")[0]
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', toast))
    form.pop("csrf")
    return person.post("/subjects/undo", {key: unescape(value) for key, value in form.items()}, WEEK)


def names(page: str) -> list[str]:
    table = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [unescape(one) for one in re.findall(r'role="rowheader" class="l"><a [^>]*>([^<]*)<', table)]


@pytest.mark.parametrize("team", ["", "Support"])
def test_the_preview_is_what_a_rating_changes_and_undoing_restores_it(used: Office, team: str) -> None:
    anna, before, held = visitor(used), figures(used), rules(used)
    form: dict[str, str | list[str]] = {
        f"was:{CODE}": "productive",
        f"rate:{CODE}": "unproductive",
        f"was:{DOCS}": "",
        f"rate:{DOCS}": "productive",
        f"was:{MEET}": "",
        "team": team_of(used) if team else "",
    }
    people = 1 if team else 2
    previewed = anna.post(WEEK, {**form, "step": "preview"}).text
    told = changes(previewed)
    assert told == {"productive": -1200 * people, "neutral": -1200 * people, "unproductive": 2400 * people}
    assert f"For {'1 person' if team else '2 people'} of Everybody" in previewed
    assert f"unproductive +{'0:40' if team else '1:20'}" in previewed.partition('id="everywhere"')[2]
    assert "Save 2 ratings" in previewed
    assert figures(used) == before

    saved = anna.post(WEEK, {**form, "step": "save"})
    assert (saved.url.path, parse_qs(saved.url.query.decode())["week"]) == ("/subjects", ["2026-02-02"])
    assert "2 ratings changed." in saved.text
    after = figures(used)
    assert {name: after[name] - before[name] for name in CLASSES} == told
    assert changes(saved.text) == {}
    assert ("Differs by team" in saved.text.partition("<tbody>")[2] or "differs by team" in saved.text) is bool(team)

    undone = undo(anna, saved)
    assert undone.url.path == "/subjects"
    assert (figures(used), rules(used)) == (before, held)


def test_idle_is_ignored_where_the_form_says_so(used: Office) -> None:
    """A rating keeps what it does not name: idle that is ignored, and the category."""
    anna, before = visitor(used), figures(used)
    form: dict[str, str | list[str]] = {
        f"was:{MEET}": "",
        "pick": MEET,
        "ignoreIdle": "yes",
        "category": "Calls",
    }
    previewed = anna.post(WEEK, {**form, "step": "preview"}).text
    assert changes(previewed) == {"productive": 0, "neutral": 3600, "unproductive": 0, "idle": -3600}
    assert "Neutral +1:00" in previewed
    assert "For 2 people of Everybody" in previewed
    assert "neutral +1:00, idle −1:00" in previewed.partition('id="everywhere"')[2]
    anna.post(WEEK, {**form, "step": "save"})
    after = figures(used)
    assert (after["idle"], after["neutral"]) == (0, before["neutral"] + 3600)
    assert "Calls" in anna.get(WEEK)

    anna.post(WEEK, {f"was:{MEET}": "neutral", f"rate:{MEET}": "productive", "step": "save"})
    rule = next(one for one in rules(used) if one["subject"] == "Meet")
    assert (rule["rating"], rule["ignoreIdle"], rule["category"]) == ("productive", True, "Calls")
    assert figures(used)["idle"] == 0


def test_many_are_rated_at_once(sqlite_used: Office) -> None:
    anna = visitor(sqlite_used)
    previewed = anna.post(WEEK, {"pick": [CODE, DOCS, MEET], f"was:{CODE}": "productive", "all": "unproductive"}).text
    assert "Save 3 ratings" in previewed
    assert previewed.count('value="unproductive" checked') == 3
    assert changes(previewed)["unproductive"] == sum(changes(previewed).values()) - sum(
        changes(previewed)[name] for name in ("productive", "neutral")
    )


def test_what_is_listed_and_who_used_it(used: Office) -> None:
    anna = visitor(used)
    page = anna.get(WEEK)
    assert names(page) == ["Code", "Meet", "docs.example.com", WICKED]
    assert re.search(r"active time <a [^>]*>3:05</a>", page)
    assert names(anna.get(f"{WEEK}&sort=name")) == [WICKED, "Code", "docs.example.com", "Meet"]
    assert names(anna.get(f"{WEEK}&sort=people"))[0] == WICKED
    assert names(anna.get(f"{WEEK}&q=DOCS")) == ["docs.example.com"]
    assert names(anna.get(f"{WEEK}&rating=none")) == ["Meet", "docs.example.com", WICKED]
    assert names(anna.get(f"{WEEK}&rating=productive")) == ["Code"]
    assert "none that was asked for" in anna.get(f"{WEEK}&category=None+such")
    assert "Nothing was active" in anna.get("/subjects?week=2020-01-01")
    assert names(anna.get("/subjects?month=2026-02&zone=UTC")) == names(page)
    for wrong in ("rating=good", "month=2026-13", "month=1999-01", "page=x", "subject=Code"):
        assert wrong.partition("=")[0] in anna.get(f"{WEEK}&{wrong}", 400)

    # Down: from the subject to who used it, on which day.
    link = unescape(re.search(r'<a href="([^"]*subject=application%3ACode[^"]*)"', page)[1])  # type: ignore[index]
    panel = anna.get(link.partition("#")[0]).partition('id="by-whom"')[2].partition("</section>")[0]
    assert [int(seconds) for seconds in re.findall(r'data-seconds="(\d+)"', panel)] == [2400, 2400]
    days = [unescape(one) for one in re.findall(r'href="(/day[^"]*)"', panel)]
    assert [parse_qs(urlsplit(one).query)["date"] for one in days] == [[DAY], [DAY]]
    for day in days:
        assert 'data-sum="2400"' in anna.get(day)
    docs = f"/day?who={used.user}&date={DAY}&subject=website:docs.example.com"
    assert 'data-sum="1200"' in anna.get(docs)
    assert 'data-sum="0"' in anna.get(docs.replace("website:", "application:"))
    month = anna.get("/subjects?month=2026-02&zone=UTC&subject=website:docs.example.com")
    assert month.count('title="0:20:00, 1,200 seconds"') == 4
    assert "No rule rates it" in month


def test_a_teams_rule_moves_the_days_of_membership_alone(used: Office) -> None:
    """Bob changes teams within the week; his day in another zone has seconds of both."""
    anna, bob = visitor(used), user_of(used, "bob@example.com")
    used.run("team", "add", "Sales")
    used.run("team", "join", "Sales", "bob@example.com", "--primary", "--from", "2026-02-05")
    later = {"start": "2026-02-04T17:30:00Z", "end": "2026-02-04T19:30:00Z", "app": "Code", "url": ""}
    used.send(userId=bob, focus=[later])  # 23:00 to 1:00 in the home zone
    team = next(one["teamId"] for one in used.run("team", "list")["teams"] if one["name"] == "Sales")
    form: dict[str, str | list[str]] = {f"was:{CODE}": "productive", f"rate:{CODE}": "unproductive", "team": team}
    for zone in (ZONE, "UTC", "America/Los_Angeles"):
        page = f"{WEEK}&zone={zone}&who={bob}"
        told = changes(anna.post(page, {**form, "step": "preview"}).text)
        assert told == {"productive": -3600, "neutral": 0, "unproductive": 3600}
    used.run("rate", "Code", "neutral", "--app", "--team", "Support")
    told = changes(anna.post(WEEK, {**form, "step": "preview"}).text)
    assert told == {"productive": -3600, "neutral": 0, "unproductive": 3600}
    before = figures(used)
    anna.post(WEEK, {**form, "step": "save"})
    after = figures(used)
    assert {name: after[name] - before[name] for name in CLASSES} == told


def test_a_rule_is_removed_where_it_is_shown(sqlite_used: Office) -> None:
    anna = visitor(sqlite_used)
    panel = f"{WEEK}&subject={CODE}"
    assert "The organisation: code is" in anna.get(panel)
    form: dict[str, str | list[str]] = {"kind": "application", "subject": "code", "rating": "none", "next": panel}
    removed = anna.post("/subjects/rate", form, panel)
    assert "Code has no rule of the organisation any more." in removed.text
    assert rules(sqlite_used) == []
    undo(anna, removed)
    assert [one["rating"] for one in rules(sqlite_used)] == ["productive"]


def test_names_are_shown_as_they_are_and_run_nothing(sqlite_used: Office) -> None:
    anna = visitor(sqlite_used)
    form: dict[str, str | list[str]] = {"kind": "application", "subject": WICKED, "rating": "productive", "next": WEEK}
    rated = anna.post("/subjects/rate", form, WEEK)
    for page in (rated.text, anna.get(WEEK), anna.post(WEEK, {"pick": f"application:{WICKED}", "all": "neutral"}).text):
        assert "<img" not in page
        assert "&lt;img src=x" in page
    assert f"{WICKED} is productive for the organisation now." in unescape(rated.text)
    assert figures(sqlite_used)["productive"] == 4800 + 300


def test_rating_from_another_page_leads_back_and_nowhere_else(sqlite_used: Office) -> None:
    anna = visitor(sqlite_used)
    form: dict[str, str | list[str]] = {"kind": "website", "subject": "docs.example.com", "rating": "productive"}
    back = anna.post("/subjects/rate", {**form, "next": "/week?week=2026-02-02&changed=x"}, WEEK)
    assert back.url.path == "/week"
    assert "docs.example.com is productive for the organisation now." in back.text
    assert undo(anna, back).url.path == "/week"
    for elsewhere in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        assert anna.post("/subjects/rate", {**form, "next": elsewhere}, WEEK).url.host == "127.0.0.1"
    refused = anna.post("/subjects/rate", {**form, "rating": "great", "next": "/week"}, WEEK)
    assert (refused.status_code, "must be one of" in refused.text) == (400, True)


def test_who_may_not_rate_reads_ratings_as_words(used: Office) -> None:
    bob = visitor(used, "bob@example.com")
    page = bob.get(WEEK)
    assert re.search(r"active time <a [^>]*>1:30</a>", page)
    assert "Productive</span>" in page
    assert not re.search(r'type="radio"|name="pick"|class="preview"', page)
    held = rules(used)
    form: dict[str, str | list[str]] = {"kind": "application", "subject": "Code", "rating": "neutral", "next": WEEK}
    assert bob.post("/subjects/rate", form, WEEK).status_code == 403
    assert bob.post(WEEK, {f"rate:{CODE}": "neutral", "step": "save"}).status_code == 403
    assert bob.post("/subjects/undo", {"entry": "x", "next": "/"}, WEEK).status_code == 403
    assert rules(used) == held


def test_a_change_that_takes_longer_says_how_far_it_is(used: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = visitor(used)
    monkeypatch.setattr("timegrain.api.jobs.IN_FORCE_S", 0.0)
    saved = anna.post(WEEK, {f"was:{CODE}": "productive", f"rate:{CODE}": "neutral", "step": "save"})
    job = parse_qs(saved.url.query.decode())["job"][0]
    assert "Code is neutral for the organisation now." in saved.text
    for _ in range(100):
        state = succeeded(used.call(f"/v1/jobs/{job}", None, method="GET"))["state"]
        page = anna.get(f"{saved.url.path}?{saved.url.query.decode()}")
        if state == "done":
            break
        assert 'http-equiv="refresh"' in page or "being counted" not in page
        asked = anna.client.get("/subjects/counting", params={"job": job, "next": WEEK}, headers={"HX-Request": "true"})
        assert ("being counted" in asked.text) is ("HX-Redirect" not in asked.headers)
    else:
        pytest.fail("the change is never in force")
    assert "being counted" not in anna.get(f"{saved.url.path}?{saved.url.query.decode()}")
    assert figures(used)["productive"] == 0
