"""SIGKILL in the middle of writing: what was acknowledged counts, what was not counts wholly or not at all."""

from __future__ import annotations

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

from tests.contract.served import bearing, timegrain
from tests.crash.launcher import Launcher, Started
from tests.serving import unlimited
from timegrain.jobs import JobRunner
from timegrain.recounting import differences
from timegrain.storage import jobs, people
from timegrain.storage.engine import Database
from timegrain.storage.queries.daily_totals import daily_totals
from timegrain.storage.queries.people_meant import people_meant

ROUNDS = int(os.environ.get("TIMEGRAIN_KILLS", "20"))
"""`make kills` takes 100."""
ALSO_EVERY = 4
"""In each fourth round something is erased while the server is killed, in the one after it ratings change."""
CLIENTS = 4
FACTS = 40
FIRST = date(2010, 1, 1)
COMMAND = (sys.executable, "-c", "from timegrain.cli import main; main()")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def serving(
    url: str, log: Path, *options: str, prepared: Callable[[], None] | None = None, port: int = 0
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server in a process group of its own, once it answers; `prepared` is called in it first."""
    port = port or free_port()
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
        self._headers = bearing(key)
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


class Eraser(threading.Thread):
    """Erases one acknowledged day after another, until the server is gone."""

    def __init__(self, address: str, key: str, user: str, days: list[int]) -> None:
        super().__init__(daemon=True)
        self._url, self._headers, self._user, self._days = f"{address}/v1/activity", bearing(key), user, days
        self.erased: list[int] = []
        self.in_flight: int | None = None

    def run(self) -> None:
        with httpx.Client(headers=self._headers, timeout=30) as client:
            for day in self._days:
                self.in_flight = day
                on = FIRST + timedelta(days=day)
                range_ = {"startDate": f"{on} 00:00:00", "endDate": f"{on} 23:59:59", "timeZone": "UTC"}
                try:
                    answer = client.request("DELETE", self._url, json={"userId": self._user, **range_})
                except httpx.TransportError:
                    return
                assert answer.status_code == 200, answer.text
                self.erased.append(day)
                self.in_flight = None


class Rater(threading.Thread):
    """Changes a rating to and fro, each a change of all stored time, until the server is gone."""

    def __init__(self, address: str, key: str) -> None:
        super().__init__(daemon=True)
        self._url, self._headers = f"{address}/v1/ratings", bearing(key)
        self.changes = 0

    def run(self) -> None:
        with httpx.Client(headers=self._headers, timeout=30) as client:
            while True:
                rating = ("productive", "unproductive")[self.changes % 2]
                rule = {"subject": "app 1", "kind": "application", "rating": rating}
                try:
                    answer = client.put(self._url, json={"ratings": [rule]})
                except httpx.TransportError:
                    return
                assert answer.status_code in (200, 202), answer.text
                self.changes += 1


@pytest.mark.slow
def test_kills(database_url: str, tmp_path: Path) -> None:
    made = timegrain(database_url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
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

    kept = Kept()
    met = 0
    launcher = Launcher()
    for round_ in range(ROUNDS):
        enough = threading.Semaphore(0)
        server, address = answering(launcher, database_url, tmp_path / "serve.log")
        senders = [Sender(address, made["apiKey"], made["userId"], days(), enough) for _ in range(CLIENTS)]
        eraser = Eraser(address, made["apiKey"], made["userId"], kept.to_erase() if round_ % ALSO_EVERY == 0 else [])
        others = [Rater(address, made["apiKey"])] if round_ % ALSO_EVERY == 1 else []
        threads = [*senders, eraser, *others]
        for thread in threads:
            thread.start()
        # Ratings change after some batches: their first job has begun by then.
        for _ in range(rng.randint(1, 12) + 12 * len(others)):
            assert enough.acquire(timeout=30)
        server.kill()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
        met += any(sender.in_flight is not None for sender in senders)
        kept.note(senders, eraser)
    launcher.close()
    assert met >= ROUNDS / 2, f"only {met} of {ROUNDS} kills met a batch in flight"
    assert kept.half_erased, "no kill met an erasure in flight"
    assert kept.check(database_url) == {"done"}, "ratings changed, and are in force"


def answering(launcher: Launcher, url: str, log: Path) -> tuple[Started, str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    server = launcher.start(["--database", url, "serve", "--port", str(port)], log)
    server.wait_for(port)
    return server, address


def check(url: str, acknowledged: set[int], sent: set[int], organisation: int = 1) -> None:
    """That all of what was acknowledged is there, and of what else was sent each batch wholly or not at all."""
    kept = Kept()
    kept.acknowledged, kept.sent = acknowledged, sent
    kept.check(url, organisation)


class Kept:
    """Which days must be there, which must not, and which may be or not."""

    def __init__(self) -> None:
        self.acknowledged: set[int] = set()
        self.sent: set[int] = set()
        self.erased: set[int] = set()
        self.half_erased: set[int] = set()

    def to_erase(self) -> list[int]:
        return sorted(self.acknowledged - self.erased - self.half_erased)[:20]

    def note(self, senders: list[Sender], eraser: Eraser) -> None:
        for sender in senders:
            self.acknowledged.update(sender.acknowledged)
            self.sent.update(sender.acknowledged, {sender.in_flight} - {None})  # type: ignore[arg-type]
        self.erased.update(eraser.erased)
        self.half_erased.update({eraser.in_flight} - {None})  # type: ignore[arg-type]

    def check(self, url: str, organisation: int = 1) -> set[str]:
        """Returns the states of all changes of policy, once none is left to do."""
        database = Database(url)
        JobRunner(database).finish_all()
        with database.read() as connection:
            user = people.all_users(connection, organisation)[0]
            meant = people_meant(connection, organisation, [user.uuid], [])
            first = FIRST.toordinal()
            rows = daily_totals(connection, organisation, "UTC", meant, "UTC", first, first + max(self.sent))
            states = {job.state for job in jobs.listed(connection, organisation)}
        counted = {day - first: tally.total for day, tally in rows}
        assert {counted[day] for day in self.acknowledged - self.erased - self.half_erased} == {FACTS * 10}
        assert {counted[day] for day in self.erased} <= {0}
        assert {counted[day] for day in (self.sent - self.acknowledged) | self.half_erased} <= {0, FACTS * 10}
        assert differences(database, organisation, user.id) == 0
        database.close()
        return states


def test_the_writer_waits_for_the_disk(database: Database) -> None:
    """SIGKILL proves nothing about power: that is settled by these."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
            assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
            assert connection.execute(text("PRAGMA secure_delete")).scalar_one() == 1
        else:
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
