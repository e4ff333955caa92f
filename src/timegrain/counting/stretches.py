"""Stretches without input, and what a stretch does to its seconds (T4, T5).

Of one device, the seconds that away intervals cover and present intervals do not form stretches: maximal
runs, which take in holes of at most the device's reach in which no second is present::

    away        |=======)   [=====)        [====)          reach 5
    present                          [=)
    hole                 3 s          input
    stretches   [-----------------)        [----)

A stretch's length, holes inside, decides all its seconds. Stretches are the device's: they run on whatever
is in front. They are stored, and a change of facts mends them near the change only (`mended`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from timegrain.counting.instants import DAY, Range, clip, subtract, touches, union


class State(IntEnum):
    """Of a second. The order is T6's: active beats idle, idle beats untracked."""

    UNTRACKED = 0
    IDLE = 1
    ACTIVE = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a stretch may last and still count, in seconds: threshold ≤ away ≤ unattended."""

    threshold: int = 300
    away: int = 3600
    unattended: int = 14_400
    idle_counting: bool = True

    def in_order(self) -> bool:
        return 0 < self.threshold <= self.away <= self.unattended

    def state(self, length: int, ignore_idle: bool) -> State:
        """Of the seconds of a stretch of `length` seconds; 0 is no stretch."""
        if ignore_idle or not self.idle_counting:
            return State.ACTIVE if length <= self.unattended else State.UNTRACKED
        if length < self.threshold:
            return State.ACTIVE
        return State.IDLE if length <= self.away else State.UNTRACKED


LONGEST_LIMIT = DAY
"""No limit is longer: how much longer a stretch is decides nothing."""


def input_seconds(start_ms: int, end_ms: int) -> Range:
    """What a present interval covers: at least the second in which it begins (T1)."""
    start = start_ms // 1000
    return start, max(end_ms // 1000, start + 1)


def runs(away: Iterable[Range], present: Iterable[Range], reach: int) -> list[Range]:
    """The stretches that away and present seconds form; the arguments in any order, overlapping or not."""
    with_input = union(present)
    found: list[Range] = []
    for start, end in subtract(union(away), with_input):
        if found:
            first, last = found[-1]
            if start - last <= reach and not touches(with_input, last, start):
                found[-1] = (first, end)
                continue
        found.append((start, end))
    return found


def near(changed: Range, reach: int) -> Range:
    """The seconds whose away and present intervals decide how a change mends the stretches around it.

    A stretch that leaves this range goes on as it was: a hole over the range's edge ends before the
    change, since it is at most `reach` long.
    """
    return changed[0] - reach - 1, changed[1] + reach + 1


def mended(
    old: Sequence[Range], away: Iterable[Range], present: Iterable[Range], changed: Range, reach: int
) -> list[Range]:
    """The stretches that take the place of `old` after away or present seconds changed in `changed`.

    `old` are the stored stretches that touch or meet `near(changed, reach)`; `away` and `present` the
    intervals as they are now, at least all that touch it. What of an old stretch lies outside is kept
    as it was::

        near             [................)
        old      [------------)    [-----------)
        kept     [-------)                [----)      away, whatever facts made it
    """
    low, high = near(changed, reach)
    outside = [(start, low) for start, end in old if start < low < end]
    outside += [(high, end) for start, end in old if start < high < end]
    untouched = [stretch for stretch in old if stretch[1] <= low or stretch[0] >= high]
    inside = clip(away, low, high)
    return runs([*outside, *untouched, *inside], clip(present, low, high), reach)
