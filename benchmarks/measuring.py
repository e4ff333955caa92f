"""How things are measured, and what a measurement is."""

from __future__ import annotations

import http.client
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tests import serving
from tests.serving import unlimited

from timegrain.storage.engine import Database

ATTEMPTS = 3


@dataclass(frozen=True)
class Row:
    """One line of the table: a figure, its yardstick of the same run, and the goal; `met` is None without one."""

    what: str
    figure: str
    yardstick: str
    goal: str
    met: bool | None


@dataclass(frozen=True)
class Point:
    """Of a curve or a list: how much at a place of its line."""

    curve: str
    line: str
    at: float | str
    figure: float


@dataclass(frozen=True)
class Client:
    """Asks over one connection, by the standard library: a better client would take longer than the answer."""

    port: int
    key: str

    def asking(self, path: str, body: object, method: str = "POST") -> Callable[[], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        written = json.dumps(body).encode()

        def ask() -> bytes:
            try:
                connection.request(method, path, written, headers)
                answer = connection.getresponse()
            except ConnectionError:  # the server closes what was not used for some seconds
                connection.close()
                connection.request(method, path, written, headers)
                answer = connection.getresponse()
            content = answer.read()
            assert answer.status in (200, 202), content
            return content

        return ask


def until_met(measure: Callable[[], Row], attempts: int = ATTEMPTS) -> Row:
    """A goal that is missed is measured again before it is called missed; the row says so."""
    row = measure()
    for attempt in range(2, attempts + 1):
        if row.met is not False:
            break
        row = measure()
        row = replace(row, figure=f"{row.figure} (measured {attempt} times)")
    return row


def in_turns(works: list[Callable[[], object]], rounds: int = 40) -> list[float]:
    """Of each the median in milliseconds, after two rounds that do not count.

    They take turns, so that what else the machine does meets all of them alike.
    """
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds + 2):
        for work, times in zip(works, taken, strict=True):
            began = time.perf_counter()
            work()
            times.append((time.perf_counter() - began) * 1000)
    return [statistics.median(times[2:]) for times in taken]


def milliseconds(work: Callable[[], object], rounds: int = 40) -> float:
    return in_turns([work], rounds)[0]


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def share(taken: list[float], of: float) -> float:
    """What that share of them took at most; 0 of none."""
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * of))] if taken else 0.0


@contextmanager
def served(database: Database, key: str) -> Iterator[Client]:
    """In a thread of this process, where its statements can be counted. What is timed is `serving.child`."""
    unlimited(database)
    with serving.served(database) as client:
        yield Client(client.base_url.port or 0, key)
