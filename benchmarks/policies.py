"""How fast the policy of the sample organisation changes.

A change is asked of a real server, in a process of its own, while devices report and somebody asks for the week from
another one. On SQLite the same for 1,000 people, who are the 35 of the sample over and over.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy.engine import make_url

from benchmarks.beside import Asked, Beside, beside
from benchmarks.engines import Engine
from benchmarks.measuring import Point, Row, seconds, share
from benchmarks.sample import PEOPLE, Sample, sample_of
from benchmarks.serving import Child, child
from timegrain.storage import jobs, people
from timegrain.storage.engine import Database

MANY = 1000
ROUNDS = 4
"""There and back, where a change is quick; 0: there alone."""
BATCHES_A_SECOND = 50.0
"""Three times what the devices of 1,000 people send; `devices` has the 10,000 beside a change."""
CALM_S = 5.0
P99_MS = 100


class Change(NamedTuple):
    """A call and what takes it back, and in how many seconds it is in force for the few and for the many."""

    what: str
    path: str
    there: dict[str, Any]
    back: dict[str, Any]
    few_s: float
    many_s: float


def _rated(rating: str, ignore_idle: bool) -> dict[str, Any]:
    rule = {"subject": "github.com", "kind": "domain", "rating": rating, "ignoreIdle": ignore_idle}
    return {"ratings": [rule]}


CHANGES = (
    Change("a rating change", "/v1/ratings", _rated("unproductive", False), _rated("productive", False), 0.5, 10),
    Change("an ignore-idle change", "/v1/ratings", _rated("productive", True), _rated("productive", False), 2, 60),
    Change("a threshold change (5 to 3 minutes)", "/v1/policy", {"idleMinutes": 3}, {"idleMinutes": 5}, 2, 60),
)


def measure(engine: Engine, quick: bool) -> Iterator[Row | Point]:
    sample = sample_of(engine, quick)
    yield from changes_of(engine, sample, PEOPLE, 1 if quick else ROUNDS)
    if engine.is_sqlite and not quick:
        repeat(Path(make_url(sample.url).database or ""))
        yield from changes_of(engine, sample, MANY, 0)


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
    with path.open("rb") as made:
        # Else the first change would wait until all of it is on disk.
        os.fsync(made.fileno())


def _repeat(connection: sqlite3.Connection, table: str, one: int, other: int) -> None:
    number = "id" if table == "users" else "user_id"
    uuid = "lower(hex(randomblob(16)))"
    new = {number: str(other), "uuid": uuid, "email": f"'{other}@example.com'"}
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    given = ", ".join(new.get(column, column) for column in columns)
    connection.execute(
        f"INSERT INTO {table} SELECT {given} FROM {table} WHERE organisation_id = 1 AND {number} = ?", (one,)
    )


def changes_of(engine: Engine, sample: Sample, many: int, rounds: int) -> Iterator[Row]:
    database, made = Database(sample.url), sample.told
    with database.read() as connection:
        users = [str(one.uuid) for one in people.all_users(connection, 1)]
    week = {"startDate": f"{made['weekAgo']} 00:00:00", "endDate": f"{made['date']} 23:59:59"}
    question = {**week, "timeZone": made["zone"], "userId": users[:PEOPLE], "teamId": []}
    # Not of each person more often than once a second.
    pace = min(BATCHES_A_SECOND, float(many))
    with child(sample.url, made["apiKey"], engine.folder) as server:
        for change in CHANGES:
            with beside(Asked(server.port, made["apiKey"], users, pace, question)) as others:
                yield _changed(database, server, others, change, (many, sample.weeks), rounds)
    database.close()


def _changed(
    database: Database, server: Child, others: Beside, change: Change, of: tuple[int, int], rounds: int
) -> Row:
    """How long until it is in force, and what those waited who reported and asked until the old figures are gone."""
    many, weeks = of
    time.sleep(2)
    calm = time.time()
    time.sleep(CALM_S)
    usual = share(others.between(calm, time.time()), 0.99)
    taken: list[float] = []
    waited: list[float] = []
    before = _processor_s(server.pid)
    # Of the many once, and never back: each takes long enough to be told from chance.
    for body in (change.there, change.back) * rounds if rounds else (change.there,):
        began = time.time()
        # Who looks whether it is done is a request too: a hundredth of the goal is exact enough.
        pause = (change.many_s if many > PEOPLE else change.few_s) / 100
        taken.append(seconds(lambda body=body, pause=pause: _in_force(server, change.path, body, pause)))  # type: ignore[misc]
        while _with_work(database):
            time.sleep(0.02)
        time.sleep(0.1)
        waited += others.between(began, time.time() - 0.1)
    alone, beside_it = (now - then for now, then in zip(_processor_s(server.pid), before, strict=True))
    took, p99 = statistics.median(taken), share(waited, 0.99)
    goal = change.many_s if many > PEOPLE else change.few_s
    figure = f"{took:.2f} s, {many / took:.0f} people a second; p99 {p99:.0f} ms of {len(waited)} batches and questions"
    yardstick = (
        f"p99 without it {usual:.0f} ms; of {sum(taken):.1f} s {alone:.1f} s of a processor in the server, "
        f"{beside_it:.1f} s beside it; {len(others.failures)} failures"
    )
    met = took <= goal and p99 <= P99_MS and not others.failures
    what = f"{change.what}, {many:,} people × {weeks} weeks"
    return Row(what, figure, yardstick, f"≤ {goal:g} s, p99 ≤ {P99_MS} ms", met)


def _in_force(server: Child, path: str, body: dict[str, Any], pause: float) -> None:
    answer = json.loads(server.asking(path, body, "PUT" if path == "/v1/ratings" else "PATCH")())
    job = answer["data"].get("jobId")
    ask = server.asking(f"/v1/jobs/{job}", None, "GET")
    while job and json.loads(ask())["data"]["state"] != "done":
        time.sleep(pause)


def _with_work(database: Database) -> bool:
    with database.read() as connection:
        return bool(jobs.with_work(connection))


def _processor_s(pid: int) -> tuple[float, float]:
    """Of a process, and of those that it has started and of those that have ended; 0 where nobody tells."""
    with suppress(OSError):
        own, ended = _ticks(pid)
        children = [
            int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()
        ]
        return own, ended + sum(_ticks(one)[0] for one in children)
    return 0.0, 0.0


def _ticks(pid: int) -> tuple[float, float]:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system, ended_user, ended_system = (int(one) / os.sysconf("SC_CLK_TCK") for one in fields[11:15])
    return user + system, ended_user + ended_system
