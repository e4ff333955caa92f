"""The cases of the counting rules, through recording, storage and the summary's statement."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.memberships import change_memberships
from timegrain.batches import Batch
from timegrain.counting.facts import Away, Focus, Page, Present, Report
from timegrain.counting.memberships import ALWAYS, joined
from timegrain.counting.ratings import Rating, could_be_host, rule_name
from timegrain.counting.subjects import NameKind
from timegrain.counting.tallies import summed
from timegrain.policy_changes import change_policy, change_rules
from timegrain.recording import record_all
from timegrain.storage import people
from timegrain.storage.engine import Database
from timegrain.storage.policies import Policies
from timegrain.storage.queries.daily_totals import daily_totals
from timegrain.storage.queries.people_meant import people_meant
from timegrain.storage.ratings import ORGANISATION, StoredRule

CASES = json.loads((Path(__file__).parents[1] / "vectors.json").read_text())["cases"]
LIMITS = {
    "idle_threshold": "idle_threshold",
    "away_limit": "away_limit",
    "unattended_limit": "unattended_limit",
    "idle_counting": "idle_counting",
}


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def reports(facts: dict[str, list[dict[str, str]]]) -> list[Report]:
    """One for each fact, in the order given."""
    made = []
    for list_, entries in facts.items():
        for one in entries:
            start, end = milliseconds(one["start"]), milliseconds(one["end"])
            url, title = one.get("url", ""), one.get("title", "")
            fact: Focus | Page | Away | Present = Present(start, end)
            if list_ == "focus":
                fact = Focus(start, end, one["app"], url, title)
            elif list_ == "pages":
                fact = Page(start, end, one["browser"], url, title)
            elif list_ == "away":
                fact = Away(start, end)
            given: dict[str, Any] = {list_: [fact]}
            made.append(Report(one["device"], **given))
    return made


def rules(given: dict[str, str], team: int, ignored: list[str]) -> list[StoredRule]:
    return [
        StoredRule(
            team,
            kind,
            rule_name(kind, subject),
            subject,
            Rating[rating.upper()],
            subject in ignored if team == ORGANISATION else None,
        )
        for subject, rating in given.items()
        for kind in (NameKind.APPLICATION, NameKind.SITE)
        if kind is NameKind.APPLICATION or could_be_host(subject)
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"].replace(" ", "-"))
def test_case(sqlite_database: Database, case: dict[str, Any]) -> None:
    database, policy = sqlite_database, case["policy"]
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "o", "UTC", "test", 0).id
        user = people.add_user(connection, organisation, "u", "u@example.com", 0)
        team = people.add_team(connection, organisation, "t", 0).id
    change_memberships(database, organisation, user.id, lambda held: joined(held, team, ALWAYS, True))
    put = rules(policy["ratings"], ORGANISATION, policy.get("ignore_idle", []))
    put += rules(policy.get("team_ratings", {}), team, [])
    change_rules(database, organisation, put=put)
    change_policy(database, organisation, {column: policy[name] for name, column in LIMITS.items() if name in policy})
    for report in reports(case["facts"]):
        with database.write(organisation, [user.id]) as connection:
            record_all(connection, Policies(), [Batch(organisation, user.id, report)])
    with database.read() as connection:
        meant = people_meant(connection, organisation, [user.uuid], [])
        day = datetime.fromisoformat("2026-03-23").toordinal()
        total = summed(t for _, t in daily_totals(connection, organisation, "UTC", meant, "UTC", day - 1, day + 1))
    assert total._asdict() == case["seconds"]
