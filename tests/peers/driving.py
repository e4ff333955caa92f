"""An open aw-client, and a stretch of simulated time that it reports to the real server.

What is sent is such that the real server itself destroys nothing: a heartbeat that merges meets the newest event of
its bucket, an insert begins before it, and while a clock is behind the newest event no two beats are alike.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .aw_server import environment

HOST = "ANNA-PC"
WINDOW, INPUT, WEB = f"aw-watcher-window_{HOST}", f"aw-watcher-afk_{HOST}", "aw-watcher-web-firefox"
TYPES = {WINDOW: "currentwindow", INPUT: "afkstatus", WEB: "web.tab.current"}
LENGTHS = {WINDOW: (0.0, 20.0, 240.0, 1800.0), INPUT: (0.0, 240.0, 900.0), WEB: (0.0, 20.0, 600.0)}
APPS = ("Code", "Firefox", "EXCEL.EXE", "Slack", "firefox", "LockApp.exe", "vlc")
SITES = ("https://github.com/pulls", "https://news.example/a", "https://WWW.docs.example:8443/b", "about:blank")


class Driver:
    """The client in its own process: each call returns when the server has answered."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, do: str, bucket: str, **more: Any) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": do, "bucket": bucket, **more}) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n", f"the client ended: {do} {bucket}"

    def create(self, bucket: str, hostname: str = HOST, type_: str | None = None) -> None:
        self("create", bucket, hostname=hostname, type=type_ or TYPES[bucket])

    def insert(self, bucket: str, *events: dict[str, Any]) -> None:
        self("insert", bucket, events=list(events))


@contextmanager
def driving(python: Path, address: str, home: Path) -> Iterator[Driver]:
    script = Path(__file__).with_name("drive_aw_server.py")
    with (home / "client.log").open("wb") as log:
        process = subprocess.Popen(
            [str(python), str(script), address.rpartition(":")[2]],
            env=environment(home),
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            yield Driver(process)
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait(30)


def event(at_s: float, duration: float, **data: object) -> dict[str, Any]:
    return {"timestamp": datetime.fromtimestamp(at_s, UTC).isoformat(), "duration": duration, "data": data}


class Simulation:
    """One computer from `start` to `end`, in seconds since 1970; every step goes some way."""

    def __init__(self, driver: Driver, rng: random.Random, start: float, end: float, steps: int) -> None:
        self._driver, self._rng = driver, rng
        self._start, self._now, self._limit = start, start, end
        self._stride = (end - start) / steps
        self._end = start
        self._newest: dict[str, float] = {}
        self._reported: dict[str, list[dict[str, Any]]] = {bucket: [] for bucket in TYPES}
        self._odd = 0
        for bucket in TYPES:
            driver.create(bucket)

    def step(self) -> None:
        self._end = min(self._limit, self._end + self._stride)
        self._now = max(self._now, self._end - self._stride * self._rng.choice((0.2, 0.5, 0.9)))
        do = self._rng.choices(
            (self._work, self._late, self._again, self._clock_back, self._clock_fast), (6, 3, 2, 1, 1)
        )
        self._work() if not self._newest else do[0]()

    def _work(self) -> None:
        """Heartbeats, some of which grow the last event, with holes; then the computer may sleep."""
        rng = self._rng
        for _ in range(rng.randint(2, 7)):
            bucket = rng.choice((WINDOW, WINDOW, INPUT, WEB))
            data = self._shown(bucket)
            for _ in range(rng.randint(1, 3)):
                self._beat(bucket, self._now, rng.choice(LENGTHS[bucket]), data)
                self._now += rng.choice((1.0, 1.9, 4.999, 60.25, 400.0))
        if rng.random() < 0.1:
            self._end = min(self._limit, self._end + self._stride * rng.randint(1, 5))

    def _late(self) -> None:
        """Events that come late and out of order, up to five days, some longer than a day."""
        for _ in range(self._rng.randint(1, 3)):
            bucket = self._rng.choice(list(self._newest))
            at = max(
                self._start,
                self._newest[bucket] - 1 - self._rng.choice((600, 20 * 3600, 120 * 3600)) * self._rng.random(),
            )
            if at < self._newest[bucket]:
                length = self._rng.choice((0.0, 0.7, 90.0, 1000.0, 7200.0, 30.0 * 3600))
                self._insert(bucket, event(at, min(length, self._end - at), **self._shown(bucket)))

    def _again(self) -> None:
        """The same events once more."""
        bucket = self._rng.choice(list(self._newest))
        for known in self._rng.sample(self._reported[bucket], min(3, len(self._reported[bucket]))):
            if datetime.fromisoformat(known["timestamp"]).timestamp() < self._newest[bucket]:
                self._driver.insert(bucket, known)

    def _clock_back(self) -> None:
        """The clock is an hour or three days slow for some beats, then right again."""
        back = self._rng.choice((3600.0, 3 * 86_400.0))
        for number in range(self._rng.randint(1, 4)):
            at = max(self._start, self._now - back) + number * 30
            self._beat(WINDOW, at, self._rng.choice((0.0, 20.0)), self._unlike())
        self._now += 60
        self._beat(WINDOW, self._now, 0.0, self._unlike())

    def _clock_fast(self) -> None:
        """The clock is half an hour fast for a beat, then right; time passes before the next step."""
        self._beat(WINDOW, self._now + 1800, 30.0, self._unlike())
        for number in range(self._rng.randint(1, 3)):
            self._beat(WINDOW, self._now + number * 40, 25.0, self._unlike())
        self._now += 1900
        self._beat(WINDOW, self._now, 0.0, self._unlike())

    def _beat(self, bucket: str, at: float, duration: float, data: dict[str, Any]) -> None:
        self._driver("beat", bucket, event=event(at, duration, **data), pulsetime=5.0)
        if at > self._newest.get(bucket, 0.0):
            self._newest[bucket] = at

    def _insert(self, bucket: str, written: dict[str, Any]) -> None:
        self._driver.insert(bucket, written)
        self._reported[bucket].append(written)

    def _unlike(self) -> dict[str, Any]:
        self._odd += 1
        return {"app": self._rng.choice(APPS), "title": f"title {self._odd}"}

    def _shown(self, bucket: str) -> dict[str, Any]:
        if bucket == WINDOW:
            return {"app": self._rng.choice(APPS), "title": self._rng.choice(("a title", "another", "ünï \U0001f600"))}
        if bucket == INPUT:
            return {"status": self._rng.choice(("afk", "not-afk"))}
        return {"url": self._rng.choice(SITES), "title": "a page", "incognito": self._rng.random() < 0.1}
