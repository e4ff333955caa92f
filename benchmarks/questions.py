"""The weekly summary beside its floor: the same engine summing ready-made day rows in bare SQL.

And how its time grows with people, and does not with history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from benchmarks.engines import CITUS, Engine
from benchmarks.measuring import Client, Point, Row, in_turns, until_met
from benchmarks.serving import child
from timegrain.storage import keys, people
from timegrain.storage.dialect import store
from timegrain.storage.engine import Database
from timegrain.storage.schema import day_totals, slot_totals

PEOPLE = (1, 35, 500)
MOST = 2000
GROWING = (1, 5, 20, 100, 200, 500, 1000, MOST)
"""People along the curve."""
WEEKS = (4, 13, 26, 40, 52, 104)
"""Weeks of history along the curve."""
LONG = 40
"""Ten times the first of them."""
START = datetime(2026, 2, 2, tzinfo=UTC)
HOME, OTHER = "UTC", "America/New_York"
ZONES = {HOME: "home zone", OTHER: "another zone"}
SUMMARY = "/v1/dashboard/weekly-summary"


def fill(database: Database, organisation: int, users: list[int], days: int, after: int = 0) -> None:
    """Ten full hours a day, as counting would leave them: the last `days` of history, without the last `after`."""
    last = START.date().toordinal() + 27
    end = int(START.timestamp()) + 28 * 86_400
    with database.write(organisation, policy=True) as connection:
        for user in users:
            slots = [
                (organisation, user, 0, end - day * 86_400 - 57_600 + slot * 900, 500, 200, 100, 100)
                for day in range(after, days)
                for slot in range(40)
            ]
            store(connection, slot_totals, slots)
            rows = [(organisation, user, 0, last - day, 20_000, 8_000, 4_000, 4_000) for day in range(after, days)]
            store(connection, day_totals, rows)


def made(database: Database, how_many: int) -> tuple[int, list[int], list[str], str]:
    """An organisation of so many: its id, theirs within and without, a key."""
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "bench", HOME, "bench", 0).id
        users = [
            people.add_user(connection, organisation, f"user {n:04}", f"u{n}@example.com", 0) for n in range(how_many)
        ]
        _, key = keys.add_key(connection, organisation, "bench", "admin", 0)
    return organisation, [one.id for one in users], [str(one.uuid) for one in users], key


def floor(engine: Engine, how_many: int) -> Callable[[Any], Callable[[], object]]:
    """Fills the yardstick's table in a database of its own; of so many people asks what is given."""
    connection = engine.bare(engine.url("floor"))
    whole = " WITHOUT ROWID" if engine.is_sqlite else ""
    rows = [(1, user, day, 20_000, 8_000, 4_000, 4_000) for user in range(1, how_many + 1) for day in range(28)]
    # On Citus it lies on the workers, as ours does.
    owner = "o INT, " if engine.kind == CITUS else ""
    key = "o, u, d" if owner else "u, d"
    connection.execute(
        f"CREATE TABLE day ({owner}u INT, d INT, p INT, n INT, x INT, i INT, PRIMARY KEY ({key})){whole}"
    )
    if owner:
        connection.execute("SELECT create_distributed_table('day', 'o')")
    given = rows if owner else [row[1:] for row in rows]
    connection.execute("BEGIN")
    connection.cursor().executemany(f"INSERT INTO day VALUES ({', '.join([engine.mark] * len(given[0]))})", given)
    connection.execute("COMMIT")
    if not engine.is_sqlite:
        connection.execute("VACUUM ANALYZE day")

    def asking(how_many: int) -> Callable[[], object]:
        marks = ", ".join(str(user) for user in range(1, how_many + 1))
        mine = "o = 1 AND " if owner else ""
        question = (
            f"SELECT d, sum(p), sum(n), sum(x), sum(i) FROM day WHERE {mine}u IN ({marks}) "
            f"AND d >= {engine.mark} AND d < {engine.mark} GROUP BY d"
        )
        return lambda: connection.execute(question, (7, 14)).fetchall()

    return asking


def asked(uuids: list[str], zone: str) -> dict[str, object]:
    return {
        "startDate": "2026-02-09 00:00:00",
        "endDate": "2026-02-15 23:59:59",
        "timeZone": zone,
        "userId": uuids,
        "teamId": [],
    }


def analyse(database: Database) -> None:
    """What autovacuum does within a minute of such a load."""
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE day_totals")
            connection.exec_driver_sql("VACUUM ANALYZE slot_totals")
            connection.exec_driver_sql("VACUUM ANALYZE users")


def measure(engine: Engine, quick: bool) -> Iterator[Row | Point]:
    most = max(PEOPLE) if quick else MOST
    database = engine.new("questions")
    organisation, users, uuids, key = made(database, most)
    fill(database, organisation, users, 28)
    analyse(database)
    least = floor(engine, most)
    with child(engine.address(database), key, engine.folder) as client:
        for how_many in PEOPLE:
            for zone, times in ((HOME, 3), (OTHER, 25)):
                question = client.asking(SUMMARY, asked(uuids[:how_many], zone))
                yield until_met(partial(_beside_floor, how_many, zone, times, question, least(how_many)))
        yield from _by_people(engine, client, uuids, least)
    database.close()
    yield from _by_history(engine, quick)


def _beside_floor(
    how_many: int, zone: str, times: int, question: Callable[[], object], least: Callable[[], object]
) -> Row:
    ours, theirs = in_turns([question, least])
    goal = times * theirs + 4
    return Row(
        f"week of {how_many}, {ZONES[zone]}",
        f"{ours:.2f} ms",
        f"floor {theirs:.3f} ms",
        f"≤ {times} × floor + 4 ms = {goal:.2f} ms",
        ours <= goal,
    )


def _by_people(
    engine: Engine, client: Client, uuids: list[str], least: Callable[[int], Callable[[], object]]
) -> Iterator[Row | Point]:
    taken: dict[str, dict[int, float]] = {zone: {} for zone in ZONES}
    for how_many in (one for one in GROWING if one <= len(uuids)):
        questions = [client.asking(SUMMARY, asked(uuids[:how_many], zone)) for zone in ZONES]
        home, other, bare = in_turns([*questions, least(how_many)], 15)
        taken[HOME][how_many], taken[OTHER][how_many] = home, other
        yield Point("people", f"{engine.kind}, home zone", how_many, home)
        yield Point("people", f"{engine.kind}, another zone", how_many, other)
        yield Point("people", f"{engine.kind}, floor", how_many, bare)
    for zone, times in taken.items() if MOST in taken[HOME] else ():
        early, late = (times[500] - times[100]) / 400, (times[MOST] - times[500]) / (MOST - 500)
        yield Row(
            f"a person more in a week, {ZONES[zone]}",
            f"{late * 1000:.1f} µs from 500 to {MOST:,} people",
            f"{early * 1000:.1f} µs from 100 to 500",
            "linear (≤ 1.5 ×)",
            late <= 1.5 * early,
        )


def _by_history(engine: Engine, quick: bool) -> Iterator[Row | Point]:
    """Each length of history has a database and a server, so that they are asked in turns."""
    lengths = (WEEKS[0], LONG) if quick else WEEKS
    taken: dict[int, float] = {}
    first = _of_history(engine, WEEKS[0])
    with child(first[0], first[2], engine.folder) as short:
        shorter = short.asking(SUMMARY, asked(first[1], HOME))
        for weeks in lengths[1:]:
            url, uuids, key = _of_history(engine, weeks)
            with child(url, key, engine.folder) as long:
                longer = long.asking(SUMMARY, asked(uuids, HOME))
                if weeks == LONG:
                    yield until_met(partial(_ten_times, shorter, longer))
                both = in_turns([shorter, longer, long.asking(SUMMARY, asked(uuids, OTHER))], 20)
                taken.setdefault(WEEKS[0], both[0])
                yield Point("history", f"{engine.kind}, home zone", weeks, both[1])
                yield Point("history", f"{engine.kind}, another zone", weeks, both[2])
        yield Point("history", f"{engine.kind}, home zone", WEEKS[0], taken[WEEKS[0]])
        other = in_turns([short.asking(SUMMARY, asked(first[1], OTHER))], 20)
        yield Point("history", f"{engine.kind}, another zone", WEEKS[0], other[0])


def _of_history(engine: Engine, weeks: int) -> tuple[str, list[str], str]:
    """35 people with so many weeks: where, who, and a key."""
    database = engine.new(f"history_{weeks}")
    organisation, users, uuids, key = made(database, 35)
    fill(database, organisation, users, weeks * 7)
    analyse(database)
    database.close()
    return engine.address(database), uuids, key


def _ten_times(shorter: Callable[[], object], longer: Callable[[], object]) -> Row:
    short, long = in_turns([shorter, longer])
    return Row(
        "week of 35 with ten times the history",
        f"{long:.2f} ms",
        f"{short:.2f} ms with {WEEKS[0]} weeks",
        "the same (≤ 1.3 ×)",
        long <= 1.3 * short,
    )
