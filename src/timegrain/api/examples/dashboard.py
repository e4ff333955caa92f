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

EXAMPLES = {
    "postWeeklySummary": Example(
        body=RANGE,
        answer={
            "breakdownSummary": [{"date": "2026-02-03T00:00:00.000Z", "day": "Tuesday", "metrics": DAY}],
            "overallSummary": OVERALL,
        },
    ),
}
