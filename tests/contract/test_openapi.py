"""The served description is OpenAPI 3.1, and what it says is what the server takes and gives."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.contract.served import ACTIVITY, SUMMARY, Office
from tests.contract.watching import device_of, event

HEARTBEATS = "/api/v1/users/current/heartbeats.bulk"


@pytest.fixture
def described(shared_office: Office) -> dict[str, Any]:
    document: dict[str, Any] = shared_office.client.get("/schema/openapi.json").json()
    return document


def fits(described: dict[str, Any], schema: object, value: object) -> None:
    whole = {"allOf": [schema], "components": described["components"]}
    Draft202012Validator(whole).validate(value)


def answer_of(described: dict[str, Any], path: str, method: str, status: int = 200) -> object:
    content = described["paths"][path][method]["responses"][str(status)]["content"]
    return content["application/json"]["schema"]


def test_the_description_is_valid(described: dict[str, Any]) -> None:
    validate(described)
    assert described["openapi"].startswith("3.1")
    calls = {(path, method) for path, methods in described["paths"].items() for method in methods}
    assert {(SUMMARY, "post"), (ACTIVITY, "post"), (ACTIVITY, "delete"), (HEARTBEATS, "post")} <= calls


def test_examples_fit_their_schemas(described: dict[str, Any]) -> None:
    checked = 0
    for methods in described["paths"].values():
        for call in methods.values():
            for holder in (call.get("requestBody", {}), *call["responses"].values()):
                for content in holder.get("content", {}).values():
                    fits(described, content["schema"], content["example"])
                    checked += 1
    assert checked >= 9


def test_answers_fit_their_schemas(shared_office: Office, described: dict[str, Any]) -> None:
    fits(described, answer_of(described, SUMMARY, "post"), shared_office.ask().json())
    bad = shared_office.ask(colour="red").json()
    fits(described, {"$ref": "#/components/schemas/Failure"}, bad)
    body = {"userId": shared_office.user, "device": "d", "away": [{}]}
    sent = shared_office.call(ACTIVITY, body).json()
    assert sent["data"]["rejected"]
    fits(described, answer_of(described, ACTIVITY, "post"), sent)
    made = shared_office.run("user", "add", "--name", "Cleo", "--email", "cleo@example.com")
    example = described["paths"][HEARTBEATS]["post"]["requestBody"]["content"]["application/json"]["example"]
    told = shared_office.call(HEARTBEATS, example, made["deviceToken"])
    assert [status for _, status in told.json()["responses"]] == [201, 400]
    fits(described, {"$ref": "#/components/schemas/HeartbeatsAnswer"}, told.json())


def test_answers_to_watchers_fit_their_schemas(shared_office: Office, described: dict[str, Any]) -> None:
    laptop = device_of(shared_office, "described", "described@example.com")
    calls = {
        "": {"client": "c", "type": "currentwindow", "hostname": "h"},
        "/heartbeat": event(0, 1, app="a"),
        "/events": [event(0, 1, app="a")],
    }
    for path, body in calls.items():
        call = described["paths"][f"/api/0/buckets/{{bucket}}{path}"]["post"]
        fits(described, call["requestBody"]["content"]["application/json"]["schema"], body)
        answer = laptop.post(f"buckets/b{path}?pulsetime=1", body)
        fits(described, answer_of(described, f"/api/0/buckets/{{bucket}}{path}", "post"), answer.json())
    again = laptop.post("buckets/b", calls[""])
    assert str(again.status_code) in described["paths"]["/api/0/buckets/{bucket}"]["post"]["responses"]
    info = shared_office.client.get("/api/0/info").json()
    fits(described, {"$ref": "#/components/schemas/Info"}, info)


def test_the_page_to_browse_names_each_call(shared_office: Office) -> None:
    page = shared_office.client.get("/schema")
    assert page.headers["content-type"].startswith("text/html")
    for call in (f"POST {SUMMARY}", f"POST {ACTIVITY}", f"DELETE {ACTIVITY}"):
        assert call in page.text
