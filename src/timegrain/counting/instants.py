"""Whole seconds and sets of them.

A *range* is a half-open pair of seconds since 1970, `(start, end)`. *Ranges* are sorted, disjoint and
non-empty. A fact's instants are milliseconds; both its edges are cut down to their whole second (T1), the
same way on both sides, so that neighbours neither lose nor share a second::

    reported     |----a----.3)[.3----b----.9)          milliseconds
    counted      |----a----)[-----b-------)            whole seconds
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

Range = tuple[int, int]

SLOT = 900
"""Seconds in a slot. Every local midnight of every zone from 2000 to 2037 falls on a slot's edge."""

DAY = 86_400
LONGEST_FACT = DAY
"""Seconds a fact may last; senders split what is longer."""

LONGEST_REACH = 60
DEFAULT_REACH = 5
LONGEST_TIMEOUT = 3600
DEFAULT_TIMEOUT = 120
"""Seconds by which two heartbeats of one editor must be closer to cover the time between them."""


def union(ranges: Iterable[Range]) -> list[Range]:
    """The seconds in any of `ranges`, which may be unsorted, overlap or be empty; touching ones join."""
    joined: list[Range] = []
    for start, end in sorted(ranges):
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            if end > joined[-1][1]:
                joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def subtract(ranges: Sequence[Range], holes: Sequence[Range]) -> list[Range]:
    """The seconds of `ranges` that are not in `holes`; both sorted and disjoint."""
    if not holes:
        return list(ranges)
    left: list[Range] = []
    first = 0
    for start, end in ranges:
        while first < len(holes) and holes[first][1] <= start:
            first += 1
        cursor = start
        for hole_start, hole_end in holes[first:]:
            if hole_start >= end:
                break
            if hole_start > cursor:
                left.append((cursor, hole_start))
            cursor = max(cursor, hole_end)
        if cursor < end:
            left.append((cursor, end))
    return left


def clip(ranges: Iterable[Range], start: int, end: int) -> list[Range]:
    """The seconds of `ranges` within `[start, end)`."""
    return [(max(a, start), min(b, end)) for a, b in ranges if a < end and b > start]


def touches(ranges: Sequence[Range], start: int, end: int) -> bool:
    """Whether any second of `[start, end)` is in `ranges`, which are sorted and disjoint."""
    before = bisect_right(ranges, (start, end)) - 1
    if before >= 0 and ranges[before][1] > start:
        return end > start
    return before + 1 < len(ranges) and ranges[before + 1][0] < end


def to_slots(ranges: Iterable[Range]) -> list[Range]:
    """`ranges` widened to whole slots; those that then touch are one."""
    return union((start - start % SLOT, end + -end % SLOT) for start, end in ranges)
