"""Random organisations through the whole program, compared with the second-by-second count."""

from __future__ import annotations

import os
from collections import Counter

import httpx
import pytest

from tests.serving import served
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate

from .replay import Question
from .replaying import Program
from .worlds import RULES, random_world

SQLITE_WORLDS = int(os.environ.get("TIMEGRAIN_TEST_WORLDS", "200"))
POSTGRESQL_WORLDS = SQLITE_WORLDS // 4
AT_ONCE = 10


def replay(database: Database, client: httpx.Client, seed: int) -> Counter[str]:
    """Every step of a world to the program and to the oracle; raises where they differ."""
    world = random_world(seed)
    program = Program(database, client, f"world {seed}", world.start)
    for number, step in enumerate(world.steps):
        expected = world.apply(step)
        outcome = program.apply(step)
        assert outcome == expected, f"world {seed}, step {number}: {step}"
        if isinstance(step, Question):
            answer = [
                (day, (sums.productive, sums.neutral, sums.unproductive, sums.idle)) for day, sums in world.answer(step)
            ]
            assert program.answer(step) == answer, f"world {seed}, step {number}: {step}"
    assert program.differences() == 0, f"world {seed}: recount --check"
    return world.decided


def replay_some(url: str, first: int) -> None:
    database = Database(url)
    migrate(database)
    try:
        with served(database) as client:
            for seed in range(first, first + AT_ONCE):
                replay(database, client, seed)
    finally:
        database.close()


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SQLITE_WORLDS, AT_ONCE))
def test_worlds_on_sqlite(sqlite_url: str, first: int) -> None:
    replay_some(sqlite_url, first)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, POSTGRESQL_WORLDS, AT_ONCE))
def test_worlds_on_postgresql(postgres_url: str, first: int) -> None:
    replay_some(postgres_url, first)


@pytest.mark.slow
def test_every_rule_decides_some_seconds() -> None:
    decided: Counter[str] = Counter()
    for seed in range(SQLITE_WORLDS):
        world = random_world(seed)
        for step in world.steps:
            world.apply(step)
            if isinstance(step, Question):
                world.answer(step)
        decided += world.decided
    for rule in RULES:
        print(f"{decided[rule]:>10}  {rule}")
    assert not [rule for rule in RULES if decided[rule] == 0]
