"""From a span back to what made it: what was in front, which page decided, the stretch, and why a gap is one.

A span lies wholly in one of each: spans are cut wherever one of them changes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from timegrain.counting.fronts import Front, Interval, fronts
from timegrain.counting.instants import Range, clip
from timegrain.counting.spans import DeviceFacts, Named, Period, Span
from timegrain.counting.stretches import Limits


class Account(NamedTuple):
    """One span and what is behind it. `page` is None where the focus itself says what it is about."""

    span: Span
    focus: Interval
    page: Interval | None
    stretch: Range | None


class Reason(StrEnum):
    """Why a device on which something is in front is untracked."""

    LOCKED = "lock screen"
    AWAY = "away longer than the away limit"
    UNATTENDED = "unattended longer than the unattended limit"
    ERASED = "erased"


class Gap(NamedTuple):
    """Untracked seconds `[start, end)` in which something was in front on `device`."""

    start: int
    end: int
    device: int
    reason: Reason
    stretch: Range | None


class _Device(NamedTuple):
    """What a device has to say, made ready to be looked up by second."""

    facts: DeviceFacts
    focus: Sequence[Front]
    pages: Mapping[int, Sequence[Front]]


def _ready(devices: Iterable[DeviceFacts]) -> dict[int, _Device]:
    return {
        one.device: _Device(
            one,
            fronts(one.focus, one.reach),
            {browser: fronts(shown, one.reach) for browser, shown in one.pages.items()},
        )
        for one in devices
    }


def _front_at(found: Sequence[Front], second: int) -> Interval | None:
    at = bisect_right(found, second, key=lambda front: front.start) - 1
    return found[at].interval if at >= 0 and found[at].end > second else None


def _deciding_page(device: _Device, named: Named, focus: Interval, second: int) -> Interval | None:
    """The page that says what the focus is about; None where it says so itself, or no page has a site."""
    browser = named.browser_of.get(focus.owner)
    if focus.site or browser is None:
        return None
    page = _front_at(device.pages.get(browser, ()), second)
    return page if page is not None and page.site else None


def _range_at(ranges: Sequence[Range], second: int) -> Range | None:
    at = bisect_right(ranges, second, key=lambda one: one[0]) - 1
    return ranges[at] if at >= 0 and ranges[at][1] > second else None


def accounts(devices: Sequence[DeviceFacts], named: Named, spans: Iterable[Span]) -> Iterator[Account]:
    """What is behind each span that these facts made."""
    ready = _ready(devices)
    for span in spans:
        device = ready[span.device]
        focus = _front_at(device.focus, span.start)
        if focus is None:
            continue  # of other facts than these
        page = _deciding_page(device, named, focus, span.start)
        yield Account(span, focus, page, _range_at(device.facts.stretches, span.start))


def gaps(
    devices: Sequence[DeviceFacts],
    named: Named,
    limits: Limits,
    periods: Sequence[Period],
    spans: Sequence[Span],
    within: Range,
) -> list[Gap]:
    """Why what is in front is untracked, of the device whose name sorts first. With nothing in front there is none."""
    ready = [_ready([one])[one.device] for one in sorted(devices, key=lambda one: one.name)]
    found: list[Gap] = []
    for low, high in _between(spans, within):
        for start, end in pairwise(_edges(ready, low, high)):
            gap = _gap(ready, named, limits, periods, start, end)
            if gap is None:
                continue
            last = found[-1] if found else None
            if last is not None and last.end == start and last[2:] == gap[2:]:
                found[-1] = last._replace(end=end)
            else:
                found.append(gap)
    return found


def _between(spans: Sequence[Span], within: Range) -> Iterator[Range]:
    cursor = within[0]
    for span in spans:
        if span.start > cursor:
            yield cursor, span.start
        cursor = max(cursor, span.end)
    if cursor < within[1]:
        yield cursor, within[1]


def _edges(devices: Sequence[_Device], low: int, high: int) -> list[int]:
    """Where any of the devices may begin or end to be untracked for a reason."""
    found = {low, high}
    for device in devices:
        shown = [(front.start, front.end) for front in device.focus]
        for ranges in (shown, device.facts.stretches, device.facts.erased):
            found.update(edge for one in clip(ranges, low, high) for edge in one)
    return sorted(found)


def _gap(
    devices: Sequence[_Device], named: Named, limits: Limits, periods: Sequence[Period], start: int, end: int
) -> Gap | None:
    for device in devices:
        focus = _front_at(device.focus, start)
        if focus is None:
            continue
        stretch = _range_at(device.facts.stretches, start)
        if _range_at(device.facts.erased, start) is not None:
            return Gap(start, end, device.facts.device, Reason.ERASED, None)
        if focus.owner in named.locked:
            return Gap(start, end, device.facts.device, Reason.LOCKED, None)
        if stretch is not None:
            page = _deciding_page(device, named, focus, start)
            subject = focus.site or (page.site if page is not None else focus.owner)
            ignored = not limits.idle_counting or _ignores(subject, periods, start)
            return Gap(start, end, device.facts.device, Reason.UNATTENDED if ignored else Reason.AWAY, stretch)
    return None


def _ignores(subject: int, periods: Sequence[Period], second: int) -> bool:
    return any(settled(subject).ignore_idle for start, end, settled in periods if start <= second < end)
