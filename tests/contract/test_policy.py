"""`/v1/policy`, `/v1/users/{userId}/policy`, `/v1/holidays`: what they answer, when it holds, what is recorded."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.served import NOBODY, Office, bearing, failed, fields, statements, succeeded
from tests.contract.test_audit import person, trail

POLICY, HOLIDAYS = "/v1/policy", "/v1/holidays"
WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday"]
DEFAULT = {
    "timeZone": "Asia/Kolkata",
    "weekStart": "monday",
    "idleCounting": True,
    "idleMinutes": 5,
    "awayLimitMinutes": 60,
    "unattendedLimitMinutes": 240,
    "titles": "none",
    "urls": "host",
    "notice": None,
    "ownErasure": False,
    "questionsAMinute": 600,
    "batchesAMinute": 600,
    "auditDays": 365,
    "factsDays": None,
    "titlesDays": None,
    "slotsDays": None,
    "kept": {"factsFrom": None, "titlesFrom": None, "slotsFrom": None, "lastRun": None},
    "holdsFrom": None,
    "workDays": WEEK,
    "expectedHours": 8,
    "schedules": [],
}


def got(office: Office, path: str, key: str = "", **query: Any) -> dict[str, Any]:
    return succeeded(office.client.get(path, params=query, headers=bearing(key or office.admin)))


def patched(office: Office, path: str, **given: Any) -> dict[str, Any]:
    return succeeded(office.call(path, given, method="PATCH"))


def of_user(user: str) -> str:
    return f"/v1/users/{user}/policy"


def test_all_that_can_be_set_is_set_and_recorded(office: Office) -> None:
    assert got(office, POLICY) == DEFAULT
    given = {
        "timeZone": "Europe/Berlin",
        "weekStart": "sunday",
        "idleCounting": False,
        "idleMinutes": 10,
        "awayLimitMinutes": 90,
        "unattendedLimitMinutes": 300,
        "titles": "managers",
        "urls": "full",
        "notice": "We count.",
        "ownErasure": True,
        "questionsAMinute": 0,
        "batchesAMinute": 60,
        "auditDays": 30,
        "factsDays": 400,
        "titlesDays": 30,
        "slotsDays": 4000,
    }
    assert patched(office, POLICY, **given) == {**DEFAULT, **given}
    assert got(office, POLICY) == {**DEFAULT, **given}
    [entry] = trail(office, call="PATCH /v1/policy")
    assert entry["after"] == given
    assert entry["before"] == {name: DEFAULT[name] for name in given}
    assert patched(office, POLICY) == {**DEFAULT, **given}
    assert patched(office, POLICY, notice=None)["notice"] is None


def test_limits_hold_for_stored_time(office: Office) -> None:
    day = "2026-02-03"
    office.send(
        focus=[{"start": f"{day}T09:00:00Z", "end": f"{day}T10:00:00Z", "app": "Code"}],
        away=[{"start": f"{day}T09:10:00Z", "end": f"{day}T09:20:00Z"}],
    )

    def idle() -> int:
        range_ = {"startDate": f"{day} 00:00:00", "endDate": f"{day} 23:59:59"}
        seconds: int = succeeded(office.ask(**range_))["overallSummary"]["totalIdleTimeSpendSeconds"]
        return seconds

    assert idle() == 600
    patched(office, POLICY, idleMinutes=15)
    assert idle() == 0
    patched(office, of_user(office.user), idleMinutes=4)
    assert idle() == 600
    assert patched(office, of_user(office.user), idleMinutes=None)["inForce"]["idleMinutes"] == 15
    assert idle() == 0


def test_work_days_and_hours_hold_from_a_day_on(office: Office) -> None:
    ben, ben_key = person(office, "ben")
    first = patched(office, POLICY, workDays=["sunday", "monday"], expectedHours=7.5, **{"from": "2026-01-05"})
    assert (first["workDays"], first["expectedHours"]) == (["monday", "sunday"], 7.5)
    later = patched(office, POLICY, expectedHours=4, **{"from": "2030-01-01"})
    assert later["expectedHours"] == 7.5
    assert later["schedules"] == [
        {"from": "2026-01-05", "workDays": ["monday", "sunday"], "expectedHours": 7.5},
        {"from": "2030-01-01", "workDays": ["monday", "sunday"], "expectedHours": 4},
    ]
    own = patched(office, of_user(ben), expectedHours=6, **{"from": "2026-02-01"})
    assert own["schedules"] == [{"from": "2026-02-01", "workDays": None, "expectedHours": 6}]
    in_force = {"idleCounting": True, "idleMinutes": 5, "awayLimitMinutes": 60, "unattendedLimitMinutes": 240}
    assert own["inForce"] == {**in_force, "workDays": ["monday", "sunday"], "expectedHours": 6}
    assert got(office, of_user(ben), ben_key) == own
    back = patched(office, of_user(ben), expectedHours=None)
    assert (back["inForce"]["expectedHours"], len(back["schedules"])) == (7.5, 2)
    newest, _ = trail(office, call="PATCH /v1/users/{userId}/policy")
    assert (newest["before"]["expectedHours"], newest["after"]["expectedHours"]) == (6, None)
    assert [one["userId"] for one in newest["about"]] == [ben]


def test_the_month_is_as_the_schedule_and_the_holidays_say(office: Office) -> None:
    def month(**more: Any) -> dict[str, Any]:
        body = {"year": 2026, "month": 2, "timeZone": "UTC", "userId": [office.user], **more}
        found: dict[str, Any] = succeeded(office.call("/v1/report-analysis/monthly-summary", body))[0]["monthlySummary"]
        return found

    assert month()["workingDays"] == 20
    patched(office, of_user(office.user), workDays=["monday"], **{"from": "2026-02-01"})
    assert month()["workingDays"] == 4
    patched(office, of_user(office.user), workDays=None, **{"from": "2026-02-16"})
    assert month()["workingDays"] == 2 + 10
    made = office.call(HOLIDAYS, {"day": "2026-02-17", "name": "Carnival"}).json()
    assert (made["statusCode"], made["data"]["day"], made["data"]["name"]) == (201, "2026-02-17", "Carnival")
    assert month()["workingDays"] == 2 + 9
    failed(office.call(HOLIDAYS, {"day": "2026-02-17", "name": "again"}), 409, "REFUSED")
    office.call(HOLIDAYS, {"day": "2027-01-01", "name": "New Year"})
    assert got(office, HOLIDAYS, year=2026) == {"items": [made["data"]], "nextCursor": None}
    page = got(office, HOLIDAYS, limit=1)
    assert [one["name"] for one in got(office, HOLIDAYS, cursor=page["nextCursor"])["items"]] == ["New Year"]
    path = f"{HOLIDAYS}/{made['data']['holidayId']}"
    for status in (204, 404):
        assert office.client.delete(path, headers=bearing(office.admin)).status_code == status
    assert month()["workingDays"] == 2 + 10
    [gone] = trail(office, call="DELETE /v1/holidays/{holidayId}")
    assert (gone["before"], gone["after"]) == ({"day": "2026-02-17", "name": "Carnival"}, None)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("awayLimitMinutes", {"idleMinutes": 10, "awayLimitMinutes": 9}),
        ("unattendedLimitMinutes", {"idleMinutes": 10, "unattendedLimitMinutes": 9}),
        ("idleMinutes", {"idleMinutes": 0}),
        ("workDays[0]", {"workDays": ["Monday"]}),
        ("expectedHours", {"expectedHours": 25}),
        ("from", {"from": "2026-02-01"}),
        ("from", {"workDays": [], "from": "yesterday"}),
        ("colour", {"colour": "red"}),
    ],
)
def test_what_is_wrong_is_named(shared_office: Office, field: str, given: dict[str, Any]) -> None:
    body = failed(shared_office.call(POLICY, given, method="PATCH"), 400, "VALIDATION_ERROR")
    assert fields(body) == [field]


def test_what_is_refused(shared_office: Office) -> None:
    office = shared_office
    failed(office.call(POLICY, {"timeZone": "Mars"}, method="PATCH"), 400, "INVALID_TIME_ZONE")
    failed(office.call(POLICY, {"awayLimitMinutes": 1, "workDays": []}, method="PATCH"), 409, "REFUSED")
    failed(office.call(of_user(office.user), {"titles": "none"}, method="PATCH"), 400, "VALIDATION_ERROR")
    failed(office.call(of_user(NOBODY), {"idleMinutes": 3}, method="PATCH"), 404, "USER_NOT_FOUND")
    failed(office.call(of_user("x"), {"idleMinutes": 3}, method="PATCH"), 400, "VALIDATION_ERROR")
    failed(office.call(HOLIDAYS, {"day": "1999-01-01", "name": "x"}), 400, "VALIDATION_ERROR")
    assert got(office, POLICY) == DEFAULT
    assert trail(office, call="PATCH /v1/policy") == []


def test_each_question_is_three_statements_at_most(office: Office) -> None:
    patched(office, of_user(office.user), workDays=[])
    for path, how_many in ((POLICY, 2), (of_user(office.user), 3), (HOLIDAYS, 2)):
        with statements(office) as asked:
            got(office, path)
        assert len(asked) == how_many


def test_the_command_line_sets_the_same(office: Office) -> None:
    flags = ("--idle", "off", "--away-limit-minutes", "90", "--questions-a-minute", "0", "--own-erasure", "on")
    office.run("policy", *flags, "--work-days", "mon,Tuesday", "--expected-hours", "7.5", "--from", "2026-01-01")
    set_ = {"idleCounting": False, "awayLimitMinutes": 90, "questionsAMinute": 0, "ownErasure": True}
    week = {"workDays": ["monday", "tuesday"], "expectedHours": 7.5}
    assert got(office, POLICY) == {**DEFAULT, **set_, **week, "schedules": [{"from": "2026-01-01", **week}]}
    own = office.run("policy", "--user", "anna@example.com", "--expected-hours", "6", "--idle", "on")
    assert (own["idle"], own["workDays"], own["expectedHours"]) == ("on", ["monday", "tuesday"], 6)
    office.run("holiday", "add", "2026-08-15", "Independence Day")
    assert [one["name"] for one in office.run("holiday", "list", "--year", "2026")["holidays"]] == ["Independence Day"]
    office.run("holiday", "remove", "2026-08-15")
    entries = office.run("audit", "--since", "2026-01-01")["entries"]
    calls = [one["call"] for one in entries]
    assert calls == ["timegrain holiday remove", "timegrain holiday add", *["timegrain policy"] * 4, "timegrain init"]
    assert {(one["user"], one["key"], one["address"]) for one in entries} == {(None, None, None)}
    about = office.run("audit", "--user", "anna@example.com")["entries"]
    assert [one["about"] for one in about] == [["anna@example.com"]] * 3
    assert {one["commandLine"] for one in trail(office)} == {True}
