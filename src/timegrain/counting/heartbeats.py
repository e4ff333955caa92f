"""Editors' heartbeats as focus intervals (T2).

A heartbeat is of one instant. It lasts until the next of its device and editor where that is less than the
device's timeout away, else it is empty, and like any empty interval reaches and is reached to::

    vscode     1.....2.......3                 4       1 to 2 to 3: less than the timeout; 3 to 4: not
    intervals  [1===)[2=====)3                 4
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from timegrain.counting.fronts import Interval


def lasting(heartbeats: Sequence[Interval], timeout: int) -> list[Interval]:
    """Each until the next, where that is less than `timeout` seconds away. They are of one editor, by start."""
    found: list[Interval] = []
    for index, heartbeat in enumerate(heartbeats, 1):
        following = heartbeats[index].start if index < len(heartbeats) else heartbeat.start
        near = following // 1000 - heartbeat.start // 1000 < timeout
        found.append(heartbeat._replace(end=following) if near else heartbeat)
    return found


def with_heartbeats(
    focus: Sequence[Interval], heartbeats: Mapping[str, Sequence[Interval]], timeout: int
) -> list[Interval]:
    """Focus and heartbeats (by their editor's normalised name) of one device in the order in which they began.

    Of those that begin in one millisecond a focus counts as having begun last; of heartbeats that of the
    editor whose name sorts first.
    """
    found: list[Interval] = []
    for editor in sorted(heartbeats, reverse=True):
        found += lasting(heartbeats[editor], timeout)
    return sorted([*found, *focus], key=lambda interval: interval.start)  # a stable sort: ties stay in this order
