"""Who is working now, on what class, and since when: today, in any zone.

Whoever was active in the last `JUST_NOW` is working, so a run of work ends where nobody saw them active for so
long. The slots say where a run may begin, which is where two in a row leave enough seconds out; only those are
counted, the latest first::

    active a slot    900   880 | 320   900   900   760
                               ^ a run may begin here: 20 + 580 seconds are not active
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from timegrain.counting.calendar import day_at, day_start
from timegrain.counting.instants import SLOT, Range
from timegrain.counting.ratings import Rating
from timegrain.counting.spans import Span
from timegrain.counting.stretches import State
from timegrain.counting.tallies import Tally, summed
from timegrain.figures.pieces import Asker, did, own_seconds, within
from timegrain.figures.worked import JUST_NOW
from timegrain.storage.queries.people_meant import Profile
from timegrain.storage.queries.slots_each import slots_each
from timegrain.storage.queries.told import Part


class Live(NamedTuple):
    """One person today."""

    profile: Profile
    tally: Tally
    working_on: Rating | None
    """The class of their last active second; None: they are not working."""
    since: int | None
    """The first active second of this run of work today, of whoever is working; None: it was before today."""
    last_active: int | None
    """The end of the last active second; None: nothing was active today."""


class _Day(NamedTuple):
    """What the slots tell of one person's day before anything is counted: from its beginning to now."""

    past: Range
    lately: Range
    """The last `JUST_NOW`, of today or not."""
    tally: Tally
    active: Sequence[int]
    """The slots with an active second, in order."""
    begins: Sequence[int]
    """Those up to now in which a run of work may begin, the latest first."""


def live(asker: Asker, profiles: Sequence[Profile], zone: str, now: int) -> list[Live]:
    """Of those who count now. Two statements; some more where many short breaks hide where a run began."""
    days = _days(asker, profiles, zone, now)
    spans = _spans(asker, [(user, window) for user, day in days.items() for window in _to_count(day)])
    working = {user: last for user, day in days.items() if (last := _last(spans.get(user, ()), *day.lately))}
    began = _began(asker, {user: days[user] for user in working}, spans)
    return [
        Live(
            one,
            days[one.user].tally,
            working[one.user].rating if one.user in working else None,
            began.get(one.user),
            _last_active(days[one.user], spans.get(one.user, ())),
        )
        for one in profiles
        if one.user in days
    ]


def _days(asker: Asker, profiles: Sequence[Profile], zone: str, now: int) -> dict[int, _Day]:
    """By user; only of those who count now."""
    today = day_at(zone, now)
    whole = day_start(zone, today), day_start(zone, today + 1)
    ranges = {
        one: seconds
        for one in profiles
        for seconds in own_seconds(one, whole, asker.home_zone)
        if seconds[0] <= now < seconds[1]
    }
    parts = [Part(0, one.user, one.generation, *seconds) for one, seconds in ranges.items()]
    slots = slots_each(asker.connection, asker.organisation, parts)
    found = {}
    for one, (start, _) in ranges.items():
        lately = own_seconds(one, (now - JUST_NOW, now), asker.home_zone) or [(now, now)]
        found[one.user] = _day((start, now), lately[-1], slots.get(one.user, {}))
    return found


def _day(past: Range, lately: Range, slots: Mapping[int, Tally]) -> _Day:
    active = {slot: tally.active for slot, tally in sorted(slots.items()) if tally.active}
    begins = [
        slot
        for slot, seconds in active.items()
        if slot < past[1] and seconds + active.get(slot - SLOT, 0) <= 2 * SLOT - JUST_NOW
    ]
    return _Day(past, lately, summed(slots.values()), list(active), begins[::-1])


def _to_count(day: _Day) -> Iterator[Range]:
    """The last active second, and of whoever may be working the class and where the run began most likely."""
    last = day.active[-1] if day.active else None
    if last is not None:
        yield last, last + SLOT
    # The slots of today tell nothing of what was before midnight.
    if day.lately[0] < day.past[0] or (last is not None and last + SLOT > day.lately[0]):
        yield day.lately
        yield from (_around(day, slot) for slot in day.begins[:1])


def _around(day: _Day, slot: int) -> Range:
    """What tells whether a run begins in a slot: it and the one before, of the person's day alone."""
    return max(slot - SLOT, day.past[0]), min(slot + SLOT, day.past[1])


def _spans(asker: Asker, windows: Sequence[tuple[int, Range]]) -> dict[int, list[Span]]:
    return did(asker, (), windows).spans if windows else {}


def _active(spans: Sequence[Span], low: int, high: int) -> Iterable[Span]:
    return (span for span in within(spans, low, high) if span.state is State.ACTIVE)


def _last(spans: Sequence[Span], low: int, high: int) -> Span | None:
    return max(_active(spans, low, high), default=None)


def _last_active(day: _Day, spans: Sequence[Span]) -> int | None:
    last = _last(spans, day.active[-1], day.active[-1] + SLOT) if day.active else None
    return last.end if last else None


def _began(asker: Asker, days: Mapping[int, _Day], spans: Mapping[int, Sequence[Span]]) -> dict[int, int]:
    """By user, where the run of work began that goes on; `spans` hold the first slot to look at."""
    began: dict[int, int] = {}
    looked, at_once = 0, 1
    while True:
        for user, day in days.items():
            for slot in day.begins[looked : looked + at_once]:
                if user not in began and (begin := _begin(day, spans.get(user, ()), slot)) is not None:
                    began[user] = begin
        looked, at_once = looked + at_once, at_once * 2
        windows = [
            (user, _around(day, slot))
            for user, day in days.items()
            if user not in began
            for slot in day.begins[looked : looked + at_once]
        ]
        if not windows:
            return began
        spans = _spans(asker, windows)


def _begin(day: _Day, spans: Sequence[Span], slot: int) -> int | None:
    """The last second of a slot in which a run begins: nothing was active for `JUST_NOW` before it."""
    end, begin = slot - SLOT, None
    for span in _active(spans, *_around(day, slot)):
        if span.start >= slot and span.start - end >= JUST_NOW:
            begin = span.start
        end = span.end
    return begin
