"""People over time: movers, leavers, re-hires and leads, and what each of them changes in the figures."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Table, select

from tests.contract.served import ACTIVITY, NOBODY, Office, bearing, failed, fields, succeeded
from timegrain import clock
from timegrain.counting.calendar import local_day
from timegrain.recounting import differences
from timegrain.storage import keys, people
from timegrain.storage.schema import ADMIN, EMPLOYEE, MANAGER, metadata

USERS, TEAMS = "/v1/users", "/v1/teams"
DAYS = ("2026-02-02", "2026-02-03", "2026-02-04")


def today() -> date:
    return date.fromordinal(local_day("Asia/Kolkata", clock.now()))


def get(office: Office, path: str, key: str = "", **query: Any) -> httpx.Response:
    return office.client.get(path, params=query, headers=bearing(key or office.admin))


def made(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json()
    assert (answer.status_code, body["success"], body["statusCode"], body["error"]) == (201, True, 201, None), body
    data: dict[str, Any] = body["data"]
    return data


def removed(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.content) == (204, b""), answer.text


def added(office: Office, name: str, **given: Any) -> dict[str, Any]:
    return made(office.call(USERS, {"name": name, "email": f"{name.lower()}@example.com"} | given))


def changed(office: Office, user: str, **given: Any) -> dict[str, Any]:
    return succeeded(office.call(f"{USERS}/{user}", given, method="PATCH"))


def worked(office: Office, user: str, *days: str) -> None:
    """An hour in Code and an hour in Mail on each day."""
    focus = [
        {"start": f"{day}T{hour}:00:00Z", "end": f"{day}T{hour}:59:59Z", "app": app}
        for day in days
        for hour, app in (("06", "Code"), ("07", "Mail"))
    ]
    succeeded(office.call(ACTIVITY, {"userId": user, "device": "laptop", "focus": focus}))


def totals(office: Office, key: str = "", figure: str = "totalTimeSpendSeconds", **whom: Any) -> list[int]:
    """On each of DAYS."""
    asked = succeeded(office.ask(key, startDate=f"{DAYS[0]} 00:00:00", endDate=f"{DAYS[-1]} 23:59:59", **whom))
    rows = {row["date"][:10]: row["metrics"][figure] for row in asked["breakdownSummary"]}
    return [rows[day] for day in DAYS]


def own_key(office: Office, user: str, role: int) -> str:
    with office.database.write(1, policy=True) as connection:
        found = people.user_by_uuid(connection, 1, UUID(user))
        assert found is not None
        return keys.add_key(connection, 1, "own", keys.OF_ROLE, clock.now(), found.id, role_id=role)[1]


def test_who_moves_stays_in_the_old_teams_past(office: Office) -> None:
    design, sales = (made(office.call(TEAMS, {"name": name}))["teamId"] for name in ("Design", "Sales"))
    grace = added(office, "Grace", teams=[design])["userId"]
    office.run("rate", "Mail", "productive", "--app", "--team", "Sales")
    worked(office, grace, *DAYS)
    removed(office.call(f"{TEAMS}/{design}/members/{grace}?from={DAYS[1]}", None, method="DELETE"))
    joined = made(office.call(f"{TEAMS}/{sales}/members", {"userId": grace, "from": DAYS[1], "to": DAYS[1]}))
    assert joined == {"userId": grace, "name": "Grace", "from": DAYS[1], "to": DAYS[1], "primary": True}
    assert totals(office, userId=[], teamId=[design]) == [7199, 0, 0]
    assert totals(office, userId=[], teamId=[sales]) == [0, 7199, 0]
    assert totals(office, figure="productiveTimeSpendSeconds", userId=[grace]) == [0, 3599, 0]
    with office.database.read() as connection:
        user = people.user_by_email(connection, 1, "grace@example.com").id
    assert differences(office.database, 1, user) == 0
    shown = succeeded(get(office, f"{USERS}/{grace}"))
    assert [(one["name"], one["from"], one["to"]) for one in shown["teams"]] == [
        ("Design", None, DAYS[0]),
        ("Sales", DAYS[1], DAYS[1]),
    ]
    members = succeeded(get(office, f"{TEAMS}/{sales}/members"))
    assert members == {"items": [joined], "nextCursor": None}


def days_in_teams(office: Office, user: str) -> list[tuple[str, str | None, str | None, bool]]:
    shown = succeeded(get(office, f"{USERS}/{user}"))
    return [(one["name"], one["from"], one["to"], one["primary"]) for one in shown["teams"]]


def test_some_days_in_a_team_leave_the_days_around_as_they_are(office: Office) -> None:
    """Neither a later membership ends, nor does the primary team change after days elsewhere."""
    names = ("Sales", "Design", "Guests")
    sales, design, guests = (made(office.call(TEAMS, {"name": name}))["teamId"] for name in names)
    grace = added(office, "Grace")["userId"]
    for team, given in (
        (design, {"from": "2026-03-01"}),
        (design, {"from": "2026-01-05", "to": "2026-01-09"}),
        (sales, {"from": "2026-03-01"}),
        (guests, {"from": "2026-04-01", "to": "2026-04-30", "primary": True}),
    ):
        made(office.call(f"{TEAMS}/{team}/members", {"userId": grace, **given}))
    assert days_in_teams(office, grace) == [
        ("Design", "2026-01-05", "2026-01-09", True),
        ("Sales", "2026-03-01", None, False),
        ("Design", "2026-03-01", "2026-03-31", True),
        ("Design", "2026-04-01", "2026-04-30", False),
        ("Guests", "2026-04-01", "2026-04-30", True),
        ("Design", "2026-05-01", None, True),
    ]


def test_without_its_primary_team_the_one_joined_first_is_it(office: Office) -> None:
    """Also where a membership went on through a change of what is primary."""
    names = ("Guests", "Sales", "Design")
    guests, sales, design = (made(office.call(TEAMS, {"name": name}))["teamId"] for name in names)
    grace = added(office, "Grace")["userId"]
    for team, given in (
        (design, {"from": "2026-01-01"}),
        (sales, {"from": "2026-02-01"}),
        (guests, {"from": "2026-03-01", "primary": True}),
    ):
        made(office.call(f"{TEAMS}/{team}/members", {"userId": grace, **given}))
    removed(office.call(f"{TEAMS}/{guests}/members/{grace}?from=2026-04-01", None, method="DELETE"))
    assert days_in_teams(office, grace)[-1] == ("Design", "2026-04-01", None, True)


def test_an_employee_changed_from_today_on_keeps_the_past(office: Office) -> None:
    design, sales = (office.run("team", "add", name)["teamId"] for name in ("Design", "Sales"))
    grace = added(office, "Grace", teams=[design])
    worked(office, grace["userId"], *DAYS)
    change = {"userId": grace["userId"], "userName": "Grace", "roleId": grace["role"]["roleId"], "workMode": "office"}
    succeeded_before = office.call("/v1/employees", {**change, "teamId": [sales, design]}, method="PATCH")
    assert succeeded_before.status_code == 200
    shown = succeeded(get(office, f"{USERS}/{grace['userId']}"))
    begins = today().isoformat()
    yesterday = (today() - timedelta(days=1)).isoformat()
    assert [(one["name"], one["from"], one["to"], one["primary"]) for one in shown["teams"]] == [
        ("Design", None, yesterday, True),
        ("Design", begins, None, False),
        ("Sales", begins, None, True),
    ]
    assert totals(office, userId=[], teamId=[design]) == [7199, 7199, 7199]
    assert totals(office, userId=[], teamId=[sales]) == [0, 0, 0]


def test_a_leaver_is_refused_at_once_and_comes_back(office: Office) -> None:
    design = office.run("team", "add", "Design")["teamId"]
    grace = added(office, "Grace", teams=[design], joinedOn=DAYS[0])
    assert (grace["active"], grace["joinedOn"], grace["leftOn"]) == (True, DAYS[0], None)
    user = grace["userId"]
    worked(office, user, *DAYS)
    key = own_key(office, user, EMPLOYEE)
    assert totals(office, key, userId=[user]) == [7199, 7199, 7199]
    left = changed(office, user, active=False)
    assert (left["active"], left["leftOn"]) == (False, today().isoformat())
    failed(office.ask(key, userId=[user]), 401, "INVALID_API_KEY")
    assert totals(office, userId=[], teamId=[design]) == [7199, 7199, 7199]
    back = changed(office, user, active=True)
    assert (back["active"], back["joinedOn"], back["leftOn"]) == (True, DAYS[0], None)
    assert totals(office, key, userId=[user]) == [7199, 7199, 7199]
    gone = changed(office, user, leftOn=DAYS[1])
    assert (gone["active"], gone["employments"]) == (False, [{"from": DAYS[0], "to": DAYS[1]}])
    failed(office.ask(key, userId=[user]), 401, "INVALID_API_KEY")
    rehired = changed(office, user, active=True)
    assert rehired["employments"] == [
        {"from": DAYS[0], "to": DAYS[1]},
        {"from": today().isoformat(), "to": None},
    ]
    failed(office.call(f"{USERS}/{user}", {"leftOn": DAYS[0]}, method="PATCH"), 409, "REFUSED")
    assert succeeded(get(office, f"{USERS}/{user}")) == rehired


def test_a_lead_sees_members_on_their_days_alone(office: Office) -> None:
    design, sales = (office.run("team", "add", name)["teamId"] for name in ("Design", "Sales"))
    lead, grace, bob = (added(office, name)["userId"] for name in ("Lea", "Grace", "Bob"))
    for user in (lead, grace, bob):
        worked(office, user, *DAYS)
    made(office.call(f"{TEAMS}/{design}/members", {"userId": grace, "from": DAYS[1], "to": DAYS[1]}))
    key = own_key(office, lead, MANAGER)
    failed(office.ask(key, userId=[grace]), 403, "FORBIDDEN")
    begun = made(office.call(f"{TEAMS}/{design}/leads", {"userId": lead, "from": None}))
    assert begun == {"userId": lead, "name": "Lea", "from": None, "to": None}
    assert totals(office, key, userId=[grace]) == [0, 7199, 0]
    assert totals(office, key, userId=[lead]) == [7199, 7199, 7199]
    assert totals(office, key, userId=[], teamId=[design]) == [0, 7199, 0]
    body = failed(office.ask(key, userId=[grace, bob]), 403, "FORBIDDEN")
    assert bob not in str(body)
    failed(office.ask(key, userId=[], teamId=[sales]), 403, "FORBIDDEN")
    removed(office.call(f"{TEAMS}/{design}/leads/{lead}", None, method="DELETE"))
    failed(office.ask(key, userId=[grace]), 403, "FORBIDDEN")
    ended = succeeded(get(office, f"{TEAMS}/{design}/leads"))["items"]
    assert ended == [{**begun, "to": (today() - timedelta(days=1)).isoformat()}]


def test_below_full_access_one_sees_oneself_and_changes_nothing(office: Office) -> None:
    design, sales = (office.run("team", "add", name)["teamId"] for name in ("Design", "Sales"))
    grace, bob = (added(office, name, teams=[design])["userId"] for name in ("Grace", "Bob"))
    key = own_key(office, grace, EMPLOYEE)
    assert [one["userId"] for one in succeeded(get(office, USERS, key))["items"]] == [grace]
    assert [one["name"] for one in succeeded(get(office, TEAMS, key))["items"]] == ["Design"]
    assert [one["userId"] for one in succeeded(get(office, f"{TEAMS}/{design}/members", key))["items"]] == [grace]
    for path in (f"{USERS}/{bob}", f"{USERS}/{NOBODY}", f"{TEAMS}/{sales}", f"{TEAMS}/{sales}/members"):
        failed(get(office, path, key), 403, "FORBIDDEN")
    for method, path, body in (
        ("POST", USERS, {"name": "Eve", "email": "eve@example.com"}),
        ("PATCH", f"{USERS}/{grace}", {"name": "Queen"}),
        ("DELETE", f"{USERS}/{grace}?confirm={grace}", None),
        ("POST", TEAMS, {"name": "Mine"}),
        ("PATCH", f"{TEAMS}/{design}", {"name": "Mine"}),
        ("DELETE", f"{TEAMS}/{design}", None),
        ("POST", f"{TEAMS}/{sales}/members", {"userId": grace}),
        ("DELETE", f"{TEAMS}/{design}/members/{grace}", None),
        ("POST", f"{TEAMS}/{design}/leads", {"userId": grace}),
        ("DELETE", f"{TEAMS}/{design}/leads/{grace}", None),
    ):
        failed(office.call(path, body, key, method), 403, "FORBIDDEN")


def test_pages_of_people_are_in_order_and_whole(office: Office) -> None:
    for name in ("Zoe", "Ärzte", "bob", "Bob"):
        added(office, name + "x", email=f"{ord(name[0])}@example.com")
    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(5):
        page = succeeded(get(office, USERS, limit=1, **cursor))
        found += [one["name"] for one in page["items"]]
        cursor = {"cursor": page["nextCursor"]}
    assert (found, page["nextCursor"]) == (["Bobx", "Zoex", "anna@example.com", "bobx", "Ärztex"], None)
    assert fields(failed(get(office, USERS, cursor="!"), 400, "VALIDATION_ERROR")) == ["cursor"]


def test_people_are_found_by_what_is_known_of_them(office: Office) -> None:
    team = made(office.call(TEAMS, {"name": "Engineering"}))["teamId"]
    added(office, "Grace", teams=[team])
    bob, carl = added(office, "Bob", email="robert@elsewhere.test"), added(office, "Carl", teams=[team])
    changed(office, carl["userId"], active=False, teams=[])

    def found(**query: Any) -> list[str]:
        return [one["name"] for one in succeeded(get(office, USERS, **query))["items"]]

    assert found(q="RACE") == ["Grace"]
    assert found(q=" elsewhere ") == ["Bob"]
    assert found(teamId=team) == ["Grace"]
    assert found(teamId=NOBODY) == []
    assert found(active="false") == ["Carl"]
    assert found(active="true", q="b") == ["Bob"]
    page = succeeded(get(office, USERS, q="example.com", limit=2))
    following = succeeded(get(office, USERS, q="example.com", limit=2, cursor=page["nextCursor"]))
    names = [one["name"] for one in page["items"] + following["items"]]
    assert names == ["Carl", "Grace", "anna@example.com"]
    assert following["nextCursor"] is None
    assert found(limit=1, q="example.com", active="true") == ["Grace"]
    own = succeeded(get(office, USERS, own_key(office, bob["userId"], EMPLOYEE), q="grace"))["items"]
    assert own == []


def test_teams_are_named_once_and_removed_while_empty(office: Office) -> None:
    design, sales = (made(office.call(TEAMS, {"name": name}))["teamId"] for name in ("Design", "Sales"))
    failed(office.call(TEAMS, {"name": "Sales"}), 409, "NAME_TAKEN")
    failed(office.call(f"{TEAMS}/{design}", {"name": "Sales"}, method="PATCH"), 409, "NAME_TAKEN")
    renamed = succeeded(office.call(f"{TEAMS}/{design}", {"name": "Shape"}, method="PATCH"))
    assert renamed == succeeded(get(office, f"{TEAMS}/{design}")) == {"teamId": design, "name": "Shape"}
    grace = added(office, "Grace", teams=[sales])["userId"]
    failed(office.call(f"{TEAMS}/{sales}", None, method="DELETE"), 409, "REFUSED")
    made(office.call(f"{TEAMS}/{design}/leads", {"userId": grace}))
    removed(office.call(f"{TEAMS}/{design}", None, method="DELETE"))
    failed(get(office, f"{TEAMS}/{design}"), 404, "TEAM_NOT_FOUND")
    backwards = {"userId": grace, "from": DAYS[1], "to": DAYS[0]}
    assert fields(failed(office.call(f"{TEAMS}/{sales}/members", backwards), 400, "VALIDATION_ERROR")) == ["to"]


def test_who_is_still_to_come_is_refused_too(office: Office) -> None:
    begins = (today() + timedelta(days=30)).isoformat()
    user = added(office, "Grace", joinedOn=begins)["userId"]
    key = own_key(office, user, EMPLOYEE)
    succeeded(get(office, "/v1/me", key))
    assert changed(office, user, active=False)["active"] is False
    failed(get(office, "/v1/me", key), 401, "INVALID_API_KEY")
    back = changed(office, user, active=True)
    assert (back["active"], back["joinedOn"], back["leftOn"]) == (True, begins, None)


def test_who_comes_back_for_some_days(office: Office) -> None:
    user = added(office, "Grace", joinedOn=DAYS[0])["userId"]
    changed(office, user, leftOn=DAYS[1])
    last = (today() + timedelta(days=5)).isoformat()
    back = changed(office, user, active=True, leftOn=last)
    assert back["active"]
    assert back["employments"] == [{"from": DAYS[0], "to": DAYS[1]}, {"from": today().isoformat(), "to": last}]


@pytest.mark.parametrize("name", ["\0aa", "a\0a", "aa\0", "\0\0", "  "])
def test_no_name_is_made_of_what_databases_do_not_hold(office: Office, name: str) -> None:
    for path, given, field in (
        (USERS, {"name": name, "email": "grace@example.com"}, "name"),
        (TEAMS, {"name": name}, "name"),
        ("/v1/keys", {"name": name, "kind": "reader"}, "name"),
        ("/v1/devices", {"userId": office.user, "name": name}, "name"),
        ("/v1/access-management", {"roleName": name, "roleData": []}, "roleName"),
    ):
        assert fields(failed(office.call(path, given), 400, "VALIDATION_ERROR")) == [field]


@pytest.mark.parametrize("confirm", ["", NOBODY, "yes"])
def test_nobody_is_erased_by_mistake(office: Office, confirm: str) -> None:
    grace = added(office, "Grace")["userId"]
    failed(office.call(f"{USERS}/{grace}?confirm={confirm}", None, method="DELETE"), 400, "VALIDATION_ERROR")
    assert succeeded(get(office, f"{USERS}/{grace}"))["name"] == "Grace"


def test_nothing_is_left_of_somebody_erased(office: Office) -> None:
    design = office.run("team", "add", "Design")["teamId"]
    office.run("policy", "--titles", "managers", "--urls", "full")
    email = "zanzibar@example.com"
    made_ = office.run("user", "add", "--name", "Zanzibar", "--email", email, "--team", "Design")
    user, token = made_["userId"], made_["deviceToken"]
    office.run("policy", "--user", email, "--idle-minutes", "9")
    own_key(office, user, EMPLOYEE)
    made(office.call(f"{TEAMS}/{design}/leads", {"userId": user}))
    changed(office, user, joinedOn=DAYS[0])
    focus = {"start": f"{DAYS[0]}T06:00:00Z", "end": f"{DAYS[0]}T07:00:00Z", "app": "Mombasa", "title": "Lamu"}
    succeeded(office.call(ACTIVITY, {"focus": [focus]}, token))
    with office.database.read() as connection:
        id_ = people.user_by_email(connection, 1, email).id
    assert _rows_of(office, id_)
    removed(office.call(f"{USERS}/{user}?confirm={user}", None, method="DELETE"))
    assert not _rows_of(office, id_)
    failed(get(office, f"{USERS}/{user}"), 404, "USER_NOT_FOUND")
    failed(office.call(ACTIVITY, {"focus": [focus]}, token), 401, "INVALID_API_KEY")
    if office.database.is_sqlite:
        path = str(office.database.url.database)
        for file in (path, f"{path}-wal"):
            content = Path(file).read_bytes()
            assert not [text for text in (b"Zanzibar", b"zanzibar", b"Mombasa", b"mombasa", b"Lamu") if text in content]
        with sqlite3.connect(path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_nobody_inherits_the_trail_of_somebody_erased(office: Office) -> None:
    """Not even who is added right after them: looks at one are not counted with looks at the other."""
    ada = added(office, "Ada")["userId"]
    succeeded(get(office, f"{USERS}/{ada}"))
    succeeded(get(office, "/v1/audit", userId=ada))
    removed(office.call(f"{USERS}/{ada}?confirm={ada}", None, method="DELETE"))
    bob = added(office, "Bob")["userId"]
    succeeded(get(office, f"{USERS}/{bob}"))
    (look, entry) = succeeded(get(office, "/v1/audit", userId=bob))["items"]
    assert (look["call"], look["times"], entry["call"]) == ("GET /v1/users/{userId}", 1, "POST /v1/users")


def test_who_erases_themselves_is_not_in_the_trail(office: Office) -> None:
    ada = added(office, "Ada")["userId"]
    key = own_key(office, ada, ADMIN)
    succeeded(get(office, "/v1/me", key))
    removed(office.call(f"{USERS}/{ada}?confirm={ada}", None, key, "DELETE"))
    added(office, "Bob")
    office.key("admin")
    (entry,) = succeeded(get(office, "/v1/audit", call="DELETE /v1/users/{userId}"))["items"]
    assert (entry["user"], entry["key"], entry["address"]) == (None, None, None)


def _rows_of(office: Office, user: int) -> list[str]:
    """The tables that hold something of a person."""

    def holds(connection: Any, table: Table) -> bool:
        column = table.c.id if table.name == "users" else table.c.user_id
        return connection.execute(select(table.c.organisation_id).where(column == user)).first() is not None

    with office.database.read() as connection:
        tables = [table for table in metadata.sorted_tables if table.name == "users" or "user_id" in table.c]
        return [table.name for table in tables if holds(connection, table)]
