"""Retention and changes of policy that are being counted."""

from __future__ import annotations

from timegrain.counting.facts import Focus, Report
from timegrain.jobs import JobRunner
from timegrain.policy_changes import start_change
from timegrain.recording import record_in_bulk
from timegrain.retention import Retention
from timegrain.storage import people
from timegrain.storage.changes import Change
from timegrain.storage.engine import Database

OLD = 10**12


def test_nothing_is_frozen_while_a_change_is_counted(database: Database) -> None:
    """Else some people's figures would be frozen under the policy before it, and some under the one after."""
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "o", "UTC", "test", 0).id
        user = people.add_user(connection, organisation, "u", "u@example.com", 0).id
    list(record_in_bulk(database, organisation, user, [Report("laptop", [Focus(OLD, OLD + 3_600_000, "Code")])]))
    start_change(database, organisation, Change(values={"facts_days": 30}))
    start_change(database, organisation, Change(values={"idle_threshold": 180}))
    counting, removing = JobRunner(database), Retention(database)

    def frozen() -> bool:
        with database.read() as connection:
            return people.user_row(connection, organisation, user).facts_from is not None

    assert counting.advance(organisation), "it is pending"
    removing.run(organisation)
    assert not frozen()
    counting.finish_all()
    removing.run(organisation)
    assert frozen()
