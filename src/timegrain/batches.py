"""A batch of one user: what of it is admitted, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from timegrain.counted import Counting
from timegrain.counting.facts import LONGEST_NAME, Fact, Report
from timegrain.entries import incoming, is_erased, refused, retired, unwritable
from timegrain.storage.facts import FactKind
from timegrain.storage.keeping import Incoming

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

    @property
    def newest_ms(self) -> int:
        """When its newest entry ends; 0 without any."""
        return max((entry.end for _, _, entries in LISTS for entry in entries(self.report)), default=0)


LISTS: tuple[tuple[str, FactKind, Callable[[Report], Sequence[Fact]]], ...] = (
    ("focus", FactKind.FOCUS, lambda report: report.focus),
    ("pages", FactKind.PAGE, lambda report: report.pages),
    ("away", FactKind.AWAY, lambda report: report.away),
    ("present", FactKind.PRESENT, lambda report: report.present),
    ("heartbeats", FactKind.HEARTBEAT, lambda report: report.heartbeats),
)


def admitted(of: Counting, batch: Batch, device: int, outcome: Outcome, now_ms: int) -> list[Incoming]:
    """The facts to keep; what of the batch is not kept is told in `outcome`."""
    facts = list(_admitted(batch, device, of, outcome, now_ms))
    if batch.newest_ms > now_ms:
        ahead = (batch.newest_ms - now_ms) // 1000
        outcome.warnings.append(Warned("CLOCK_SKEW", f"the newest entry ends {ahead} s in the future"))
    kept = [fact for fact in facts if not is_erased(of.user, fact.device, fact.start, fact.end)]
    outcome.erased = len(facts) - len(kept)
    return kept


def _admitted(batch: Batch, device: int, of: Counting, outcome: Outcome, now_ms: int) -> Iterator[Incoming]:
    for list_, kind, entries in LISTS:
        places = batch.places.get(list_)
        for index, entry in enumerate(entries(batch.report)):
            reason = refused(entry, now_ms) or retired(of, entry)
            if reason is None:
                yield incoming(entry, kind, device, of)
            else:
                place = index if places is None else places[index]
                outcome.rejected.append(Rejection(list_, place, *reason))


def is_named(name: str) -> bool:
    """Whether this can be the name of a device."""
    return len(name) <= LONGEST_NAME and not unwritable(name)


def refused_whole(batch: Batch) -> list[Rejection]:
    """Every entry, where the name of their device cannot be kept."""
    reason = f"device is longer than {LONGEST_NAME} characters or no text"
    refused_: list[Rejection] = []
    for list_, _, entries in LISTS:
        count = len(entries(batch.report))
        places = batch.places.get(list_, range(count))
        refused_ += (Rejection(list_, place, "BAD_ENTRY", reason) for place in places)
    return refused_


def clock_skew(batch: Batch, now_ms: int) -> int | None:
    """How many seconds the device's clock is ahead: as it says itself, else by what lies in the future."""
    now, newest = now_ms // 1000, batch.newest_ms // 1000
    skew = batch.sent_at - now if batch.sent_at is not None else newest - now if newest > now else None
    return None if skew is None else max(-LONGEST_SKEW, min(skew, LONGEST_SKEW))
