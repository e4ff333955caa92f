"""Random organisations through the whole program, compared with the second-by-second count."""

from __future__ import annotations

import os
import random
from collections import Counter
from itertools import cycle

import httpx
import pytest

from tests.serving import served
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate

from . import asking, attendance, figures
from .replay import Question
from .replaying import PolicyStep, Program
from .worlds import RULES, random_world

SQLITE_WORLDS = int(os.environ.get("TIMEGRAIN_TEST_WORLDS", "200"))
SERVER_WORLDS = SQLITE_WORLDS // 4
AT_ONCE = 10
ADVANCED = 0.5
"""Of the steps, those before which a pending change goes on by one transaction."""

CHECKED = 0.2
"""Of the changes, those whose next generation is compared with the facts before the flip."""


class Replay:
    """A world's steps done to the program and to the oracle. A change of policy is a job that other steps overtake."""

    def __init__(self, database: Database, client: httpx.Client, seed: int) -> None:
        self.world = random_world(seed)
        self.program = Program(database, client, f"world {seed}", self.world.start)
        self.calendar = attendance.calendar(self.world)
        self.program.set_calendar(self.calendar)
        self.rng = random.Random(seed)
        self.pending: PolicyStep | None = None
        self.asked: Question | None = None
        self.turns = cycle((self.compare_ranges, self.compare_reports, self.compare_subjects))
        self.place = ""

    def run(self) -> Counter[str]:
        """Raises where they differ."""
        for number, step in enumerate(self.world.steps):
            self.place = f"world {self.world.seed}, step {number}: {step}"
            if isinstance(step, PolicyStep):
                self.finish()
                if self.program.begin(step):
                    self.world.apply(step)
                else:
                    self.pending = step
                continue
            if self.rng.random() < ADVANCED:
                self.advance()
            expected = self.world.apply(step)
            assert self.program.apply(step) == expected, self.place
            if isinstance(step, Question):
                self.asked = step
                self.compare(step)
        self.finish()
        assert self.program.differences() == 0, f"world {self.world.seed}: recount --check"
        return self.world.decided

    def advance(self) -> None:
        """The job goes on; once it is in force it is so everywhere, and not before.

        What was asked last is asked again, and then one of three of what else there is to ask: all of them read the
        same generation, and of about a thousand changes each meets a third.
        """
        if self.pending is not None and self.program.advance():
            self.world.apply(self.pending)
            self.pending = None
            if self.asked is not None:
                next(self.turns)(self.compare_days(self.asked))

    def finish(self) -> None:
        """What is pending comes into force, from wherever it was."""
        if self.pending is not None and self.rng.random() < CHECKED:
            assert self.program.differences() == 0, f"{self.place}: before the flip"
        while self.pending is not None:
            self.advance()

    def compare(self, question: Question) -> None:
        asked = self.compare_days(question)
        self.compare_ranges(asked)
        self.compare_reports(asked)
        self.compare_subjects(asked)

    def compare_days(self, question: Question) -> figures.Ranged:
        """Returns the range that is asked about beside the question."""
        answer = [
            (day, (sums.productive, sums.neutral, sums.unproductive, sums.idle))
            for day, sums in self.world.answer(question)
        ]
        assert self.program.answer(question) == answer, self.place
        asked = figures.range_near(self.world, question)
        self.place = f"{self.place}, {asked}"
        return asked

    def compare_ranges(self, asked: figures.Ranged) -> None:
        asking.compare(self.world, self.program, asked)

    def compare_reports(self, asked: figures.Ranged) -> None:
        asking.compare_reports(self.world, self.program, self.calendar, asked)

    def compare_subjects(self, asked: figures.Ranged) -> None:
        asking.compare_subjects(self.world, self.program, asked)


def replay(database: Database, client: httpx.Client, seed: int) -> Counter[str]:
    """Every step of a world to the program and to the oracle; raises where they differ."""
    return Replay(database, client, seed).run()


def replay_some(url: str, first: int) -> None:
    database = Database(url)
    migrate(database)
    try:
        with served(database, run_jobs=False) as client:
            for seed in range(first, first + AT_ONCE):
                replay(database, client, seed)
    finally:
        database.close()


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SQLITE_WORLDS, AT_ONCE))
def test_worlds_on_sqlite(sqlite_url: str, first: int) -> None:
    replay_some(sqlite_url, first)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SERVER_WORLDS, AT_ONCE))
def test_worlds_on_a_server(server_url: str, first: int) -> None:
    replay_some(server_url, first)


@pytest.mark.slow
def test_every_rule_decides_some_seconds() -> None:
    """In some of the worlds above; those after the last rule was met are left out."""
    decided: Counter[str] = Counter()
    for seed in range(SQLITE_WORLDS):
        if all(decided[rule] for rule in RULES):
            break
        world = random_world(seed)
        calendar = attendance.calendar(world)
        for step in world.steps:
            world.apply(step)
            if isinstance(step, Question):
                world.answer(step)
                asked = figures.range_near(world, step)
                figures.people(world, asked)
                figures.used(world, asked)
                for user in figures.asked_for(world, asked):
                    attendance.month(world, calendar, asked, user)
        decided += world.decided
    for rule in RULES:
        print(f"{decided[rule]:>10}  {rule}")
    assert not [rule for rule in RULES if decided[rule] == 0]
