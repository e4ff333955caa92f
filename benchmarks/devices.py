"""10,000 devices that report each minute, to a server in a process of its own: quietly, and while a job recounts.

Each report is what the agent sends: the windows of the last minute and the input that grew, packed, over a
connection of its own. Beside it, what aw-server takes of heartbeats in the same run.
"""

from __future__ import annotations

import gzip
import http.client
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert, literal, select
from tests.peers.aw_server import installed, running

from benchmarks.engines import Engine
from benchmarks.measuring import Client, Point, Row, share, until_met
from benchmarks.serving import Child, child
from timegrain import clock
from timegrain.batches import Batch
from timegrain.counting.facts import Away, Focus, Present, Report
from timegrain.recording import record_all
from timegrain.storage import keys, people
from timegrain.storage.engine import Database
from timegrain.storage.policies import Policies
from timegrain.storage.schema import (
    day_totals,
    devices,
    facts,
    names,
    slot_subjects,
    slot_totals,
    stretches,
    users,
)
from timegrain.storage.schema import keys as keys_table
from timegrain.storage.tokens import new_token

DEVICES, A_MINUTE = 10_000, 60
SENDERS = 48
APPS = ("Code", "Google Chrome", "Slack", "OUTLOOK.EXE", "Terminal")
BEATS, BEATERS = 4000, 8
MOST_MS, AT_REST_MB, UNDER_LOAD_MB = 100, 120, 300
PAUSES = 20
"""Of a device's day before: minutes without input that another threshold judges otherwise."""
BEHIND = 1000
"""So many have a day behind them, for a change of policy to count."""


@dataclass(frozen=True)
class Fleet:
    """A database of as many people as devices."""

    url: str
    tokens: list[str]
    key: str


def populate(database: Database, how_many: int = DEVICES) -> Fleet:
    """The first `BEHIND` of them have a day behind them."""
    tokens = []
    rows: dict[Any, list[dict[str, Any]]] = {users: [], devices: [], keys_table: []}
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "bench", "UTC", "bench", 0).id
        for number in range(1, how_many + 1):
            token, digest = new_token(organisation)
            tokens.append(token)
            whose = {"organisation_id": organisation, "created_at": 0}
            name = f"u{number:05}"
            rows[users].append({**whose, "id": number, "uuid": uuid4(), "name": name, "email": f"{name}@example.com"})
            rows[devices].append({**whose, "user_id": number, "id": 1, "uuid": uuid4(), "name": "laptop"})
            key = {"id": number, "uuid": uuid4(), "digest": digest, "name": "laptop", "role": keys.DEVICE}
            rows[keys_table].append({**whose, **key, "user_id": number, "device_id": 1})
        for table, made in rows.items():
            connection.execute(insert(table), made)
        _, key = keys.add_key(connection, organisation, "bench", "admin", 0)
    with database.write(organisation, [1]) as connection:
        record_all(connection, Policies(), [Batch(organisation, 1, _day_before())])
    with database.write(organisation, policy=True) as connection:
        copy_person(connection, organisation, 1)
    return Fleet(Engine.address(database), tokens, key)


def copy_person(connection: Connection, organisation: int, one: int) -> None:
    """Those with ids up to `BEHIND` have done the same as `one`."""
    for table in (names, facts, stretches, slot_totals, slot_subjects, day_totals):
        others = users.alias("others")
        given = [others.c.id if name == "user_id" else table.c[name] for name in table.c.keys()]  # noqa: SIM118
        rows = (
            select(*given)
            .select_from(table.join(others, literal(True)))
            .where(
                table.c.organisation_id == organisation,
                table.c.user_id == one,
                others.c.organisation_id == organisation,
                others.c.id != one,
                others.c.id <= BEHIND,
            )
        )
        connection.execute(insert(table).from_select(table.c.keys(), rows))


def _day_before() -> Report:
    begin = (clock.now() // 86_400 - 1) * 86_400_000 + 8 * 3_600_000
    minute = 60_000
    focus, away, present = [], [], []
    for number in range(PAUSES):
        at = begin + number * 20 * minute
        focus.append(Focus(at, at + 20 * minute, APPS[number % len(APPS)]))
        present.append(Present(at, at + 16 * minute))
        away.append(Away(at + 16 * minute, at + 20 * minute))
    return Report("laptop", focus=focus, away=away, present=present)


def report(device: int, began: float, now: float) -> bytes:
    """Four windows of the last minute, the last one growing, and the input since the device began."""

    def at(second: float) -> str:
        return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"

    edges = [now - 60, now - 47, now - 21, now - 9, now]
    focus = [
        {"start": at(start), "end": at(end), "app": APPS[(device + place) % len(APPS)]}
        for place, (start, end) in enumerate(pairwise(edges))
    ]
    body = {"focus": focus, "present": [{"start": at(began - 60), "end": at(now)}]}
    return gzip.compress(json.dumps(body).encode(), 1)


@dataclass
class Load:
    """What the senders share: who is next, and what became of it. Devices take turns, `rate` reports a second."""

    port: int
    tokens: list[str]
    began: float
    first: int = 0
    """The first report's number, counted from the one that was due at `began`."""
    reports: int = DEVICES
    rate: float = DEVICES / A_MINUTE
    taken: list[float] = field(default_factory=list)
    """Milliseconds from when each was due, so that a slow answer is not hidden."""
    failures: list[str] = field(default_factory=list)

    def run(self) -> Load:
        """Until the last report is answered."""
        threads = [threading.Thread(target=self._send, args=(sender,)) for sender in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self

    def _send(self, sender: int) -> None:
        waiting = threading.Event()
        for number in range(self.first + sender, self.first + self.reports, SENDERS):
            due = self.began + number / self.rate
            device = number % len(self.tokens)
            # Spread evenly, each in its turn.
            body = report(device, self.began + device / self.rate, due)
            waiting.wait(max(0.0, due - time.time()))
            self._report(device, body)
            self.taken.append((time.time() - due) * 1000)

    def _report(self, device: int, body: bytes) -> None:
        headers = {
            "Authorization": f"Bearer {self.tokens[device]}",
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/v1/activity", body, headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200 or json.loads(content)["data"]["rejected"]:
                self.failures.append(content[:200].decode())
        except OSError as error:
            self.failures.append(type(error).__name__)
        finally:
            connection.close()


@cache
def beats_a_second() -> float:
    """Heartbeats that aw-server takes, from some watchers at once, each with a bucket of its own."""
    with tempfile.TemporaryDirectory() as home, running(installed(), Path(home)) as address:
        port = int(address.rpartition(":")[2])

        buckets = [f"/api/0/buckets/watcher-{watcher}" for watcher in range(BEATERS)]
        headers = {"Content-Type": "application/json"}
        # One after the other: it forgets some that are made at once.
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for bucket in buckets:
            about = {"client": "bench", "type": "currentwindow", "hostname": "bench"}
            connection.request("POST", bucket, json.dumps(about), headers)
            connection.getresponse().read()
        connection.close()

        def beat(bucket: str) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            for number in range(BEATS // BEATERS):
                stamp = datetime.fromtimestamp(1_770_000_000 + number, UTC).isoformat()
                event = {"timestamp": stamp, "duration": 0, "data": {"app": APPS[number // 20 % 5], "title": "t"}}
                connection.request("POST", f"{bucket}/heartbeat?pulsetime=2", json.dumps(event), headers)
                answer = connection.getresponse()
                assert answer.status == 200, answer.status
                answer.read()

        threads = [threading.Thread(target=beat, args=(bucket,)) for bucket in buckets]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return BEATS / (time.perf_counter() - began)


def measure(engine: Engine, quick: bool) -> Iterator[Row | Point]:
    beats_a_second()
    database = engine.new("devices")
    fleet = populate(database)
    database.close()
    with child(fleet.url, fleet.key, engine.folder) as server:
        minutes = Minutes(fleet, server, time.time() + 1, DEVICES // 4 if quick else DEVICES)
        yield until_met(minutes.quiet, 2)
        yield until_met(minutes.beside_a_change, 2)
        yield memory("server under load, at most", server.megabytes("VmHWM"), UNDER_LOAD_MB, "these minutes")


@dataclass
class Minutes:
    """One after the other, each device reporting once in each."""

    fleet: Fleet
    server: Child
    began: float
    reports: int
    done: int = 0
    threshold: int = 5

    def quiet(self) -> Row:
        theirs = beats_a_second()
        rate = DEVICES / A_MINUTE
        yardstick = f"aw-server takes {theirs:,.0f} heartbeats/s; these are {rate * 5:,.0f} facts/s"
        return _row(f"{DEVICES:,} devices, {rate:.0f} batches a second", self._next(), yardstick)

    def beside_a_change(self) -> Row:
        """The threshold changes for everybody when the minute begins."""
        self.threshold = 3 if self.threshold == 5 else 5
        client = Client(self.server.port, self.server.key)
        took: list[float] = []
        changing = threading.Thread(target=_change, args=(client, self.threshold, took))
        changing.start()
        load = self._next()
        changing.join()
        return _row("the same while a threshold changes", load, f"in force after {took[0]:.1f} s")

    def _next(self) -> Load:
        behind = time.time() + 0.2 - (self.began + self.done * A_MINUTE / DEVICES)
        self.began += max(0.0, behind)
        load = Load(self.server.port, self.fleet.tokens, self.began, self.done, self.reports).run()
        self.done += self.reports
        return load


def _change(client: Client, minutes: int, took: list[float]) -> None:
    began = time.perf_counter()
    job = json.loads(client.asking("/v1/policy", {"idleMinutes": minutes}, "PATCH")())["data"].get("jobId")
    look = client.asking(f"/v1/jobs/{job}", None, "GET")
    while job and json.loads(look())["data"]["state"] not in ("done", "failed"):
        time.sleep(0.1)
    took.append(time.perf_counter() - began)


def _row(what: str, load: Load, yardstick: str) -> Row:
    p50, p99 = share(load.taken, 0.5), share(load.taken, 0.99)
    failed = f"{len(load.failures)} failures of {len(load.taken):,}"
    figure = f"p99 {p99:.0f} ms, median {p50:.1f} ms, {failed}"
    return Row(what, figure, yardstick, f"p99 ≤ {MOST_MS} ms, no failure", p99 <= MOST_MS and not load.failures)


def memory(what: str, megabytes: float, goal: int, when: str) -> Row:
    return Row(what, f"{megabytes:.0f} MB", when, f"≤ {goal} MB", megabytes <= goal)
