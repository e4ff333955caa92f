"""TrackPilots' calls answer with exactly the fields that its clients know: the shape of each is recorded."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from tests.contract.served import Office
from tests.contract.test_figures import DAY, worked

__all__ = ["worked"]

SHAPES: dict[str, Any] = json.loads(Path(__file__).with_name("shapes.json").read_text(encoding="utf-8"))
FORMS = {
    "instant": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z",
    "day": r"\d{4}-\d\d-\d\dT00:00:00\.000Z",
    "calendar day": r"\d{4}-\d\d-\d\d",
    "clock": r"\d\d:\d\d:\d\d",
    "text": r"(?s).*",
}


def fits(shape: Any, value: Any, where: str) -> None:
    """Every field of the shape and no other, of its kind; a list's items all alike."""
    if isinstance(shape, str) and shape in SHAPES:
        shape = SHAPES[shape]
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        assert set(value) == set(shape), where
        for name, inner in shape.items():
            fits(inner, value[name], f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        assert shape or not value, where
        for item in value:
            fits(shape[0], item, f"{where}[]")
    else:
        assert is_of_kind(str(shape), value), (where, shape, value)


def is_of_kind(kind: str, value: Any) -> bool:
    if kind.startswith("null"):
        return value is None or (" or " in kind and is_of_kind(kind.partition(" or ")[2], value))
    if kind == "count":
        return type(value) is int
    if kind == "flag":
        return type(value) is bool
    if kind == "id":
        return str(UUID(value)) == value
    return isinstance(value, str) and re.fullmatch(FORMS[kind], value) is not None


def recorded(office: Office, name: str, body: Any) -> dict[str, Any]:
    """Ask, and compare with the recorded shape and the envelope around it."""
    method, path, *_ = name.split()
    answer: httpx.Response = office.call(path, body, method=method)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert bool(told.get("data", True)) == bool(SHAPES[name].get("data", True))
    envelope = {"success": True, "statusCode": 200, "statusMessage": told["statusMessage"], "error": None}
    assert {key: told[key] for key in envelope} == envelope
    fits(SHAPES[name], {key: value for key, value in told.items() if key not in envelope}, name)
    return told


def test_shapes_of_questions(worked: Office) -> None:
    asked = worked.question(**DAY)
    month = {"year": 2026, "month": 2, "timeZone": "Asia/Kolkata", "userId": [worked.user], "teamId": None}
    bodies = {"POST /v1/my-team": {"timeZone": "Asia/Kolkata", "userId": [worked.user], "teamId": []}}
    bodies |= dict.fromkeys((name for name in SHAPES if "/report-analysis/" in name), month)
    bodies["POST /v1/proof-of-work/timesheet with offset"] = {**asked, "offset": 1}
    names = [name for name in SHAPES if name.startswith("POST") and "employees" not in name and "access" not in name]
    assert len(names) == 13
    for name in names:
        # TrackPilots' clients send paging everywhere.
        recorded(worked, name, bodies.get(name, {**asked, "limit": 10}))


def test_shapes_of_people_and_roles(office: Office) -> None:
    team = office.run("team", "add", "Design")["teamId"]
    roles = recorded(office, "GET /v1/access-management", None)["data"]
    employee = next(one["roleId"] for one in roles if one["roleName"] == "Employee")
    pages = [{"path": "/my-team", "access": "Team Data"}, {"path": "/somewhere/else", "access": "Full Access"}]
    made = recorded(office, "POST /v1/access-management", {"roleName": "Lead", "roleData": [pages]})["data"]
    assert made["roleData"] == pages
    named = {"roleId": made["roleId"], "roleName": "Leads", "roleData": None}
    assert recorded(office, "PATCH /v1/access-management", named)["data"]["roleData"] == pages
    recorded(office, "DELETE /v1/access-management", {"roleId": made["roleId"]})
    person = {"userName": "Grace Hopper", "roleId": employee, "teamId": [team], "workMode": "remote"}
    new = {**person, "emailId": "grace@example.com", "password": "Compiler-1952"}
    user = recorded(office, "POST /v1/employees", new)["response"]["userId"]
    recorded(office, "PATCH /v1/employees", {**person, "userId": user, "workMode": "hybrid"})
    recorded(office, "POST /v1/employees/filter", {"userId": [user]})
    recorded(office, "GET /v1/settings/idle-alert", None)
