"""`/v1/devices` and `/v1/keys`: made, listed, changed, refused; who a key acts as, and when it was last used."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from tests.contract.served import ACTIVITY, NOBODY, Office, failed, fields, succeeded
from tests.contract.test_employees import roles
from tests.contract.test_people import added, get, made, own_key, removed
from timegrain.storage.schema import EMPLOYEE

DEVICES, KEYS = "/v1/devices", "/v1/keys"
FOCUS = {"start": "2026-02-02T06:00:00Z", "end": "2026-02-02T06:10:00Z", "app": "Code"}


def test_a_lost_token_is_replaced(office: Office) -> None:
    grace, bob = (added(office, name)["userId"] for name in ("Grace", "Bob"))
    device = made(office.call(DEVICES, {"userId": grace, "name": "laptop"}))
    made(office.call(DEVICES, {"userId": bob, "name": "laptop"}))
    removed(office.call(f"{DEVICES}/{device['deviceId']}", None, method="DELETE"))
    tokens = f"{DEVICES}/{device['deviceId']}/tokens"
    another = made(office.call(tokens, {}))
    assert another == {**device, "deviceToken": another["deviceToken"]}
    failed(office.call(ACTIVITY, {"focus": [FOCUS], "away": []}, device["deviceToken"]), 401, "INVALID_API_KEY")
    for token in (another["deviceToken"], made(office.call(tokens, {"editor": True}))["deviceToken"]):
        succeeded(office.call(ACTIVITY, {"focus": [FOCUS], "away": []}, token))
    (listed,) = succeeded(get(office, DEVICES, userId=grace))["items"]
    assert (listed["deviceId"], listed["validTokens"]) == (device["deviceId"], 2)
    one = f"{DEVICES}/{device['deviceId']}"
    assert succeeded(get(office, one)) == listed
    failed(get(office, one, own_key(office, bob, EMPLOYEE)), 403, "FORBIDDEN")
    failed(get(office, f"{DEVICES}/{NOBODY}"), 404, "NOT_FOUND")
    failed(office.call(f"{DEVICES}/{NOBODY}/tokens", {}), 404, "NOT_FOUND")


def test_a_device_is_made_reports_and_is_refused(office: Office) -> None:
    grace, bob = (added(office, name)["userId"] for name in ("Grace", "Bob"))
    device = made(office.call(DEVICES, {"userId": grace, "name": "laptop"}))
    token = device.pop("deviceToken")
    assert device == {"deviceId": device["deviceId"], "userId": grace, "name": "laptop"}
    failed(office.call(DEVICES, {"userId": grace, "name": "laptop"}), 409, "NAME_TAKEN")
    failed(office.call(DEVICES, {"userId": NOBODY, "name": "laptop"}), 404, "USER_NOT_FOUND")
    made(office.call(DEVICES, {"userId": bob, "name": "laptop", "editor": True}))
    (of_bob, silent) = succeeded(get(office, DEVICES))["items"]
    assert (of_bob["userId"], of_bob["lastReport"]) == (bob, None)
    assert silent == {
        **device,
        "reachSeconds": 5,
        "timeoutSeconds": 120,
        "lastReport": None,
        "clockSkewSeconds": None,
        "reportsInput": False,
        "validTokens": 1,
    }
    succeeded(office.call(ACTIVITY, {"focus": [FOCUS], "away": []}, token))
    page = succeeded(get(office, DEVICES, limit=1))
    (heard,) = succeeded(get(office, DEVICES, cursor=page["nextCursor"]))["items"]
    assert heard["lastReport"] is not None
    path = f"{DEVICES}/{device['deviceId']}"
    changed = succeeded(office.call(path, {"reachSeconds": 60, "timeoutSeconds": None}, method="PATCH"))
    assert changed == {**heard, "reachSeconds": 60}
    assert succeeded(get(office, DEVICES))["items"][1] == changed
    failed(office.call(path, {"reachSeconds": 61}, method="PATCH"), 400, "VALIDATION_ERROR")
    failed(office.call(path, {}, method="PATCH"), 400, "VALIDATION_ERROR")
    removed(office.call(path, None, method="DELETE"))
    failed(office.call(ACTIVITY, {"focus": [FOCUS]}, token), 401, "INVALID_API_KEY")
    assert succeeded(get(office, DEVICES))["items"][1]["validTokens"] == 0
    failed(office.call(f"{DEVICES}/{NOBODY}", None, method="DELETE"), 404, "NOT_FOUND")


def test_a_key_acts_with_its_role_for_its_user(office: Office) -> None:
    grace, bob = (added(office, name)["userId"] for name in ("Grace", "Bob"))
    employee = roles(office)["Employee"]
    body = {"name": "Own", "roleId": employee, "userId": grace, "expiresAt": "2036-01-01T00:00:00+00:00"}
    key = made(office.call(KEYS, body))
    assert office.ask(key["apiKey"], userId=[grace]).status_code == 200
    failed(office.ask(key["apiKey"], userId=[bob]), 403, "FORBIDDEN")
    (own,) = succeeded(get(office, KEYS, key["apiKey"]))["items"]
    assert own == {
        "keyId": key["keyId"],
        "name": "Own",
        "kind": None,
        "role": {"roleId": employee, "name": "Employee"},
        "userId": grace,
        "createdAt": own["createdAt"],
        "expiresAt": "2036-01-01T00:00:00.000Z",
        "revokedAt": None,
        "lastUsed": own["lastUsed"],
    }
    assert [one["name"] for one in succeeded(get(office, KEYS))["items"]] == ["first", "Own"]
    removed(office.call(f"{KEYS}/{key['keyId']}", None, method="DELETE"))
    failed(office.ask(key["apiKey"], userId=[grace]), 401, "INVALID_API_KEY")
    failed(office.call(f"{KEYS}/{key['keyId']}", None, method="DELETE"), 404, "NOT_FOUND")


def test_what_no_key_is_made_with(office: Office) -> None:
    for given, field in (
        ({}, "roleId"),
        ({"kind": "reader", "roleId": NOBODY}, "roleId"),
        ({"kind": "reader", "expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"kind": "reader", "expiresAt": "2036-01-01T00:00:00"}, "expiresAt"),
        ({"kind": "reader", "expiresAt": "9999-12-31T23:59:59-14:00"}, "expiresAt"),
        ({"kind": "king"}, "kind"),
    ):
        assert fields(failed(office.call(KEYS, {"name": "K", **given}), 400, "VALIDATION_ERROR")) == [field]
    assert len(succeeded(get(office, KEYS))["items"]) == 1
    failed(office.call(KEYS, {"name": "K", "roleId": NOBODY}), 404, "ROLE_NOT_FOUND")
    failed(office.call(KEYS, {"name": "K", "kind": "reader", "userId": NOBODY}), 404, "USER_NOT_FOUND")


def test_no_cursor_breaks_a_list(office: Office) -> None:
    """A number that no database holds is no cursor, whoever made it up."""
    made_up = urlsafe_b64encode(str(1 << 63).encode()).decode()
    for path in (KEYS, "/v1/audit", "/v1/jobs", "/v1/holidays"):
        assert fields(failed(get(office, path, cursor=made_up), 400, "VALIDATION_ERROR")) == ["cursor"]
