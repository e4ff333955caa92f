"""10,000 devices that report each minute, for two minutes, to a server in a process of its own.

Each report is what the agent sends: the windows of the last minute and the input that grew, packed, over a
connection of its own. Beside it, what aw-server takes of heartbeats in the same run.
"""

from __future__ import annotations

import gzip
import http.client
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import insert
from tests.crash.test_kill import serving
from tests.peers.aw_server import installed, running

from benchmarks.measuring import Row, new_database
from timegrain.storage import keys, people
from timegrain.storage.schema import devices, users
from timegrain.storage.schema import keys as keys_table
from timegrain.storage.tokens import new_token

DEVICES, A_MINUTE, MINUTES = 10_000, 60, 2
SENDERS = 48
APPS = ("Code", "Google Chrome", "Slack", "OUTLOOK.EXE", "Terminal")
BEATS, BEATERS = 4000, 8


def populate(folder: Path) -> list[str]:
    """A database of as many people as devices; their tokens."""
    database = new_database(folder, "devices")
    tokens = []
    rows: dict[Any, list[dict[str, Any]]] = {users: [], devices: [], keys_table: []}
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "bench", "UTC", "bench", 0).id
        for number in range(1, DEVICES + 1):
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
    database.close()
    return tokens


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
    """What the senders share: who is next, and what became of it."""

    port: int
    tokens: list[str]
    began: float
    taken: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def send(self, sender: int) -> None:
        waiting = threading.Event()
        for number in range(sender, DEVICES * MINUTES, SENDERS):
            # Each device once a minute, spread evenly: from when it was due, so that a slow answer is not hidden.
            due = self.began + number * A_MINUTE / DEVICES
            waiting.wait(max(0.0, due - time.time()))
            device = number % DEVICES
            began = self.began + device * A_MINUTE / DEVICES
            headers = {
                "Authorization": f"Bearer {self.tokens[device]}",
                "Content-Type": "application/json",
                "Content-Encoding": "gzip",
            }
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                connection.request("POST", "/v1/activity", report(device, began, due), headers)
                answer = connection.getresponse()
                content = answer.read()
                if answer.status != 200 or json.loads(content)["data"]["rejected"]:
                    self.failures.append(content[:200].decode())
            except OSError as error:
                self.failures.append(type(error).__name__)
            finally:
                connection.close()
            self.taken.append((time.time() - due) * 1000)


def beats_a_second(folder: Path) -> float:
    """Heartbeats that aw-server takes, from some watchers at once, each with a bucket of its own."""
    home = folder / "aw-beats"
    home.mkdir()
    with running(installed(), home) as address:
        port = int(address.rpartition(":")[2])

        def beat(watcher: int) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            headers = {"Content-Type": "application/json"}
            bucket = f"/api/0/buckets/watcher-{watcher}"
            about = {"client": "bench", "type": "currentwindow", "hostname": "bench"}
            connection.request("POST", bucket, json.dumps(about), headers)
            connection.getresponse().read()
            for number in range(BEATS // BEATERS):
                stamp = datetime.fromtimestamp(1_770_000_000 + number, UTC).isoformat()
                event = {"timestamp": stamp, "duration": 0, "data": {"app": APPS[number // 20 % 5], "title": "t"}}
                connection.request("POST", f"{bucket}/heartbeat?pulsetime=2", json.dumps(event), headers)
                answer = connection.getresponse()
                assert answer.status == 200, answer.read()
                answer.read()

        threads = [threading.Thread(target=beat, args=(watcher,)) for watcher in range(BEATERS)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return BEATS / (time.perf_counter() - began)


def measure(folder: Path) -> Iterator[Row]:
    tokens = populate(folder)
    theirs = beats_a_second(folder)
    with serving(f"sqlite:///{folder}/devices.db", folder / "devices.log") as (_, address):
        load = Load(int(address.rpartition(":")[2]), tokens, time.time() + 1)
        threads = [threading.Thread(target=load.send, args=(sender,)) for sender in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    taken = sorted(load.taken)
    p50, p99 = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
    rate = DEVICES / A_MINUTE
    yield Row(
        f"{DEVICES:,} devices, {rate:.0f} batches a second for {MINUTES} minutes",
        f"p99 {p99:.0f} ms, median {p50:.1f} ms, {len(load.failures)} failures of {len(taken):,}",
        f"aw-server takes {theirs:,.0f} heartbeats/s; these are {rate * 5:,.0f} facts/s",
        "p99 ≤ 100 ms, no failure",
        p99 <= 100 and not load.failures,
    )
