"""A job that waits for a person whose old slots are being removed does not bring these back."""

from __future__ import annotations

import threading

import psycopg
import pytest

from timegrain.counting.facts import Focus, Report
from timegrain.counting.ratings import Rating
from timegrain.counting.subjects import NameKind
from timegrain.jobs import JobRunner
from timegrain.policy_changes import changed_by, start_change
from timegrain.recording import record_in_bulk
from timegrain.recounting import differences
from timegrain.retention import Retention
from timegrain.storage import jobs, people
from timegrain.storage.changes import Change
from timegrain.storage.engine import Database
from timegrain.storage.ratings import ORGANISATION, StoredRule

RATING = Change((StoredRule(ORGANISATION, NameKind.APPLICATION, "code", "Code", Rating.PRODUCTIVE, False),))
OLD = 10**12
WAITING = """SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = '{}'
AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"""
MOST_LOOKS = 100_000


@pytest.mark.slow
def test_what_is_removed_is_not_brought_back(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "o", "UTC", "test", 0).id
        user = people.add_user(connection, organisation, "u", "u@example.com", 0).id
    list(record_in_bulk(database, organisation, user, [Report("laptop", [Focus(OLD, OLD + 3_600_000, "Code")])]))
    start_change(database, organisation, Change(values={"facts_days": 30, "slots_days": 30}))
    counting, removing = JobRunner(database, step_s=60), Retention(database, step_s=60)
    removing.begin(organisation)
    job = start_change(database, organisation, RATING)
    assert counting.advance(organisation), "it is pending"
    with (
        psycopg.connect(database.url.set(drivername="postgresql").render_as_string(False)) as holding,
        psycopg.connect(database.url.set(drivername="postgresql").render_as_string(False), autocommit=True) as watching,
    ):
        holding.execute("SELECT 1 FROM retirements FOR UPDATE")
        threads = [threading.Thread(target=one.advance, args=(organisation,)) for one in (removing, counting)]
        # Slots are removed and that is not committed; then the job has prepared, and waits for the person.
        for thread, waited_for in zip(threads, ("transactionid", "advisory"), strict=True):
            thread.start()
            for _ in range(MOST_LOOKS):
                if watching.execute(WAITING.format(waited_for)).fetchall() == [(1,)]:
                    break
            else:
                raise AssertionError(f"nobody waits for {waited_for}")
        holding.rollback()
        for thread in threads:
            thread.join(60)
    assert differences(database, organisation, user) == 0
    counting.finish_all()
    with database.read() as connection:
        over = jobs.by_uuid(connection, organisation, job.uuid)
    assert over is not None
    assert changed_by(over).seconds == 0
    assert differences(database, organisation, user) == 0
    database.close()
