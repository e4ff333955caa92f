"""What each of many people did on each local day of a week, and how that differs from the week before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from timegrain.counting.calendar import day_at, day_start
from timegrain.counting.instants import SLOT, Range
from timegrain.counting.tallies import NOTHING, Tally, summed
from timegrain.figures.parts import Parts
from timegrain.figures.pieces import Asker, own_seconds
from timegrain.storage.queries import pieces
from timegrain.storage.queries.days_each import days_each
from timegrain.storage.queries.people_meant import Meant, Profile

WEEK = 7
_BEFORE, _SINCE = 1, 2


class PersonWeek(NamedTuple):
    """Of one person: a tally a day, from the first to the last day of the week, and their sum."""

    profile: Profile
    days: tuple[Tally, ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class Compared:
    """As many seconds of two weeks, in whole quarters of an hour: then nothing is counted anew to compare them."""

    this: Range
    before: Range
    change: Tally
    """How much more this week has in each class; below zero: less."""


@dataclass(frozen=True, slots=True)
class Week:
    """Local days `first` to `first + 6` of a zone, by people in the order in which they were asked for."""

    zone: str
    first: int
    people: tuple[PersonWeek, ...]
    days: tuple[Tally, ...]
    """Of all people together."""
    today: int
    """The local day that holds the present; it may lie outside the week."""
    compared: Compared | None
    """None where not a quarter of an hour of the week is over."""

    @property
    def last(self) -> int:
        return self.first + WEEK - 1

    @property
    def grows(self) -> bool:
        return self.first <= self.today <= self.last

    @property
    def tally(self) -> Tally:
        return summed(self.days)

    @property
    def change(self) -> Tally | None:
        return self.compared.change if self.compared else None


def week_of(asker: Asker, profiles: Sequence[Profile], zone: str, first: int, now: int) -> Week:
    """The week from the local day `first` on; two statements."""
    people = [Meant(one.user, one.generation, *days) for one in profiles for days in one.days]
    last = first + WEEK - 1
    found = days_each(asker.connection, asker.organisation, asker.home_zone, people, zone, first, last)
    weeks = []
    for one in profiles:
        of = found.get(one.user, {})
        days = tuple(of.get(day, NOTHING) for day in range(first, first + WEEK))
        weeks.append(PersonWeek(one, days, summed(days)))
    together = tuple(summed(one.days[place] for one in weeks) for place in range(WEEK))
    compared = _compared(asker, profiles, zone, first, now, summed(together))
    return Week(zone, first, tuple(weeks), together, day_at(zone, now), compared)


def compared_ranges(zone: str, first: int, now: int) -> tuple[Range, Range] | None:
    """A week and the one before, each to the same time of its day: to the last full quarter of an hour.

    None where none is over.
    """
    start, end = day_start(zone, first), day_start(zone, first + WEEK)
    before = day_start(zone, first - WEEK)
    quarter = now - now % SLOT
    if quarter >= end:
        return (start, end), (before, start)
    if quarter <= start:
        return None
    today = day_at(zone, quarter)
    passed = quarter - day_start(zone, today)
    same_time = min(day_start(zone, today - WEEK) + passed, day_start(zone, today - WEEK + 1))
    return (start, quarter), (before, same_time)


def _compared(
    asker: Asker, profiles: Sequence[Profile], zone: str, first: int, now: int, tally: Tally
) -> Compared | None:
    """`tally` is of the whole week: of what is compared only the little that came since is summed anew."""
    ranges = compared_ranges(zone, first, now)
    if ranges is None:
        return None
    this, before = ranges
    asked = [(_BEFORE, before)]
    if this[1] < (end := day_start(zone, first + WEEK)):
        asked.append((_SINCE, (this[1], end)))
    parts = Parts()
    for key, within in asked:
        for one in profiles:
            for own in own_seconds(one, within, asker.home_zone):
                parts.add(asker.home_zone, key, one.user, one.generation, own)
    sums = pieces.read(asker.connection, asker.organisation, parts.slots, parts.days).sums
    less = summed(sums.get(key, NOTHING) for key in (_BEFORE, _SINCE))
    return Compared(this, before, Tally(*(now - then for now, then in zip(tally, less, strict=True))))
