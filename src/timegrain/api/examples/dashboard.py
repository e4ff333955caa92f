"""Of the dashboard's calls."""

from __future__ import annotations

from timegrain.api.examples.example import USER, Example

RANGE = {
    "startDate": "2026-02-02 00:00:00",
    "endDate": "2026-02-08 23:59:59",
    "timeZone": "Asia/Kolkata",
    "userId": [USER],
    "teamId": [],
}
DAY = {
    "totalTimeSpendSeconds": 5400,
    "activeTimeSpendSeconds": 4770,
    "idleTimeSpendSeconds": 630,
    "productiveTimeSpendSeconds": 1800,
    "neutralTimeSpendSeconds": 2970,
    "unproductiveTimeSpendSeconds": 0,
}
OVERALL = {
    "totalActiveTimeSpendSeconds": 4770,
    "totalIdleTimeSpendSeconds": 630,
    "totalTimeSpendSeconds": 5400,
    "totalProductiveTimeSpendSeconds": 1800,
    "totalNeutralTimeSpendSeconds": 2970,
    "totalUnproductiveTimeSpendSeconds": 0,
}

_USER = {"userId": USER, "name": "Grace", "profilePicUrl": None}
_WORKED = {
    "totalWorkedTimeInSeconds": 5400,
    "activeWorkedTimeInSeconds": 4770,
    "idleWorkedTimeInSeconds": 630,
    "productiveWorkedTimeInSeconds": 1800,
    "unproductiveWorkedTimeInSeconds": 0,
    "neutralWorkedTimeInSeconds": 2970,
}
_SESSION = {"inTime": "2026-02-03T03:30:00.000Z", "outTime": "2026-02-03T05:00:00.000Z", "isWorking": False}


def _of_worked(*words: str) -> dict[str, int]:
    return {name: seconds for name, seconds in _WORKED.items() if name.startswith(words)}


_TIMESHEET = {
    "user": _USER,
    "dailySummary": [
        {
            "date": "2026-02-03T00:00:00.000Z",
            "day": "Tuesday",
            "inTime": "2026-02-03T09:00:00.000Z",
            "outTime": "2026-02-03T10:30:00.000Z",
            **DAY,
        }
    ],
    "overallSummary": OVERALL,
    "session": {"avgCheckInTime": "09:00:00", "avgCheckOutTime": "10:30:00"},
}

_CODE = {
    "name": "Code",
    "type": "application",
    "category": "Development",
    "rating": "neutral",
    "activeSeconds": 2970,
    "productiveSeconds": 0,
    "neutralSeconds": 2970,
    "unproductiveSeconds": 0,
    "share": 0.622642,
    "people": 1,
}

EXAMPLES = {
    "postWeeklySummary": Example(
        body=RANGE,
        answer={
            "breakdownSummary": [{"date": "2026-02-03T00:00:00.000Z", "day": "Tuesday", "metrics": DAY}],
            "overallSummary": OVERALL,
        },
    ),
    "postWorkSummary": Example(
        body=RANGE,
        answer={
            "timeSummary": _WORKED,
            "activityStats": {"appsVisitedCount": 1, "websitesVisitedCount": 1, "totalTeamMembers": 1},
        },
    ),
    "postWorkTimeAnalysis": Example(
        body=RANGE,
        answer=[{"user": _USER, "timeSummary": _of_worked("total", "active", "idle"), "session": _SESSION}],
    ),
    "postProductivityAnalysis": Example(
        body=RANGE,
        answer=[{"user": _USER, "timeSummary": _of_worked("active", "productive", "unproductive", "neutral")}],
    ),
    "postMyTeam": Example(
        body={"timeZone": "Asia/Kolkata", "userId": [USER], "teamId": []},
        answer=[{"user": _USER, "timeSummary": _WORKED, "session": _SESSION}],
    ),
    "postAppUsageWorkSummary": Example(
        body=RANGE,
        answer={"timeSummary": _WORKED, "activityStats": {"appsVisitedCount": 1, "websitesVisitedCount": 1}},
    ),
    "postTimesheet": Example(body=RANGE, answer=[_TIMESHEET]),
    "postRecentScreenshot": Example(body=RANGE, answer=[]),
    "postScreenshot": Example(body=RANGE, answer=[]),
    "postAppUsage": Example(body=RANGE, answer={"items": [_CODE], "nextCursor": None, "activeSeconds": 4770}),
    "getSubjects": Example(
        query={"rating": "unrated", "q": "co"},
        answer={"items": [{**_CODE, "rule": None}], "nextCursor": None},
    ),
    "postTimeline": Example(
        body={**RANGE, "offset": 1},
        answer={
            "totalActiveUsers": 1,
            "usersList": [
                {
                    "userId": USER,
                    "userName": "Grace",
                    "emailId": "grace@example.com",
                    "profilePicUrl": None,
                    "productiveTimeSpend": 1800,
                    "unProductiveTimeSpend": 0,
                    "neutralTimeSpend": 2970,
                    "idleTimeSpend": 630,
                    "appTrackingDetails": [
                        {
                            "category": "productive",
                            "appName": "Google Chrome",
                            "title": "Pull requests",
                            "startTime": "2026-02-03T04:30:00.000Z",
                            "endTime": "2026-02-03T05:00:00.000Z",
                        }
                    ],
                }
            ],
        },
    ),
    "postExplain": Example(
        body={**RANGE, "startDate": "2026-02-03 09:45:00", "endDate": "2026-02-03 09:45:00"},
        answer={
            "spans": [
                {
                    "start": "2026-02-03T04:15:00.000Z",
                    "end": "2026-02-03T04:15:01.000Z",
                    "seconds": 1,
                    "state": "idle",
                    "rating": None,
                    "subject": {"name": "Code", "type": "application"},
                    "application": "Code",
                    "title": "",
                    "device": "laptop-7",
                    "facts": [
                        {
                            "device": "laptop-7",
                            "kind": "focus",
                            "start": "2026-02-03T03:30:00.700Z",
                            "browser": None,
                        },
                        {"device": "laptop-7", "kind": "away", "start": "2026-02-03T04:10:00.000Z", "browser": None},
                    ],
                    "stretch": {
                        "start": "2026-02-03T04:10:00.000Z",
                        "end": "2026-02-03T04:20:30.000Z",
                        "seconds": 630,
                    },
                    "rule": None,
                    "reason": None,
                }
            ],
            "totals": {
                **dict.fromkeys(DAY, 0),
                "totalTimeSpendSeconds": 1,
                "idleTimeSpendSeconds": 1,
            },
            "limits": {
                "idleCounting": True,
                "idleThresholdSeconds": 300,
                "awayLimitSeconds": 3600,
                "unattendedLimitSeconds": 14400,
            },
            "neverIdle": [],
        },
    ),
}
