"""Of the reports."""

from __future__ import annotations

from timegrain.api.examples.example import USER, Example

_MONTH = {"year": 2026, "month": 2, "timeZone": "Asia/Kolkata", "userId": [USER], "teamId": []}
_USER = {"userId": USER, "name": "Grace", "emailId": "grace@example.com", "profilePicUrl": None}
_COUNTS = {
    "totalDays": 28,
    "workingDays": 20,
    "completedWorkingDays": 20,
    "upcomingWorkingDays": 0,
    "weekOffDays": 8,
    "weekOffWorkedDays": 0,
}
_DAY = {"date": "2026-02-03", "day": "Tuesday", "attendanceStatus": "PRESENT"}

_EXPORTED = {"name": "Grace", "emailId": "grace@example.com", "userId": USER}

EXAMPLES = {
    "postExport": Example(
        body={
            "startDate": "2026-02-01 00:00:00",
            "endDate": "2026-02-28 23:59:59",
            "timeZone": "Asia/Kolkata",
            "userId": [USER],
            "teamId": [],
            "format": "json",
            "report": "monthly",
        },
        files={
            "application/json": [
                {
                    **_EXPORTED,
                    "date": "2026-02-03",
                    "day": "Tuesday",
                    "attendanceStatus": "PRESENT",
                    "totalSeconds": 5400,
                    "activeSeconds": 4770,
                    "idleSeconds": 630,
                    "extraHoursSeconds": 0,
                }
            ],
            "text/csv": (
                "name,emailId,userId,date,day,attendanceStatus,totalSeconds,activeSeconds,idleSeconds,"
                f"extraHoursSeconds\r\nGrace,grace@example.com,{USER},2026-02-03,Tuesday,PRESENT,5400,4770,630,0\r\n"
            ),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "PK...",
        },
    ),
    "postMonthlySummary": Example(
        body=_MONTH,
        answer=[
            {
                "user": _USER,
                "monthlySummary": {**_COUNTS, "presentDays": 1, "absentDays": 19},
                "timeSummary": {
                    "totalWorkedTimeInSeconds": 5400,
                    "totalActiveWorkedTimeInSeconds": 4770,
                    "totalIdleWorkedTimeInSeconds": 630,
                },
                "dailySummary": [
                    {
                        **_DAY,
                        "totalWorkedTimeInSeconds": 5400,
                        "activeWorkedTimeInSeconds": 4770,
                        "idleWorkedTimeInSeconds": 630,
                    }
                ],
            }
        ],
    ),
    "postExtraHoursSummary": Example(
        body=_MONTH,
        answer=[
            {
                "user": _USER,
                "extraHoursSummary": {**_COUNTS, "extraHoursWorkedDays": 0, "extraHoursWorkedTimeInSeconds": 0},
                "dailySummary": [{**_DAY, "extraHoursWorkedTimeInSeconds": 0}],
            }
        ],
    ),
}
