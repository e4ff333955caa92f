"""A batch arrives: its facts are kept and the changed windows counted, in one transaction.

Every way in ends here: a device's batch over HTTP, an import, the sample organisation.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, Protocol

from sqlalchemy import Connection

from timegrain import clock
from timegrain.counted import Counting, counting
from timegrain.counting.calendar import date_at
from timegrain.counting.facts import LONGEST_NAME, Away, Fact, Focus, Heartbeat, Page, Present, Report
from timegrain.counting.instants import LONGEST_FACT
from timegrain.counting.subjects import LONGEST_HOST, application, host, too_long
from timegrain.generations import recount_both
from timegrain.storage import facts, stretches
from timegrain.storage.devices import Reported, add_device, note_reports
from timegrain.storage.engine import Database
from timegrain.storage.facts import Changes, FactKind, Incoming
from timegrain.storage.policies import ALL_DEVICES, Policies, UserPolicy
from timegrain.storage.writer import GroupWriter

LONGEST_URL = 4096
LONGEST_TITLE = 1024
CLOCK_TOLERANCE_MS = 120_000
OLDEST_MS = 946_684_800_000
"""2000-01-01T00:00:00Z."""

FACTS_A_GROUP = 20_000
LONGEST_SKEW = (1 << 31) - 1
"""What the column holds: some clocks are centuries off."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an entry of a batch was not kept. The same entry may be sent again where it is `retryable`."""

    list: str
    index: int
    code: str
    message: str
    retryable: bool = False


class Warned(NamedTuple):
    code: str
    message: str


@dataclass(slots=True)
class Outcome:
    """What became of a batch, entry by entry."""

    stored: int = 0
    unchanged: int = 0
    erased: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Batch:
    """A report of one user, with the place of each entry in what was sent where some were left out."""

    organisation: int
    user: int
    report: Report
    places: dict[str, Sequence[int]] = field(default_factory=dict)
    sent_at: int | None = None
    """The second at which it was sent by the device's own clock, where that is known."""

    @property
    def weight(self) -> int:
        return len(self.report)


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


_LISTS: tuple[tuple[str, FactKind, Callable[[Report], Sequence[Fact]]], ...] = (
    ("focus", FactKind.FOCUS, lambda report: report.focus),
    ("pages", FactKind.PAGE, lambda report: report.pages),
    ("away", FactKind.AWAY, lambda report: report.away),
    ("present", FactKind.PRESENT, lambda report: report.present),
    ("heartbeats", FactKind.HEARTBEAT, lambda report: report.heartbeats),
)


class Observer(Protocol):
    """Told from whichever thread it happens in."""

    def recorded(self, outcome: Outcome, unread: int, seconds: float) -> None:
        """A batch is acknowledged, so long after it came: waiting for others is in it."""

    def committed(self, batches: int, seconds: float) -> None:
        """So many batches were written in one commit."""


class Recorder:
    """Records batches of one database: on SQLite those that wait together in one commit."""

    def __init__(self, database: Database, observer: Observer | None = None) -> None:
        self._database = database
        self._observer = observer
        self._policies = Policies()
        self._writer = GroupWriter(self._record_together) if database.is_sqlite else None

    def record(self, item: Batch | Pending, unread: int = 0) -> Outcome:
        """On disk and counted when this returns. Of what was sent, so many entries beside it could not be read."""
        began = time.perf_counter()
        if self._writer is not None:
            outcome = self._writer.submit(item, item.weight)
        else:
            outcome = self._database.again(lambda: self._record_together([item]))[0]
        if self._observer is not None:
            self._observer.recorded(outcome, unread, time.perf_counter() - began)
        return outcome

    def waiting(self) -> int:
        """Batches that wait for the one writer."""
        return 0 if self._writer is None else self._writer.waiting()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

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
    """Keep the facts of all batches, in order, then count each user's changed windows once."""
    now_ms = clock.now_ms()
    changed: dict[tuple[int, int], tuple[Counting, Changes]] = {}
    outcomes: list[Outcome] = []
    reports: list[Reported] = []
    for item in items:
        whose = (item.organisation, item.user)
        if whose not in changed:
            policy = policies.read(connection, item.organisation)
            changed[whose] = counting(connection, policy, item.user), Changes()
        of, changes = changed[whose]
        batch = item if isinstance(item, Batch) else item.batch(connection, now_ms)
        outcomes.append(_keep(of, batch, changes, reports, now_ms))
    note_reports(connection, reports)
    for of, changes in changed.values():
        count_changes(of, changes)
    return outcomes


def count_changes(of: Counting, changes: Changes) -> None:
    """Bring stretches, slots and days up to date with changed facts."""
    organisation, user = of.whom
    altered = stretches.mend(of.connection, organisation, user, changes.inputs, of.reach)
    recount_both(of, [*changes.windows, *altered])


def _keep(of: Counting, batch: Batch, changes: Changes, reports: list[Reported], now_ms: int) -> Outcome:
    outcome = Outcome()
    name = _clean(batch.report.device)
    if len(name) > LONGEST_NAME or unwritable(name):
        outcome.rejected = list(_refused_whole(batch, f"device is longer than {LONGEST_NAME} characters or no text"))
        return outcome
    device = _device_id(of, name, now_ms // 1000)
    admitted = list(_admitted(batch, device, of, outcome, now_ms))
    newest_ms = max((entry.end for _, _, entries in _LISTS for entry in entries(batch.report)), default=0)
    if newest_ms > now_ms:
        ahead = (newest_ms - now_ms) // 1000
        outcome.warnings.append(Warned("CLOCK_SKEW", f"the newest entry ends {ahead} s in the future"))
    kept = [fact for fact in admitted if not is_erased(of.user, fact.device, fact.start, fact.end)]
    outcome.erased = len(admitted) - len(kept)
    organisation, user = of.whom
    result = facts.keep(of.connection, organisation, user, kept, of.devices, changes)
    outcome.stored, outcome.unchanged = result.stored, result.unchanged
    with_input = any(fact.kind in (FactKind.AWAY, FactKind.PRESENT) for fact in kept)
    reports.append(
        Reported(organisation, user, device, now_ms // 1000, with_input, _clock_skew(batch.sent_at, newest_ms, now_ms))
    )
    return outcome


def _clock_skew(sent_at: int | None, newest_ms: int, now_ms: int) -> int | None:
    """How many seconds the device's clock is ahead: as it says itself, else by what lies in the future."""
    now, newest = now_ms // 1000, newest_ms // 1000
    skew = sent_at - now if sent_at is not None else newest - now if newest > now else None
    return None if skew is None else max(-LONGEST_SKEW, min(skew, LONGEST_SKEW))


def _device_id(of: Counting, name: str, now: int) -> int:
    for device in of.devices.values():
        if device.name == name:
            return device.id
    organisation, user = of.whom
    made = add_device(of.connection, organisation, user, name, now)
    of.devices[made.id] = made
    return made.id


def is_erased(user: UserPolicy, device: int, start_ms: int, end_ms: int) -> bool:
    """Whether a fact lies wholly inside one erased range (T14)."""
    return any(
        low * 1000 <= start_ms < high * 1000 and end_ms <= high * 1000
        for erased_on, (low, high) in user.erased
        if erased_on in (device, ALL_DEVICES)
    )


def _admitted(batch: Batch, device: int, of: Counting, outcome: Outcome, now_ms: int) -> Iterator[Incoming]:
    for list_, kind, entries in _LISTS:
        places = batch.places.get(list_)
        for index, entry in enumerate(entries(batch.report)):
            reason = refused(entry, now_ms) or _retired(of, entry)
            if reason is None:
                yield _incoming(entry, kind, device, of)
            else:
                place = index if places is None else places[index]
                outcome.rejected.append(Rejection(list_, place, *reason))


def _refused_whole(batch: Batch, reason: str) -> Iterator[Rejection]:
    """Every entry, where what they share cannot be kept."""
    for list_, _, entries in _LISTS:
        count = len(entries(batch.report))
        places = batch.places.get(list_, range(count))
        yield from (Rejection(list_, place, "BAD_ENTRY", reason) for place in places)


def refused(entry: Fact, now_ms: int) -> tuple[str, str, bool] | None:
    """Why an entry cannot be kept: code, message and whether it may be sent again; None where it can."""
    start, end = entry.start, entry.end
    if end < start:
        return "END_BEFORE_START", "the end is before the start", False
    if end - start > LONGEST_FACT * 1000:
        return "TOO_LONG", "longer than 24 hours; split it", False
    if end > now_ms + CLOCK_TOLERANCE_MS:
        return "IN_THE_FUTURE", "ends more than 2 minutes after the server's clock", True
    if start < OLDEST_MS:
        return "TOO_OLD", "begins before the year 2000", False
    return _bad_text(entry)


def _retired(of: Counting, entry: Fact) -> tuple[str, str, bool] | None:
    """The same for an entry that begins before what retention keeps of the user."""
    if entry.start >= of.user.facts_from * 1000:
        return None
    return "TOO_OLD", f"begins before {date_at(of.policy.zone, of.user.facts_from)}: facts are kept from there", False


def _bad_text(entry: Fact) -> tuple[str, str, bool] | None:
    if isinstance(entry, Away | Present):
        return None
    for field_, name in _names_in(entry):
        if len(_clean(name)) > LONGEST_NAME:
            return "BAD_ENTRY", f"{field_} has more than {LONGEST_NAME} characters", False
        if unwritable(name):
            return "BAD_ENTRY", f"{field_} is not valid Unicode", False
    if len(_clean(entry.url)) > LONGEST_URL:
        return "BAD_ENTRY", f"url has more than {LONGEST_URL} characters", False
    if too_long(entry.host):
        return "BAD_ENTRY", f"host has more than {LONGEST_HOST} bytes", False
    if any(map(unwritable, (entry.url, entry.host, entry.title))):
        return "BAD_ENTRY", "a text is not valid Unicode", False
    return None


def _names_in(entry: Focus | Page | Heartbeat) -> tuple[tuple[str, str], ...]:
    """The names in an entry that nobody may make as long as they like, by their field."""
    if isinstance(entry, Page):
        return (("browser", entry.browser),)
    if isinstance(entry, Focus):
        return (("app", entry.app),)
    return ("editor", entry.editor), ("app", entry.app)


def unwritable(text: str) -> bool:
    """Whether a text holds half of a surrogate pair, which no database takes."""
    return not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text)


def _incoming(entry: Fact, kind: FactKind, device: int, of: Counting) -> Incoming:
    """The fact as far as the organisation keeps text: what it does not keep never reaches the disk."""
    policy, has_text = of.policy, entry.start >= of.user.titles_from * 1000
    if isinstance(entry, Away | Present):
        return Incoming(device, kind, entry.start, entry.end)
    url = _clean(entry.url)
    text = {
        "host": host(url) or _clean(entry.host),
        "url": url if policy.urls == "full" and has_text else "",
        "title": _clean(entry.title)[:LONGEST_TITLE] if policy.titles != "none" and has_text else "",
    }
    if isinstance(entry, Focus):
        return Incoming(device, kind, entry.start, entry.end, app=_clean(entry.app), **text)
    if isinstance(entry, Heartbeat):
        text |= {"app": _clean(entry.app), "browser": application(_clean(entry.editor))}
        return Incoming(device, kind, entry.start, entry.end, **text)
    return Incoming(device, kind, entry.start, entry.end, browser=application(_clean(entry.browser)), **text)


def _clean(text: str) -> str:
    return text.replace("\0", "") if "\0" in text else text


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
