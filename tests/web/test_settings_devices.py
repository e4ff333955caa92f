"""Devices, keys and roles in the settings, with forms alone: secrets that are shown once, and what they open."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests.contract.served import ACTIVITY, NOBODY, Office, bearing, failed, succeeded
from tests.contract.test_people import added, get, made
from tests.web.test_settings_people import invalid, shown_once
from tests.web.visiting import Visitor, visitor
from timegrain import clock
from timegrain.web.settings.devices import is_insecure

AFTER = 1_893_522_600
"""The end of the first day of 2030 in Kolkata."""

DEVICES, KEYS, ROLES = "/settings/devices", "/settings/keys", "/settings/roles"
FOCUS = {"start": "2026-02-02T06:00:00Z", "end": "2026-02-02T06:10:00Z", "app": "Code"}
AWAY = {"start": "2026-02-02T06:10:00Z", "end": "2026-02-02T06:20:00Z"}


def devices(office: Office, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = succeeded(get(office, "/v1/devices", **query))["items"]
    return found


def row(page: str, name: str) -> str:
    """The words of a row of a table."""
    (found,) = (one for one in re.findall(r"<tr role=\"row\">(.*?)</tr>", page) if f">{name}<" in one)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found)).split())


def twice(who: Visitor, path: str, form: dict[str, str]) -> list[str]:
    """A form, and the very same again: both pages."""
    csrf = re.search(r'name="csrf" value="([^"]+)"', who.get(path))
    assert csrf
    answers = [who.client.post(path, data={"csrf": csrf[1], **form}) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 409]
    return [one.text for one in answers]


def test_a_device_is_paired_reports_and_is_refused(office: Office) -> None:
    anna = visitor(office)
    grace = added(office, "Grace")["userId"]
    form = {"userId": grace, "name": "laptop <7>", "kind": "agent"}
    first, again = twice(anna, f"{DEVICES}/new", form)
    token = shown_once(first, "Token")
    assert f" {token}" in shown_once(first, "Command that pairs")
    assert "<7>" not in first
    assert "cannot be shown again" in again
    assert "data-copied" not in again
    taken = anna.post(f"{DEVICES}/new", form)
    assert taken.status_code == 409
    assert 'value="laptop &lt;7&gt;"' in taken.text
    assert "nothing yet" in row(anna.get(DEVICES), "laptop &lt;7&gt;")
    succeeded(office.call(ACTIVITY, {"focus": [FOCUS]}, token))
    assert "no input watcher : never idle 1 token" in row(anna.get(f"{DEVICES}?who={grace}"), "laptop &lt;7&gt;")
    succeeded(office.call(ACTIVITY, {"away": [AWAY]}, token))
    assert "reports input 1 token" in row(anna.get(DEVICES), "laptop &lt;7&gt;")
    assert "No device is paired" in anna.get(f"{DEVICES}?who={office.user}")
    page = f"{DEVICES}/{devices(office)[0]['deviceId']}"
    assert anna.post(f"{page}/revoke", {}).url.path == page
    failed(office.call(ACTIVITY, {"focus": [FOCUS]}, token), 401, "INVALID_API_KEY")
    another = shown_once(anna.post(page, {"do": "token", "kind": "agent"}).text, "Token")
    succeeded(office.call(ACTIVITY, {"focus": [FOCUS]}, another))


def test_how_a_devices_reports_are_joined(sqlite_office: Office) -> None:
    anna = visitor(sqlite_office)
    device = made(sqlite_office.call("/v1/devices", {"userId": sqlite_office.user, "name": "laptop"}))["deviceId"]
    page = f"{DEVICES}/{device}"
    anna.post(page, {"do": "joined", "reachSeconds": "7", "timeoutSeconds": "90"})
    (found,) = devices(sqlite_office)
    assert (found["reachSeconds"], found["timeoutSeconds"]) == (7, 90)
    for name, value in (
        ("reachSeconds", "-1"),
        ("reachSeconds", "soon"),
        ("reachSeconds", "1.5"),
        ("timeoutSeconds", "0"),
    ):
        answer = anna.post(page, {"do": "joined", "reachSeconds": "7", "timeoutSeconds": "90", name: value})
        assert (answer.status_code, invalid(answer.text)) == (400, [name])
        assert f'value="{value}"' in answer.text
    assert anna.client.get(f"{DEVICES}/{NOBODY}").status_code == 404


def test_an_editor_gets_a_key_in_its_own_form(sqlite_office: Office) -> None:
    anna = visitor(sqlite_office)
    form = {"userId": sqlite_office.user, "name": "editor", "kind": "editor"}
    page = anna.post(f"{DEVICES}/new", form).text
    token = shown_once(page, "Token")
    assert re.fullmatch(r"[0-9a-f-]{36}", token)
    settings = shown_once(page, "Settings of the plugin")
    base = str(sqlite_office.client.base_url).rstrip("/")
    assert settings.splitlines() == ["[settings]", f"api_url = {base}/api/v1", f"api_key = {token}"]
    for changed, field in (({"userId": ""}, "userId"), ({"name": ""}, "name"), ({"userId": NOBODY}, "userId")):
        answer = anna.post(f"{DEVICES}/new", {**form, **changed})
        assert (answer.status_code // 100, invalid(answer.text)) == (4, [field])
    assert anna.post(f"{DEVICES}/new", {**form, "kind": "car"}).status_code == 400


@pytest.mark.parametrize(
    ("base", "insecure"),
    [
        ("https://timegrain.example", False),
        ("http://timegrain.example:8600", True),
        ("http://127.0.0.1:8600", False),
        ("http://[::1]:8600", False),
        ("http://localhost", False),
    ],
)
def test_the_command_says_where_there_is_no_tls(base: str, insecure: bool) -> None:
    assert is_insecure(base) is insecure


def test_a_key_is_made_shown_once_and_refused(office: Office) -> None:
    anna = visitor(office)
    grace = added(office, "Grace")["userId"]
    employee = next(
        one["roleId"] for one in succeeded(get(office, "/v1/access-management")) if one["roleName"] == "Employee"
    )
    form = {"name": "Payroll", "roleId": employee, "userId": grace, "expiresAt": "2036-01-01"}
    first, again = twice(anna, f"{KEYS}/new", form)
    key = shown_once(first, "Key")
    assert "cannot be shown again" in again
    me = succeeded(office.client.get("/v1/me", headers=bearing(key)))
    assert (me["roleName"], me["user"]["userId"]) == ("Employee", grace)
    listed = row(anna.get(KEYS), "Payroll")
    assert "Role Employee Grace" in listed
    # In Kolkata the day ends here.
    found = next(one for one in succeeded(get(office, "/v1/keys"))["items"] if one["name"] == "Payroll")
    assert found["expiresAt"] == "2036-01-01T18:30:00.000Z"
    assert sum(one["name"] == "Payroll" for one in succeeded(get(office, "/v1/keys"))["items"]) == 1
    revoke = f"{KEYS}/{found['keyId']}/revoke"
    assert anna.post(revoke, {}).url.path == KEYS
    failed(office.client.get("/v1/me", headers=bearing(key)), 401, "INVALID_API_KEY")
    assert row(anna.get(KEYS), "Payroll").endswith("refused")
    assert anna.post(revoke, {}).status_code == 404
    reader = anna.post(f"{KEYS}/new", {"name": "Board", "roleId": "reader", "userId": "", "expiresAt": ""}).text
    assert succeeded(office.client.get("/v1/me", headers=bearing(shown_once(reader, "Key"))))["role"] == "reader"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"roleId": ""}, "roleId"),
        ({"roleId": NOBODY}, "roleId"),
        ({"userId": NOBODY}, "userId"),
        ({"expiresAt": "soon"}, "expiresAt"),
        ({"expiresAt": "2020-01-01"}, "expiresAt"),
        ({"expiresAt": "9998-01-01"}, "expiresAt"),
    ],
)
def test_a_key_that_cannot_be_names_its_field(sqlite_office: Office, changed: dict[str, str], field: str) -> None:
    anna = visitor(sqlite_office)
    form = {"name": "Payroll", "roleId": "reader", "userId": "", "expiresAt": "", **changed}
    answer = anna.post(f"{KEYS}/new", form)
    assert (answer.status_code // 100, invalid(answer.text)) == (4, [field])
    assert "Payroll" in answer.text or field == "name"


def test_an_expired_key_says_so(sqlite_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = visitor(sqlite_office)
    anna.post(f"{KEYS}/new", {"name": "Short", "roleId": "reader", "expiresAt": "2030-01-01"})
    assert "valid" in row(anna.get(KEYS), "Short")
    monkeypatch.setattr(clock, "now", lambda: AFTER)
    assert "expired" in row(visitor(sqlite_office).get(KEYS), "Short")


def test_a_role_is_copied_changed_and_removed(office: Office) -> None:
    anna = visitor(office)
    roles = {one["roleName"]: one for one in succeeded(get(office, "/v1/access-management"))}
    built_in = f"{ROLES}/{roles['Manager']['roleId']}"
    assert "cannot be changed" in anna.get(built_in)
    assert "disabled" in anna.get(built_in)
    assert anna.post(built_in, {"roleName": "Boss", "/": ""}, ROLES + "/new").status_code in (400, 409)
    paths = {page["path"]: "" for page in roles["Admin"]["roleData"]}
    new = f"{ROLES}/new?copy={roles['Manager']['roleId']}"
    assert "Copy of Manager" in anna.get(new)
    form = {**paths, "roleName": "Auditor", "/report-analysis": "Full Access", "copy": roles["Manager"]["roleId"]}
    page = anna.post(f"{ROLES}/new", form).url.path
    kept = {"path": "/of-another-tool", "access": "Own Data"}
    role = page.rpartition("/")[2]
    pages = [{"path": "/report-analysis", "access": "Full Access"}, kept]
    succeeded(
        office.call("/v1/access-management", {"roleId": role, "roleName": "Auditor", "roleData": pages}, "", "PATCH")
    )
    anna.post(page, {**paths, "roleName": "Auditors", "/my-team": "Team Data"})
    found = next(one for one in succeeded(get(office, "/v1/access-management")) if one["roleId"] == role)
    assert found == {
        "roleId": role,
        "roleName": "Auditors",
        "roleData": [kept, {"path": "/my-team", "access": "Team Data"}],
    }
    assert "Team data : My team" in row(anna.get(ROLES), "Auditors")
    taken = anna.post(page, {**paths, "roleName": "ADMIN", "/": "Own Data"})
    assert (taken.status_code, invalid(taken.text)) == (409, ["roleName"])
    assert re.search(r'name="/" value="Own Data"[^>]* checked', taken.text)
    assert anna.post(page, {**paths, "roleName": "Auditors", "/": "Everything"}).status_code == 400
    user = added(office, "Grace", roleId=role)["userId"]
    assert anna.post(f"{page}/remove", {}).status_code == 409
    office.call(f"/v1/users/{user}", {"roleId": roles["Employee"]["roleId"]}, "", "PATCH")
    assert anna.post(f"{page}/remove", {}).url.path == ROLES
    assert "Auditors" not in anna.get(ROLES)
