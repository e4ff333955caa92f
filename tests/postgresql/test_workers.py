"""Several worker processes on one PostgreSQL: they take the batches of one user at once, while policies change."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.crash.test_kill import serving
from tests.oracle.replay import Batch, Limits, PolicyChange, Question, RatingChange, World
from tests.oracle.replaying import Program
from tests.oracle.worlds import random_world
from timegrain.storage import people
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate

SEEDS = (3, 17)
SENDERS = 6
WORKERS = 2
A_MINUTE = 8
MOST_ASKED = 3000
"""How often a job is asked for before it is given up."""


def small_batches(world: World, rng: random.Random) -> list[Batch]:
    """Everything that the people of a world report, two facts at a time and in no order."""
    batches = [step for step in world.steps if isinstance(step, Batch)]
    parts = [
        Batch(one.user, one.device, one.facts[place : place + 2])
        for one in batches
        for place in range(0, len(one.facts), 2)
    ]
    rng.shuffle(parts)
    return parts


def changes(world: World) -> Iterator[tuple[PolicyChange | RatingChange, str, dict[str, Any]]]:
    """Changes of policy, for the oracle and as they are asked over HTTP."""
    apps = sorted(
        {fact.app for step in world.steps if isinstance(step, Batch) for fact in step.facts if fact.app.strip()}
    )
    for number, minutes in enumerate((3, 9, 4)):
        yield PolicyChange(limits=Limits(threshold=minutes * 60)), "/v1/policy", {"idleMinutes": minutes}
        subject, ignore = apps[number % len(apps)], bool(number % 2)
        rule = {"subject": subject, "kind": "application", "rating": "productive", "ignoreIdle": ignore}
        yield RatingChange(None, "application", subject, "productive", ignore), "/v1/ratings", {"ratings": [rule]}


class Sending(threading.Thread):
    """Sends what waits, each batch over a connection of its own, so that any worker may get it."""

    def __init__(self, waiting: queue.SimpleQueue[tuple[Program, Batch] | None], address: str) -> None:
        super().__init__(daemon=True)
        self._waiting, self._address = waiting, address
        self.failed: Exception | None = None

    def run(self) -> None:
        while (one := self._waiting.get()) is not None and self.failed is None:
            program, batch = one
            try:
                with httpx.Client(base_url=self._address, timeout=60) as client:
                    Program.apply(_through(program, client), batch)
            except Exception as error:
                self.failed = error


def _through(program: Program, client: httpx.Client) -> Program:
    """The same organisation, asked by another client."""
    other = object.__new__(Program)
    other.__dict__.update(program.__dict__, client=client)
    return other


@pytest.mark.slow
def test_batches_of_one_user_meet_in_several_workers(postgres_url: str, tmp_path: Path) -> None:
    database = Database(postgres_url)
    migrate(database)
    rng = random.Random(7)
    waiting: queue.SimpleQueue[tuple[Program, Batch] | None] = queue.SimpleQueue()
    with (
        serving(postgres_url, tmp_path / "serve.log", "--workers", str(WORKERS)) as (server, address),
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        worlds = [random_world(seed) for seed in SEEDS]
        programs = [Program(database, client, f"world {one.seed}", one.start) for one in worlds]
        sent = [
            (program, world, batch)
            for program, world in zip(programs, worlds, strict=True)
            for batch in small_batches(world, rng)
        ]
        rng.shuffle(sent)
        for program, world, batch in sent:
            world.apply(batch)
            waiting.put((program, batch))
        senders = [Sending(waiting, address) for _ in range(SENDERS)]
        for sender in senders:
            waiting.put(None)
            sender.start()
        answered: set[int] = set()
        for steps in zip(*map(changes, worlds), strict=True):
            for program, world, (step, path, body) in zip(programs, worlds, steps, strict=True):
                world.apply(step)
                answered |= answering(server.pid)
                method = "PATCH" if path == "/v1/policy" else "PUT"
                answer = client.request(method, path, json=body, headers=program.headers)
                assert answer.status_code in (200, 202), answer.text
        deadline = time.monotonic() + 120
        while any(sender.is_alive() for sender in senders):
            assert time.monotonic() < deadline
            # Often: a worker that has much to do takes on nobody for a while.
            answered |= answering(server.pid)
            senders[-1].join(0.01)
        assert [sender.failed for sender in senders] == [None] * SENDERS
        for program, world in zip(programs, worlds, strict=True):
            finished(program)
            question = next(step for step in reversed(world.steps) if isinstance(step, Question))
            expected = [
                (day, (one.productive, one.neutral, one.unproductive, one.idle)) for day, one in world.answer(question)
            ]
            assert program.answer(question) == expected, world.seed
            assert program.differences() == 0
        assert len(answered) == WORKERS
        limited(database, programs[0], address)
    database.close()


def limited(database: Database, program: Program, address: str) -> None:
    """The limit of a key holds for all workers together, whichever is asked."""
    with database.write(program.id, policy=True) as connection:
        people.set_organisation_policy(connection, program.id, {"questions_a_minute": A_MINUTE})
    began = time.monotonic()
    answers = [
        httpx.get(f"{address}/v1/policy", headers=program.headers, timeout=60).status_code for _ in range(4 * A_MINUTE)
    ]
    assert set(answers) == {200, 429}
    assert A_MINUTE <= answers.count(200) <= A_MINUTE + (time.monotonic() - began) * A_MINUTE / 60 + 1


def finished(program: Program) -> None:
    """Every change of policy is in force."""
    for _ in range(MOST_ASKED):
        if all(one["state"] == "done" for one in program.call("GET", "/v1/jobs", None)["items"]):
            return
    raise AssertionError("a change of policy did not come into force")


def answering(supervisor: int) -> set[int]:
    """The processes that talk to a client now."""
    return {
        one.pid
        for one in psutil.Process(supervisor).children(recursive=True)
        if any(found.status == psutil.CONN_ESTABLISHED for found in one.net_connections("tcp"))
    }
