"""A PostgreSQL that is lost under load and comes back: it is said clearly, and nothing acknowledged is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from tests.contract.served import failed, succeeded, timegrain
from tests.crash.test_kill import COMMAND, FACTS, Sender, check, free_port, serving
from tests.postgresql.servers import OwnServer, own_server
from tests.serving import unlimited
from timegrain.counting.facts import Focus, Report
from timegrain.recording import record_in_bulk
from timegrain.storage import people
from timegrain.storage.engine import Database

SENDERS, BEFORE, REFUSED, AFTER = 4, 20, 8, 40
PEOPLE, DAYS = 12, 60
LONGEST_S = 60


class Patient(Sender):
    """Sends each batch until it is acknowledged, and keeps whatever else was answered meanwhile."""

    def __init__(
        self,
        address: str,
        made: dict[str, str],
        days: Iterator[int],
        enough: threading.Semaphore,
        refused: threading.Semaphore,
        enough_sent: threading.Event,
    ) -> None:
        super().__init__(address, made["apiKey"], made["userId"], days, enough)
        self.refused, self.enough_sent = refused, enough_sent
        self.refusals: list[httpx.Response] = []

    def run(self) -> None:
        with httpx.Client(headers=self._headers, timeout=LONGEST_S) as client:
            while not self.enough_sent.is_set():
                day = next(self._days)
                self.in_flight = day
                while (answer := client.post(self._post, json=self._batch(day))).status_code != 200:
                    self.refusals.append(answer)
                    self.refused.release()
                self.acknowledged.append(day)
                self.in_flight = None
                self._enough.release()

    def end(self) -> None:
        """Once enough was sent: it came to its end, and each refusal said when to come again."""
        self.join(LONGEST_S)
        assert not self.is_alive()
        assert self.in_flight is None
        for answer in self.refusals:
            failed(answer, 503, "UNAVAILABLE")
            assert int(answer.headers["Retry-After"]) > 0


@pytest.fixture
def own() -> Iterator[OwnServer]:
    with own_server() as server:
        yield server


@pytest.mark.slow
def test_a_lost_database(own: OwnServer, tmp_path: Path) -> None:
    made = timegrain(own.url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
    fill(own.url)
    enough, refused, over = threading.Semaphore(0), threading.Semaphore(0), threading.Event()
    with serving(own.url, tmp_path / "serve.log", "--workers", "2") as (_, address):
        senders = [Patient(address, made, count(n, SENDERS), enough, refused, over) for n in range(SENDERS)]
        for sender in senders:
            sender.start()
        with httpx.Client(base_url=address, timeout=LONGEST_S) as client:
            key = {"Authorization": f"Bearer {made['apiKey']}"}
            acquire(enough, BEFORE)
            change = subprocess.Popen([*COMMAND, "--database", own.url, "policy", "--idle-minutes", "3"])
            acquire(enough, BEFORE)
            own.stop()
            acquire(refused, REFUSED)
            failed(client.get("/health"), 503, "UNAVAILABLE")
            page = client.get("/sign-in")
            assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (503, "text/html")
            assert "the database cannot be reached" in page.text
            assert int(page.headers["Retry-After"]) > 0
            change.wait(LONGEST_S)
            own.start()
            acquire(enough, AFTER)
            over.set()
            for sender in senders:
                sender.end()
            # Whether the command lived to see it or not, what it began is brought to its end.
            jobs = succeeded(client.get("/v1/jobs", headers=key))["items"]
            while any(one["state"] in ("waiting", "running") for one in jobs):
                jobs = succeeded(client.get("/v1/jobs", headers=key))["items"]
            assert [one["state"] for one in jobs] in ([], ["done"])
    acknowledged = {day for sender in senders for day in sender.acknowledged}
    check(own.url, acknowledged, acknowledged)


def acquire(semaphore: threading.Semaphore, times: int) -> None:
    for _ in range(times):
        assert semaphore.acquire(timeout=LONGEST_S)


def fill(url: str) -> None:
    """Enough people that a change of policy is a job."""
    database = Database(url)
    unlimited(database)
    with database.write(1, policy=True) as connection:
        others = [people.add_user(connection, 1, f"other {n}", f"{n}@example.com", 0) for n in range(PEOPLE)]
    for one in others:
        noon = 1_000_000_000_000
        starts = [noon + day * 86_400_000 + part * 60_000 for day in range(DAYS) for part in range(FACTS // 4)]
        list(record_in_bulk(database, 1, one.id, [Report("d", [Focus(at, at + 50_000, "a") for at in starts])]))
    database.close()


@pytest.mark.slow
def test_a_database_that_is_not_there_yet(own: OwnServer, tmp_path: Path) -> None:
    timegrain(own.url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
    own.stop()
    serve = [*COMMAND, "--database", own.url, "serve", "--port", str(free_port())]
    ended = subprocess.run(serve, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    place = own.url.partition("host=")[2]
    assert (ended.returncode, ended.stderr, ended.stdout) == (
        1,
        f"timegrain: the database cannot be reached: postgres at {place}\n",
        "",
    )
    port = free_port()
    waiting = subprocess.Popen(
        [*COMMAND, "--database", own.url, "serve", "--port", str(port), "--wait", str(LONGEST_S)],
        start_new_session=True,
    )
    try:
        own.start()
        with httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=LONGEST_S) as client:
            assert client.get(f"http://127.0.0.1:{port}/health").status_code == 200
    finally:
        os.killpg(waiting.pid, signal.SIGKILL)
        waiting.wait(LONGEST_S)
