"""Batches over HTTP, counted and committed, beside the bare insert of as many rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from benchmarks.engines import CITUS, Engine
from benchmarks.measuring import Client, Point, Row, seconds, share, until_met
from benchmarks.questions import made
from benchmarks.serving import child
from timegrain.storage.schema import facts

START = datetime(2010, 2, 1, tzinfo=UTC)
BATCHES, BATCH = 30, 1000
SMALL = 4
"""Facts of a small batch, as a device reports each minute."""
ACTIVITY = "/v1/activity"


def batch(user: str, number: int, facts: int, lasting: int) -> dict[str, object]:
    """Focus facts that follow each other on a day of their own."""
    begin = START + timedelta(days=number)
    focus = []
    for place in range(facts):
        start = begin + timedelta(seconds=place * lasting)
        written = [f"{at:%Y-%m-%dT%H:%M:%S}Z" for at in (start, start + timedelta(seconds=lasting))]
        focus.append({"start": written[0], "end": written[1], "app": f"app {place % 7}"})
    return {"userId": user, "device": "laptop", "focus": focus}


def bare(engine: Engine) -> Callable[[int], float]:
    """The yardstick, on a database of its own: the seconds that so many batches take from a day on."""
    connection = engine.bare(engine.url("bare"))
    columns = [f"{one.name} {one.type.compile()}" for one in facts.columns]
    names = [one.name for one in facts.columns]
    key = ", ".join(one.name for one in facts.primary_key.columns)
    whole = " WITHOUT ROWID" if engine.is_sqlite else ""
    connection.execute(f"CREATE TABLE fact ({', '.join(columns)}, PRIMARY KEY ({key})){whole}")
    if engine.kind == CITUS:
        connection.execute("SELECT create_distributed_table('fact', 'organisation_id')")
    types = ", ".join(f"%s::{one.type.compile()}[]" for one in facts.columns)
    marks = ", ".join("?" for _ in names)
    begin = int(START.timestamp()) * 1000

    def insert(rows: list[tuple[Any, ...]]) -> None:
        if engine.is_sqlite:
            connection.execute("BEGIN")
            connection.executemany(f"INSERT INTO fact VALUES ({marks})", rows)
            connection.execute("COMMIT")
        else:
            arrays = [list(column) for column in zip(*rows, strict=True)]
            connection.execute(f"INSERT INTO fact SELECT * FROM unnest({types})", arrays)

    def run(first: int) -> float:
        began = time.perf_counter()
        for number in range(first, first + BATCHES):
            rows = [
                (1, 1, begin + (number * 86_400 + place * 40) * 1000, 1, 0, 0, 40_000, place % 7, 0, None, None)
                for place in range(BATCH)
            ]
            insert(rows)
        return time.perf_counter() - began

    return run


def measure(engine: Engine, quick: bool) -> Iterator[Row | Point]:
    database = engine.new("batches")
    _, _, users, key = made(database, 1)
    database.close()
    least, days = bare(engine), count(0, BATCHES)
    with child(engine.address(database), key, engine.folder) as client:
        yield until_met(lambda: _large(engine, client, users[0], next(days), least))
        yield until_met(partial(_small, client, users[0], 50 if quick else 400, count(5000)))


def _large(engine: Engine, client: Client, user: str, first: int, least: Callable[[int], float]) -> Row:
    posts = [client.asking(ACTIVITY, batch(user, number, BATCH, 40)) for number in range(first, first + BATCHES)]
    # Half before the yardstick and half after, so that what else the machine does meets both.
    each = [seconds(post) for post in posts[: BATCHES // 2]]
    bare_took = least(first)
    each += [seconds(post) for post in posts[BATCHES // 2 :]]
    took = sum(each)
    rate = BATCHES * BATCH / took
    # The ratio is a goal on SQLite alone; a batch on PostgreSQL is some twenty round trips beside the one of unnest.
    bounded = engine.is_sqlite
    return Row(
        f"batches of {BATCH:,} facts",
        f"{rate:,.0f} facts/s, {took / bare_took:.1f} × the bare insert; "
        f"a batch {share(each, 0.5) * 1000:.0f} ms, at most {max(each) * 1000:.0f}",
        f"bare insert {BATCHES * BATCH / bare_took:,.0f} rows/s",
        "≥ 20,000 facts/s" + "; ≤ 12 × the bare insert" * bounded,
        rate >= 20_000 and (took <= 12 * bare_took or not bounded),
    )


def _small(client: Client, user: str, how_many: int, days: Iterator[int]) -> Row:
    each = [seconds(client.asking(ACTIVITY, batch(user, next(days), SMALL, 15))) * 1000 for _ in range(how_many)]
    return Row(
        f"batches of {SMALL} facts, one after the other",
        f"median {share(each, 0.5):.1f} ms, p99 {share(each, 0.99):.1f} ms",
        f"{how_many} batches, a connection each",
        "p99 ≤ 100 ms",
        share(each, 0.99) <= 100,
    )
