"""Of policies and holidays."""

from __future__ import annotations

from timegrain.api.examples.example import USER, Example

JOB = "3f1c2f6e-2a57-4a52-9d5b-0f6d1f6b7c10"
HOLIDAY = "c2a1f6d0-4b7e-4d55-9a0e-6b1f2e3d4c5b"
_WORK_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
_LIMITS = {"idleCounting": True, "idleMinutes": 5, "awayLimitMinutes": 60, "unattendedLimitMinutes": 240}
_POLICY = {
    "timeZone": "Asia/Kolkata",
    "weekStart": "monday",
    **_LIMITS,
    "titles": "none",
    "urls": "host",
    "notice": None,
    "ownErasure": False,
    "questionsAMinute": 600,
    "batchesAMinute": 600,
    "auditDays": 365,
    "factsDays": 730,
    "titlesDays": 90,
    "slotsDays": None,
    "kept": {
        "factsFrom": "2024-02-12",
        "titlesFrom": "2025-11-14",
        "slotsFrom": None,
        "lastRun": {
            "startedAt": "2026-02-12T00:10:00.000Z",
            "finishedAt": "2026-02-12T00:10:02.000Z",
            "done": 35,
            "total": 35,
            "facts": 40122,
            "titles": 38410,
            "quarterHours": 0,
        },
    },
    "holdsFrom": "2024-02-12",
    "workDays": _WORK_DAYS,
    "expectedHours": 8,
    "schedules": [{"from": "2026-02-01", "workDays": _WORK_DAYS, "expectedHours": 8}],
}
_USER_POLICY = {
    "userId": USER,
    **dict.fromkeys(_LIMITS),
    "idleMinutes": 10,
    "schedules": [{"from": "2026-03-01", "workDays": None, "expectedHours": 6}],
    "inForce": {**_LIMITS, "idleMinutes": 10, "workDays": _WORK_DAYS, "expectedHours": 6},
    "factsFrom": "2024-02-12",
    "holdsFrom": "2024-02-12",
}
_HOLIDAY = {"holidayId": HOLIDAY, "day": "2026-08-15", "name": "Independence Day"}

EXAMPLES = {
    "getPolicy": Example(answer=_POLICY),
    "patchPolicy": Example(
        body={"idleMinutes": 5, "workDays": _WORK_DAYS, "expectedHours": 8, "from": "2026-02-01"},
        answer=_POLICY,
        also={202: {"jobId": JOB}},
    ),
    "getUserPolicy": Example(path={"userId": USER}, answer=_USER_POLICY),
    "patchUserPolicy": Example(
        path={"userId": USER},
        body={"idleMinutes": 10, "expectedHours": 6, "workDays": None, "from": "2026-03-01"},
        answer=_USER_POLICY,
        also={202: {"jobId": JOB}},
    ),
    "getHolidays": Example(query={"year": 2026}, answer={"items": [_HOLIDAY], "nextCursor": None}),
    "postHoliday": Example(body={"day": "2026-08-15", "name": "Independence Day"}, answer=_HOLIDAY),
    "deleteHoliday": Example(path={"holidayId": HOLIDAY}),
}
