"""`make bench`: questions and batches over HTTP on SQLite, each beside its yardstick of the same run.

The floor of a question is the same engine summing ready-made day rows in bare SQL; that of a batch is the
bare insert of the same rows. Prints a table and writes `benchmarks/results.json`.
"""

from __future__ import annotations

import http.client
import json
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import uvicorn

from timegrain.api.app import make_app
from timegrain.storage import keys, people
from timegrain.storage.dialect import store
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate
from timegrain.storage.schema import day_totals, slot_totals

PEOPLE = (1, 35, 500)
DAYS = 28
ROUNDS = 40
BATCHES, BATCH = 30, 1000
START = datetime(2026, 2, 2, tzinfo=UTC)
HOME, OTHER = "UTC", "America/New_York"


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median of several rounds, after two that do not count."""
    taken = []
    for _ in range(rounds + 2):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken[2:])


def fill(database: Database, organisation: int, users: list[int]) -> None:
    """Four weeks of ten full hours a day, as counting would leave them."""
    first = START.date().toordinal()
    begin = int(START.timestamp())
    with database.write(organisation, policy=True) as connection:
        for user in users:
            slots = [
                (organisation, user, 0, begin + day * 86_400 + 28_800 + slot * 900, 500, 200, 100, 100)
                for day in range(DAYS)
                for slot in range(40)
            ]
            store(connection, slot_totals, slots)
            days = [(organisation, user, 0, first + day, 20_000, 8_000, 4_000, 4_000) for day in range(DAYS)]
            store(connection, day_totals, days)


@contextmanager
def served(database: Database, key: str) -> Iterator[httpx.Client]:
    server = uvicorn.Server(uvicorn.Config(make_app(database), port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as client:
        yield client
    server.should_exit = True
    thread.join(30)


def floor(path: Path, how_many: int) -> Callable[[], object]:
    """The yardstick of a question, on a database of its own."""
    connection = sqlite3.connect(path)
    columns = "u INT, d INT, p INT, n INT, x INT, i INT"
    connection.execute(f"CREATE TABLE IF NOT EXISTS day ({columns}, PRIMARY KEY (u, d)) WITHOUT ROWID")
    rows = [(user, day, 20_000, 8_000, 4_000, 4_000) for user in range(1, max(PEOPLE) + 1) for day in range(DAYS)]
    connection.executemany("INSERT OR REPLACE INTO day VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.commit()
    marks = ", ".join(str(user) for user in range(1, how_many + 1))
    question = f"SELECT d, sum(p), sum(n), sum(x), sum(i) FROM day WHERE u IN ({marks}) AND d >= ? AND d < ? GROUP BY d"
    return lambda: connection.execute(question, (7, 14)).fetchall()


def questions(client: httpx.Client, uuids: list[str], folder: Path) -> Iterator[dict[str, object]]:
    for how_many in PEOPLE:
        least = milliseconds(floor(folder / "floor.db", how_many))
        for zone, factor in ((HOME, 3), (OTHER, 25)):
            body = {
                "startDate": "2026-02-09 00:00:00",
                "endDate": "2026-02-15 23:59:59",
                "timeZone": zone,
                "userId": uuids[:how_many],
                "teamId": [],
            }
            asked = client.post("/v1/dashboard/weekly-summary", json=body)
            assert asked.json()["data"]["overallSummary"]["totalTimeSpendSeconds"] > 0
            took = milliseconds(bare_post(client, "/v1/dashboard/weekly-summary", body))
            yield {
                "what": f"week of {how_many}, {'home' if zone == HOME else 'another'} zone",
                "ms": round(took, 2),
                "floor ms": round(least, 3),
                "goal ms": round(factor * least + 4, 2),
                "met": took <= factor * least + 4,
            }


def bare_post(client: httpx.Client, path: str, body: dict[str, object]) -> Callable[[], object]:
    """The same request by the standard library over one connection: httpx would take longer than the answer."""
    connection = http.client.HTTPConnection(client.base_url.host, client.base_url.port)
    headers = {"Authorization": client.headers["Authorization"], "Content-Type": "application/json"}
    written = json.dumps(body).encode()

    def post() -> bytes:
        connection.request("POST", path, written, headers)
        return connection.getresponse().read()

    return post


def batches(client: httpx.Client, user: str, folder: Path) -> dict[str, object]:
    """Batches of 1,000 facts, counted and committed, beside the bare insert of as many rows."""
    sent = [_batch(user, number) for number in range(BATCHES)]
    began = time.perf_counter()
    for body in sent:
        assert client.post("/v1/activity", json=body).json()["data"]["stored"] == BATCH
    took = time.perf_counter() - began
    connection = sqlite3.connect(folder / "bare.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE fact (u INT, s INT, e INT, a TEXT, PRIMARY KEY (u, s)) WITHOUT ROWID")
    began = time.perf_counter()
    for number in range(BATCHES):
        rows = [(1, number * BATCH + place, place + 5, f"app {place % 7}") for place in range(BATCH)]
        connection.executemany("INSERT INTO fact VALUES (?, ?, ?, ?)", rows)
        connection.commit()
    bare = time.perf_counter() - began
    rate = BATCHES * BATCH / took
    return {
        "what": f"batches of {BATCH} facts",
        "facts/s": round(rate),
        "bare insert facts/s": round(BATCHES * BATCH / bare),
        "times the bare insert": round(took / bare, 1),
        "goal facts/s": 10_000,
        "met": rate >= 10_000,
    }


def _batch(user: str, number: int) -> dict[str, object]:
    begin = START + timedelta(days=number)
    focus = []
    for place in range(BATCH):
        start = begin + timedelta(seconds=place * 40)
        end = start + timedelta(seconds=40)
        written = [f"{at:%Y-%m-%dT%H:%M:%S}Z" for at in (start, end)]
        focus.append({"start": written[0], "end": written[1], "app": f"app {place % 7}"})
    return {"userId": user, "device": "laptop", "focus": focus}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(f"sqlite:///{folder}/bench.db")
        migrate(database)
        with database.write(0, policy=True) as connection:
            organisation = people.add_organisation(connection, "bench", HOME, "bench", 0).id
            made = [
                people.add_user(connection, organisation, f"u{n:04}", f"u{n}@example.com", 0)
                for n in range(max(PEOPLE) + 1)
            ]
            _, key = keys.add_key(connection, organisation, "bench", "admin", 0)
        fill(database, organisation, [one.id for one in made[:-1]])
        with served(database, key) as client:
            results = list(questions(client, [str(one.uuid) for one in made], folder))
            results.append(batches(client, str(made[-1].uuid), folder))
        database.close()
    for row in results:
        print("  ".join(f"{column}: {value}" for column, value in row.items()))
    Path(__file__).with_name("results.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
