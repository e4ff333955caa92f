"""People and roles in TrackPilots' shape: each call to the letter, its errors, and who may ask."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from tests.contract.served import NOBODY, Office, bearing, failed, fields, succeeded
from timegrain.storage.schema import users

EMPLOYEES, ROLES = "/v1/employees", "/v1/access-management"
PASSWORD = "Correct-horse-7"
ADDED = "User added successfully"


def roles(office: Office) -> dict[str, str]:
    answer = office.client.get(ROLES, headers=bearing(office.admin)).json()
    assert answer["statusMessage"] == "Role management retrieved successfully"
    return {one["roleName"]: one["roleId"] for one in answer["data"]}


def employee(office: Office, team: str, **changed: Any) -> dict[str, Any]:
    return {
        "userName": "Grace",
        "emailId": "grace@example.com",
        "password": PASSWORD,
        "roleId": roles(office)["Employee"],
        "teamId": [team],
        "workMode": "remote",
        **changed,
    }


def responded(answer: httpx.Response, message: str) -> dict[str, Any]:
    """What is under `response`, in TrackPilots' other form of the envelope."""
    body = answer.json()
    assert answer.status_code == 200, body
    assert set(body) == {"success", "statusCode", "statusMessage", "error", "response"}
    assert (body["success"], body["statusCode"], body["statusMessage"]) == (True, 200, message)
    response: dict[str, Any] = body["response"]
    return response


def filtered(office: Office, *ids: str, key: str = "") -> list[dict[str, Any]]:
    answer = office.call(f"{EMPLOYEES}/filter", {"userId": list(ids)}, key)
    assert answer.json()["statusMessage"] == "Fetched employee details successfully"
    found: list[dict[str, Any]] = succeeded(answer)  # type: ignore[assignment]
    return found


def test_a_person_is_added_changed_and_found(office: Office) -> None:
    design, sales = (office.run("team", "add", name)["teamId"] for name in ("Design", "Sales"))
    added = responded(office.call(EMPLOYEES, employee(office, design)), ADDED)
    assert added == {"userName": "Grace", "emailId": "grace@example.com", "userId": added["userId"]}
    with office.database.read() as connection:
        kept = connection.execute(select(users.c.password).where(users.c.email == "grace@example.com")).scalar_one()
    assert PASSWORD not in kept
    assert PasswordHasher().verify(kept, PASSWORD)
    change = {"userId": added["userId"], "userName": "Grace H", "roleId": roles(office)["Manager"]}
    change |= {"teamId": [sales, design], "workMode": "hybrid"}
    changed = responded(office.call(EMPLOYEES, change, method="PATCH"), "User details updated successfully")
    assert changed == {"userName": "Grace H", "userId": added["userId"]}
    assert filtered(office, added["userId"]) == [
        {
            "userId": added["userId"],
            "userName": "Grace H",
            "emailId": "grace@example.com",
            "uniqueUrl": f"/people/{added['userId']}",
            "profilePicUrl": None,
            "teamId": [{"teamId": sales, "teamName": "Sales"}, {"teamId": design, "teamName": "Design"}],
            "accountStatus": "Active",
            "roleId": roles(office)["Manager"],
            "roleName": "Manager",
            "workMode": "hybrid",
        }
    ]
    taken = employee(office, design, userName="Other", emailId="GRACE@example.com")
    failed(office.call(EMPLOYEES, taken), 409, "EMAIL_TAKEN")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("userName", "G"),
        ("userName", "G" * 101),
        ("userName", "Gr\0ace"),
        ("emailId", "nobody"),
        ("emailId", "grace@example.com\n"),
        ("password", "Short-7"),
        ("password", "correct-horse-7"),
        ("password", "CORRECT-HORSE-7"),
        ("password", "Correct-horse-x"),
        ("password", "Correcthorse7"),
        ("teamId", []),
        ("workMode", "moon"),
        ("roleId", "Employee"),
        ("colour", "red"),
    ],
)
def test_what_no_person_is_added_with(shared_office: Office, field: str, value: object) -> None:
    body = failed(
        shared_office.call(EMPLOYEES, employee(shared_office, NOBODY, **{field: value})), 400, "VALIDATION_ERROR"
    )
    assert fields(body) == [field]


def test_offset_and_limit_are_taken_and_ignored(office: Office) -> None:
    team, unused = office.run("team", "add", "Design")["teamId"], {"offset": 1, "limit": 10}
    added = responded(office.call(EMPLOYEES, employee(office, team, **unused)), ADDED)
    change = {"userId": added["userId"], "userName": "Grace", "roleId": roles(office)["Employee"], "teamId": [team]}
    assert office.call(EMPLOYEES, {**change, "workMode": "office", **unused}, method="PATCH").status_code == 200
    role = succeeded(office.call(ROLES, {"roleName": "Auditor", "roleData": [], **unused}))["roleId"]
    for method, body in (("PATCH", {"roleId": role, "roleName": "Reviewer"}), ("DELETE", {"roleId": role})):
        succeeded(office.call(ROLES, {**body, **unused}, method=method))


def test_a_mail_is_taken_in_whatever_case(office: Office) -> None:
    team = office.run("team", "add", "Design")["teamId"]
    added = responded(office.call(EMPLOYEES, employee(office, team, emailId="Zoë.Ångström@example.com")), ADDED)
    for mail in ("Zoë.Ångström@example.com", "zoë.ångström@EXAMPLE.com", "ZOË.ÅNGSTRÖM@example.com"):
        failed(office.call(EMPLOYEES, employee(office, team, emailId=mail)), 409, "EMAIL_TAKEN")
        office.run("team", "join", "Design", mail)
    assert added["emailId"] == "Zoë.Ångström@example.com"


def test_ids_that_nobody_has(office: Office) -> None:
    failed(office.call(EMPLOYEES, employee(office, NOBODY)), 404, "TEAM_NOT_FOUND")
    team = office.run("team", "add", "Design")["teamId"]
    failed(office.call(EMPLOYEES, employee(office, team, roleId=NOBODY)), 404, "ROLE_NOT_FOUND")
    change = {"userId": NOBODY, "userName": "Grace", "roleId": NOBODY, "teamId": [team], "workMode": "office"}
    failed(office.call(EMPLOYEES, change, method="PATCH"), 404, "USER_NOT_FOUND")
    failed(office.call(f"{EMPLOYEES}/filter", {"userId": [NOBODY]}), 404, "USER_NOT_FOUND")
    assert fields(failed(office.call(f"{EMPLOYEES}/filter", {"userId": []}), 400, "VALIDATION_ERROR")) == ["userId"]
    assert [one["name"] for one in office.run("user", "list")["users"]] == ["anna@example.com"]


def test_a_role_is_made_changed_and_removed(office: Office) -> None:
    team = office.run("team", "add", "Design")["teamId"]
    page, other = {"path": "/moon", "access": "Full Access"}, {"path": "/my-team", "access": "Team Data"}
    answer = office.call(ROLES, {"roleName": "Auditor", "roleData": [[page, other]]})
    message = "Page-level access permissions have been successfully assigned to the role."
    assert answer.json()["statusMessage"] == message
    made = succeeded(answer)
    assert made == {"roleId": made["roleId"], "roleName": "Auditor", "roleData": [page, other]}
    failed(office.call(ROLES, {"roleName": "auditor", "roleData": []}), 409, "NAME_TAKEN")
    renamed = office.call(ROLES, {"roleId": made["roleId"], "roleName": "Reviewer", "roleData": None}, method="PATCH")
    assert renamed.json()["statusMessage"] == "Role management updated successfully."
    assert succeeded(renamed) == {**made, "roleName": "Reviewer"}
    changed = {"roleId": made["roleId"], "roleName": "Reviewer", "roleData": [other]}
    assert succeeded(office.call(ROLES, changed, method="PATCH")) == changed
    added = responded(office.call(EMPLOYEES, employee(office, team, roleId=made["roleId"])), ADDED)
    failed(office.call(ROLES, {"roleId": made["roleId"]}, method="DELETE"), 409, "ROLE_IN_USE")
    back = {"userId": added["userId"], "userName": "Grace", "roleId": roles(office)["Employee"]}
    responded(
        office.call(EMPLOYEES, {**back, "teamId": [team], "workMode": "office"}, method="PATCH"),
        "User details updated successfully",
    )
    removed = office.call(ROLES, {"roleId": made["roleId"]}, method="DELETE")
    assert removed.json()["statusMessage"] == "Role deleted successfully."
    assert succeeded(removed) == {"roleId": made["roleId"]}
    failed(office.call(ROLES, {"roleId": made["roleId"]}, method="DELETE"), 404, "ROLE_NOT_FOUND")


def test_built_in_roles_stay(office: Office) -> None:
    assert list(roles(office)) == ["Admin", "Manager", "Employee", "No Access"]
    for role in roles(office).values():
        failed(office.call(ROLES, {"roleId": role}, method="DELETE"), 409, "BUILT_IN_ROLE")
        change = {"roleId": role, "roleName": "Mine", "roleData": []}
        failed(office.call(ROLES, change, method="PATCH"), 409, "BUILT_IN_ROLE")
    wrong = {"roleName": "Auditor", "roleData": [{"path": "/", "access": "Some Data"}]}
    failed(office.call(ROLES, wrong), 400, "VALIDATION_ERROR")
    failed(office.call(ROLES, {"roleName": "Audi\0tor", "roleData": []}), 400, "VALIDATION_ERROR")


def test_idle_alerts_are_the_idle_policy(office: Office) -> None:
    office.run("user", "add", "--name", "Bob", "--email", "bob@example.com")
    office.run("policy", "--idle-minutes", "7")
    office.run("policy", "--user", "bob@example.com", "--idle", "off")
    answer = office.client.get("/v1/settings/idle-alert", headers=bearing(office.admin))
    assert answer.json()["statusMessage"] == "Fetched idle alert settings successfully"
    found: Any = succeeded(answer)
    assert [(one["userName"], one["emailId"], one["profilePicUrl"], one["idleAlertSettings"]) for one in found] == [
        ("Bob", "bob@example.com", None, {"minimumIdleTimeMinutes": 7, "enableIdleTimeAlert": False}),
        (*2 * ("anna@example.com",), None, {"minimumIdleTimeMinutes": 7, "enableIdleTimeAlert": True}),
    ]
