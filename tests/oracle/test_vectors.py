"""The oracle against the cases and days that come with the contract."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .days import CLASSES, Membership, day_length, day_start
from .facts import Kind, OFact, Shelf, TextKept
from .seconds import Policy, count_user
from .subjects import Rating, Rule, RuleBook, rule_book

VECTORS = json.loads((Path(__file__).parent.parent / "vectors.json").read_text(encoding="utf-8"))
KINDS: dict[str, Kind] = {"focus": "focus", "pages": "page", "away": "away", "present": "present"}


def millis(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def both(ratings: dict[str, Rating], ignored: list[str], otherwise: bool | None) -> RuleBook:
    """Rules that rate application and domain, those of `ignored` ignoring idle."""
    return rule_book(
        Rule(kind, subject, rating, True if subject in ignored else otherwise)
        for subject, rating in ratings.items()
        for kind in ("application", "domain")
    )


def policy_of(case: dict[str, Any]) -> Policy:
    given = dict(case["policy"])
    named = {"idle_threshold": "threshold", "away_limit": "away_limit", "idle_counting": "idle_counting"}
    organisation = both(given.pop("ratings"), given.pop("ignore_idle", []), False)
    team = both(given.pop("team_ratings", {}), [], None)
    return Policy(
        **{named[name]: value for name, value in given.items()},
        organisation=organisation,
        teams={0: team},
        memberships=(Membership(0, primary=True),),
    )


def test_the_file_holds_what_is_promised() -> None:
    assert len(VECTORS["cases"]) == 70
    assert len(VECTORS["days"]) == 24


@pytest.mark.parametrize("urls", ["host", "full"])
@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["case"])
def test_case(case: dict[str, Any], urls: Any) -> None:
    shelf = Shelf(TextKept(urls=urls))
    for of_kind, facts in case["facts"].items():
        for fact in facts:
            instants = {"start": millis(fact["start"]), "end": millis(fact["end"])}
            shelf.arrive(OFact(KINDS[of_kind], **{**fact, **instants}))
    sums = count_user(shelf.facts, policy_of(case)).sums()
    assert {name: sums[name] for name in CLASSES} == case["seconds"]


@pytest.mark.parametrize("day", VECTORS["days"], ids=lambda day: f"{day['zone']} {day['date']}")
def test_day(day: dict[str, Any]) -> None:
    local = date.fromisoformat(day["date"])
    assert day_start(day["zone"], local) * 1000 == millis(day["start"])
    assert day_start(day["zone"], local + timedelta(days=1)) * 1000 == millis(day["end"])
    assert day_length(day["zone"], local) == day["hours"] * 3600
