"""Of people and roles."""

from __future__ import annotations

from timegrain.api.examples.example import TEAM, USER, Example

ROLE = "c7b0fd0a-27b5-4a86-9d3b-2f6f5d3c9f10"
_PAGES = [{"path": "/my-team", "access": "Team Data"}, {"path": "/report-analysis", "access": "Own Data"}]
_ROLE = {"roleId": ROLE, "roleName": "Auditor", "roleData": _PAGES}

EXAMPLES = {
    "addEmployee": Example(
        body={
            "userName": "Grace",
            "emailId": "grace@example.com",
            "password": "Correct-horse-7",
            "roleId": ROLE,
            "teamId": [TEAM],
            "workMode": "remote",
        },
        answer={"userName": "Grace", "emailId": "grace@example.com", "userId": USER},
    ),
    "updateEmployee": Example(
        body={"userId": USER, "userName": "Grace", "roleId": ROLE, "teamId": [TEAM], "workMode": "hybrid"},
        answer={"userName": "Grace", "userId": USER},
    ),
    "filterEmployees": Example(
        body={"userId": [USER]},
        answer=[
            {
                "userId": USER,
                "userName": "Grace",
                "emailId": "grace@example.com",
                "uniqueUrl": f"/people/{USER}",
                "profilePicUrl": None,
                "teamId": [{"teamId": TEAM, "teamName": "Engineering"}],
                "accountStatus": "Active",
                "roleId": ROLE,
                "roleName": "Employee",
                "workMode": "remote",
            }
        ],
    ),
    "getIdleAlerts": Example(
        answer=[
            {
                "userId": USER,
                "userName": "Grace",
                "emailId": "grace@example.com",
                "profilePicUrl": None,
                "idleAlertSettings": {"minimumIdleTimeMinutes": 5, "enableIdleTimeAlert": True},
            }
        ],
    ),
    "getRoles": Example(answer=[_ROLE]),
    "addRole": Example(body={"roleName": "Auditor", "roleData": _PAGES}, answer=_ROLE),
    "updateRole": Example(body={"roleId": ROLE, "roleName": "Auditor", "roleData": None}, answer=_ROLE),
    "deleteRole": Example(body={"roleId": ROLE}, answer={"roleId": ROLE}),
}
