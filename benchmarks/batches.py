"""Batches over HTTP, counted and committed, beside the bare insert of as many rows."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measuring import Row, new_database, seconds, served
from timegrain.storage import keys, people
from timegrain.storage.schema import facts

START = datetime(2026, 2, 2, tzinfo=UTC)
BATCHES, BATCH = 30, 1000
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


def bare(folder: Path) -> float:
    connection = sqlite3.connect(folder / "bare.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    columns = [one.name for one in facts.columns]
    key = ", ".join(one.name for one in facts.primary_key.columns)
    connection.execute(f"CREATE TABLE fact ({', '.join(columns)}, PRIMARY KEY ({key})) WITHOUT ROWID")
    begin = int(START.timestamp()) * 1000
    marks = ", ".join("?" for _ in columns)
    began = time.perf_counter()
    for number in range(BATCHES):
        rows = [
            (1, 1, begin + (number * 86_400 + place * 40) * 1000, 1, 0, 0, 40_000, place % 7, 0, None, None)
            for place in range(BATCH)
        ]
        connection.executemany(f"INSERT INTO fact VALUES ({marks})", rows)
        connection.commit()
    return time.perf_counter() - began


def measure(folder: Path) -> Iterator[Row]:
    database = new_database(folder, "batches")
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "bench", "UTC", "bench", 0).id
        user = str(people.add_user(connection, organisation, "u", "u@example.com", 0).uuid)
        _, key = keys.add_key(connection, organisation, "bench", "admin", 0)
    with served(database, key) as client:
        posts = [client.asking(ACTIVITY, batch(user, number, BATCH, 40)) for number in range(BATCHES)]
        took = seconds(lambda: [post() for post in posts])
        least = bare(folder)
        rate = BATCHES * BATCH / took
        yield Row(
            f"batches of {BATCH:,} facts",
            f"{rate:,.0f} facts/s, {took / least:.1f} × the bare insert",
            f"bare insert {BATCHES * BATCH / least:,.0f} rows/s",
            "≥ 20,000 facts/s; ≤ 12 × the bare insert",
            rate >= 20_000 and took <= 12 * least,
        )
    database.close()
