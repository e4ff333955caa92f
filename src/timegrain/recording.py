"""Batches arrive: their facts are kept and the changed windows counted, in one transaction.

Every way in ends here: a device's batch over HTTP, an import, the sample organisation.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Protocol

from sqlalchemy import Connection

from timegrain import clock
from timegrain.batches import Batch, Outcome, admitted, clock_skew, is_named, refused_whole
from timegrain.counted import Counting, counting_each
from timegrain.counting.facts import Report
from timegrain.entries import clean
from timegrain.generations import recount_both
from timegrain.storage import stretches
from timegrain.storage.devices import Reported, add_device, note_reports
from timegrain.storage.engine import Database
from timegrain.storage.facts import Changes, FactKind
from timegrain.storage.keeping import Arrival, keep
from timegrain.storage.policies import Policies, Policy
from timegrain.storage.writer import GroupWriter

FACTS_A_GROUP = 20_000
WRITERS = 4
"""Of a process, on PostgreSQL: so many organisations are written for at once."""


class Pending(Protocol):
    """What becomes a batch in the transaction that keeps it, because it depends on what is stored."""

    @property
    def organisation(self) -> int: ...

    @property
    def user(self) -> int: ...

    @property
    def weight(self) -> int:
        """How many facts it becomes, about."""

    def batch(self, connection: Connection, now_ms: int) -> Batch:
        """May write beside the facts; raises where it cannot be kept, and then nothing of it is."""


class Observer(Protocol):
    """Told from whichever thread it happens in."""

    def recorded(self, outcome: Outcome, unread: int, seconds: float) -> None:
        """A batch is acknowledged, so long after it came: waiting for others is in it."""

    def committed(self, batches: int, seconds: float) -> None:
        """So many batches were written in one commit."""


class Recorder:
    """Records batches of one database: those of an organisation that wait together in one commit."""

    def __init__(self, database: Database, observer: Observer | None = None) -> None:
        self._database = database
        self._observer = observer
        self._policies = Policies()
        self._writer = (
            GroupWriter(self._record_group)
            if database.is_sqlite
            else GroupWriter(self._record_group, threads=WRITERS, together=lambda item: item.organisation)
        )

    def record(self, item: Batch | Pending, unread: int = 0) -> Outcome:
        """On disk and counted when this returns. Of what was sent, so many entries beside it could not be read."""
        began = time.perf_counter()
        outcome = self._writer.submit(item, item.weight)
        if self._observer is not None:
            self._observer.recorded(outcome, unread, time.perf_counter() - began)
        return outcome

    def waiting(self) -> int:
        """Batches that wait for a writer."""
        return self._writer.waiting()

    def close(self) -> None:
        self._writer.close()

    def _record_group(self, items: Sequence[Batch | Pending]) -> list[Outcome]:
        return self._database.again(lambda: self._record_together(items))

    def _record_together(self, items: Sequence[Batch | Pending]) -> list[Outcome]:
        """All of them or, if anything goes wrong, none. On PostgreSQL they are one organisation's."""
        began = time.perf_counter()
        users = [item.user for item in items]
        with self._database.write(items[0].organisation, users) as connection:
            outcomes = record_all(connection, self._policies, items)
        if self._observer is not None:
            self._observer.committed(len(items), time.perf_counter() - began)
        return outcomes


def record_all(connection: Connection, policies: Policies, items: Sequence[Batch | Pending]) -> list[Outcome]:
    """Keep the facts of all batches, of each user in their order, then count each user's changed windows once."""
    now_ms = clock.now_ms()
    places: dict[int, list[int]] = {}
    for place, item in enumerate(items):
        places.setdefault(item.organisation, []).append(place)
    outcomes: dict[int, Outcome] = {}
    for organisation, its in places.items():
        group = _Group(connection, policies.read(connection, organisation), [items[place] for place in its], now_ms)
        outcomes.update(zip(its, group.record(), strict=True))
    return [outcomes[place] for place in range(len(items))]


class _Group:
    """Batches of some users of one organisation, which are read for and written together."""

    def __init__(self, connection: Connection, policy: Policy, items: Sequence[Batch | Pending], now_ms: int) -> None:
        self._connection = connection
        self._organisation = policy.organisation
        self._items = items
        self._now_ms = now_ms
        users = list(dict.fromkeys(item.user for item in items))
        self._of = counting_each(connection, policy, users)
        self._changes = {user: Changes() for user in users}
        self._outcomes = [Outcome() for _ in items]
        self._reports: list[Reported] = []

    def record(self) -> list[Outcome]:
        for places in _rounds(self._items):
            arrivals = {place: arrival for place in places if (arrival := self._arrival(place))}
            kept = keep(self._connection, self._organisation, list(arrivals.values()))
            for place, one in zip(arrivals, kept, strict=True):
                self._outcomes[place].stored, self._outcomes[place].unchanged = one.stored, one.unchanged
        note_reports(self._connection, self._organisation, self._now_ms // 1000, self._reports)
        count_changes([(of, self._changes[user]) for user, of in self._of.items()])
        return self._outcomes

    def _arrival(self, place: int) -> Arrival | None:
        """What is to be kept of one batch; None where nobody can say of which device it is."""
        item, outcome = self._items[place], self._outcomes[place]
        of = self._of[item.user]
        batch = item if isinstance(item, Batch) else item.batch(self._connection, self._now_ms)
        name = clean(batch.report.device)
        if not is_named(name):
            outcome.rejected = refused_whole(batch)
            return None
        device = self._device_id(of, name)
        facts = admitted(of, batch, device, outcome, self._now_ms)
        with_input = any(fact.kind in (FactKind.AWAY, FactKind.PRESENT) for fact in facts)
        self._reports.append(Reported(item.user, device, with_input, clock_skew(batch, self._now_ms)))
        return Arrival(item.user, facts, of.devices, self._changes[item.user])

    def _device_id(self, of: Counting, name: str) -> int:
        for device in of.devices.values():
            if device.name == name:
                return device.id
        made = add_device(self._connection, *of.whom, name, self._now_ms // 1000)
        of.devices[made.id] = made
        return made.id


def _rounds(items: Sequence[Batch | Pending]) -> list[list[int]]:
    """The places of what can be kept together: what is pending may depend on all of its user's before it."""
    rounds: list[list[int]] = []
    last: dict[int, int] = {}
    for place, item in enumerate(items):
        round_ = last.get(item.user, 0)
        if item.user in last and not isinstance(item, Batch):
            round_ += 1
        last[item.user] = round_
        if round_ == len(rounds):
            rounds.append([])
        rounds[round_].append(place)
    return rounds


def count_changes(changed: Sequence[tuple[Counting, Changes]]) -> None:
    """Bring stretches, slots and days of users of one organisation up to date with changed facts."""
    if not changed:
        return
    first = changed[0][0]
    inputs = {
        (of.user.user, device): stretches.Changed(seconds, of.reach[device])
        for of, changes in changed
        for device, seconds in changes.inputs.items()
    }
    altered = stretches.mend(first.connection, first.policy.organisation, inputs)
    recount_both([(of, [*changes.windows, *altered.get(of.user.user, ())]) for of, changes in changed])


def record_in_bulk(
    database: Database, organisation: int, user: int, reports: Iterable[Report]
) -> Iterator[list[Outcome]]:
    """Record many reports of one user, some in one transaction; the outcomes of each when it is committed."""
    policies = Policies()

    def record(group: Sequence[Report]) -> list[Outcome]:
        with database.write(organisation, [user]) as connection:
            return record_all(connection, policies, [Batch(organisation, user, report) for report in group])

    for group in _grouped(reports):
        yield database.again(partial(record, group))


def _grouped(reports: Iterable[Report]) -> Iterator[list[Report]]:
    group: list[Report] = []
    size = 0
    for report in reports:
        group.append(report)
        size += len(report)
        if size >= FACTS_A_GROUP:
            yield group
            group, size = [], 0
    if group:
        yield group
