"""A worker of a Citus cluster is killed under load and comes back: other organisations notice nothing, its own are
told to come again, and nothing acknowledged is gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import httpx
import psycopg
import pytest

from tests.cluster.own import Node, own_cluster
from tests.contract.served import SUMMARY, bearing, failed, succeeded, timegrain
from tests.crash.test_kill import check, serving
from tests.postgresql.test_lost import AFTER, BEFORE, LONGEST_S, REFUSED, Patient, acquire
from tests.serving import unlimited
from timegrain.errors import Unavailable
from timegrain.storage import people
from timegrain.storage.engine import Database

pytestmark = pytest.mark.slow

SENDERS = 2
"""Of each organisation."""
ROUNDS = 3
_PORT = (
    "SELECT nodeport FROM citus_shards WHERE table_name = 'facts'::regclass "
    "AND shardid = get_shard_id_for_distribution_column('facts', %s)"
)


class House:
    """An organisation on a worker, and its senders."""

    def __init__(self, number: int, made: dict[str, str], address: str) -> None:
        self.number, self.made = number, made
        self.enough, self.refused, self.over = threading.Semaphore(0), threading.Semaphore(0), threading.Event()
        self.senders = [
            Patient(address, made, count(n, SENDERS), self.enough, self.refused, self.over) for n in range(SENDERS)
        ]

    def acknowledge(self, times: int) -> None:
        """That many from now on."""
        while self.enough.acquire(blocking=False):
            pass
        acquire(self.enough, times)

    def week(self, client: httpx.Client) -> httpx.Response:
        range_ = {"startDate": "2010-01-01 00:00:00", "endDate": "2010-01-07 23:59:59", "timeZone": "UTC"}
        question = {**range_, "userId": [self.made["userId"]], "teamId": []}
        return client.post(SUMMARY, json=question, headers=bearing(self.made["apiKey"]))


class Placed(NamedTuple):
    """An organisation: its number, what `init` printed, and the worker that has it."""

    number: int
    made: dict[str, str]
    worker: Node


@pytest.fixture(scope="module")
def own() -> Iterator[tuple[Node, list[Placed]]]:
    """A coordinator, and on each of its workers an organisation."""
    with own_cluster() as (coordinator, workers):
        by_port = organisations(coordinator)
        database = Database(coordinator.url)
        unlimited(database)
        database.close()
        yield coordinator, [Placed(*by_port[one.port], one) for one in workers]


def organisations(coordinator: Node) -> dict[int, tuple[int, dict[str, str]]]:
    """By the port of the worker that has it: an organisation's number and what `init` printed."""
    found: dict[int, tuple[int, dict[str, str]]] = {}
    for number in range(1, 20):
        init = ("init", "--organisation", f"o{number}", "--zone", "UTC", "--admin-email", "a@example.com")
        made = timegrain(coordinator.url, *init)
        with psycopg.connect(coordinator.url) as connection:
            ((port,),) = connection.execute(_PORT, (number,)).fetchall()
        found.setdefault(port, (number, made))
        if len(found) == 2:
            break
    return found


def test_a_commit_that_the_worker_does_not_answer(own: tuple[Node, list[Placed]]) -> None:
    """Citus tells of it as an internal error of its own."""
    coordinator, (placed, _) = own
    database = Database(coordinator.url)

    def change() -> None:
        with database.write(placed.number) as connection:
            people.add_user(connection, placed.number, "new", "new@example.com", 0)
            placed.worker.kill()

    with pytest.raises(Unavailable, match="while it committed"):
        change()
    placed.worker.start()
    with database.read() as connection:
        assert [one.email for one in people.all_users(connection, placed.number)] == ["a@example.com"]
    database.close()


def test_a_lost_worker(own: tuple[Node, list[Placed]], tmp_path: Path) -> None:
    coordinator, both = own
    worker = both[0].worker
    with serving(coordinator.url, tmp_path / "serve.log") as (_, address):
        lost, other = (House(one.number, one.made, address) for one in both)
        senders = [*lost.senders, *other.senders]
        for sender in senders:
            sender.start()
        with httpx.Client(base_url=address, timeout=LONGEST_S) as client:
            for _ in range(ROUNDS):
                acquire(lost.enough, BEFORE)
                worker.kill()
                acquire(lost.refused, REFUSED)
                answer = lost.week(client)
                failed(answer, 503, "UNAVAILABLE")
                assert int(answer.headers["Retry-After"]) > 0
                other.acknowledge(AFTER)
                succeeded(other.week(client))
                worker.start()
                lost.acknowledge(AFTER)
                succeeded(lost.week(client))
        for house in (lost, other):
            house.over.set()
        for sender in senders:
            sender.end()
    assert not [answer for sender in other.senders for answer in sender.refusals]
    with psycopg.connect(coordinator.url, autocommit=True) as connection:
        connection.execute("SELECT recover_prepared_transactions()")
    for one in both:
        with psycopg.connect(one.worker.url) as connection:
            assert connection.execute("SELECT gid FROM pg_prepared_xacts").fetchall() == []
    for house in (lost, other):
        acknowledged = {day for sender in house.senders for day in sender.acknowledged}
        check(coordinator.url, acknowledged, acknowledged, house.number)
