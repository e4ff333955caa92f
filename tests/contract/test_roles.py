"""Every route × built-in role × whose data: a table that is written here once more, by what each call is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from tests.contract.served import NOBODY, Office, bearing, serving, timegrain
from tests.serving import unlimited
from timegrain.api.access import ACCESS
from timegrain.api.all_routes import ROUTES
from timegrain.api.examples import EXAMPLES
from timegrain.api.routes import Route
from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.storage import keys, people
from timegrain.storage.dialect import store
from timegrain.storage.schema import ADMIN, EMPLOYEE, MANAGER, NO_ACCESS, leads
from timegrain.storage.schema import keys as keys_table

ROLES = {"Admin": ADMIN, "Manager": MANAGER, "Employee": EMPLOYEE, "No Access": NO_ACCESS}
WHOSE = ("own", "own team", "other team", "team led", "other organisation", "unknown")

PEOPLE = "asks for people by userId and teamId"
PERSON = "asks for one person by userId"
OF_SETTINGS = "asks for people by userId on the settings page"
IN_PATH = "asks for one person in the path, on the settings page"
READ = "reads what concerns nobody in particular on the settings page"
ONE = "shows one person or team of the settings page, in the example one that nobody knows"
CHANGE = "is for administrators alone"
ANY = "any key"
SEND, DEVICE = "sends for others", "sends as a device"

ABOUT = {
    "POST /v1/dashboard/weekly-summary": PEOPLE,
    "POST /v1/dashboard/work-summary": PEOPLE,
    "POST /v1/dashboard/work-time-analysis": PEOPLE,
    "POST /v1/dashboard/productivity-analysis": PEOPLE,
    "POST /v1/dashboard/recent-screenshot": PEOPLE,
    "POST /v1/my-team": PEOPLE,
    "POST /v1/proof-of-work/timesheet": PEOPLE,
    "POST /v1/proof-of-work/timeline": PEOPLE,
    "POST /v1/proof-of-work/screenshot": PEOPLE,
    "POST /v1/proof-of-work/app-usage/work-summary": PEOPLE,
    "POST /v1/report-analysis/monthly-summary": PEOPLE,
    "POST /v1/report-analysis/extra-hours-summary": PEOPLE,
    "POST /v1/app-usage": PEOPLE,
    "POST /v1/export": PEOPLE,
    "POST /v1/explain": PERSON,
    "GET /v1/subjects": "everybody within reach",
    "POST /v1/employees": CHANGE,
    "PATCH /v1/employees": CHANGE,
    "POST /v1/employees/filter": OF_SETTINGS,
    "GET /v1/access-management": CHANGE,
    "POST /v1/access-management": CHANGE,
    "PATCH /v1/access-management": CHANGE,
    "DELETE /v1/access-management": CHANGE,
    "GET /v1/settings/idle-alert": READ,
    "GET /v1/audit": ANY,
    "POST /v1/audit/{auditId}/undo": CHANGE,
    "POST /v1/activity": SEND,
    "DELETE /v1/activity": CHANGE,
    "GET /v1/me": ANY,
    "GET /v1/policy": READ,
    "PATCH /v1/policy": CHANGE,
    "GET /v1/users/{userId}/policy": IN_PATH,
    "PATCH /v1/users/{userId}/policy": CHANGE,
    "GET /v1/holidays": READ,
    "POST /v1/holidays": CHANGE,
    "DELETE /v1/holidays/{holidayId}": CHANGE,
    "GET /v1/users": READ,
    "POST /v1/users": CHANGE,
    "GET /v1/users/{userId}": ONE,
    "PATCH /v1/users/{userId}": CHANGE,
    "DELETE /v1/users/{userId}": CHANGE,
    "GET /v1/teams": READ,
    "POST /v1/teams": CHANGE,
    "GET /v1/teams/{teamId}": ONE,
    "PATCH /v1/teams/{teamId}": CHANGE,
    "DELETE /v1/teams/{teamId}": CHANGE,
    "GET /v1/teams/{teamId}/members": ONE,
    "POST /v1/teams/{teamId}/members": CHANGE,
    "DELETE /v1/teams/{teamId}/members/{userId}": CHANGE,
    "GET /v1/teams/{teamId}/leads": ONE,
    "POST /v1/teams/{teamId}/leads": CHANGE,
    "DELETE /v1/teams/{teamId}/leads/{userId}": CHANGE,
    "GET /v1/devices": READ,
    "POST /v1/devices": CHANGE,
    "GET /v1/devices/{deviceId}": ONE,
    "PATCH /v1/devices/{deviceId}": CHANGE,
    "POST /v1/devices/{deviceId}/tokens": CHANGE,
    "DELETE /v1/devices/{deviceId}": CHANGE,
    "GET /v1/keys": READ,
    "POST /v1/keys": CHANGE,
    "DELETE /v1/keys/{keyId}": CHANGE,
    "GET /v1/ratings": READ,
    "PUT /v1/ratings": CHANGE,
    "GET /v1/jobs": CHANGE,
    "GET /v1/jobs/{jobId}": CHANGE,
    "POST /api/0/buckets/{bucket}": DEVICE,
    "POST /api/0/buckets/{bucket}/heartbeat": DEVICE,
    "POST /api/0/buckets/{bucket}/events": DEVICE,
    "POST /api/v1/users/current/heartbeats": DEVICE,
    "POST /api/v1/users/current/heartbeats.bulk": DEVICE,
}


def test_every_route_has_its_row_here_and_there() -> None:
    assert {route.operation for route in ROUTES} == ACCESS.keys()
    assert {route.operation for route in ROUTES} == ABOUT.keys()


@dataclass(frozen=True)
class Cast:
    """A caller of each role, and by whose data a user and a team."""

    office: Office
    callers: dict[str, str]
    users: dict[str, dict[str, str]]
    """By role, since each caller has an own id."""
    teams: dict[str, str]


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    folder: Path = tmp_path_factory.mktemp("roles")
    with serving(f"sqlite:///{folder}/timegrain.db") as office:
        unlimited(office.database)
        yield _cast(office)


def _cast(office: Office) -> Cast:
    teams = {name: office.run("team", "add", name)["teamId"] for name in ("own team", "other team", "team led")}
    users = {
        name: office.run("user", "add", "--name", name, "--email", f"{place}@example.com", "--team", name)["userId"]
        for place, name in enumerate(teams)
    }
    mails = {role: f"{role.replace(' ', '')}@example.com" for role in ROLES}
    own = {
        role: office.run("user", "add", "--name", role, "--email", mail, "--team", "own team")["userId"]
        for role, mail in mails.items()
    }
    init = ("init", "--organisation", "Other", "--zone", "UTC", "--admin-email", "o@example.com")
    other = timegrain(office.url, *init)
    their_team = timegrain(office.url, "--organisation", "Other", "team", "add", "theirs")["teamId"]
    callers = {}
    with office.database.write(1, policy=True) as connection:
        for role, mail in mails.items():
            user = people.user_by_email(connection, 1, mail).id
            team = people.team_named(connection, 1, "team led").id
            store(connection, leads, [(1, team, user, ALWAYS, FOREVER)])
            uuid, callers[role] = keys.add_key(connection, 1, role, keys.OF_ROLE, 0, user=user)
            of_key = keys_table.c.organisation_id == 1, keys_table.c.uuid == uuid
            connection.execute(update(keys_table).where(*of_key).values(role_id=ROLES[role]))
    outside = {"other organisation": other["userId"], "unknown": NOBODY}
    return Cast(
        office,
        callers,
        {role: {**users, **outside, "own": own[role]} for role in ROLES},
        {**teams, "other organisation": their_team, "unknown": NOBODY},
    )


def asked(cast: Cast, route: Route[Any], role: str, **changed: Any) -> int:
    """The status of the example's request with some of it changed."""
    example = EXAMPLES[route.name]
    path = route.path
    for name, value in example.path.items():
        path = path.replace(f"{{{name}}}", str(changed.get(f"{name} in path", value)))
    body = example.body
    if isinstance(body, dict):
        body = body | {name: value for name, value in changed.items() if name in body}
    answer = cast.office.client.request(
        route.method,
        path,
        json=body if route.body is not None else None,
        params={name: str(value) for name, value in example.query.items()},
        headers=bearing(cast.callers[role]),
    )
    assert answer.status_code < 500, answer.text
    if answer.status_code == 403:
        named = answer.text
        assert not any(id_ in named for id_ in (*cast.users[role].values(), *cast.teams.values()))
    return answer.status_code


def expected(about: str, role: str, whose: str) -> int:
    """Of a question about people."""
    if role == "Manager" and about in (OF_SETTINGS, IN_PATH):
        return 403
    if role == "Admin":
        return 404 if whose in ("other organisation", "unknown") else 200
    reached = {"Manager": ("own", "team led"), "Employee": ("own",), "No Access": ()}
    return 200 if whose in reached[role] else 403


OF_PEOPLE = [route for route in ROUTES if ABOUT.get(route.operation) in (PEOPLE, PERSON, OF_SETTINGS, IN_PATH)]


@pytest.mark.parametrize("route", OF_PEOPLE, ids=lambda route: route.operation)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("whose", WHOSE)
def test_people(cast: Cast, route: Route[Any], role: str, whose: str) -> None:
    about, user = ABOUT[route.operation], cast.users[role][whose]
    status = expected(about, role, whose)
    if about == IN_PATH:
        assert asked(cast, route, role, **{"userId in path": user}) == status
        return
    assert asked(cast, route, role, userId=[user], teamId=[]) == status
    if about == PEOPLE and whose != "own":
        assert asked(cast, route, role, userId=[], teamId=[cast.teams[whose]]) == status
        both = {"userId": [cast.users[role]["own"]], "teamId": [cast.teams[whose]]}
        assert asked(cast, route, role, **both) == status


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_what_a_role_opens(cast: Cast, route: Route[Any], role: str) -> None:
    status = asked(cast, route, role)
    opened = {
        READ: ("Admin", "Employee"),
        ONE: ("Admin",),
        CHANGE: ("Admin",),
        SEND: ("Admin",),
        DEVICE: (),
        ANY: tuple(ROLES),
        "everybody within reach": ("Admin", "Manager", "Employee"),
    }
    about = ABOUT[route.operation]
    if about in opened:
        assert (status != 403) == (role in opened[about]), status


def test_a_lead_sees_members_on_their_days_alone(office: Office) -> None:
    """Of somebody who left the team: what was before, by name as through the team."""
    office.run("team", "add", "A")
    member = office.run("user", "add", "--name", "M", "--email", "m@example.com")["userId"]
    office.run("team", "join", "A", "m@example.com", "--from", "2026-02-01")
    office.run("team", "leave", "A", "m@example.com", "--from", "2026-02-04")
    for day in ("2026-02-03", "2026-02-04"):
        office.send(userId=member, focus=[{"start": f"{day}T05:00:00Z", "end": f"{day}T06:00:00Z", "app": "Code"}])
    with office.database.write(1, policy=True) as connection:
        lead = people.user_by_email(connection, 1, "anna@example.com").id
        store(connection, leads, [(1, people.team_named(connection, 1, "A").id, lead, ALWAYS, FOREVER)])
        uuid, key = keys.add_key(connection, 1, "lead", keys.OF_ROLE, 0, user=lead)
        connection.execute(update(keys_table).where(keys_table.c.uuid == UUID(str(uuid))).values(role_id=MANAGER))
    range_ = {"startDate": "2026-02-01 00:00:00", "endDate": "2026-02-07 23:59:59", "userId": [member]}
    for path in ("/v1/dashboard/work-time-analysis", "/v1/proof-of-work/timesheet"):
        (all_of_it,) = office.call(path, office.question(**range_)).json()["data"]
        (of_lead,) = office.call(path, office.question(**range_), key).json()["data"]
        name = "timeSummary" if "timeSummary" in of_lead else "overallSummary"
        field = "totalWorkedTimeInSeconds" if name == "timeSummary" else "totalTimeSpendSeconds"
        assert (all_of_it[name][field], of_lead[name][field]) == (7200, 3600)
    (entry,) = office.call("/v1/proof-of-work/timeline", office.question(**range_), key).json()["response"]["usersList"]
    assert entry["neutralTimeSpend"] == 3600
