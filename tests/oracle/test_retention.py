"""Random organisations whose facts and slots are retired between batches, changes, erasures and recounts.

The oracle keeps every fact that ever came: what begins where facts are kept must count as if nothing were gone.
What lies before stays as it was at that moment, but for ratings and erasures.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import httpx
import pytest

from tests.serving import served
from timegrain.recounting import recount_everything
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate

from .days import SLOT, day_start, local_day
from .facts import OFact
from .replay import Batch, Erase, Heartbeats, Question, Retire, Step, World
from .replaying import PolicyStep
from .test_worlds import Replay

SQLITE_WORLDS = int(os.environ.get("TIMEGRAIN_TEST_RETIRED", "6"))
SERVER_WORLDS = SQLITE_WORLDS // 3
RETIRED = 0.15
"""Of the steps of the second half, those before which something is retired: the first fills what can be."""


def aim(world: World, rng: Random) -> date:
    """Move all that is reported, so that the day begins where facts before it decide what comes after; returns it."""
    facts = [one for step in world.steps if isinstance(step, Batch | Heartbeats) for one in step.facts]
    if not facts:
        return date(2025, 1, 1)
    holes, stretches = _holes(facts), [one for one in facts if one.kind == "away" and one.end - one.start > 2000]
    chosen = rng.random()
    if holes and chosen < 0.5:
        edge = rng.randint(*rng.choice(holes))
    elif stretches and chosen < 0.7:
        near = rng.choice(stretches)
        edge = rng.randint(near.start // 1000 + 1, near.end // 1000)
    else:
        near = rng.choice(facts)
        edge = rng.choice([near.start, near.end]) // 1000 + rng.choice([-1, 0, 1, 60, 61, 600, 1200])
    day = local_day(world.home_zone, edge // SLOT)
    by = day_start(world.home_zone, day) - edge
    world.steps = [_moved(step, by) for step in world.steps]
    return day


def _holes(facts: list[OFact]) -> list[tuple[int, int]]:
    """Seconds between two of the same that may reach each other, the first and the last."""
    of: dict[tuple[str, str, str], list[OFact]] = {}
    for one in facts:
        of.setdefault((one.device, one.kind, one.browser or one.editor), []).append(one)
    found = []
    for (_, kind, _), its in of.items():
        for before, after in pairwise(sorted(its, key=lambda one: one.start)):
            hole = after.start // 1000 - before.end // 1000
            if kind in ("focus", "page", "heartbeat") and 0 < hole <= (120 if kind == "heartbeat" else 60):
                found.append((before.end // 1000 + 1, after.start // 1000))
    return found


def _moved(step: Step, by: int) -> Step:
    if isinstance(step, Batch | Heartbeats):
        moved = tuple(replace(one, start=one.start + by * 1000, end=one.end + by * 1000) for one in step.facts)
        return replace(step, facts=moved)
    if isinstance(step, Erase):
        return replace(step, start_s=step.start_s + by, end_s=step.end_s + by)
    return step


class RetiringReplay(Replay):
    """Steps of retention come between all others, also while a change of policy is counted."""

    def __init__(self, database: Database, client: httpx.Client, seed: int) -> None:
        super().__init__(database, client, seed)
        self.chance = Random(f"{seed} retention")
        self.day = aim(self.world, self.chance)

    def run(self) -> Counter[str]:
        steps, self.world.steps = self.world.steps, []
        for number, step in enumerate(steps):
            self.place = f"world {self.world.seed}, step {number}: {step}"
            if 2 * number > len(steps) and self.chance.random() < RETIRED:
                self.retire()
            while self.chance.random() < 0.6 and self.program.retire_some():
                pass
            if self.chance.random() < 0.05:
                self.recount()
            if isinstance(step, PolicyStep):
                self.finish()
                if self.program.begin(step):
                    self.world.apply(step)
                else:
                    self.pending = step
                continue
            if self.chance.random() < 0.5:
                self.advance()
            expected = self.world.apply(step)
            assert self.program.apply(step) == expected, self.place
            if isinstance(step, Question):
                self.asked = step
                self.compare(step)
        self.finish()
        assert self.program.differences() == 0, f"world {self.world.seed}: recount --check"
        while self.program.retire_some():
            pass
        assert self.program.differences() == 0, f"world {self.world.seed}: recount --check"
        self.recount()
        if self.asked is not None:
            self.compare(self.asked)
        return self.world.decided

    def retire(self) -> None:
        """Before a change is counted, or after: both of its policies hold there."""
        self.finish()
        day = self.day + timedelta(days=self.chance.choice([-1, 0, 0, 0, 0, 1]))
        slots = day - timedelta(days=self.chance.choice([0, 0, 1])) if self.chance.random() < 0.15 else None
        step = Retire(day, slots)
        self.world.apply(step)
        self.program.apply(step)
        if slots is not None:
            while self.program.retire_some():
                pass

    def recount(self) -> None:
        recount_everything(self.program.database, self.program.id, [one.id for one in self.program.users])


def replay_some(url: str, seeds: range) -> Counter[str]:
    database = Database(url)
    migrate(database)
    decided: Counter[str] = Counter()
    try:
        with served(database, run_jobs=False) as client:
            for seed in seeds:
                decided += RetiringReplay(database, client, seed).run()
    finally:
        database.close()
    return decided


@pytest.mark.slow
def test_worlds_on_sqlite(sqlite_url: str) -> None:
    decided = replay_some(sqlite_url, range(SQLITE_WORLDS))
    for what in ("frozen", "slots retired", "erased while frozen"):
        print(f"{decided[what]:>10}  {what}")
        assert decided[what]


@pytest.mark.slow
def test_worlds_on_a_server(server_url: str) -> None:
    replay_some(server_url, range(1000, 1000 + SERVER_WORLDS))
