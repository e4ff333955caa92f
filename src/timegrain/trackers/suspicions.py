"""What a tracker reports that looks wrong, so that an import can name it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

SUSPICIOUS_MS = 4 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Suspicion:
    """More than 4 hours of input while the window never changed: most likely the computer slept."""

    device: str
    start_ms: int
    end_ms: int


class Window(NamedTuple):
    start: int
    end: int
    shown: tuple[str, str, str]
    """App, URL and title: the window changes where these do."""


def inputs_without_change(inputs: Iterable[tuple[int, int]], windows: Iterable[Window]) -> list[tuple[int, int]]:
    """The inputs (start, end) over 4 hours during which one window was in front, or none at all.

    A computer that sleeps reports no window. One that reports none ever has nothing to judge by. Trackers
    repeat themselves: of several inputs with one start only the longest counts.
    """
    longest: dict[int, int] = {}
    for start, end in inputs:
        if end - start > SUSPICIOUS_MS:
            longest[start] = max(end, longest.get(start, end))
    ordered = sorted(windows)
    if not longest or not ordered:
        return []
    starts = [window.start for window in ordered]
    latest_ends = list(accumulate((window.end for window in ordered), max))

    def changed(start: int, end: int) -> bool:
        shown = set()
        for index in range(bisect_left(starts, end) - 1, -1, -1):
            window = ordered[index]
            if window.start >= start or window.end > start:
                shown.add(window.shown)
            elif latest_ends[index] <= start:
                break  # nor does any earlier window reach the input
            if len(shown) > 1:
                return True
        return False

    return [(start, end) for start, end in sorted(longest.items()) if not changed(start, end)]
