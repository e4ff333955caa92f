"""A week of two computers as the calls that their watchers make, one by one.

Everything that happens to heartbeats is in it, as far as the real server keeps what it is told: states that
change and come back, gaps at the edge of the pulsetime, events with durations, duplicates, late heartbeats
inside the last event or before it, whole events before, between and after heartbeats, incognito pages, a
night that the computer slept through. No two events of a bucket begin in the same millisecond, and none is
sent that the real server would overwrite another one for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

MONDAY = datetime(2026, 2, 2, tzinfo=UTC)
DAYS = 7
WINDOW_PULSE, AFK_PULSE, WEB_PULSE = 6.0, 185.0, 80.5
APPS = ("Code", "Mail", "firefox", "Player", "Terminal")
SITES = ("https://github.com/pulls", "https://www.youtube.com/watch?v=1", "https://news.example/a")

Call = list[Any]
Event = dict[str, Any]


def event(at: datetime, duration: float, **data: object) -> Event:
    return {"timestamp": at.isoformat(), "duration": duration, "data": data}


def _states(chance: random.Random, start: datetime, kind: str) -> Iterator[tuple[datetime, float, dict[str, object]]]:
    """Beginnings, lengths and data of what follows one another on one day, about six hours of it."""
    at = start + timedelta(seconds=chance.randrange(3600), microseconds=chance.randrange(1_000_000))
    end = start + timedelta(hours=6)
    away = False
    while at < end:
        if kind == "window":
            length, data = chance.uniform(120, 2400), {"app": chance.choice(APPS), "title": f"t{chance.randrange(3)}"}
        elif kind == "web":
            length = chance.uniform(200, 2400)
            data = {"url": chance.choice(SITES), "title": "t", "incognito": chance.random() < 0.2, "tabCount": 3}
        else:
            away = not away
            length, data = chance.uniform(200, 4500), {"status": "afk" if away else "not-afk"}
        yield at, length, data
        at += timedelta(seconds=length + chance.choice((0.001, 0.001, 1, 3, 40)))


def _beats(
    chance: random.Random, at: datetime, length: float, data: dict[str, object], pulse: float
) -> Iterator[Event]:
    """One state as heartbeats: most merge, some leave a gap that is just too long."""
    end = at + timedelta(seconds=length)
    yield event(at, 0, **data)
    last = at
    for _ in range(chance.randrange(3, 7)):
        duration = chance.choice((0, 0, 0.5, length / 9, length / 4))
        gap = chance.choice((pulse, pulse, pulse - 0.001, pulse + 0.001, pulse / 2, pulse * 2))
        at = last + timedelta(seconds=gap)
        if at + timedelta(seconds=duration) >= end:
            return
        beat = event(at, duration, **data)
        yield beat
        if chance.random() < 0.2:
            yield beat
        last = at + timedelta(seconds=duration)
        if duration > 1 and chance.random() < 0.4:
            # Inside the last event, later than the heartbeat that made it grow.
            yield event(at + timedelta(seconds=duration / 2), 0, **data)


def _late(chance: random.Random, at: datetime, kind: str) -> Event:
    """Of an hour ago, in a state that nothing merges with."""
    back = at - timedelta(seconds=3600 + chance.random())
    if kind == "window":
        return event(back, 20, app="Late", title=f"{back.microsecond}")
    return event(back, 20, url=f"https://late.example/{back.microsecond}", title="t", incognito=False)


def _day(chance: random.Random, bucket: str, kind: str, start: datetime, pulse: float) -> Iterator[Call]:
    for at, length, data in _states(chance, start, kind):
        for beat in _beats(chance, at, length, data, pulse):
            yield ["beat", bucket, beat, pulse]
        if kind != "afk" and chance.random() < 0.15:
            yield ["beat", bucket, _late(chance, at, kind), pulse]
        if kind == "window" and chance.random() < 0.15:
            # Whole events of the night before: of history that somebody brings along.
            night = start - timedelta(hours=chance.randrange(2, 7), seconds=chance.randrange(3000), milliseconds=7)
            yield ["insert", bucket, event(night, 300, app="Night", title="t")]


def _night(bucket: str, day: datetime) -> Iterator[Call]:
    """Present until late, then the computer sleeps and wakes; a state that spans the night."""
    evening = day + timedelta(hours=20)
    yield ["beat", bucket, event(evening, 600, status="not-afk"), AFK_PULSE]
    yield ["beat", bucket, event(evening + timedelta(seconds=601), 7 * 3600, status="afk"), AFK_PULSE]
    yield ["beat", bucket, event(evening + timedelta(hours=7, seconds=700), 60, status="afk"), AFK_PULSE]


def _overlap(bucket: str, at: datetime) -> Iterator[Call]:
    """Late heartbeats inside a long event, with another state among them."""
    yield ["beat", bucket, event(at, 600, app="Long", title="t"), WINDOW_PULSE]
    for seconds, app in ((10, "Long"), (20, "Other"), (30, "Long")):
        yield ["beat", bucket, event(at + timedelta(seconds=seconds), 0, app=app, title="t"), WINDOW_PULSE]


def laptop() -> list[Call]:
    """Every heartbeat at once, from three watchers."""
    chance = random.Random(4)
    window, afk, web = (f"aw-watcher-{name}_laptop" for name in ("window", "afk", "web-firefox"))
    calls: list[Call] = [["create", window, "currentwindow"], ["create", afk, "afkstatus"]]
    calls += [["create", web, "web.tab.current"], ["create", window, "currentwindow"]]
    # Before any heartbeat: the first one goes on where the newest of these ends.
    history = [event(MONDAY + timedelta(hours=hour), 900, app=APPS[hour], title="t") for hour in (2, 0, 1)]
    calls.append(["inserts", window, history])
    beat = event(MONDAY + timedelta(hours=2, seconds=900 + WINDOW_PULSE), 5, app=APPS[2], title="t")
    calls.append(["beat", window, beat, WINDOW_PULSE])
    for number in range(DAYS):
        day = MONDAY + timedelta(days=number)
        streams = (
            list(_day(chance, window, "window", day + timedelta(hours=8), WINDOW_PULSE)),
            list(_day(chance, afk, "afk", day + timedelta(hours=8), AFK_PULSE)),
            list(_day(chance, web, "web", day + timedelta(hours=8), WEB_PULSE)),
        )
        calls += [call for stream in streams for call in stream]
        calls += _overlap(window, day + timedelta(hours=17))
        calls += _night(afk, day)
    after = MONDAY + timedelta(days=6, hours=20)
    calls.append(["insert", window, event(after, 60, app="Mail", title="end")])
    calls.append(["beat", window, event(after + timedelta(hours=1), 30, app="Code", title="end"), WINDOW_PULSE])
    return calls


def desktop() -> list[Call]:
    """Heartbeats through the client's queue, which merges them before it sends them."""
    chance = random.Random(5)
    window, afk = "aw-watcher-window_desktop", "aw-watcher-afk_desktop"
    calls: list[Call] = []
    for number in range(DAYS):
        start = MONDAY + timedelta(days=number, hours=13)
        for bucket, type_, kind, pulse in (
            (window, "currentwindow", "window", WINDOW_PULSE),
            (afk, "afkstatus", "afk", AFK_PULSE),
        ):
            beats = [
                beat
                for at, length, data in _states(chance, start, kind)
                for beat in _beats(chance, at, length, data, pulse)
            ]
            calls.append(["queued", bucket, type_, beats, pulse])
    return calls
