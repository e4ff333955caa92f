"""Timelines and explanations of random organisations, compared with the second-by-second count of any range."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx
import pytest

from tests.serving import served
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate

from .replay import Batch, Question, World
from .replaying import Program
from .seconds import DEFAULT_REACH, DEFAULT_TIMEOUT, Count, DeviceCells
from .subjects import name_key
from .worlds import random_world

WORLDS, AT_ONCE = 40, 10
DAY = 86_400


def clock(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


def second_of(written: str) -> int:
    return int(datetime.fromisoformat(written).timestamp())


def some_range(rng: Random, world: World, user: int) -> tuple[int, int]:
    """To the second, about a fact of the user."""
    facts = [fact for step in world.steps if isinstance(step, Batch) and step.user == user for fact in step.facts]
    centre = rng.choice(facts).start // 1000 if facts else int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
    start = centre - rng.randrange(5000)
    return start, start + rng.choice([1, 60, 4000, 10_000, DAY, 7 * DAY - 1])


def ask(program: Program, path: str, user: int, within: tuple[int, int]) -> dict[str, Any]:
    body = {
        "startDate": clock(within[0]),
        "endDate": clock(within[1] - 1),
        "timeZone": "UTC",
        "userId": [str(program.users[user].uuid)],
    }
    answer = program.client.post(path, json=body, headers=program.headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def compare_timeline(program: Program, user: int, within: tuple[int, int], count: Count) -> None:
    (told,) = ask(program, "/v1/proof-of-work/timeline", user, within)["response"]["usersList"]
    found: dict[int, str] = {}
    last = within[0]
    for entry in told["appTrackingDetails"]:
        start, end = second_of(entry["startTime"]), second_of(entry["endTime"])
        assert last <= start < end <= within[1]
        found.update((second, entry["category"]) for second in range(start, end))
        last = end
    assert found == {at: it.rated for at, it in count.seconds.items() if within[0] <= at < within[1]}
    names = ("productiveTimeSpend", "unProductiveTimeSpend", "neutralTimeSpend", "idleTimeSpend")
    sums = [sum(rated == of for rated in found.values()) for of in ("productive", "unproductive", "neutral", "idle")]
    assert [told[name] for name in names] == sums


def cells(world: World, user: int, device: str) -> DeviceCells:
    shelf, policy = world.shelves[user], world.policy(user)
    facts = [fact for fact in shelf.facts if fact.device == device]
    reach = policy.reach.get(device, DEFAULT_REACH)
    return DeviceCells(device, facts, reach, policy.timeout.get(device, DEFAULT_TIMEOUT), shelf.erasures)


def compare_explanation(world: World, program: Program, user: int, within: tuple[int, int], count: Count) -> int:
    """How many spans were compared with what is behind them."""
    told = ask(program, "/v1/explain", user, within)["data"]
    found: dict[int, tuple[str, str]] = {}
    made: dict[str, DeviceCells] = {}
    tracked = [span for span in told["spans"] if span["state"] != "untracked"]
    for span in told["spans"]:
        start, end = second_of(span["start"]), second_of(span["end"])
        assert end - start == span["seconds"]
        assert not found.keys() & set(range(start, end))
        rated = span["rating"] or span["state"]
        found.update((second, (rated, span["device"])) for second in range(start, end))
    for span in tracked:
        start = second_of(span["start"])
        second = count.seconds[start]
        cell = made.setdefault(span["device"], cells(world, user, span["device"])).at(start)
        fact = cell.front.fact
        assert (span["facts"][0]["kind"], second_of(span["facts"][0]["start"])) == (
            "focus" if fact.kind == "focus" else "heartbeat",
            fact.start // 1000,
        )
        assert (span["stretch"] or {"seconds": None})["seconds"] == cell.stretch
        pages = [one for one in span["facts"] if one["kind"] == "page"]
        assert [second_of(one["start"]) for one in pages] in ([], [cell.page.fact.start // 1000] if cell.page else [])
        if second.subject is not None:
            kind = "website" if second.subject.kind == "site" else "application"
            assert span["subject"]["type"] == kind
            assert name_key(span["subject"]["name"]) == name_key(second.subject.name)
            assert span["device"] == second.device
            assert (span["rule"] or {"rating": "neutral"})["rating"] == second.rated
    expected = {at: it.rated for at, it in count.seconds.items() if within[0] <= at < within[1]}
    assert {at: rated for at, (rated, _) in found.items() if rated != "untracked"} == expected
    return len(tracked)


def compare(database: Database, client: httpx.Client, seed: int) -> int:
    world, rng, compared = random_world(seed), Random(f"{seed} explained"), 0
    program = Program(database, client, f"explained {seed}", world.start)
    for step in world.steps:
        world.apply(step)
        program.apply(step)
        if isinstance(step, Question):
            user = rng.randrange(world.start.users)
            within, count = some_range(rng, world, user), world.count(user)
            compare_timeline(program, user, within, count)
            compared += compare_explanation(world, program, user, within, count)
    return compared


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, WORLDS, AT_ONCE))
def test_explained_on_sqlite(sqlite_url: str, first: int) -> None:
    compare_some(sqlite_url, first)


@pytest.mark.slow
def test_explained_on_a_server(server_url: str) -> None:
    compare_some(server_url, 0)


def compare_some(url: str, first: int) -> None:
    database = Database(url)
    migrate(database)
    try:
        with served(database) as client:
            compared = sum(compare(database, client, seed) for seed in range(first, first + AT_ONCE))
    finally:
        database.close()
    assert compared > 100
