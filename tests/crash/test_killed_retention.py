"""SIGKILL in the middle of a run of retention: the figures stay, and the next run goes on to the same end."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Table, func, select

from timegrain.counting.calendar import day_start, local_day
from timegrain.counting.facts import Away, Focus, Report
from timegrain.policy_changes import change_policy
from timegrain.recording import record_in_bulk
from timegrain.recounting import differences
from timegrain.storage import people, slots
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate
from timegrain.storage.schema import facts, retirements, slot_totals, texts, users

PEOPLE, DAYS, KEPT, MOST_KILLS = 2, 120, 20, 3
SLOTS_KEPT = 100
MINUTE = 60_000


def filled(url: str) -> tuple[Database, int]:
    database = Database(url)
    migrate(database)
    today = local_day("UTC", int(datetime.now(UTC).timestamp()))
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "Acme", "UTC", "test", 0).id
        people.set_organisation_policy(connection, organisation, {"titles": "managers"})
        made = [people.add_user(connection, organisation, f"{n}", f"{n}@example.com", 0).id for n in range(PEOPLE)]
    for user in made:
        reports = []
        for day in range(today - DAYS, today):
            start = (day_start("UTC", day) + 9 * 3600) * 1000
            minutes = [(start + n * MINUTE, f"app {n % 3}", f"{day} {n}") for n in range(60)]
            focus = [Focus(at, at + MINUTE, app, title=title) for at, app, title in minutes]
            reports.append(Report("d", focus=focus, away=[Away(start, start + 10 * MINUTE)]))
        list(record_in_bulk(database, organisation, user, reports))
    return database, organisation


def count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def totals(database: Database, organisation: int, since: int) -> dict[int, Any]:
    with database.read() as connection:
        rows = connection.execute(select(users.c.id, users.c.generation, users.c.subject_generation)).all()
        return {
            user: slots.totals(connection, slots.Owner(organisation, user, *of), (since, 1 << 40)) for user, *of in rows
        }


def run(url: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "timegrain", "--database", url, "--json", "retention", "run"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


@pytest.mark.slow
def test_killed_anywhere_it_goes_on(database_url: str) -> None:
    database, organisation = filled(database_url)
    today = local_day("UTC", int(datetime.now(UTC).timestamp()))
    kept, slots_kept = day_start("UTC", today - KEPT), day_start("UTC", today - SLOTS_KEPT)
    before = totals(database, organisation, slots_kept)
    change_policy(database, organisation, {"facts_days": KEPT, "slots_days": SLOTS_KEPT})
    rng, killed, ended = random.Random(7), 0, False
    while not ended and killed < MOST_KILLS:
        with database.read() as connection:
            left = count(connection, facts)
        child = run(database_url)
        if killed == 0:
            # Until it has begun; then at random.
            while child.poll() is None and left == (now := _left(database)):
                with suppress(subprocess.TimeoutExpired):
                    child.wait(0.01)
            assert now <= left
        try:
            child.wait(rng.uniform(0.0, 0.05) if killed == 0 else rng.uniform(0.4, 2.0))
            ended = True
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            killed += 1
        assert totals(database, organisation, slots_kept) == before
        assert [differences(database, organisation, user) for user in before] == [0] * PEOPLE
    assert killed, "no kill met a run"
    assert run(database_url).wait() == 0
    with database.read() as connection:
        # Those of the day before the boundary without input are gone too: their stretch ended hours before.
        assert connection.execute(select(func.min(facts.c.start_ms))).scalar_one() >= (kept - 86_400) * 1000
        assert count(connection, texts) == PEOPLE * KEPT * 60
        assert connection.execute(select(func.min(slot_totals.c.slot))).scalar_one() >= slots_kept
        gone = connection.execute(select(retirements.c.facts, retirements.c.finished_at)).one()
        assert gone.facts + count(connection, facts) == PEOPLE * DAYS * 61
    assert gone.finished_at is not None
    assert totals(database, organisation, slots_kept) == before
    database.close()


def _left(database: Database) -> int:
    with database.read() as connection:
        return count(connection, facts)
