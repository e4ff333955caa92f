"""One week that is put into the real server, with what it comes to, worked out by hand.

All instants are UTC. The home zone to count it in is Europe/Berlin: on Friday 27 March local midnight is at
23:00, on Sunday 29 March 02:00 to 03:00 local time does not exist.

ANNA-PC, focus:
    Thu 20:00    22:00     Reader, then the computer sleeps                       7,200 s
    Fri 08:00    09:00     Code; the server holds it twice                        3,600 s
        09:00    09:30     firefox                                                1,800 s
        09:30    (empty)   explorer.exe
        09:30:00.5 10:30:00.5  EXCEL.EXE                                          3,600 s
            10:00 10:10    OUTLOOK.EXE, over it                                   (inside)
        22:30    23:30     vlc, over local midnight                               3,600 s
    Sun 00:30    01:30     game, over the clock change                            3,600 s
    Mon 08:00:00 .. :10    Slack, by heartbeats 1 s apart                            10 s
        08:00:14 .. :15    Slack again                                                1 s
        08:00:25 (empty)   Slack again: 10 s later, out of reach
    Between :10 and :14 the focus is reached, not covered: 4 s more.
ANNA-PC, input:
    present  Thu 20:00 to 21:30, 21:30 to Fri 07:30 (the sleep), Fri 08:00 to 10:00, 10:10 to 10:11
    away     Fri 07:30 to 08:00, 10:00 to 10:20 (twice), 10:05 to 10:25: together 1,800 + 1,500 s
    Of the second, 10:10 to 10:11 is not away. What is left, 600 s and 840 s, is idle.
BEN-MAC:
    focus    Sat 00:00 to Sun 06:00 Render (108,000 s), Mon 09:00 to 09:10 Safari (600 s),
             09:20 to 09:30 Google Chrome (600 s); a private window from 09:10 to 09:15 is left out
    present  Sat 00:00 to 02:00
    away     Sat 02:00 to Sun 06:00 (100,800 s): longer than the away limit, untracked
"""

from __future__ import annotations

from typing import Any

THURSDAY, FRIDAY, SATURDAY, SUNDAY, MONDAY = (f"2026-03-{day}" for day in (26, 27, 28, 29, 30))

ZONE = "Europe/Berlin"

KNOWN_SECONDS = {
    # Covered by at least one interval; `reached` are the seconds of focus that T2 adds.
    "ANNA-PC": {"focus": 7200 + 3600 + 1800 + 3600 + 3600 + 3600 + 11, "reached": 4, "away": 1800 + 1500},
    "BEN-MAC": {"focus": 108_000 + 600 + 600, "reached": 0, "away": 100_800},
}

# Everything imported for one user without a rule, all limits as they are at first.
TOTAL = 23_411 + 4 + 7200 + 1200
IDLE = 600 + 840
ACTIVE = TOTAL - IDLE
TOTAL_AND_IDLE_BY_DAY = {
    "2026-03-26": (7200, 0),
    "2026-03-27": (5400 + 3600 + 1800, 1440),
    "2026-03-28": (1800 + 7200, 0),
    "2026-03-29": (3600, 0),
    "2026-03-30": (15 + 1200, 0),
}

FACTS = {
    # Focus, pages, away, present.
    "ANNA-PC": (12, 1, 4, 5),
    "BEN-MAC": (4, 1, 2, 1),
}
LEFT_OUT = {
    "begins in the future": 1,
    "bucket without a host": 1,
    "incognito": 2,
    "negative duration": 1,
    "type app.editor.activity": 3,
}
EVENTS = 36


def _event(day: str, time: str, duration: float, **data: object) -> dict[str, object]:
    return {"timestamp": f"{day}T{time}+00:00", "duration": duration, "data": data}


def _bucket(id_: str, kind: str, hostname: str, *events: dict[str, object], **more: Any) -> dict[str, object]:
    no_beats = {"heartbeats": [], "pulsetime": 0}
    return no_beats | {"id": id_, "type": kind, "hostname": hostname, "events": list(events)} | more


CODE = _event(FRIDAY, "08:00:00", 3600, app="Code", title="main.py")
AWAY = _event(FRIDAY, "10:00:00", 1200, status="afk")
BEATS = [*(f"08:00:{second:02}" for second in range(11)), "08:00:14", "08:00:15", "08:00:25"]

BUCKETS = [
    _bucket(
        "aw-watcher-window_ANNA-PC",
        "currentwindow",
        "ANNA-PC",
        _event(THURSDAY, "20:00:00", 7200, app="Reader", title="A long book"),
        CODE,
        CODE,
        _event(FRIDAY, "09:00:00", 1800, app="firefox", title="Issues — Mozilla Firefox"),
        _event(FRIDAY, "09:30:00", 0, app="explorer.exe", title=""),
        _event(FRIDAY, "09:30:00.500", 3600, app="EXCEL.EXE", title="Q1.xlsx - Excel"),
        _event(FRIDAY, "10:00:00", 600, app="OUTLOOK.EXE", title="Eingang – Anna"),
        _event(FRIDAY, "22:30:00", 3600, app="vlc", title="Film"),
        _event(SUNDAY, "00:30:00", 3600, app="game", title=""),
        heartbeats=[_event(MONDAY, beat, 0, app="Slack", title="team") for beat in BEATS],
        pulsetime=2.0,
    ),
    _bucket(
        "aw-watcher-afk_ANNA-PC",
        "afkstatus",
        "ANNA-PC",
        _event(THURSDAY, "20:00:00", 5400, status="not-afk"),
        _event(THURSDAY, "21:30:00", 36_000, status="not-afk"),
        _event(FRIDAY, "07:30:00", 1800, status="afk"),
        _event(FRIDAY, "08:00:00", 7200, status="not-afk"),
        AWAY,
        AWAY,
        _event(FRIDAY, "10:05:00", 1200, status="afk"),
        _event(FRIDAY, "10:10:00", 60, status="not-afk"),
        _event(FRIDAY, "10:40:00", 0, status="not-afk"),
        _event(FRIDAY, "12:00:00", -30, status="afk"),
        _event("2037-01-01", "00:00:00", 60, status="afk"),
    ),
    _bucket(
        "aw-watcher-web-firefox",
        "web.tab.current",
        "ANNA-PC",
        _event(FRIDAY, "09:00:00", 1200, url="https://github.com/issues", title="Issues", incognito=False),
        _event(FRIDAY, "09:20:00", 600, url="https://private.example/", title="Private", incognito=True),
    ),
    _bucket(
        "aw-watcher-vscode_ANNA-PC",
        "app.editor.activity",
        "ANNA-PC",
        *(_event(FRIDAY, f"08:0{n}:00", 60, file="main.py", language="Python") for n in range(3)),
    ),
    _bucket(
        "aw-watcher-window_BEN-MAC",
        "currentwindow",
        "BEN-MAC",
        _event(SATURDAY, "00:00:00", 108_000, app="Render", title="frame"),
        _event(MONDAY, "09:00:00", 600, app="Safari", title="Example", url="https://example.org/"),
        _event(MONDAY, "09:10:00", 300, app="Safari", title="Private", url="https://x.example/", incognito=True),
        _event(MONDAY, "09:20:00", 600, app="Google Chrome", title="Docs"),
    ),
    _bucket(
        "aw-watcher-afk_BEN-MAC",
        "afkstatus",
        "BEN-MAC",
        _event(SATURDAY, "00:00:00", 7200, status="not-afk"),
        _event(SATURDAY, "02:00:00", 100_800, status="afk"),
    ),
    _bucket(
        "aw-watcher-web-chrome_BEN-MAC",
        "web.tab.current",
        "unknown",
        _event(MONDAY, "09:20:00", 600, url="https://docs.example/a", title="Docs", incognito=False),
    ),
    _bucket(
        "aw-watcher-web-opera",
        "web.tab.current",
        "unknown",
        _event(MONDAY, "10:00:00", 60, url="https://whose.example/", title="Whose?", incognito=False),
    ),
]
