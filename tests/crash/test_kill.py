"""SIGKILL in the middle of writing: what was acknowledged counts, what was not counts wholly or not at all."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from tests.serving import unlimited
from timegrain.recounting import differences
from timegrain.storage import people
from timegrain.storage.engine import Database
from timegrain.storage.queries.daily_totals import daily_totals
from timegrain.storage.queries.people_meant import people_meant

ROUNDS = 20
CLIENTS = 4
FACTS = 40
FIRST = date(2010, 1, 1)
COMMAND = (sys.executable, "-c", "from timegrain.cli import main; main()")


def run(url: str, *arguments: str) -> dict[str, str]:
    done = subprocess.run(
        [*COMMAND, "--database", url, "--json", *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def serving(
    url: str, log: Path, *options: str, prepared: Callable[[], None] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server in a process group of its own, once it answers; `prepared` is called in it first."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with log.open("ab") as output:
        server = subprocess.Popen(
            [*COMMAND, "--database", url, "serve", "--port", str(port), *options],
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=prepared,
        )
    transport = httpx.HTTPTransport(retries=8)  # waits longer after each refused connection
    try:
        with httpx.Client(transport=transport, timeout=30) as client:
            assert client.get(f"{address}/health").status_code == 200
        yield server, address
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(30)


class Sender(threading.Thread):
    """Sends one batch after another, each on a day of its own, until the server is gone."""

    def __init__(self, address: str, key: str, user: str, days: Iterator[int], enough: threading.Semaphore) -> None:
        super().__init__(daemon=True)
        self._post = f"{address}/v1/activity"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._user, self._days, self._enough = user, days, enough
        self.acknowledged: list[int] = []
        self.in_flight: int | None = None

    def run(self) -> None:
        with httpx.Client(headers=self._headers, timeout=30) as client:
            while True:
                self.in_flight = next(self._days)
                try:
                    answer = client.post(self._post, json=self._batch(self.in_flight))
                except httpx.TransportError:
                    return
                assert answer.status_code == 200, answer.text
                self.acknowledged.append(self.in_flight)
                self.in_flight = None
                self._enough.release()

    def _batch(self, day: int) -> dict[str, object]:
        on = FIRST + timedelta(days=day)
        focus = [
            {"start": f"{on}T12:{n:02d}:00Z", "end": f"{on}T12:{n:02d}:10Z", "app": f"app {n % 5}"}
            for n in range(FACTS)
        ]
        return {"userId": self._user, "device": f"device {day % 3}", "focus": focus}


@pytest.mark.slow
def test_kills(database_url: str, tmp_path: Path) -> None:
    made = run(database_url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
    database = Database(database_url)
    unlimited(database)
    database.close()
    rng = random.Random(7)
    lock = threading.Lock()
    numbers = iter(range(100_000))

    def days() -> Iterator[int]:
        while True:
            with lock:
                number = next(numbers)
            yield number

    acknowledged: set[int] = set()
    sent: set[int] = set()
    met = 0
    for _ in range(ROUNDS):
        enough = threading.Semaphore(0)
        with serving(database_url, tmp_path / "serve.log") as (server, address):
            senders = [Sender(address, made["apiKey"], made["userId"], days(), enough) for _ in range(CLIENTS)]
            for sender in senders:
                sender.start()
            for _ in range(rng.randint(1, 12)):
                assert enough.acquire(timeout=30)
            os.killpg(server.pid, signal.SIGKILL)
            for sender in senders:
                sender.join(30)
                assert not sender.is_alive()
        met += any(sender.in_flight is not None for sender in senders)
        for sender in senders:
            acknowledged.update(sender.acknowledged)
            sent.update(sender.acknowledged, {sender.in_flight} - {None})  # type: ignore[arg-type]
    assert met >= ROUNDS / 2, f"only {met} of {ROUNDS} kills met a batch in flight"
    check(database_url, acknowledged, sent)


def check(url: str, acknowledged: set[int], sent: set[int]) -> None:
    database = Database(url)
    with database.read() as connection:
        one = people.all_organisations(connection)[0]
        user = people.all_users(connection, one.id)[0]
        meant = people_meant(connection, one.id, [user.uuid], [])
        first = FIRST.toordinal()
        rows = daily_totals(connection, one.id, "UTC", meant, "UTC", first, first + max(sent))
    counted = {day - first: tally.total for day, tally in rows}
    assert {counted[day] for day in acknowledged} == {FACTS * 10}
    assert {counted[day] for day in sent - acknowledged} <= {0, FACTS * 10}
    assert differences(database, one.id, user.id) == 0
    database.close()


def test_the_writer_waits_for_the_disk(database: Database) -> None:
    """SIGKILL proves nothing about power: that is settled by these."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
            assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
            assert connection.execute(text("PRAGMA secure_delete")).scalar_one() == 1
        else:
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
