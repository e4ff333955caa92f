"""When facts are sent: the stretches of time that are allowed, and facts cut to them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo

from timegrain.counting.instants import Range, subtract, union
from timegrain.trackers.agent.settings import Hours
from timegrain.trackers.events import Fact

DAY = timedelta(days=1)


def allowed(start_ms: int, end_ms: int, hours: Hours | None, holes: Sequence[Range]) -> list[Range]:
    """The milliseconds from `start_ms` to `end_ms` that are in the hours and in none of the holes, such as pauses."""
    ranges = [(start_ms, end_ms)] if hours is None else _within(start_ms, end_ms, hours)
    return subtract(ranges, union(holes))


def _within(start_ms: int, end_ms: int, hours: Hours) -> list[Range]:
    first, last = (datetime.fromtimestamp(ms / 1000, UTC).astimezone(hours.zone).date() for ms in (start_ms, end_ms))
    ranges = []
    for ordinal in range(first.toordinal() - 1, last.toordinal() + 1):
        day = datetime.fromordinal(ordinal)
        if day.weekday() not in hours.days:
            continue
        over_midnight = hours.last is None or hours.last < hours.first
        begins = _instant(day, hours.first, hours.zone)
        ends = _instant(day + DAY if over_midnight else day, hours.last or time(0), hours.zone)
        ranges.append((max(begins, start_ms), min(ends, end_ms)))
    return union(ranges)


def _instant(day: datetime, clock: time, zone: tzinfo | None) -> int:
    local = datetime.combine(day, clock)
    # A naive datetime's timestamp is by the computer's own zone, whatever its rules were on that day.
    instant = (local.replace(tzinfo=zone) if zone else local).timestamp()
    return int(instant) * 1000


def cut(fact: Fact, ranges: Sequence[Range]) -> Iterator[Fact]:
    """The pieces of a fact that lie in the ranges, which are sorted and disjoint; an empty fact is one or none."""
    index = bisect_right(ranges, fact.start, key=lambda range_: range_[1])
    for start, end in ranges[index:]:
        if start > fact.end or (start == fact.end and fact.end > fact.start):
            return
        yield fact._replace(start=max(start, fact.start), end=min(end, fact.end))
