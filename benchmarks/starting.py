"""How long a server takes to answer after its start, and what it holds in memory then."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from benchmarks.devices import AT_REST_MB, UNDER_LOAD_MB, memory
from benchmarks.engines import Engine
from benchmarks.measuring import Point, Row, until_met
from benchmarks.questions import OTHER, SUMMARY, asked, fill, made
from benchmarks.serving import child

PEOPLE, ASKED = 500, 200


def measure(engine: Engine, quick: bool) -> Iterator[Row | Point]:
    database = engine.new("starting")
    organisation, users, uuids, key = made(database, PEOPLE)
    fill(database, organisation, users, 28)
    database.close()
    url = engine.address(database)

    taken = []
    for _ in range(2 if quick else 5):
        began = time.perf_counter()
        with child(url, key, engine.folder):
            taken.append(time.perf_counter() - began)
    yield Row("start of a server until it answers", f"{statistics.median(taken):.1f} s", "", "", None)
    with child(url, key, engine.folder) as server:
        yield until_met(lambda: memory("server at rest", server.megabytes(), AT_REST_MB, "just started"))
        question = server.asking(SUMMARY, asked(uuids, OTHER))
        for _ in range(ASKED):
            question()
        held = server.megabytes("VmHWM")
        yield memory(f"server after {ASKED} weeks of {PEOPLE}, at most", held, UNDER_LOAD_MB, "another zone")
