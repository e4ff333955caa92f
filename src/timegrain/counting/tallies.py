"""Spans to slots, and sums to the figures of an answer (T9, T10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from timegrain.counting.instants import SLOT
from timegrain.counting.spans import Span
from timegrain.counting.stretches import State


class Tally(NamedTuple):
    """Seconds of some time of some people, by class. Tallies add up whichever way time is cut."""

    productive: int = 0
    neutral: int = 0
    unproductive: int = 0
    idle: int = 0

    @property
    def active(self) -> int:
        return self.productive + self.neutral + self.unproductive

    @property
    def total(self) -> int:
        return self.active + self.idle


NOTHING = Tally()


@dataclass(frozen=True, slots=True)
class Counted:
    """The slots of a range: totals by slot, active seconds by slot and subject. Empty slots are absent.

    A slot is known by the second at which it begins.
    """

    totals: Mapping[int, Tally]
    subjects: Mapping[tuple[int, int], int]


def tally(spans: Iterable[Span]) -> Counted:
    """Spans, which may cross slots, summed by slot."""
    totals: dict[int, list[int]] = {}
    subjects: dict[tuple[int, int], int] = {}
    for start, end, state, subject, rating, _, _, _ in spans:
        column = 3 if state is State.IDLE else rating
        while start < end:
            slot = start - start % SLOT
            stop = slot + SLOT
            if stop > end:
                stop = end
            row = totals.get(slot)
            if row is None:
                row = totals[slot] = [0, 0, 0, 0]
            row[column] += stop - start
            if column != 3:
                key = (slot, subject)
                subjects[key] = subjects.get(key, 0) + stop - start
            start = stop
    return Counted({slot: Tally(*row) for slot, row in totals.items()}, subjects)


def summed(tallies: Iterable[Tally]) -> Tally:
    columns = list(zip(*tallies, strict=True))
    return Tally(*map(sum, columns)) if columns else NOTHING
