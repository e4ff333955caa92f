"""Of timegrain's own calls."""

from __future__ import annotations

from timegrain.api.examples.example import TEAM, USER, Example

EXAMPLES = {
    "getAudit": Example(
        query={"limit": 50, "call": "PATCH /v1/policy"},
        answer={
            "items": [
                {
                    "id": "6a0f6a52-93a4-4b5e-9d8c-0f1d2c3b4a59",
                    "at": "2026-02-12T04:32:01.000Z",
                    "lastAt": "2026-02-12T04:32:01.000Z",
                    "times": 1,
                    "user": {"userId": USER, "name": "Grace"},
                    "key": {"keyId": "9c1b6a1e-5f3d-4a52-8b7e-1a2b3c4d5e6f", "name": "dashboard"},
                    "commandLine": False,
                    "call": "PATCH /v1/policy",
                    "address": "192.0.2.7",
                    "people": 0,
                    "about": [],
                    "before": {"idleMinutes": 5},
                    "after": {"idleMinutes": 10},
                }
            ],
            "nextCursor": None,
        },
    ),
    "getMe": Example(
        answer={
            "role": "role",
            "organisation": {
                "organisationId": "0d0a1be2-2f3c-4f7e-9c41-5a8b1f0f6f3a",
                "name": "Acme",
                "timeZone": "Asia/Kolkata",
                "weekStart": "monday",
                "titles": "none",
                "urls": "host",
                "notice": None,
            },
            "user": {"userId": USER, "name": "Grace", "leads": [{"teamId": TEAM, "name": "Engineering"}]},
            "device": None,
            "roleName": "Manager",
            "pages": [{"path": "/my-team", "access": "Team Data"}],
        },
    ),
}
