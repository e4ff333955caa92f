"""Of the calls by which facts come in and go."""

from __future__ import annotations

from timegrain.api.examples.example import USER, Example

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
_EVENT = {
    "timestamp": "2026-02-08T04:32:01.676+00:00",
    "duration": 0,
    "data": {"app": "Code", "title": "main.py"},
}
_KEPT = {
    "id": None,
    "timestamp": "2026-02-08T04:31:40.120+00:00",
    "duration": 21.556,
    "data": {"app": "Code", "title": "main.py"},
}
_BUCKET = {"bucket": "aw-watcher-window_ANNA-PC"}

EXAMPLES = {
    "postActivity": Example(
        body={
            "device": "laptop-7",
            "userId": USER,
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
        answer={"stored": 2, "unchanged": 0, "erased": 0, "rejected": [], "warnings": []},
    ),
    "deleteErasure": Example(
        body={
            "userId": USER,
            "startDate": "2026-02-08 10:00:00",
            "endDate": "2026-02-08 10:59:59",
            "timeZone": "Asia/Kolkata",
        },
        answer={"facts": 2, "erasedSeconds": 801},
    ),
    "postBucket": Example(
        path=_BUCKET,
        body={"client": "aw-watcher-window", "type": "currentwindow", "hostname": "ANNA-PC"},
        answer={},
    ),
    "postHeartbeat": Example(path=_BUCKET, query={"pulsetime": "6"}, body=_EVENT, answer=_KEPT),
    "postEvents": Example(path=_BUCKET, body=_EVENT, answer=_KEPT),
    "postEditorHeartbeat": Example(body=_HEARTBEAT, answer={"data": _ACCEPTED}),
    "postEditorHeartbeats": Example(
        body=[_HEARTBEAT, {**_HEARTBEAT, "time": 0}],
        answer={"responses": [[{"data": _ACCEPTED}, 201], [{"error": "time: begins before the year 2000"}, 400]]},
    ),
}
