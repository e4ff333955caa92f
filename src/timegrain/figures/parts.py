"""A range of a person cut along days and slots: what is summed from stored totals, and what has to be counted.

::

    range      |---------------------------------------------------------|
    home days  .       |=============|=============|                      .
    slots      . |==|==|                           |==|==|==|             .
    to count   |-|                                          |-------------|  up to one slot at each edge
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from timegrain.counting.calendar import day_at, day_start
from timegrain.counting.instants import SLOT, Range
from timegrain.storage.queries.told import Part

One = TypeVar("One")


def in_groups(people: Sequence[One], days: int, most: int) -> Iterator[Sequence[One]]:
    """As many people at once as have `most` days together, one at least: what is read of a group is let go before the
    next, so that memory does not grow with the people asked for. Usual questions are one group, and one statement."""
    at_once = max(1, most // max(1, days))
    return (people[first : first + at_once] for first in range(0, len(people), at_once))


class Cut(NamedTuple):
    """Half-open: home-zone days, seconds in whole slots, and seconds to count. Each may be empty."""

    days: Range
    slots: tuple[Range, ...]
    counted: tuple[Range, ...]


def cut(zone: str, within: Range) -> Cut:
    """`zone` is the home zone."""
    start, end = within
    first, last = start + -start % SLOT, end - end % SLOT
    if first >= last:
        # No whole slot: at most two parts of slots, next to each other.
        return Cut((0, 0), (), (within,))
    edges = tuple(edge for edge in ((start, first), (last, end)) if edge[0] < edge[1])
    day = day_at(zone, first)
    if day_start(zone, day) < first:
        day += 1
    end_day = day_at(zone, last)
    if day >= end_day:
        return Cut((0, 0), ((first, last),), edges)
    around = (first, day_start(zone, day)), (day_start(zone, end_day), last)
    return Cut((day, end_day), tuple(part for part in around if part[0] < part[1]), edges)


@dataclass(slots=True)
class Parts:
    """Ranges of many people cut: what a statement sums, by the asker's keys, and what it must bring the facts of."""

    slots: list[Part] = field(default_factory=list)
    days: list[Part] = field(default_factory=list)
    counted: list[tuple[int, Range]] = field(default_factory=list)
    """By user."""

    def add(self, zone: str, key: int, user: int, generation: int, within: Range) -> None:
        """`zone` is the home zone."""
        days, slots, counted = cut(zone, within)
        self.slots += [Part(key, user, generation, *part) for part in slots]
        if days[0] < days[1]:
            self.days.append(Part(key, user, generation, *days))
        self.counted += [(user, part) for part in counted]
