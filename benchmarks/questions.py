"""The weekly summary beside its floor: the same engine summing ready-made day rows in bare SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import Row, milliseconds, new_database, served
from timegrain.storage import keys, people
from timegrain.storage.dialect import store
from timegrain.storage.engine import Database
from timegrain.storage.schema import day_totals, slot_totals

PEOPLE = (1, 35, 500)
START = datetime(2026, 2, 2, tzinfo=UTC)
HOME, OTHER = "UTC", "America/New_York"
SUMMARY = "/v1/dashboard/weekly-summary"


def fill(database: Database, organisation: int, users: list[int], days: int) -> None:
    """Ten full hours a day up to the last of `days`, as counting would leave them."""
    last = START.date().toordinal() + 27
    end = int(START.timestamp()) + 28 * 86_400
    with database.write(organisation, policy=True) as connection:
        for user in users:
            slots = [
                (organisation, user, 0, end - day * 86_400 - 57_600 + slot * 900, 500, 200, 100, 100)
                for day in range(days)
                for slot in range(40)
            ]
            store(connection, slot_totals, slots)
            rows = [(organisation, user, 0, last - day, 20_000, 8_000, 4_000, 4_000) for day in range(days)]
            store(connection, day_totals, rows)


def floor(path: Path, how_many: int) -> Callable[[], object]:
    """The yardstick, on a database of its own."""
    connection = sqlite3.connect(path)
    columns = "u INT, d INT, p INT, n INT, x INT, i INT"
    connection.execute(f"CREATE TABLE IF NOT EXISTS day ({columns}, PRIMARY KEY (u, d)) WITHOUT ROWID")
    rows = [(user, day, 20_000, 8_000, 4_000, 4_000) for user in range(1, max(PEOPLE) + 1) for day in range(28)]
    connection.executemany("INSERT OR REPLACE INTO day VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.commit()
    marks = ", ".join(str(user) for user in range(1, how_many + 1))
    question = f"SELECT d, sum(p), sum(n), sum(x), sum(i) FROM day WHERE u IN ({marks}) AND d >= ? AND d < ? GROUP BY d"
    return lambda: connection.execute(question, (7, 14)).fetchall()


def asked(uuids: list[str], zone: str) -> dict[str, object]:
    return {
        "startDate": "2026-02-09 00:00:00",
        "endDate": "2026-02-15 23:59:59",
        "timeZone": zone,
        "userId": uuids,
        "teamId": [],
    }


def measure(folder: Path) -> Iterator[Row]:
    of_history = {}
    for days in (28, 280):
        database = new_database(folder, f"questions-{days}")
        with database.write(0, policy=True) as connection:
            organisation = people.add_organisation(connection, "bench", HOME, "bench", 0).id
            made = [
                people.add_user(connection, organisation, f"u{n:04}", f"u{n}@example.com", 0)
                for n in range(max(PEOPLE))
            ]
            _, key = keys.add_key(connection, organisation, "bench", "admin", 0)
        fill(database, organisation, [one.id for one in made], days)
        uuids = [str(one.uuid) for one in made]
        with served(database, key) as client:
            of_history[days] = milliseconds(client.asking(SUMMARY, asked(uuids[:35], HOME)))
            if days == 28:
                for how_many in PEOPLE:
                    least = milliseconds(floor(folder / "floor.db", how_many))
                    for zone, times in ((HOME, 3), (OTHER, 25)):
                        took = milliseconds(client.asking(SUMMARY, asked(uuids[:how_many], zone)))
                        yield Row(
                            f"week of {how_many}, {'home' if zone == HOME else 'another'} zone",
                            f"{took:.2f} ms",
                            f"floor {least:.3f} ms",
                            f"≤ {times} × floor + 4 ms = {times * least + 4:.2f} ms",
                            took <= times * least + 4,
                        )
        database.close()
    longer, shorter = of_history[280], of_history[28]
    yield Row(
        "week of 35 with ten times the history",
        f"{longer:.2f} ms",
        f"{shorter:.2f} ms with 4 weeks",
        "the same (≤ 1.3 ×)",
        longer <= 1.3 * shorter,
    )
