"""What is in front at each second: focus of a device, pages of a device and browser (T2, T3).

Of the intervals that cover a second the one that began latest is in front; the earlier comes back::

    a  |-----------------)
    b       |----)
    in front  a    b   a

Where none covers a second, one may *reach* over it: from its end to the earliest start of another that
began later and starts at or after that end, if that is at most `reach` seconds away. Of several that
reach there the one that ended latest (then began latest) fills it::

    a  |----------)...              a reaches to c
    b     |---)                     b reaches further than 5 s: not at all
    c                |----)
    in front  a  b  a   a'   c
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Interval(NamedTuple):
    """A focus or page interval: milliseconds, what it is of, and the site it names (0: none).

    `owner` is the stored name of the application, or of the browser. Where a focus and heartbeats begin in the
    same millisecond, the last in the order in which they are given began latest (`heartbeats.with_heartbeats`).
    """

    start: int
    end: int
    owner: int
    site: int


class Front(NamedTuple):
    """Seconds `[start, end)` in which `interval` is in front."""

    start: int
    end: int
    interval: Interval


def fronts(intervals: Sequence[Interval], reach: int) -> list[Front]:
    """Who is in front when: in order, disjoint. `intervals` are in the order in which they began."""
    covered = _covered(intervals)
    if reach <= 0:
        return covered
    filled = _filled(covered, _reaches(intervals, reach))
    return sorted(covered + filled) if filled else covered


def _covered(intervals: Sequence[Interval]) -> list[Front]:
    """Who covers and began latest. A stack: each that begins goes on top, and off when it has ended."""
    found: list[Front] = []
    below: list[tuple[int, Interval]] = []
    cursor = 0
    for interval in intervals:
        start = interval[0] // 1000
        end = interval[1] // 1000
        if end <= start:
            continue
        while below and cursor < start:
            top_end, top = below[-1]
            if top_end <= cursor:
                below.pop()
                continue
            stop = top_end if top_end < start else start
            found.append(Front(cursor, stop, top))
            cursor = stop
        cursor = start
        below.append((end, interval))
    while below:
        top_end, top = below.pop()
        if top_end > cursor:
            found.append(Front(cursor, top_end, top))
            cursor = top_end
    return found


def _reaches(intervals: Sequence[Interval], reach: int) -> list[Front]:
    """From the end of each interval to the start that it reaches; most meet their neighbour and have none."""
    starts = [interval[0] // 1000 for interval in intervals]
    count = len(starts)
    found: list[Front] = []
    for index, interval in enumerate(intervals, 1):
        if index == count:
            break
        end = interval[1] // 1000
        following = starts[index]
        if following < end:
            # Those after `index` began later.
            target = bisect_left(starts, end, index)
            if target == count:
                continue
            following = starts[target]
        if end < following <= end + reach:
            found.append(Front(end, following, interval))
    return found


def _filled(covered: Sequence[Front], reaches: Sequence[Front]) -> list[Front]:
    """Of the reaches what lies where nothing covers."""
    if not reaches:
        return []
    gaps = _gaps(covered, min(front.start for front in reaches), max(front.end for front in reaches))
    ends = [end for _, end in gaps]
    in_gap: dict[int, list[Front]] = {}
    for start, end, interval in reaches:
        at = bisect_right(ends, start)
        while at < len(gaps) and gaps[at][0] < end:
            inside = Front(max(start, gaps[at][0]), min(end, gaps[at][1]), interval)
            in_gap.setdefault(at, []).append(inside)
            at += 1
    filled: list[Front] = []
    for candidates in in_gap.values():
        filled += candidates if len(candidates) == 1 else _latest_ended(candidates)
    return filled


def _gaps(covered: Sequence[Front], first: int, last: int) -> list[tuple[int, int]]:
    """The seconds of `[first, last)` that nothing covers."""
    edges = [first, *(edge for front in covered for edge in (front.start, front.end)), last]
    return [(edges[i], edges[i + 1]) for i in range(0, len(edges), 2) if edges[i] < edges[i + 1]]


def _latest_ended(candidates: Sequence[Front]) -> list[Front]:
    """Each second to the interval that ended latest, in milliseconds, then began latest."""
    edges = sorted({edge for front in candidates for edge in (front.start, front.end)})
    won: list[Front] = []
    for start, end in pairwise(edges):
        here = [front.interval for front in reversed(candidates) if front.start <= start and front.end >= end]
        if here:
            # The first of those that ended together: the candidates are in the order in which they began.
            won.append(Front(start, end, max(here, key=lambda interval: interval.end)))
    return won
