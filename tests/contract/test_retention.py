"""What is older than the organisation keeps it: what goes, what stays as it was, and what answers say of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from click.testing import CliRunner
from sqlalchemy import func, select

from tests.contract.served import ACTIVITY, Office, bearing, failed, fields, succeeded
from timegrain.cli import timegrain as command_line
from timegrain.counting.calendar import day_start, local_day
from timegrain.recounting import differences
from timegrain.retention import Retention
from timegrain.storage.schema import facts, names, slot_subjects, slot_totals, stretches, texts

HOME = "Asia/Kolkata"
OLD, KEPT = 10, 5
"""Days before today."""
DAY = 86_400


def today() -> int:
    return local_day(HOME, int(datetime.now(UTC).timestamp()))


def at(days_ago: int, hour: float = 0) -> int:
    return day_start(HOME, today() - days_ago) + int(hour * 3600)


def written(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def focus(start: int, end: int, app: str = "Code", title: str = "") -> dict[str, str]:
    return {"start": written(start), "end": written(end), "app": app, "title": title}


def wall(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


def between(office: Office, start: int, end: int) -> dict[str, Any]:
    return {
        "startDate": wall(start),
        "endDate": wall(end - 1),
        "timeZone": "UTC",
        "userId": [office.user],
        "teamId": [],
    }


def summary(office: Office, start: int, end: int) -> dict[str, int]:
    told = succeeded(office.call("/v1/dashboard/work-summary", between(office, start, end)))
    sums: dict[str, int] = told["timeSummary"]
    return sums


def got(office: Office, path: str) -> dict[str, Any]:
    return succeeded(office.client.get(path, headers=bearing(office.admin)))


def change(office: Office, **given: Any) -> dict[str, Any]:
    return succeeded(office.call("/v1/policy", given, method="PATCH"))


def retire(office: Office, **days: int | None) -> None:
    change(office, **days)
    Retention(office.database, most_rows=3).run(1)


def count(office: Office, table: Any) -> int:
    with office.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def two_days(office: Office) -> None:
    """An old day, with time over the edge of a quarter hour and idle time; a kept one; time over midnight."""
    change(office, titles="managers")
    office.send(
        focus=[
            focus(at(OLD, 9) + 300, at(OLD, 9) + 1500, title="secret plan"),
            focus(at(OLD, 10), at(OLD, 10.5), "Mail", "letter"),
            focus(at(KEPT) - 600, at(KEPT) + 600, "Night", "over midnight"),
            focus(at(KEPT, 9), at(KEPT, 10), title="new plan"),
        ],
        away=[{"start": written(at(OLD, 10) + 600), "end": written(at(OLD, 10) + 1200)}],
    )


def test_what_is_frozen_stays_and_says_so(office: Office) -> None:
    two_days(office)
    whole = at(OLD), at(0)
    before = summary(office, *whole)
    old, night = summary(office, at(OLD), at(OLD - 1)), summary(office, at(KEPT + 1), at(KEPT))
    retire(office, factsDays=KEPT)
    assert summary(office, *whole) == before
    assert summary(office, at(OLD), at(OLD - 1)) == old
    assert summary(office, at(KEPT + 1), at(KEPT)) == night
    assert count(office, facts) == 2, "one of them begins before, and reaches over"
    assert count(office, stretches) == 0
    boundary, day = written(at(KEPT)), date.fromordinal(today() - KEPT).isoformat()

    # A range that cuts frozen quarter hours takes each where it begins.
    parts = [summary(office, at(OLD), at(OLD, 9) + 1000), summary(office, at(OLD, 9) + 1000, at(0))]
    assert {name: sum(one[name] for one in parts) for name in before} == before

    policy = got(office, "/v1/policy")
    assert (policy["kept"]["factsFrom"], policy["holdsFrom"]) == (day, day)
    assert policy["kept"]["lastRun"]["facts"] == 3
    assert policy["kept"]["lastRun"]["finishedAt"] is not None
    own = got(office, f"/v1/users/{office.user}/policy")
    assert (own["factsFrom"], own["holdsFrom"]) == (day, day)

    local = {"timeZone": HOME, "startDate": f"{date.fromordinal(today() - OLD)} 00:00:00"}
    local["endDate"] = f"{date.fromordinal(today() - 1)} 23:59:59"
    [row] = succeeded(office.call("/v1/proof-of-work/timesheet", {**between(office, *whole), **local}))
    assert row["factsFrom"] == boundary
    [first, eve, last] = row["dailySummary"]
    assert (first["inTime"], first["outTime"], first["totalTimeSpendSeconds"]) == (None, None, 1800 + 1200)
    assert (eve["totalTimeSpendSeconds"], last["totalTimeSpendSeconds"]) == (600, 4200)
    assert last["inTime"] is not None

    [person] = succeeded(office.call("/v1/dashboard/work-time-analysis", between(office, *whole)))
    assert person["session"] == {
        "inTime": None,
        "outTime": written(at(KEPT, 10)),
        "isWorking": False,
        "factsFrom": boundary,
    }
    told = office.call("/v1/proof-of-work/timeline", between(office, *whole)).json()["response"]
    [line] = told["usersList"]
    assert (line["neutralTimeSpend"], line["idleTimeSpend"]) == (
        before["neutralWorkedTimeInSeconds"],
        before["idleWorkedTimeInSeconds"],
    )
    assert line["factsFrom"] == boundary
    assert {one["startTime"] >= boundary for one in line["appTrackingDetails"]} == {True}
    explained = succeeded(office.call("/v1/explain", between(office, at(KEPT + 1), at(0))))
    assert explained["factsFrom"] == boundary
    assert explained["totals"]["totalTimeSpendSeconds"] == 600 + 4200
    assert sum(one["seconds"] for one in explained["spans"]) == 4200
    used = succeeded(office.call("/v1/app-usage", between(office, *whole)))["items"]
    assert sum(one["activeSeconds"] for one in used) == before["activeWorkedTimeInSeconds"]
    later = succeeded(office.call("/v1/explain", between(office, at(KEPT), at(0))))
    assert "factsFrom" not in later

    [entry] = [one for one in got(office, "/v1/audit")["items"] if one["call"] == "timegrain retention"]
    assert entry["after"]["removed"]["facts"] == 3
    assert entry["after"]["factsFrom"] == day


def test_what_begins_before_is_too_old(office: Office) -> None:
    two_days(office)
    retire(office, factsDays=KEPT)
    sent = [focus(at(KEPT) - 1, at(KEPT) + 60, "Late"), focus(at(KEPT), at(KEPT) + 60, "Late")]
    answer = office.send(focus=sent)
    [refused] = answer["rejected"]
    assert (refused["index"], refused["code"], refused["retryable"]) == (0, "TOO_OLD", False)
    assert date.fromordinal(today() - KEPT).isoformat() in refused["message"]
    assert answer["stored"] == 1


def test_limits_hold_from_the_boundary_and_ratings_for_all_time(office: Office) -> None:
    two_days(office)
    office.send(away=[{"start": written(at(KEPT, 9)), "end": written(at(KEPT, 9) + 600)}])
    retire(office, factsDays=KEPT)
    old = summary(office, at(OLD), at(OLD - 1))
    assert old["idleWorkedTimeInSeconds"] == 600
    day = date.fromordinal(today() - KEPT).isoformat()
    assert change(office, idleMinutes=20)["holdsFrom"] == day
    assert summary(office, at(OLD), at(OLD - 1)) == old
    assert summary(office, at(KEPT), at(KEPT - 1))["idleWorkedTimeInSeconds"] == 0
    rule = {"subject": "Mail", "kind": "application", "rating": "unproductive", "ignoreIdle": True}
    changed = succeeded(office.call("/v1/ratings", {"ratings": [rule]}, method="PUT"))
    assert (changed["holdsFrom"], changed["byClass"]["unproductive"]) == (day, 1200)
    assert changed["byClass"]["idle"] == 0
    changed = succeeded(office.call("/v1/ratings", {"ratings": [{**rule, "rating": "productive"}]}, method="PUT"))
    assert changed["holdsFrom"] is None, "it is a rating alone"
    now = summary(office, at(OLD), at(OLD - 1))
    assert (now["productiveWorkedTimeInSeconds"], now["idleWorkedTimeInSeconds"]) == (1200, 600)
    device = got(office, "/v1/devices")["items"][0]["deviceId"]
    assert succeeded(office.call(f"/v1/devices/{device}", {"reachSeconds": 7}, method="PATCH"))["holdsFrom"] == day
    assert office.run("recount") is not None
    with office.database.read() as connection:
        user = connection.execute(select(slot_totals.c.user_id).limit(1)).scalar_one()
    assert differences(office.database, 1, user) == 0
    assert summary(office, at(OLD), at(OLD - 1)) == now


def test_an_erasure_takes_whole_quarter_hours(office: Office) -> None:
    two_days(office)
    retire(office, factsDays=KEPT)
    body = {**between(office, at(OLD, 9) + 1000, at(OLD, 9) + 1010), "userId": office.user, "device": "another"}
    body.pop("teamId")
    told = succeeded(office.call(ACTIVITY, body, method="DELETE"))
    assert told["facts"] == 0
    assert told["erasedSeconds"] == 600
    assert told["wholeQuarterHours"] == {"start": written(at(OLD, 9.25)), "end": written(at(OLD, 9.5))}
    assert summary(office, at(OLD), at(OLD - 1))["totalWorkedTimeInSeconds"] == 600 + 1800
    again = {**body, "startDate": wall(at(OLD)), "endDate": wall(at(OLD - 1) - 1)}
    assert succeeded(office.call(ACTIVITY, again, method="DELETE"))["erasedSeconds"] == 2400
    with office.database.read() as connection:
        assert "Mail" not in connection.execute(select(names.c.spelling)).scalars().all()
    later = {**body, "startDate": wall(at(KEPT, 9)), "endDate": wall(at(KEPT, 10) - 1), "device": "laptop-7"}
    assert "wholeQuarterHours" not in succeeded(office.call(ACTIVITY, later, method="DELETE"))


def test_titles_go_first_and_do_not_come_back(office: Office) -> None:
    two_days(office)
    change(office, urls="full")
    office.send(focus=[{**focus(at(OLD, 12), at(OLD, 12.5), "Firefox", "page"), "url": "https://a.example/secret"}])
    before = summary(office, at(OLD), at(0))
    retire(office, titlesDays=KEPT, factsDays=400)
    assert count(office, facts) == 6, "they are all there"
    assert count(office, texts) == 1, "that of what begins later"
    office.send(focus=[focus(at(OLD, 9) + 300, at(OLD, 9) + 1500, title="secret plan")])
    assert count(office, texts) == 1
    assert summary(office, at(OLD), at(0)) == before
    shown = succeeded(office.call("/v1/explain", between(office, at(OLD), at(OLD - 1))))
    assert {one["title"] for one in shown["spans"]} == {""}
    assert "factsFrom" not in shown


def test_figures_go_too(office: Office) -> None:
    two_days(office)
    left = summary(office, at(KEPT), at(0))
    retire(office, factsDays=KEPT, slotsDays=KEPT + 1)
    assert summary(office, at(OLD), at(OLD - 1))["totalWorkedTimeInSeconds"] == 0
    assert summary(office, at(KEPT + 1), at(KEPT))["totalWorkedTimeInSeconds"] == 600
    assert summary(office, at(KEPT), at(0)) == left
    with office.database.read() as connection:
        assert connection.execute(select(func.min(slot_subjects.c.slot))).scalar_one() >= at(KEPT + 1)
    assert got(office, "/v1/policy")["kept"]["slotsFrom"] == date.fromordinal(today() - KEPT - 1).isoformat()


def test_days_are_in_order(office: Office) -> None:
    for days, field in (({"slotsDays": 20}, "slotsDays"), ({"titlesDays": 31}, "factsDays")):
        answer = office.call("/v1/policy", {"factsDays": 30, **days}, method="PATCH")
        assert fields(failed(answer, 400, "VALIDATION_ERROR")) == [field]
    told = failed(office.call("/v1/policy", {"slotsDays": 20}, method="PATCH"), 409, "REFUSED")
    assert "slotsDays" in told["error"]["message"]
    change(office, factsDays=30)
    told = failed(office.call("/v1/policy", {"titlesDays": 31}, method="PATCH"), 409, "REFUSED")
    assert "titlesDays" in told["error"]["message"]
    assert change(office, factsDays=None)["factsDays"] is None


def test_keeping_longer_brings_nothing_back(office: Office) -> None:
    two_days(office)
    retire(office, factsDays=KEPT)
    retire(office, factsDays=None)
    assert got(office, "/v1/policy")["kept"]["factsFrom"] == date.fromordinal(today() - KEPT).isoformat()
    assert office.send(focus=[focus(at(OLD), at(OLD) + 5)])["rejected"][0]["code"] == "TOO_OLD"


def test_the_command_says_what_goes_and_does_it(office: Office) -> None:
    two_days(office)
    told = office.run("retention", "run", "--dry-run", "--facts-days", str(KEPT), "--slots-days", str(KEPT))
    assert (told["facts"], told["days"]) == (3, 2)
    assert count(office, facts) == 5
    office.run("policy", "--facts-days", str(KEPT), "--slots-days", "forever")
    assert office.run("retention", "run", "--dry-run")["quarterHours"] == 0
    told = office.run("retention", "run", "--scrub")
    assert (told["facts"], told["factsFrom"]) == (3, date.fromordinal(today() - KEPT).isoformat())
    assert office.run("policy")["holdsFrom"] == told["factsFrom"]
    wrong = CliRunner().invoke(command_line, ["--database", office.url, "policy", "--facts-days", "soon"])
    assert wrong.exit_code == 2


def test_exports_of_frozen_time(office: Office) -> None:
    two_days(office)
    retire(office, factsDays=KEPT)
    whole = between(office, at(OLD), at(0))
    for report in ("timesheet", "app-usage", "facts"):
        answer = office.call("/v1/export", {**whole, "report": report, "format": "json"})
        assert answer.status_code == 200, answer.text
        assert "secret" not in answer.text


def test_a_person_who_comes_later_has_the_boundary_with_the_next_run(office: Office) -> None:
    retire(office, factsDays=KEPT)
    made = office.run("user", "add", "--name", "Bela", "--email", "bela@example.com")
    old = {"userId": made["userId"], "device": "d", "focus": [focus(at(OLD), at(OLD) + 60)]}
    assert succeeded(office.call(ACTIVITY, old))["stored"] == 1
    Retention(office.database).run(1)
    assert count(office, facts) == 0
    assert succeeded(office.call(ACTIVITY, old))["rejected"][0]["code"] == "TOO_OLD"


def test_time_of_before_is_told_with_a_new_home_zone(office: Office) -> None:
    two_days(office)
    retire(office, factsDays=KEPT)
    before = summary(office, at(OLD) - DAY, at(0) + DAY)
    change(office, timeZone="America/New_York")
    assert summary(office, at(OLD) - DAY, at(0) + DAY) == before
