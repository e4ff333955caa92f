"""Of ratings, and of the jobs that bring them into force."""

from __future__ import annotations

from timegrain.api.examples.example import TEAM, Example

JOB = "3f1c2f6e-2a57-4a52-9d5b-0f6d1f6b7c10"
AUDIT = "6a0f6a52-93a4-4b5e-9d8c-0f1d2c3b4a59"
_CHANGED = {
    "subjects": 3,
    "seconds": 5400,
    "people": 2,
    "byClass": {"productive": 5400, "neutral": -3600, "unproductive": -1800, "idle": 0},
    "holdsFrom": None,
}
_JOB = {
    "jobId": JOB,
    "state": "done",
    "dryRun": False,
    "done": 1000,
    "total": 1000,
    "createdAt": "2026-02-12T04:32:01.000Z",
    "finishedAt": "2026-02-12T04:32:07.000Z",
    "result": _CHANGED,
    "error": None,
}

EXAMPLES = {
    "getJobs": Example(query={"limit": 50}, answer={"items": [_JOB], "nextCursor": None}),
    "getJob": Example(path={"jobId": JOB}, answer=_JOB),
    "getRatings": Example(
        query={"limit": 50},
        answer={
            "items": [
                {
                    "subject": "github.com",
                    "kind": "domain",
                    "rating": "productive",
                    "ignoreIdle": False,
                    "category": "Development",
                    "teamId": None,
                    "starter": False,
                },
                {
                    "subject": "linkedin.com",
                    "kind": "domain",
                    "rating": "productive",
                    "ignoreIdle": None,
                    "category": None,
                    "teamId": TEAM,
                    "starter": False,
                },
                {
                    "subject": "Zoom.exe",
                    "kind": "application",
                    "rating": "productive",
                    "ignoreIdle": True,
                    "category": "Meetings",
                    "teamId": None,
                    "starter": True,
                },
            ],
            "nextCursor": None,
        },
    ),
    "putRatings": Example(
        query={"dryRun": True},
        body={
            "ratings": [
                {"subject": "github.com", "kind": "domain", "rating": "productive", "category": "Development"},
                {"subject": "linkedin.com", "rating": "productive", "teamId": TEAM},
                {"subject": "reddit.com", "rating": None},
            ]
        },
        answer=_CHANGED,
        also={202: {"jobId": JOB}},
    ),
    "postUndo": Example(path={"auditId": AUDIT}, answer=_CHANGED, also={202: {"jobId": JOB}}),
}
