"""Examples of the API's description: one a request and an answer, by the name of its type."""

from __future__ import annotations

from timegrain.api import me, weekly_summary

_USER = "ab7c4f30-1024-471a-a767-739df0dc53fd"
_DAY = {
    "totalTimeSpendSeconds": 5400,
    "activeTimeSpendSeconds": 4770,
    "idleTimeSpendSeconds": 630,
    "productiveTimeSpendSeconds": 1800,
    "neutralTimeSpendSeconds": 2970,
    "unproductiveTimeSpendSeconds": 0,
}
_OVERALL = {
    "totalActiveTimeSpendSeconds": 4770,
    "totalIdleTimeSpendSeconds": 630,
    "totalTimeSpendSeconds": 5400,
    "totalProductiveTimeSpendSeconds": 1800,
    "totalNeutralTimeSpendSeconds": 2970,
    "totalUnproductiveTimeSpendSeconds": 0,
}
_ACCEPTED = {
    "id": "3f0d6f0e-5f4c-5e2a-9d3b-0a1c7f6b2e11",
    "entity": "/home/grace/app/main.py",
    "type": "file",
    "time": 1770525121.12,
}
_HEARTBEAT = {
    "entity": "/home/grace/app/main.py",
    "type": "file",
    "time": 1770525121.12,
    "project": "app",
    "user_agent": "wakatime/v1.102.1 (linux-6.1.0-x86_64) go1.22.5 vscode/1.86.0 vscode-wakatime/24.4.0",
}


def _success(message: str, data: object) -> dict[str, object]:
    return {"success": True, "statusCode": 200, "statusMessage": message, "error": None, "data": data}


EXAMPLES: dict[str, object] = {
    "WeeklySummaryRequest": {
        "startDate": "2026-02-02 00:00:00",
        "endDate": "2026-02-08 23:59:59",
        "timeZone": "Asia/Kolkata",
        "userId": [_USER],
        "teamId": [],
    },
    "WeeklySummaryResponse": _success(
        weekly_summary.MESSAGE,
        {
            "breakdownSummary": [{"date": "2026-02-03T00:00:00.000Z", "day": "Tuesday", "metrics": _DAY}],
            "overallSummary": _OVERALL,
        },
    ),
    "ActivityRequest": {
        "device": "laptop-7",
        "userId": _USER,
        "focus": [
            {
                "start": "2026-02-08T04:32:01.676Z",
                "end": "2026-02-08T04:45:22Z",
                "app": "Google Chrome",
                "title": "Pull requests",
                "url": "https://github.com/pulls",
            }
        ],
        "away": [{"start": "2026-02-08T04:40:00Z", "end": "2026-02-08T04:44:10Z"}],
    },
    "ActivityResponse": _success(
        "Recorded activity successfully",
        {"stored": 2, "unchanged": 0, "erased": 0, "rejected": [], "warnings": []},
    ),
    "ErasureRequest": {
        "userId": _USER,
        "startDate": "2026-02-08 10:00:00",
        "endDate": "2026-02-08 10:59:59",
        "timeZone": "Asia/Kolkata",
    },
    "ErasureResponse": _success("Erased activity successfully", {"facts": 2, "erasedSeconds": 801}),
    "MeResponse": _success(
        me.MESSAGE,
        {
            "role": "device",
            "organisation": {
                "organisationId": "0d0a1be2-2f3c-4f7e-9c41-5a8b1f0f6f3a",
                "name": "Acme",
                "timeZone": "Asia/Kolkata",
                "weekStart": "monday",
                "titles": "none",
                "urls": "host",
                "notice": None,
            },
            "user": {"userId": _USER, "name": "Grace"},
            "device": "laptop-7",
        },
    ),
    "Info": {
        "hostname": "timegrain",
        "version": "0.1.0",
        "testing": False,
        "device_id": "00000000-0000-0000-0000-000000000000",
    },
    "BucketRequest": {"client": "aw-watcher-window", "type": "currentwindow", "hostname": "ANNA-PC"},
    "BucketMade": {},
    "WatcherEvent": {
        "timestamp": "2026-02-08T04:32:01.676+00:00",
        "duration": 0,
        "data": {"app": "Code", "title": "main.py"},
    },
    "KeptEvent": {
        "id": None,
        "timestamp": "2026-02-08T04:31:40.120+00:00",
        "duration": 21.556,
        "data": {"app": "Code", "title": "main.py"},
    },
    "HeartbeatEntry": _HEARTBEAT,
    "HeartbeatAnswer": {"data": _ACCEPTED},
    "HeartbeatEntries": [_HEARTBEAT, {**_HEARTBEAT, "time": 0}],
    "HeartbeatsAnswer": {
        "responses": [[{"data": _ACCEPTED}, 201], [{"error": "time: begins before the year 2000"}, 400]]
    },
    "Failure": {
        "success": False,
        "statusCode": 401,
        "statusMessage": "Authentication token header is missing",
        "data": None,
        "error": {
            "message": "Authorization header is missing",
            "code": "AUTHORIZATION_HEADER_MISSING",
        },
    },
}
