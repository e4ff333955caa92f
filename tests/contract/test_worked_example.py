"""The worked example through HTTP on both databases, and what a question and its errors look like."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from sqlalchemy import event

from timegrain.api.app import make_app
from timegrain.api.openapi import EXAMPLES, document
from timegrain.counting.ratings import Rating
from timegrain.counting.subjects import NameKind
from timegrain.recounting import change_rules
from timegrain.storage import keys, people
from timegrain.storage.engine import Database
from timegrain.storage.ratings import ORGANISATION, StoredRule

SUMMARY, ACTIVITY = "/v1/dashboard/weekly-summary", "/v1/activity"


@dataclass
class Office:
    """A served organisation with one user."""

    client: httpx.Client
    database: Database
    organisation: int
    user: str
    keys: dict[str, str]

    def ask(self, **changed: Any) -> httpx.Response:
        body = {
            "startDate": "2026-02-08 00:00:00",
            "endDate": "2026-02-08 23:59:59",
            "timeZone": "Asia/Kolkata",
            "userId": [self.user],
            "teamId": [],
            **changed,
        }
        return self.client.post(SUMMARY, json=body)

    def send(self, **lists: Any) -> dict[str, Any]:
        answer = self.client.post(ACTIVITY, json={"userId": self.user, "device": "laptop-7", **lists})
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data


@pytest.fixture
def office(database: Database) -> Iterator[Office]:
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "o", "Asia/Kolkata", "test", 0).id
        user = people.add_user(connection, organisation, "Anna", "anna@example.com", 0)
        made = {role: keys.add_key(connection, organisation, role, role, 0)[1] for role in keys.ROLES}
    server = uvicorn.Server(uvicorn.Config(make_app(database), port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    headers = {"Authorization": f"Bearer {made['admin']}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
        yield Office(client, database, organisation, str(user.uuid), made)
    server.should_exit = True
    thread.join(30)


def day(answer: httpx.Response, date: str) -> dict[str, int]:
    rows = {row["date"][:10]: row["metrics"] for row in answer.json()["data"]["breakdownSummary"]}
    found: dict[str, int] = rows[date]
    return found


def metrics(total: int, idle: int, productive: int, neutral: int) -> dict[str, int]:
    return {
        "totalTimeSpendSeconds": total,
        "activeTimeSpendSeconds": total - idle,
        "idleTimeSpendSeconds": idle,
        "productiveTimeSpendSeconds": productive,
        "neutralTimeSpendSeconds": neutral,
        "unproductiveTimeSpendSeconds": 0,
    }


def rate(office: Office, subject: str, kind: NameKind) -> None:
    rule = StoredRule(ORGANISATION, kind, subject, subject, Rating.PRODUCTIVE, False)
    change_rules(office.database, office.organisation, put=[rule])


def test_the_worked_example(office: Office) -> None:
    rate(office, "github.com", NameKind.SITE)
    first = {"start": "2026-02-03T09:00:00.700+05:30", "end": "2026-02-03T10:00:00.200+05:30", "app": "Code"}
    second = {"start": "2026-02-03T10:00:00.200+05:30", "end": "2026-02-03T10:30:00+05:30", "app": "Google Chrome"}
    away = [
        {"start": "2026-02-03T09:10:00+05:30", "end": "2026-02-03T09:14:00+05:30"},
        {"start": "2026-02-03T09:40:00+05:30", "end": "2026-02-03T09:50:30+05:30"},
    ]
    data = office.send(focus=[first, {**second, "url": "https://github.com/pulls"}], away=away)
    assert data == {"stored": 4, "unchanged": 0, "erased": 0, "rejected": [], "warnings": []}
    week = {"startDate": "2026-02-03 00:00:00", "endDate": "2026-02-03 23:59:59"}
    answer = office.ask(**week)
    assert [row["day"] for row in answer.json()["data"]["breakdownSummary"]][::6] == ["Monday", "Sunday"]
    assert day(answer, "2026-02-03") == metrics(5400, 630, 1800, 2970)
    assert day(office.ask(**week, timeZone="UTC"), "2026-02-03") == metrics(5400, 630, 1800, 2970)
    rate(office, "code", NameKind.APPLICATION)
    assert day(office.ask(**week), "2026-02-03") == metrics(5400, 630, 4770, 0)
    office.send(away=[{"start": "2026-02-03T09:50:30+05:30", "end": "2026-02-03T10:45:00+05:30"}])
    assert day(office.ask(**week), "2026-02-03") == metrics(2400, 0, 2400, 0)


def test_three_statements_a_question(office: Office) -> None:
    statements: list[str] = []
    event.listen(office.database.reader, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert office.ask().status_code == 200
    assert office.ask(timeZone="America/New_York").status_code == 200
    assert len([one for one in statements if not one.startswith("BEGIN")]) == 6


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"userId": [], "teamId": None}, 400, "USER_OR_TEAM_REQUIRED"),
        ({"timeZone": "Mars/Olympus"}, 400, "INVALID_TIME_ZONE"),
        ({"startDate": "2026-02-09 00:00:00"}, 400, "INVALID_DATE_RANGE"),
        ({"startDate": "2024-02-08 00:00:00"}, 400, "INVALID_DATE_RANGE"),
        ({"startDate": "8 February"}, 400, "VALIDATION_ERROR"),
        ({"userId": "x"}, 400, "VALIDATION_ERROR"),
        ({"userId": ["x"]}, 400, "VALIDATION_ERROR"),
        ({"more": 1}, 400, "VALIDATION_ERROR"),
        ({"limit": "5"}, 400, "VALIDATION_ERROR"),
        ({"userId": ["00000000-0000-4000-8000-000000000000"]}, 404, "USER_NOT_FOUND"),
        ({"teamId": ["00000000-0000-4000-8000-000000000000"]}, 404, "TEAM_NOT_FOUND"),
    ],
)
def test_what_a_question_may_not_ask(office: Office, changed: dict[str, Any], status: int, code: str) -> None:
    failed(office.ask(**changed), status, code)


def failed(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The envelope of every failure."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["statusCode"], body["error"]["code"]) == (status, status, code)
    assert body["success"] is False
    assert body["data"] is None
    assert body["statusMessage"]
    assert body["error"]["message"]
    return body


def test_who_asks(office: Office) -> None:
    client, json = httpx.Client(base_url=office.client.base_url), {"x": 1}
    failed(client.post(SUMMARY, json=json), 401, "AUTHORIZATION_HEADER_MISSING")
    for header, code in (
        ("Basic x", "INVALID_API_KEY_SCHEMA"),
        ("Bearer", "API_KEY_MISSING"),
        ("Bearer tg_1_wrong", "INVALID_API_KEY"),
        ("Bearer tg_99_wrong", "INVALID_API_KEY"),
    ):
        failed(client.post(SUMMARY, json=json, headers={"Authorization": header}), 401, code)
    writer = {"Authorization": f"Bearer {office.keys['writer']}"}
    reader = {"Authorization": f"Bearer {office.keys['reader']}"}
    question = {"startDate": "2026-02-08 00:00:00", "endDate": "2026-02-08 23:59:59", "timeZone": "UTC"}
    failed(client.post(SUMMARY, json={**question, "userId": [office.user]}, headers=writer), 403, "FORBIDDEN")
    failed(client.post(ACTIVITY, json={"userId": office.user, "device": "d"}, headers=reader), 403, "FORBIDDEN")
    failed(client.post(SUMMARY, content=b"{}", headers=reader), 415, "UNSUPPORTED_MEDIA_TYPE")
    failed(client.get("/nope"), 404, "NOT_FOUND")
    failed(client.get(SUMMARY), 405, "METHOD_NOT_ALLOWED")


def test_entries_that_are_refused(office: Office) -> None:
    good = {"start": "2026-02-03T09:00:00Z", "end": "2026-02-03T09:10:00Z", "app": "Code"}
    bad = [
        {**good, "end": "2026-02-03T08:00:00Z"},
        {**good, "end": "2026-02-05T08:00:00Z"},
        {**good, "start": "2099-02-03T08:00:00Z", "end": "2099-02-03T08:00:00Z"},
        {**good, "start": "1999-12-31T23:59:59Z", "end": "2000-01-01T00:00:00Z"},
        {**good, "start": "2026-02-03T09:00:00"},
        {**good, "app": 5},
        {**good, "app": "x" * 256},
        {**good, "colour": "red"},
    ]
    data = office.send(focus=[*bad, good])
    codes = ["END_BEFORE_START", "TOO_LONG", "IN_THE_FUTURE", "TOO_OLD", *["BAD_ENTRY"] * 4]
    assert [(one["index"], one["code"]) for one in data["rejected"]] == list(enumerate(codes))
    assert [one["retryable"] for one in data["rejected"]].count(True) == 1
    assert data["stored"] == 1
    assert [one["code"] for one in data["warnings"]] == ["CLOCK_SKEW"]
    assert office.send(focus=[good])["unchanged"] == 1


def test_erasure_leaves_no_byte(office: Office) -> None:
    fact = {"start": "2026-02-03T09:00:00Z", "end": "2026-02-03T09:10:00Z", "app": "Zanzibar"}
    office.send(focus=[{**fact, "url": "https://quokka.example/wombat"}])
    range_ = {"startDate": "2026-02-03 00:00:00", "endDate": "2026-02-03 23:59:59", "timeZone": "UTC"}
    answer = office.client.request("DELETE", ACTIVITY, json={"userId": office.user, **range_})
    assert answer.json()["data"] == {"facts": 1, "erasedSeconds": 600}
    assert office.send(focus=[fact])["erased"] == 1
    if office.database.is_sqlite:
        for suffix in ("", "-wal"):
            with open(f"{office.database.url.database}{suffix}", "rb") as file:  # noqa: PTH123
                content = file.read().lower()
            assert not [word for word in (b"zanzibar", b"quokka", b"wombat") if word in content]


def test_openapi_is_valid_and_so_are_its_examples() -> None:
    described = document()
    validate(described)
    for name, example in EXAMPLES.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
        Draft202012Validator(schema).validate(example)
