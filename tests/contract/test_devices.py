"""Devices: made, listed with what is known of them, given tokens, refused, set."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.contract.served import ACTIVITY, Office, bearing, failed, succeeded
from tests.contract.test_commands import refused, run

EDITOR_KEY = re.compile("[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}")
FOCUS = {"start": "2026-02-03T09:00:00Z", "end": "2026-02-03T09:10:00Z", "app": "Code"}
AWAY = {"start": "2026-02-03T09:00:00Z", "end": "2026-02-03T09:08:00Z"}
ANNA = "anna@example.com"


def listed(office: Office, name: str) -> dict[str, Any]:
    (found,) = [one for one in office.run("device", "list", "--user", ANNA)["devices"] if one["name"] == name]
    return dict(found)


def report(office: Office, token: str, **lists: Any) -> dict[str, Any]:
    return succeeded(office.call(ACTIVITY, lists, token))


def test_a_device_from_its_token_to_its_end(office: Office) -> None:
    made = office.run("device", "add", "laptop-7", "--user", ANNA)
    before = listed(office, "laptop-7")
    assert (before["deviceId"], before["lastReport"], before["validTokens"]) == (made["deviceId"], None, 1)
    began = datetime.now(UTC).replace(microsecond=0)
    assert report(office, made["deviceToken"], focus=[FOCUS])["stored"] == 1
    after = listed(office, "laptop-7")
    assert began <= datetime.fromisoformat(after["lastReport"]) <= datetime.now(UTC)
    another = office.run("device", "token", made["deviceId"])
    assert report(office, another["deviceToken"], focus=[FOCUS])["unchanged"] == 1
    assert office.run("device", "revoke", "laptop-7", "--user", ANNA)["revokedTokens"] == 2
    for token in (made["deviceToken"], another["deviceToken"]):
        failed(office.call(ACTIVITY, {}, token), 401, "INVALID_API_KEY")
    assert listed(office, "laptop-7")["validTokens"] == 0
    assert report(office, office.run("device", "token", "laptop-7")["deviceToken"])["stored"] == 0


def test_whether_it_reports_input(office: Office) -> None:
    token = office.run("device", "add", "d", "--user", ANNA)["deviceToken"]
    report(office, token, focus=[FOCUS])
    assert (listed(office, "d")["reportsInput"], listed(office, "d")["lastInput"]) == (False, None)
    assert "d of anna@example.com reports no input: its time is never idle." in run(office.url, "device", "list").stdout
    report(office, token, away=[AWAY])
    report(office, token, focus=[FOCUS])
    assert listed(office, "d")["reportsInput"]


@pytest.mark.parametrize("ahead", [-7200, 0, 90])
def test_how_far_its_clock_is_off(office: Office, ahead: int) -> None:
    token = office.run("device", "add", "d", "--user", ANNA)["deviceToken"]
    clock = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    answer = office.client.post(ACTIVITY, json={"focus": [FOCUS]}, headers={**bearing(token), "Date": clock})
    succeeded(answer)
    assert abs(listed(office, "d")["clockSkewSeconds"] - ahead) <= 5


def test_the_date_header_is_in_utc_where_it_names_no_zone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        token = office.run("device", "add", "d", "--user", ANNA)["deviceToken"]
        clock = format_datetime(datetime.now(UTC).replace(tzinfo=None))
        answer = office.client.post(ACTIVITY, json={"focus": [FOCUS]}, headers={**bearing(token), "Date": clock})
        succeeded(answer)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert abs(listed(office, "d")["clockSkewSeconds"]) <= 5


def test_a_report_that_tells_no_time_leaves_a_slow_clock_known(office: Office) -> None:
    """An editor beside the agent sends no `Date`. That a clock is no longer fast its facts do tell."""
    token = office.run("device", "add", "d", "--user", ANNA)["deviceToken"]
    for ahead, known in ((-7200, True), (0, True), (90, False)):
        clock = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
        office.client.post(ACTIVITY, json={"focus": [FOCUS]}, headers={**bearing(token), "Date": clock})
        report(office, token, focus=[FOCUS])
        skew = listed(office, "d")["clockSkewSeconds"]
        assert abs(skew - ahead) <= 5 if known else skew is None


def test_a_clock_that_does_not_say_itself_is_known_by_the_future(office: Office) -> None:
    token = office.run("device", "add", "d", "--user", ANNA)["deviceToken"]
    report(office, token, focus=[FOCUS])
    assert listed(office, "d")["clockSkewSeconds"] is None
    report(office, token, focus=[{**FOCUS, "end": "9999-12-31T00:00:00Z"}])
    assert listed(office, "d")["clockSkewSeconds"] > 1_000_000_000


def test_a_token_in_the_form_that_editors_insist_on(office: Office) -> None:
    token = office.run("device", "add", "vim", "--user", ANNA, "--editor")["deviceToken"]
    assert EDITOR_KEY.fullmatch(token)
    for form in (token, f"waka_{token}", token.upper()):
        report(office, form, focus=[FOCUS])
        assert succeeded(office.client.get("/v1/me", headers=bearing(form)))["device"] == "vim"
    wrong = token[:-1] + ("0" if token[-1] != "0" else "1")
    failed(office.call(ACTIVITY, {}, wrong), 401, "INVALID_API_KEY")
    failed(office.call(ACTIVITY, {}, "waka_ffffffff-0000-4000-8000-000000000000"), 401, "INVALID_API_KEY")


def test_reach_and_timeout_hold_for_what_is_stored(office: Office) -> None:
    later = {**FOCUS, "start": "2026-02-03T09:10:20Z", "end": "2026-02-03T09:20:00Z"}
    office.send(focus=[FOCUS, later])
    asked = {"startDate": "2026-02-03 00:00:00", "endDate": "2026-02-03 23:59:59"}

    def total() -> int:
        seconds: int = succeeded(office.ask(**asked))["overallSummary"]["totalTimeSpendSeconds"]
        return seconds

    assert total() == 1180
    said = office.run("device", "set", "laptop-7", "--reach", "20", "--timeout", "300")
    assert (said["reachSeconds"], said["timeoutSeconds"]) == (20, 300)
    assert total() == 1200


@pytest.mark.parametrize("name", ["[/]", "[red]", ":smile:"])
def test_a_name_is_shown_as_it_is(office: Office, name: str) -> None:
    office.send(device=name, focus=[FOCUS])
    shown = run(office.url, "device", "list").stdout
    assert shown.count(name) == 2
    assert f"{name} of {ANNA} reports no input" in shown


def test_an_erased_device_to_come_has_a_name_that_a_device_may_have(office: Office) -> None:
    body = {"userId": office.user, "startDate": "2026-02-03 00:00:00", "endDate": "2026-02-03 23:59:59"}
    body |= {"timeZone": "UTC", "device": "to\0 come"}
    succeeded(office.call(ACTIVITY, body, method="DELETE"))
    assert listed(office, "to come")["lastReport"] is None
    for name in ("", "d" * 256):
        failed(office.call(ACTIVITY, {**body, "device": name}, method="DELETE"), 400, "VALIDATION_ERROR")


def test_what_is_refused(office: Office) -> None:
    office.run("device", "add", "d", "--user", ANNA)
    url = office.url
    assert "already" in refused(url, "device", "add", "d", "--user", ANNA)
    assert "characters" in refused(url, "device", "add", "", "--user", ANNA)
    assert "no device" in refused(url, "device", "revoke", "e")
    assert "no user" in refused(url, "device", "add", "d", "--user", "nobody@example.com")
    office.run("user", "add", "--name", "Bob", "--email", "bob@example.com")
    office.run("device", "add", "d", "--user", "bob@example.com")
    assert "--user" in refused(url, "device", "revoke", "d")
    refused(url, "device", "set", "d", "--user", ANNA, code=2)
    refused(url, "device", "set", "d", "--user", ANNA, "--reach", "61", code=2)
