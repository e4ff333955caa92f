"""Batches that are recorded together come to what they come to one after the other."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from timegrain import clock
from timegrain.batches import Batch, Outcome
from timegrain.counting.facts import Away, Fact, Focus, Heartbeat, Page, Present, report_of
from timegrain.erasing import erase
from timegrain.errors import UserNotFound
from timegrain.people_changes import erase_person_for_good
from timegrain.recording import Pending, record_all
from timegrain.recounting import differences
from timegrain.storage import people
from timegrain.storage.buckets import BucketKey, add_bucket
from timegrain.storage.devices import add_device
from timegrain.storage.engine import Database
from timegrain.storage.policies import Policies
from timegrain.storage.schema import (
    buckets,
    day_totals,
    devices,
    facts,
    names,
    slot_subjects,
    slot_totals,
    stretches,
    texts,
)
from timegrain.trackers.heartbeats import key_of
from timegrain.watching import Bucket, sent
from timegrain.watching import Heartbeat as Beat

START = 1_767_225_600
NOW_MS = (START + 7200) * 1000
USERS, ITEMS, FACTS = 4, 14, 6
DEVICES = ("laptop", "laptop", "desk", "half of a sign \ud800")


@dataclass
class Office:
    """One of two organisations to which the same happens."""

    database: Database
    id: int
    users: list[int]
    policies: Policies = field(default_factory=Policies)

    def record(self, items: Sequence[Batch | Pending]) -> list[Outcome]:
        with self.database.write(self.id, list({one.user for one in items})) as connection:
            return record_all(connection, self.policies, items)

    def bucket(self, user: int) -> Bucket:
        return Bucket(BucketKey(self.id, user, 1, "windows"), "laptop", "currentwindow", key_of("tg_1_a"))


def offices(database: Database) -> Iterator[Office]:
    """Everybody with a bucket of a device."""
    for name in ("together", "alone"):
        with database.write(0, policy=True) as connection:
            organisation = people.add_organisation(connection, name, "Asia/Kolkata", "test", 0).id
            people.set_organisation_policy(connection, organisation, {"titles": "managers", "urls": "full"})
            added = [people.add_user(connection, organisation, f"u{n}", f"{n}@{name}", 0).id for n in range(USERS)]
            office = Office(database, organisation, added)
            for user in added:
                add_device(connection, organisation, user, "laptop", 0)
                assert add_bucket(connection, office.bucket(user).key, "currentwindow", 0)
        yield office


def fact(rng: random.Random) -> Fact:
    """Few starts and lengths, so that facts grow, take each other's place and overlap; some cannot be kept."""
    start = (START + rng.randrange(12) * 300) * 1000
    end = start + rng.choice((-1000, 0, 400, 60_000, 60_000, 900_000, 3_000_000, 8_000_000))
    text = {"title": rng.choice(("", "b", "c")), "url": rng.choice(("", "https://a.example/x", "https://b.example/y"))}
    match rng.randrange(6):
        case 0:
            return Away(start, end)
        case 1:
            return Present(start, end)
        case 2:
            return Page(start, end, rng.choice(("Chrome", "Safari")), **text)
        case 3:
            return Heartbeat(start, rng.choice(("vim", "Code")), "Terminal", **text)
        case _:
            return Focus(start, end, rng.choice(("Code", "code", "Mail")), **text)


def items(office: Office, rng: random.Random) -> Iterator[Batch | Beat]:
    """The same for each office, of the same state of `rng`."""
    for second in range(ITEMS):
        user = office.users[rng.randrange(USERS)]
        if rng.random() < 0.4:
            written = {"timestamp": f"2026-01-01T00:30:{second:02}+00:00", "data": {"app": rng.choice("ab")}}
            yield Beat(office.bucket(user), sent(office.bucket(user), written, NOW_MS), 5_000_000)
        else:
            told = report_of(rng.choice(DEVICES), [fact(rng) for _ in range(rng.randrange(FACTS))])
            sent_at = rng.choice((None, NOW_MS // 1000 - 30, NOW_MS // 1000 + 30))
            yield Batch(office.id, user, told, sent_at=sent_at)


def state(connection: Connection, office: Office) -> dict[str, Any]:
    """All that is stored, names and texts by what they are: their ids depend on the order in which they came."""

    def rows(table: Any, *columns: str) -> Iterator[dict[str, Any]]:
        found = select(*(table.c[name] for name in columns or table.c.keys())).where(
            table.c.organisation_id == office.id
        )
        for row in connection.execute(found):
            values = {**row._mapping}
            values.pop("organisation_id", None)
            yield {**values, "user_id": office.users.index(values["user_id"])}

    spelt = {(one["user_id"], one["id"]): (one["kind"], one["spelling"]) for one in rows(names)}
    written = {(one["user_id"], one["id"]): one["text"] for one in rows(texts)}

    def meant(one: dict[str, Any]) -> str:
        user = one["user_id"]
        for name in ("app_id", "site_id", "browser_id", "subject_id"):
            if name in one:
                one[name] = spelt.get((user, one[name]))
        for name in ("url_id", "title_id"):
            if name in one:
                one[name] = written.get((user, one[name]))
        return repr(sorted(one.items()))

    found = {
        table.name: sorted(map(meant, rows(table)))
        for table in (facts, stretches, slot_totals, slot_subjects, day_totals, buckets)
    }
    found["names"] = sorted(map(repr, spelt.values()))
    found["texts"] = sorted(repr((one["user_id"], one["text"], one["uses"])) for one in rows(texts))
    told = ("user_id", "id", "name", "reported_at", "input_at", "clock_skew", "batches", "created_at")
    found["devices"] = sorted(map(meant, rows(devices, *told)))
    return found


@pytest.mark.parametrize("seed", range(10))
def test_a_group_comes_to_what_its_batches_come_to(
    database: Database, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(clock, "now_ms", lambda: NOW_MS)
    together, alone = offices(database)
    for round_ in range(2):
        this, that = (list(items(one, random.Random(seed * 2 + round_))) for one in (together, alone))
        outcomes = together.record(this)
        assert outcomes == [outcome for item in that for outcome in alone.record([item])]
        assert [getattr(one, "became", None) for one in this] == [getattr(one, "became", None) for one in that]
        with database.read() as connection:
            assert state(connection, together) == state(connection, alone)
        for one in (together, alone):
            erase(database, one.id, one.users[round_], (START, START + 1800), "laptop" if round_ else None)
    assert sum(differences(database, together.id, user) for user in together.users) == 0


@dataclass
class Counted:
    """Becomes a batch by what is stored: a fact for each that its user has."""

    organisation: int
    user: int
    weight: int = 1

    def batch(self, connection: Connection, now_ms: int) -> Batch:
        mine = (facts.c.organisation_id == self.organisation) & (facts.c.user_id == self.user)
        held = connection.execute(select(func.count()).select_from(facts).where(mine)).scalar_one()
        starts = range(now_ms - 60_000, now_ms - 60_000 + held)
        return Batch(self.organisation, self.user, report_of("desk", [Focus(at, at + 900, "a") for at in starts]))


def test_what_is_pending_sees_what_its_user_sent_before_it(database: Database) -> None:
    office = next(offices(database))
    one, other = office.users[:2]
    start = START * 1000
    sent_ = [Batch(office.id, one, report_of("desk", [Focus(start + place, start + 900, "a")])) for place in range(3)]
    later = Batch(office.id, one, report_of("laptop", [Focus(start, start + 900, "a")]))
    pending = Counted(office.id, one), Counted(office.id, other)
    outcomes = office.record([sent_[0], pending[1], sent_[1], pending[0], later, pending[0], sent_[2]])
    assert [one.stored for one in outcomes] == [1, 0, 1, 2, 1, 3, 1]


def test_batches_of_two_organisations_are_answered_in_their_order(sqlite_database: Database) -> None:
    offices_ = list(offices(sqlite_database))
    start = START * 1000
    given: list[Batch | Beat] = [
        Batch(one.id, user, report_of("desk", [Focus(start + place, start + 1000, "a") for place in range(how_many)]))
        for how_many, (one, user) in enumerate((one, user) for user in offices_[0].users for one in offices_)
    ]
    with sqlite_database.write(offices_[0].id, offices_[0].users) as connection:
        outcomes = record_all(connection, Policies(), given)
    assert [one.stored for one in outcomes] == list(range(2 * USERS))


def test_a_batch_of_somebody_who_was_erased_meanwhile_is_refused(database: Database) -> None:
    """Who sent it was known when it came, and it waited."""
    office = next(offices(database))
    of_each = [
        Batch(office.id, user, report_of("desk", [Focus(START * 1000, START * 1000 + 900, "a")]))
        for user in office.users
    ]
    office.record(of_each)
    erase_person_for_good(database, office.id, office.users[0])
    with pytest.raises(UserNotFound):
        office.record(of_each)
    assert [one.unchanged for one in office.record(of_each[1:])] == [1] * (USERS - 1)
