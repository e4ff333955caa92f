"""Of people and roles."""

from __future__ import annotations

from timegrain.api.examples.example import TEAM, USER, Example

ROLE = "c7b0fd0a-27b5-4a86-9d3b-2f6f5d3c9f10"
_PAGES = [{"path": "/my-team", "access": "Team Data"}, {"path": "/report-analysis", "access": "Own Data"}]
_ROLE = {"roleId": ROLE, "roleName": "Auditor", "roleData": _PAGES}
_USER = {
    "userId": USER,
    "name": "Grace",
    "email": "grace@example.com",
    "active": True,
    "role": {"roleId": ROLE, "name": "Employee"},
    "workMode": "remote",
    "joinedOn": "2026-02-02",
    "leftOn": None,
    "employments": [{"from": "2026-02-02", "to": None}],
    "teams": [{"teamId": TEAM, "name": "Engineering", "from": "2026-02-02", "to": None, "primary": True}],
    "createdAt": "2026-02-02T04:32:01.000Z",
}
_TEAM = {"teamId": TEAM, "name": "Engineering"}
_LEAD = {"userId": USER, "name": "Grace", "from": "2026-02-02", "to": None}
_MEMBER = {**_LEAD, "primary": True}
_THIS_USER, _THIS_TEAM = {"userId": USER}, {"teamId": TEAM}
_THIS_MEMBER = {**_THIS_TEAM, **_THIS_USER}
DEVICE, KEY = "9d1f5c0a-6f0e-4f4d-8a0a-5f2b7c1e9a44", "3e0b9b52-7a55-4b6f-9a0f-1f2f6d8c7b21"
_DEVICE = {
    "deviceId": DEVICE,
    "userId": USER,
    "name": "laptop-7",
    "reachSeconds": 5,
    "timeoutSeconds": 120,
    "lastReport": "2026-02-12T04:32:01.000Z",
    "clockSkewSeconds": 0,
    "reportsInput": True,
    "validTokens": 1,
}
_KEY = {
    "keyId": KEY,
    "name": "Payroll",
    "kind": None,
    "role": {"roleId": ROLE, "name": "Auditor"},
    "userId": None,
    "createdAt": "2026-02-02T04:32:01.000Z",
    "expiresAt": "2036-01-01T00:00:00.000Z",
    "revokedAt": None,
    "lastUsed": "2026-02-12T04:32:00.000Z",
}

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
    "getUsers": Example(answer={"items": [_USER], "nextCursor": None}, query={"limit": 50}),
    "addUser": Example(
        body={"name": "Grace", "email": "grace@example.com", "teams": [TEAM], "joinedOn": "2026-02-02"}, answer=_USER
    ),
    "getUser": Example(answer=_USER, path=_THIS_USER),
    "updateUser": Example(body={"workMode": "remote"}, answer=_USER, path=_THIS_USER),
    "eraseUser": Example(path=_THIS_USER, query={"confirm": USER}),
    "getTeams": Example(answer={"items": [_TEAM], "nextCursor": None}),
    "addTeam": Example(body={"name": "Engineering"}, answer=_TEAM),
    "getTeam": Example(answer=_TEAM, path=_THIS_TEAM),
    "updateTeam": Example(body={"name": "Engineering"}, answer=_TEAM, path=_THIS_TEAM),
    "deleteTeam": Example(path=_THIS_TEAM),
    "getMembers": Example(answer={"items": [_MEMBER], "nextCursor": None}, path=_THIS_TEAM),
    "addMember": Example(body={"userId": USER, "from": "2026-02-02", "primary": True}, answer=_MEMBER, path=_THIS_TEAM),
    "deleteMember": Example(path=_THIS_MEMBER, query={"from": "2026-03-02"}),
    "getLeads": Example(answer={"items": [_LEAD], "nextCursor": None}, path=_THIS_TEAM),
    "addLead": Example(body={"userId": USER, "from": "2026-02-02"}, answer=_LEAD, path=_THIS_TEAM),
    "deleteLead": Example(path=_THIS_MEMBER),
    "getDevices": Example(answer={"items": [_DEVICE], "nextCursor": None}),
    "addDevice": Example(
        body={"userId": USER, "name": "laptop-7"},
        answer={"deviceId": DEVICE, "userId": USER, "name": "laptop-7", "deviceToken": "tg_1_..."},
    ),
    "getDevice": Example(answer=_DEVICE, path={"deviceId": DEVICE}),
    "updateDevice": Example(body={"reachSeconds": 10}, answer=_DEVICE, path={"deviceId": DEVICE}),
    "addDeviceToken": Example(
        body={"editor": False},
        answer={"deviceId": DEVICE, "userId": USER, "name": "laptop-7", "deviceToken": "tg_1_..."},
        path={"deviceId": DEVICE},
    ),
    "revokeDevice": Example(path={"deviceId": DEVICE}),
    "getKeys": Example(answer={"items": [_KEY], "nextCursor": None}),
    "addKey": Example(
        body={"name": "Payroll", "roleId": ROLE, "expiresAt": "2036-01-01T00:00:00Z"},
        answer={"keyId": KEY, "apiKey": "tg_1_..."},
    ),
    "revokeKey": Example(path={"keyId": KEY}),
}
