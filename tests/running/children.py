"""Servers in processes of their own that are told to end, and a load that knows what became of each batch."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.contract.served import timegrain
from tests.crash.test_kill import COMMAND
from tests.serving import unlimited
from timegrain.recounting import differences
from timegrain.storage import people
from timegrain.storage.engine import Database
from timegrain.storage.queries.daily_totals import daily_totals
from timegrain.storage.queries.people_meant import people_meant

START = datetime(2026, 2, 2, tzinfo=UTC)
FACTS, SECONDS = 3, 10


@dataclass
class Server:
    """A child that serves a socket of ours."""

    process: subprocess.Popen[bytes]
    log: Path

    def tell(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def answered(self) -> None:
        """Until it has answered some of what the devices send."""
        deadline = time.monotonic() + 60
        while self.log.read_text().count('"status": 200') < 10:
            assert time.monotonic() < deadline
            threading.Event().wait(0.01)

    def ended(self) -> int:
        return self.process.wait(60)

    def troubles(self) -> list[str]:
        """Lines of its log that are no requests."""
        lines = self.log.read_text().splitlines()
        return [line for line in lines if not line.startswith(('{"request"', "timegrain answers"))]


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=512) as made:
        made.set_inheritable(True)
        yield made


@contextmanager
def child(url: str, on: socket.socket, log: Path, *options: str, **environment: str) -> Iterator[Server]:
    """It may not answer yet: requests wait in the socket."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*COMMAND, "--database", url, "serve", "--fd", str(on.fileno()), *options],
            pass_fds=[on.fileno()],
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, **environment},
        )
    try:
        yield Server(process, log)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


def get(on: socket.socket, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", on.getsockname()[1], timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@dataclass
class Team:
    """An organisation whose devices send batches, each on some seconds of its own."""

    url: str
    tokens: list[str] = field(default_factory=list)

    @classmethod
    def made(cls, url: str, devices: int) -> Team:
        timegrain(url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
        tokens = [
            timegrain(url, "user", "add", "--name", f"u{n}", "--email", f"u{n}@example.com")["deviceToken"]
            for n in range(devices)
        ]
        database = Database(url)
        unlimited(database)
        database.close()
        return cls(url, tokens)

    def check(self, loads: Sequence[Load]) -> None:
        """Whole batches alone are stored, all that were acknowledged among them, and they are counted."""
        database = Database(self.url)
        with database.read() as connection:
            [organisation] = people.all_organisations(connection)
            by_mail = {one.email: one for one in people.all_users(connection, organisation.id)}
        first = START.date().toordinal()
        for number, load in enumerate(loads):
            one = by_mail[f"u{number}@example.com"]
            with database.read() as connection:
                meant = people_meant(connection, organisation.id, [one.uuid], [])
                days = daily_totals(connection, organisation.id, "UTC", meant, "UTC", first, first + 60)
            batches, rest = divmod(sum(tally.total for _, tally in days), FACTS * SECONDS)
            assert rest == 0
            assert load.acknowledged <= batches <= load.sent
            assert differences(database, organisation.id, one.id) == 0
        database.close()


@dataclass
class Load:
    """One device that sends, over a connection that it keeps where it may, or over a new one each time."""

    address: tuple[str, int]
    token: str
    keeps: bool
    enough: threading.Event
    pause_s: float = 0.0
    acknowledged: int = 0
    sent: int = 0
    refused: list[str] = field(default_factory=list)

    def run(self) -> None:
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        while not self.enough.is_set():
            try:
                self._send(connection)
            except (OSError, http.client.HTTPException) as error:
                self.refused.append(repr(error))
                connection.close()
                if isinstance(error, ConnectionRefusedError):
                    return
            if not self.keeps:
                connection.close()
            self.enough.wait(self.pause_s)
        connection.close()

    def _send(self, connection: http.client.HTTPConnection) -> None:
        begin = START + timedelta(seconds=self.sent * FACTS * SECONDS)
        edges = [(begin + timedelta(seconds=n * SECONDS)).isoformat() for n in range(FACTS + 1)]
        focus = [{"start": edges[n], "end": edges[n + 1], "app": f"a{n}"} for n in range(FACTS)]
        self.sent += 1
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/activity", json.dumps({"focus": focus}), headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status == 200:
            self.acknowledged += 1
        else:
            self.refused.append(content.decode())


@contextmanager
def load(team: Team, address: tuple[str, int], pause_s: float = 0.0) -> Iterator[list[Load]]:
    """All devices send until the end; every other one over new connections."""
    enough = threading.Event()
    loads = [Load(address, token, n % 2 == 0, enough, pause_s) for n, token in enumerate(team.tokens)]
    threads = [threading.Thread(target=one.run, daemon=True) for one in loads]
    for thread in threads:
        thread.start()
    try:
        yield loads
    finally:
        enough.set()
        for thread in threads:
            thread.join(90)
            assert not thread.is_alive()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)


def wait_for(loads: list[Load], more: int) -> None:
    """Until so many more batches were acknowledged."""
    goal = sum(one.acknowledged for one in loads) + more
    deadline = time.monotonic() + 60
    while sum(one.acknowledged for one in loads) < goal:
        assert time.monotonic() < deadline, [one.refused[-1:] for one in loads]
        threading.Event().wait(0.01)
