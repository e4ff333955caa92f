"""Every failure: its code, status and envelope, and which one is told where several apply."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import zstandard

from tests.contract.served import (
    ACTIVITY,
    NOBODY,
    SUMMARY,
    Office,
    bearing,
    failed,
    fields,
    run_to_end,
    serving,
    succeeded,
    timegrain,
)
from timegrain.api.app import make_app
from timegrain.storage.engine import Database

JSON = {"Content-Type": "application/json"}
MOST = 8 * 1024 * 1024


@pytest.mark.parametrize(
    ("header", "code", "label", "message"),
    [
        (
            None,
            "AUTHORIZATION_HEADER_MISSING",
            "Authentication token header is missing",
            "Authorization header is missing",
        ),
        (
            "Basic YTpi",
            "INVALID_API_KEY_SCHEMA",
            "Invalid authentication token schema",
            "Authorization header must start with 'Bearer'",
        ),
        ("Bearer", "API_KEY_MISSING", "Authentication token is missing", "API key value is missing"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", SUMMARY), ("POST", ACTIVITY), ("DELETE", ACTIVITY)])
def test_without_a_key(
    shared_office: Office, method: str, path: str, header: str | None, code: str, label: str, message: str
) -> None:
    headers = {"Authorization": header} if header else {}
    body = failed(shared_office.client.request(method, path, json={}, headers=headers), 401, code)
    assert body == {
        "success": False,
        "statusCode": 401,
        "statusMessage": label,
        "data": None,
        "error": {"message": message, "code": code},
    }


def test_unknown_and_revoked_keys_are_not_told_apart(office: Office) -> None:
    made = office.run("key", "add", "--name", "old", "--role", "reader")
    succeeded(office.ask(made["apiKey"]))
    office.run("key", "revoke", made["keyId"])
    revoked = failed(office.ask(made["apiKey"]), 401, "INVALID_API_KEY")
    for unknown in ("tg_1_wrong", "tg_999_wrong", "tg__", "x", "tg_99999999999999999999_x", office.admin + "x"):
        assert failed(office.ask(unknown), 401, "INVALID_API_KEY") == revoked


@pytest.mark.parametrize("path", ["/nope", "/v1", "/v1/nope", "/v1/activity/x"])
def test_no_such_path(shared_office: Office, path: str) -> None:
    failed(shared_office.client.get(path), 404, "NOT_FOUND")


@pytest.mark.parametrize(("method", "path"), [("GET", SUMMARY), ("PUT", ACTIVITY), ("POST", "/health")])
def test_no_such_method(shared_office: Office, method: str, path: str) -> None:
    answer = shared_office.client.request(method, path)
    failed(answer, 405, "METHOD_NOT_ALLOWED")
    allowed = answer.headers["allow"].split(", ")
    assert method not in allowed
    assert set(allowed) >= {"/health": {"GET"}, SUMMARY: {"POST"}, ACTIVITY: {"POST", "DELETE"}}[path]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"limit": "5"}, "limit"),
        ({"timeZone": 5}, "timeZone"),
        ({"timeZone": None}, "timeZone"),
        ({"startDate": 20260208}, "startDate"),
        ({"startDate": "8 February"}, "startDate"),
        ({"endDate": "2026-02-30 00:00:00"}, "endDate"),
        ({"userId": "x"}, "userId"),
        ({"userId": ["x"]}, "userId"),
        ({"teamId": [5]}, "teamId"),
    ],
)
def test_the_field_is_named(shared_office: Office, changed: dict[str, Any], field: str) -> None:
    named = fields(failed(shared_office.ask(**changed), 400, "VALIDATION_ERROR"))
    assert [one.partition("[")[0] for one in named] == [field]


@pytest.mark.parametrize("field", ["startDate", "endDate", "timeZone"])
def test_a_missing_field_is_named(shared_office: Office, field: str) -> None:
    question = shared_office.question()
    del question[field]
    assert fields(failed(shared_office.call(SUMMARY, question), 400, "VALIDATION_ERROR")) == [field]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"{}}", b'{"a":\xff}', b"[" * 100_000])
@pytest.mark.parametrize(("method", "path"), [("POST", SUMMARY), ("POST", ACTIVITY), ("DELETE", ACTIVITY)])
def test_bad_json(shared_office: Office, method: str, path: str, body: bytes) -> None:
    headers = {**bearing(shared_office.admin), **JSON}
    answer = shared_office.client.request(method, path, content=body, headers=headers)
    failed(answer, 400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"userId": [], "teamId": []}, "USER_OR_TEAM_REQUIRED"),
        ({"userId": None, "teamId": None}, "USER_OR_TEAM_REQUIRED"),
        ({"timeZone": "Mars/Olympus"}, "INVALID_TIME_ZONE"),
        ({"timeZone": ""}, "INVALID_TIME_ZONE"),
        ({"timeZone": "../etc/passwd"}, "INVALID_TIME_ZONE"),
        ({"timeZone": "+05:30"}, "INVALID_TIME_ZONE"),
        ({"startDate": "2026-02-09 00:00:00"}, "INVALID_DATE_RANGE"),
        ({"startDate": "2025-02-07 00:00:00"}, "INVALID_DATE_RANGE"),
        ({"startDate": "1999-12-31 00:00:00", "endDate": "1999-12-31 23:59:59"}, "INVALID_DATE_RANGE"),
        ({"startDate": "2038-01-01 00:00:00", "endDate": "2038-01-01 23:59:59"}, "INVALID_DATE_RANGE"),
    ],
)
def test_questions_that_cannot_be(shared_office: Office, changed: dict[str, Any], code: str) -> None:
    failed(shared_office.ask(**changed), 400, code)


def test_366_days_are_not_too_many(shared_office: Office) -> None:
    assert len(succeeded(shared_office.ask(startDate="2025-02-08 00:00:00"))["breakdownSummary"]) >= 366


def test_more_people_than_may_be_meant(shared_office: Office) -> None:
    many = [str(uuid4()) for _ in range(10_001)]
    failed(shared_office.ask(userId=many), 400, "TOO_MANY_PEOPLE")


@pytest.mark.parametrize("encoding", ["", "gzip", "zstd"])
def test_a_body_over_the_limit(shared_office: Office, encoding: str) -> None:
    body = b" " * (MOST + 1)
    if encoding:
        body = gzip.compress(body) if encoding == "gzip" else zstandard.ZstdCompressor().compress(body)
        assert len(body) < MOST
    headers = {**bearing(shared_office.admin), **JSON} | ({"Content-Encoding": encoding} if encoding else {})
    failed(shared_office.client.post(ACTIVITY, content=body, headers=headers), 413, "PAYLOAD_TOO_LARGE")


def test_a_body_far_over_the_limit_is_told_after_the_key(shared_office: Office) -> None:
    body, json = b" " * (12 * 1024 * 1024), {"Content-Type": "application/json"}
    known, unknown = bearing(shared_office.admin), bearing("tg_1_unknown")
    failed(shared_office.client.post(ACTIVITY, content=body, headers=json | known), 413, "PAYLOAD_TOO_LARGE")
    failed(shared_office.client.post(ACTIVITY, content=body, headers=json | unknown), 401, "INVALID_API_KEY")


def test_a_body_at_the_limit(shared_office: Office) -> None:
    body = json.dumps(shared_office.question()).encode().ljust(MOST)
    headers = {**bearing(shared_office.admin), **JSON}
    succeeded(shared_office.client.post(SUMMARY, content=body, headers=headers))


@pytest.mark.parametrize(
    "headers",
    [{}, {"Content-Type": "text/plain"}, {"Content-Type": "application/xml"}, {**JSON, "Content-Encoding": "br"}],
)
def test_not_json_by_its_headers(shared_office: Office, headers: dict[str, str]) -> None:
    content = json.dumps(shared_office.question()).encode()
    answer = shared_office.client.post(SUMMARY, content=content, headers={**bearing(shared_office.admin), **headers})
    failed(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_charset_beside_json_is_read(shared_office: Office) -> None:
    headers = {**bearing(shared_office.admin), "Content-Type": "Application/JSON; charset=utf-8"}
    content = json.dumps(shared_office.question()).encode()
    succeeded(shared_office.client.post(SUMMARY, content=content, headers=headers))


def test_another_tenants_ids_answer_as_unknown_ones(office: Office) -> None:
    init = ("init", "--organisation", "Other", "--zone", "UTC", "--admin-email", "zoe@example.com")
    other = timegrain(office.url, *init)
    theirs = timegrain(office.url, "--organisation", "Other", "team", "add", "Theirs")["teamId"]
    for field, id_, code in (
        ("userId", other["userId"], "USER_NOT_FOUND"),
        ("teamId", theirs, "TEAM_NOT_FOUND"),
    ):
        foreign = failed(office.ask(**{field: [id_]}), 404, code)
        unknown = failed(office.ask(**{field: [NOBODY]}), 404, code)
        assert foreign["error"].pop("details") == [{"field": field, "message": id_}]
        assert unknown["error"].pop("details") == [{"field": field, "message": NOBODY}]
        assert foreign == unknown
    failed(office.ask(userId=[office.user, other["userId"]]), 404, "USER_NOT_FOUND")
    erasure = {"startDate": "2026-02-08 00:00:00", "endDate": "2026-02-08 23:59:59", "timeZone": "UTC"}
    for id_ in (other["userId"], NOBODY):
        failed(office.call(ACTIVITY, {"userId": id_, "device": "d"}), 404, "USER_NOT_FOUND")
        failed(office.call(ACTIVITY, {"userId": id_, **erasure}, method="DELETE"), 404, "USER_NOT_FOUND")
    failed(office.ask(other["apiKey"]), 404, "USER_NOT_FOUND")


def test_what_each_role_may_do(office: Office) -> None:
    ben = office.run("user", "add", "--name", "Ben", "--email", "ben@example.com")
    held = {role: office.key(role) for role in ("admin", "writer", "reader")} | {"device": ben["deviceToken"]}
    erasure = {"startDate": "2026-02-08 00:00:00", "endDate": "2026-02-08 23:59:59", "timeZone": "UTC"}
    calls = {
        "read": lambda key: office.ask(key),
        "send": lambda key: office.call(ACTIVITY, {"userId": office.user, "device": "d"}, key),
        "erase": lambda key: office.call(ACTIVITY, {"userId": office.user, **erasure}, key, method="DELETE"),
    }
    allowed = {
        "admin": {"read", "send", "erase"},
        "writer": {"send"},
        "reader": {"read"},
        "device": set[str](),
    }
    for role, key in held.items():
        for name, call in calls.items():
            if name in allowed[role]:
                succeeded(call(key))
            else:
                failed(call(key), 403, "FORBIDDEN")


def test_which_of_several_errors_is_told(office: Office) -> None:
    """401, then 415, 400, 403, 404: mended one by one."""
    writer, client = office.key("writer"), office.client
    question = json.dumps(office.question(userId=[NOBODY])).encode()
    failed(client.post(SUMMARY, content=b"{"), 401, "AUTHORIZATION_HEADER_MISSING")
    failed(client.post(SUMMARY, content=b"{", headers=bearing(writer)), 415, "UNSUPPORTED_MEDIA_TYPE")
    failed(client.post(SUMMARY, content=b"{", headers={**bearing(writer), **JSON}), 400, "VALIDATION_ERROR")
    failed(office.ask(writer, userId=[]), 400, "USER_OR_TEAM_REQUIRED")
    failed(client.post(SUMMARY, content=question, headers={**bearing(writer), **JSON}), 403, "FORBIDDEN")
    failed(client.post(SUMMARY, content=question, headers={**bearing(office.admin), **JSON}), 404, "USER_NOT_FOUND")
    failed(client.post(SUMMARY, content=b" " * (MOST + 1)), 401, "AUTHORIZATION_HEADER_MISSING")


def test_a_database_out_of_reach(sqlite_url: str) -> None:
    with serving(sqlite_url) as office:
        office.database.close()
        path = Path(sqlite_url.removeprefix("sqlite:///"))
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
        path.mkdir()
        answer = office.ask()
        failed(answer, 503, "UNAVAILABLE")
        assert int(answer.headers["Retry-After"]) > 0


def test_a_sender_that_goes_away_is_no_failure_of_ours(sqlite_database: Database) -> None:
    """A laptop that falls asleep in the middle of its batch: nothing for whoever watches for status 500."""
    received = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(received)

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"type": "http", "method": "POST", "path": ACTIVITY, "query_string": b"", "root_path": ""}
    scope["headers"] = [(b"content-type", b"application/json")]
    run_to_end(make_app(sqlite_database)(scope, receive, send))
    assert sent[0]["status"] == 400


def test_what_nobody_foresaw(postgres_url: str) -> None:
    """A table that somebody took away: the answer has a request id and nothing of the statement."""
    with serving(postgres_url) as office:
        with office.database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE keys RENAME TO gone")
        answer = office.ask()
        body = failed(answer, 500, "INTERNAL_ERROR")
        assert answer.headers["X-Request-Id"] in body["error"]["message"]
        assert not [word for word in ("Traceback", "SELECT", "psycopg", ".py") if word in answer.text]
