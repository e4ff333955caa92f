"""Policy, work days, holidays, retention and the audit trail as forms: what works without script."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.contract.served import Office, succeeded
from tests.web.visiting import Visitor, visitor

COUNTING = {
    "do": "counting",
    "idleCounting": "yes",
    "idleMinutes": "5",
    "awayLimitMinutes": "60",
    "unattendedLimitMinutes": "240",
    "timeZone": "Asia/Kolkata",
    "weekStart": "monday",
}


def policy(office: Office) -> dict[str, Any]:
    return succeeded(office.call("/v1/policy", None, method="GET"))


def bela(office: Office) -> tuple[Visitor, str]:
    """An employee, signed in."""
    made = office.run("user", "add", "--name", "Bela", "--email", "bela@example.com")
    return visitor(office, "bela@example.com"), made["userId"]


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_limits_change_all_time_and_are_told_apart(office: Office) -> None:
    """An hour with a pause of 7 minutes: idle at a threshold of 5 minutes, active at 10."""
    office.send(
        focus=[{"start": "2026-02-03T09:00:00Z", "end": "2026-02-03T10:00:00Z", "app": "Code"}],
        away=[{"start": "2026-02-03T09:20:00Z", "end": "2026-02-03T09:27:00Z"}],
    )
    anna = visitor(office)
    answer = anna.post("/settings/policy", {**COUNTING, "idleMinutes": "10"})
    assert answer.status_code == 200
    assert "Saved. It holds now." in answer.text
    summary = office.ask(startDate="2026-02-03 00:00:00", endDate="2026-02-03 23:59:59")
    assert succeeded(summary)["overallSummary"]["totalIdleTimeSpendSeconds"] == 0
    without = {name: value for name, value in COUNTING.items() if name != "idleCounting"}
    anna.post("/settings/policy", {**without, "weekStart": "sunday"})
    held = policy(office)
    assert (held["idleCounting"], held["idleMinutes"], held["weekStart"]) == (False, 5, "sunday")


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(sqlite_office: Office) -> None:
    anna = visitor(sqlite_office)
    for changed, told in (
        ({"idleMinutes": "five"}, "must be a whole number"),
        ({"idleMinutes": "0"}, "must be 1 or more"),
        ({"awayLimitMinutes": "3"}, "is less than idleMinutes"),
        ({"timeZone": "Mars/Base"}, "Mars/Base"),
    ):
        answer = anna.post("/settings/policy", {**COUNTING, **changed})
        assert answer.status_code == 400, changed
        (name, typed), *_ = changed.items()
        assert told in answer.text
        assert re.search(rf'name="{name}"[^>]*value="{typed}"', answer.text), name
    assert policy(sqlite_office)["idleMinutes"] == 5


def test_work_days_hold_from_a_day_on(office: Office) -> None:
    anna = visitor(office)
    form = {"do": "days", "workDays": ["monday", "saturday"], "expectedHours": "7.5", "from": "2026-03-02"}
    assert anna.post("/settings/policy", form).status_code == 200
    held = policy(office)["schedules"][-1]
    assert held == {"from": "2026-03-02", "workDays": ["monday", "saturday"], "expectedHours": 7.5}
    assert "2026-03-02 Monday, Saturday 7:30 a day" in text(anna.get("/settings/policy"))


def test_text_that_is_kept_and_the_limits_of_requests(sqlite_office: Office) -> None:
    anna = visitor(sqlite_office)
    anna.post("/settings/policy", {"do": "text", "titles": "self", "urls": "full", "notice": "We count\r\nhours."})
    anna.post("/settings/policy", {"do": "requests", "questionsAMinute": "100", "batchesAMinute": "0"})
    held = policy(sqlite_office)
    kept = [held[name] for name in ("titles", "urls", "notice", "questionsAMinute", "batchesAMinute")]
    assert kept == ["self", "full", "We count\nhours.", 100, 0]
    assert anna.post("/settings/policy", {"do": "nothing"}).status_code == 400


def test_one_person_may_have_limits_and_days_of_their_own(office: Office) -> None:
    _, her = bela(office)
    anna = visitor(office)
    page = f"/settings/policy/{her}"
    assert f'href="{page}"' in anna.get("/settings/policy")
    limits = {
        "do": "counting",
        "idleCounting": "off",
        "idleMinutes": "2",
        "awayLimitMinutes": "",
        "unattendedLimitMinutes": "",
    }
    assert anna.post(page, limits).status_code == 200
    days = {"do": "days", "workDays": ["sunday"], "expectedHours": "4", "from": "2026-03-02"}
    assert anna.post(page, days).status_code == 200
    own = succeeded(office.call(f"/v1/users/{her}/policy", None, method="GET"))
    assert (own["idleCounting"], own["idleMinutes"], own["awayLimitMinutes"]) == (False, 2, None)
    assert own["schedules"] == [{"from": "2026-03-02", "workDays": ["sunday"], "expectedHours": 4}]
    anna.post(page, {**limits, "idleCounting": "organisation", "idleMinutes": ""})
    anna.post(page, {**days, "organisation": "yes"})
    own = succeeded(office.call(f"/v1/users/{her}/policy", None, method="GET"))
    assert (own["idleCounting"], own["idleMinutes"]) == (None, None)
    assert own["schedules"][-1] == {"from": "2026-03-02", "workDays": None, "expectedHours": None}


def test_holidays_come_and_go(office: Office) -> None:
    anna = visitor(office)
    page = anna.post("/settings/holidays", {"day": "2026-08-15", "name": "<Independence>"}).text
    assert "Saturday 15 August 2026 &lt;Independence&gt;" in text(page) or "&lt;Independence&gt;" in page
    assert "No holidays are set" in anna.get("/settings/holidays?year=2025")
    again = anna.post("/settings/holidays?year=2026", {"day": "2026-08-15", "name": "Twice"})
    assert again.status_code >= 400
    assert 'value="Twice"' in again.text
    holiday = re.findall(r'name="remove" value="([^"]+)"', page)[0]
    assert "No holidays are set" in anna.post("/settings/holidays?year=2026", {"remove": holiday}).text


@pytest.mark.parametrize("path", ["policy", "holidays", "retention", "audit"])
def test_an_employee_reads_and_changes_nothing(sqlite_office: Office, path: str) -> None:
    her, _ = bela(sqlite_office)
    page = her.get(f"/settings/{path}")
    assert 'class="btn btn--main"' not in page
    for form in (COUNTING, {"auditDays": "1"}, {"day": "2026-08-15", "name": "x"}, {"undo": "x"}):
        answer = her.post(f"/settings/{path}", form, "/week")
        assert answer.status_code in (400, 403), form
    assert policy(sqlite_office)["auditDays"] == 365


def test_a_range_is_shown_before_it_is_erased(office: Office) -> None:
    sent = [
        {"start": f"2026-02-03T{hour:02}:00:00Z", "end": f"2026-02-03T{hour:02}:30:00Z", "app": "Code"}
        for hour in (9, 10)
    ]
    office.send(focus=sent)
    anna = visitor(office)
    asked = {"who": office.user, "start": "2026-02-03T10:00", "end": "2026-02-03T10:59:59", "zone": "UTC", "device": ""}
    looked = anna.client.get("/settings/retention/erase", params=asked).text
    assert "0:30:00 are tracked there" in looked
    trail = succeeded(office.call("/v1/audit?call=DELETE%20%2Fv1%2Factivity", None, method="GET"))
    assert trail["items"] == [], "looking is no erasure"
    assert succeeded(office.ask(startDate="2026-02-03 00:00:00"))["overallSummary"]["totalTimeSpendSeconds"] == 3600
    erased = anna.post("/settings/retention/erase", asked, "/week")
    assert "1 fact erased; 0:30:00 of tracked time are no more" in text(erased.text)
    assert succeeded(office.ask(startDate="2026-02-03 00:00:00"))["overallSummary"]["totalTimeSpendSeconds"] == 1800


def test_people_erase_their_own_time_where_they_may(sqlite_office: Office) -> None:
    her, who = bela(sqlite_office)
    asked = {"who": who, "start": "2026-02-03T10:00:00", "end": "2026-02-03T10:59:59", "zone": "UTC"}
    assert her.post("/settings/retention/erase", asked, "/week").status_code == 403
    assert "does not let people erase" in her.get("/settings/retention")
    visitor(sqlite_office).post("/settings/retention", {"auditDays": "30", "ownErasure": "yes"})
    assert policy(sqlite_office)["auditDays"] == 30
    assert "0 facts erased" in text(her.post("/settings/retention/erase", asked, "/week").text)
    assert her.post("/settings/retention/erase", {**asked, "who": sqlite_office.user}, "/week").status_code == 403


def test_the_trail_says_who_changed_what_and_undoes_ratings(office: Office) -> None:
    office.send(focus=[{"start": "2026-02-03T09:00:00Z", "end": "2026-02-03T10:00:00Z", "app": "Code"}])
    rules = [{"subject": "Code", "kind": "application", "rating": "unproductive"}]
    assert office.call("/v1/ratings", {"ratings": rules}, method="PUT").status_code == 200
    anna = visitor(office)
    anna.post("/settings/policy", {**COUNTING, "idleMinutes": "7"})
    page = anna.get("/settings/audit")
    assert "idle minutes 5 7" in text(page)
    assert "code no rule unproductive" in text(page)
    entry = re.findall(r'name="undo" value="([^"]+)"', page)
    assert len(entry) == 1
    assert "Undone" in anna.post("/settings/audit", {"undo": entry[0]}).text
    assert succeeded(office.call("/v1/ratings", None, method="GET"))["items"] == []


def test_the_trail_is_filtered_and_paged(sqlite_office: Office) -> None:
    anna = visitor(sqlite_office)
    for minutes in range(1, 53):
        body = {"idleMinutes": minutes}
        assert sqlite_office.call("/v1/policy", body, method="PATCH").status_code == 200
    page = anna.get("/settings/audit?call=PATCH+%2Fv1%2Fpolicy")
    assert page.count('rel="next"') == 1
    assert page.count('<tr role="row"><th scope="row"') == 50
    older = re.findall(r'href="([^"]*cursor[^"]*)"', page)[0].replace("&amp;", "&")
    assert anna.get(older).count('<tr role="row"><th scope="row"') == 2
    assert "There are no such entries" in anna.get("/settings/audit?first=2020-01-01&last=2020-01-02")
    assert anna.client.get("/settings/audit?first=soon").status_code == 400


def test_a_change_that_is_counted_long_is_watched_as_a_job(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timegrain.api.jobs.IN_FORCE_S", 0.0)
    anna = visitor(sqlite_office)
    answer = anna.post("/settings/policy", {**COUNTING, "idleMinutes": "6"})
    assert re.fullmatch(r"/settings/jobs/[0-9a-f-]{36}", answer.url.path)
    assert f'href="{answer.url.path}"' in anna.get("/settings/policy")
    assert "People counted" in anna.get(answer.url.path)
    anna.get("/settings/jobs/00000000-0000-4000-8000-000000000000", 404)
