"""Batches of one user from several senders while policies change: every figure is that of the facts."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.serving import served, unlimited
from timegrain.counting.ratings import Rating
from timegrain.counting.subjects import NameKind
from timegrain.policy_changes import change_policy, change_rules
from timegrain.recounting import differences
from timegrain.storage import keys, people
from timegrain.storage.engine import Database
from timegrain.storage.ratings import ORGANISATION, StoredRule

START = datetime(2026, 2, 2, tzinfo=UTC)
SENDERS, BATCHES, FACTS = 4, 25, 12


def batch(user: str, number: int) -> dict[str, object]:
    """Facts that other senders' facts lie between, on one of two devices, with an absence of four minutes."""
    begin = START + timedelta(seconds=number * 7)
    focus, away = [], []
    for place in range(FACTS):
        start = begin + timedelta(minutes=place * 20)
        focus.append(
            {"start": start.isoformat(), "end": (start + timedelta(minutes=6)).isoformat(), "app": f"a{place % 3}"}
        )
        away.append({"start": start.isoformat(), "end": (start + timedelta(minutes=4)).isoformat()})
    return {"userId": user, "device": f"d{number % 2}", "focus": focus, "away": away}


@pytest.mark.slow
def test_batches_and_policies_together(database: Database) -> None:
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "o", "UTC", "test", 0).id
        user = people.add_user(connection, organisation, "u", "u@example.com", 0)
        headers = {"Authorization": f"Bearer {keys.add_key(connection, organisation, 'k', 'admin', 0)[1]}"}
    unlimited(database)
    stored: list[int] = []

    def send(client: httpx.Client, sender: int) -> None:
        for number in range(BATCHES):
            body = batch(str(user.uuid), number * SENDERS + sender)
            answer = client.post("/v1/activity", json=body, headers=headers)
            stored.append(answer.json()["data"]["stored"])

    with served(database) as client:
        threads = [threading.Thread(target=send, args=(client, sender)) for sender in range(SENDERS)]
        for thread in threads:
            thread.start()
        changes = 0
        while any(thread.is_alive() for thread in threads) or changes < 6:
            rating = Rating(changes % 3)
            rule = StoredRule(ORGANISATION, NameKind.APPLICATION, "a1", "a1", rating, changes % 2 == 0)
            change_rules(database, organisation, put=[rule])
            change_policy(database, organisation, {"idle_threshold": 180 + 120 * (changes % 2)})
            changes += 1
        for thread in threads:
            thread.join(60)
    assert sum(stored) == SENDERS * BATCHES * FACTS * 2
    assert differences(database, organisation, user.id) == 0
