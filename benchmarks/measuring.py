"""How things are measured, and a served database to measure."""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from timegrain.serving import whole_app
from timegrain.storage import people
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate


@dataclass(frozen=True)
class Row:
    """One line of the table: a figure, its yardstick of the same run, and the goal."""

    what: str
    figure: str
    yardstick: str
    goal: str
    met: bool


@dataclass(frozen=True)
class Client:
    """Asks over one connection, by the standard library: a better client would take longer than the answer."""

    port: int
    key: str

    def asking(self, path: str, body: object) -> Callable[[], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        written = json.dumps(body).encode()

        def post() -> bytes:
            connection.request("POST", path, written, headers)
            answer = connection.getresponse()
            content = answer.read()
            assert answer.status == 200, content
            return content

        return post


def milliseconds(work: Callable[[], object], rounds: int = 40) -> float:
    """The median of several rounds, after two that do not count."""
    taken = []
    for _ in range(rounds + 2):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken[2:])


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def new_database(folder: Path, name: str) -> Database:
    database = Database(f"sqlite:///{folder}/{name}.db")
    migrate(database)
    return database


@contextmanager
def served(database: Database, key: str) -> Iterator[Client]:
    with database.read() as connection:
        organisations = people.all_organisations(connection)
    for one in organisations:
        with database.write(one.id, policy=True) as connection:
            unlimited = {"questions_a_minute": 0, "batches_a_minute": 0}
            people.set_organisation_policy(connection, one.id, unlimited)
    server = uvicorn.Server(uvicorn.Config(whole_app(database), port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield Client(server.servers[0].sockets[0].getsockname()[1], key)
    server.should_exit = True
    thread.join(30)
