"""Batches a second, stepped up until they wait too long or are refused: where the knee is."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.devices import DEVICES, MOST_MS, Fleet, Load, populate
from benchmarks.engines import Engine
from benchmarks.measuring import Point, Row, share
from benchmarks.serving import child

RATES = (50, 100, 170, 250, 350, 450, 600, 800, 1000, 1200)
STEP_S = 8


def measure(engine: Engine, quick: bool) -> Iterator[Row | Point]:
    for workers in (1,) if engine.is_sqlite else (1, 2):
        database = engine.new("load")
        fleet = populate(database, DEVICES)
        database.close()
        line = engine.kind if engine.is_sqlite else f"{engine.kind}, {workers} worker{'s' * (workers > 1)}"
        yield from _stepped(engine, fleet, line, workers, RATES[:2] if quick else RATES)


def _stepped(engine: Engine, fleet: Fleet, line: str, workers: int, rates: tuple[int, ...]) -> Iterator[Row | Point]:
    most, why = 0, "not reached"
    given = () if workers == 1 else ("--workers", str(workers))
    with child(fleet.url, fleet.key, engine.folder, *given) as server:
        for rate in rates:
            # From this step's beginning each device's facts go on: none overlaps an earlier step's.
            load = Load(server.port, fleet.tokens, time.time() + 0.5, 0, rate * STEP_S, rate).run()
            p99 = share(load.taken, 0.99)
            yield Point("load", line, rate, p99)
            if p99 > MOST_MS or load.failures:
                why = f"at {rate} a second p99 {p99:.0f} ms, {len(load.failures)} refused"
                break
            most = rate
    facts = f"{most} batches, {most * 5:,} facts a second"
    yield Row(f"most that {line} takes with p99 ≤ {MOST_MS} ms", facts, why, "", None)
