"""The sample organisation: how long it takes to make, what a fact takes on disk, how fast policies change.

A change is counted by the server's own code while devices report and somebody asks for the week. With `--large` the
same for 1,000 people, who are the 35 of the sample over and over: some minutes and gigabytes to make.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks.measuring import Client, Row, new_database, seconds, served
from timegrain import clock
from timegrain.counting.ratings import Rating
from timegrain.counting.subjects import NameKind
from timegrain.jobs import JobRunner
from timegrain.policy_changes import start_change
from timegrain.sample.organisation import sample_organisation
from timegrain.seeding import store_sample
from timegrain.storage.changes import Change
from timegrain.storage.engine import Database
from timegrain.storage.ratings import ORGANISATION, StoredRule
from timegrain.storage.schema import facts

PEOPLE, WEEKS, MANY = 35, 13, 1000
RULE = StoredRule(ORGANISATION, NameKind.SITE, "github.com", "github.com", Rating.UNPRODUCTIVE, False)
CHANGES = (
    ("a rating change", Change((RULE,)), 0.5, 10.0),
    ("an ignore-idle change", Change((RULE._replace(ignore_idle=True),)), 2.0, 60.0),
    ("a threshold change (5 to 3 minutes)", Change(values={"idle_threshold": 180}), 2.0, 60.0),
)
EACH_S = 0.02
"""Between two batches, and between two questions, of the clients beside a change."""


def measure(folder: Path) -> Iterator[Row]:
    database = new_database(folder, "sample")
    sample = sample_organisation(PEOPLE, WEEKS, now=clock.now())
    made: dict[str, Any] = {}
    took = seconds(lambda: made.update(store_sample(database, sample, lambda _done, _total: None)))
    with database.read() as connection:
        count = connection.execute(select(func.count()).select_from(facts)).scalar_one()
    size = f"{PEOPLE} people × {WEEKS} weeks"
    yield Row(f"{size}, made and counted", f"{took:.0f} s", f"{count:,} facts", "< 60 s", took < 60)
    database.scrub()
    on_disk = (folder / "sample.db").stat().st_size / count
    yield Row("a fact on disk, all tables", f"{on_disk:.0f} bytes", "after VACUUM", "≤ 60 bytes", on_disk <= 60)
    for what, change, goal, _ in CHANGES:
        yield changed(database, made, f"{what}, {size}", change, goal)
    database.close()


def measure_many(folder: Path) -> Iterator[Row]:
    database = new_database(folder, "many")
    made = store_sample(database, sample_organisation(PEOPLE, WEEKS, now=clock.now()), lambda _done, _total: None)
    database.close()
    repeat(folder / "many.db")
    database = Database(f"sqlite:///{folder}/many.db")
    for what, change, _, goal in CHANGES:
        yield changed(database, made, f"{what}, {MANY:,} people × {WEEKS} weeks", change, goal)
    database.close()


def repeat(path: Path) -> None:
    """Until there are `MANY` people: each is one of those that are there under another number."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute("BEGIN")
    for user in range(PEOPLE + 1, MANY + 1):
        for table in ("users", "devices", "names", "facts", "stretches", "slot_totals", "slot_subjects", "day_totals"):
            _repeat(connection, table, (user - 1) % PEOPLE + 1, user)
    connection.execute("COMMIT")
    connection.close()


def _repeat(connection: sqlite3.Connection, table: str, one: int, other: int) -> None:
    number = "id" if table == "users" else "user_id"
    uuid = "lower(hex(randomblob(16)))"
    new = {number: str(other), "uuid": uuid, "email": f"'{other}@example.com'"}
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    given = ", ".join(new.get(column, column) for column in columns)
    connection.execute(
        f"INSERT INTO {table} SELECT {given} FROM {table} WHERE organisation_id = 1 AND {number} = ?", (one,)
    )


def changed(database: Database, made: dict[str, Any], what: str, change: Change, goal: float) -> Row:
    """How long until it is in force, and what those waited who reported and asked meanwhile."""
    runner = JobRunner(database)
    waited: list[float] = []
    with served(database, made["apiKey"]) as client, beside(client, made, waited):
        took = seconds(lambda: runner.run(1, start_change(database, 1, change).uuid))
    runner.finish_all()
    p99 = sorted(waited)[int(len(waited) * 0.99)] if waited else 0.0
    yardstick = f"{len(waited)} batches and questions meanwhile: p99 {p99:.0f} ms"
    return Row(what, f"{took:.2f} s", yardstick, f"≤ {goal:g} s, p99 ≤ 100 ms", took <= goal and p99 <= 100)


@contextmanager
def beside(client: Client, made: dict[str, Any], waited: list[float]) -> Iterator[None]:
    """Two clients that report for people in turn and ask for everybody's week."""
    over = threading.Event()
    week = {"startDate": f"{made['weekAgo']} 00:00:00", "endDate": f"{made['date']} 23:59:59"}
    question = {**week, "timeZone": made["zone"], "userId": made["userIds"], "teamId": []}
    clients = (
        ("/v1/activity", lambda number: batch(made["userIds"][number % PEOPLE], number)),
        ("/v1/dashboard/weekly-summary", lambda _number: question),
    )

    def work(path: str, body: Any) -> None:
        number = 0
        while not over.wait(EACH_S):
            number += 1
            post = client.asking(path, body(number))
            began = time.perf_counter()
            post()
            waited.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=work, args=one) for one in clients]
    for thread in threads:
        thread.start()
    yield
    over.set()
    for thread in threads:
        thread.join()


def batch(user: str, number: int) -> dict[str, object]:
    """The windows of some past minute, on a device of its own."""
    start = datetime.fromtimestamp(1_770_000_000 + number * 60, UTC).isoformat()
    end = datetime.fromtimestamp(1_770_000_060 + number * 60, UTC).isoformat()
    return {"userId": user, "device": "bench", "focus": [{"start": start, "end": end, "app": "Code"}]}
