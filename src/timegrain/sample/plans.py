"""How one person's day goes, before any window is opened: who sits where and when, on which computer.

    main    ██████░██████M░M░M███░░████        ████░██████▒▒▒▒▒▒█████      ████
            09:40        11:00    stand-up      lunch                 19:00  21:00

A plan is a list of pieces, one after the other; between two that do not touch the computer is off or asleep.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from timegrain.sample.people import Habits

MINUTE = 60_000
HOUR = 3_600_000


class Kind(Enum):
    """What happens in a piece: STILL and LOCKED are without input, STILL leaves the last window in front."""

    WORK = auto()
    CALL = auto()
    STILL = auto()
    LOCKED = auto()


class Piece(NamedTuple):
    """`[start, end)` in milliseconds from local midnight (of a day of 24 hours)."""

    start: int
    end: int
    kind: Kind


class Plan(NamedTuple):
    main: list[Piece]
    second: list[Piece]


class _Appointment(NamedTuple):
    start: int
    end: int
    what: str


def weekday_plan(habits: Habits, rng: random.Random) -> Plan:
    start = _around(rng, habits.starts, 12)
    end = _around(rng, habits.ends, 20)
    plan = Plan([], [])
    at = start
    for appointment in _appointments(habits, rng, start, end):
        plan.main.extend(_working(at, appointment.start, habits, rng))
        _attend(plan, appointment, habits, rng)
        at = appointment.end
    plan.main.extend(_working(at, end, habits, rng))
    if rng.random() < habits.evenings or (habits.second_use == "evenings" and rng.random() < 0.3):
        _add_evening(plan, habits, rng)
    elif habits.lunch == "left on" and rng.random() < 0.12:
        # Gone home, and the screen stayed on for longer than any away limit.
        plan.main.append(Piece(end, end + rng.randrange(75 * MINUTE, 240 * MINUTE), Kind.STILL))
    return plan


def saturday_plan(habits: Habits, rng: random.Random) -> Plan:
    start = _around(rng, 11.0, 40)
    return Plan(list(_working(start, start + rng.randrange(2 * HOUR, 4 * HOUR), habits, rng)), [])


def _appointments(habits: Habits, rng: random.Random, start: int, end: int) -> list[_Appointment]:
    """Lunch, stand-up, meetings and the second computer's hour, in order, with room between them."""
    lunch = _around(rng, habits.lunch_at, 8)
    taken = [_Appointment(lunch, lunch + rng.randrange(32 * MINUTE, 74 * MINUTE), "lunch")]
    wishes = []
    if rng.random() < 0.8:
        standup = _around(rng, 11.0, 1)
        wishes.append(_Appointment(standup, standup + rng.randrange(12 * MINUTE, 20 * MINUTE), "call"))
    if habits.second_use == "trials" and rng.random() < 0.6:
        at = _around(rng, 16.0, 45)
        wishes.append(_Appointment(at, at + rng.randrange(25 * MINUTE, 70 * MINUTE), "trial"))
    for _ in range(int(habits.meetings + rng.random())):
        at = rng.randrange(20, 36) * 30 * MINUTE + rng.randrange(3 * MINUTE)
        wishes.append(_Appointment(at, at + rng.randrange(22 * MINUTE, 56 * MINUTE), "call"))
    room = 12 * MINUTE
    for wish in wishes:
        if wish.start < start + room or wish.end > end - room:
            continue
        if all(wish.end + room <= other.start or other.end + room <= wish.start for other in taken):
            taken.append(wish)
    return sorted(taken)


def _attend(plan: Plan, appointment: _Appointment, habits: Habits, rng: random.Random) -> None:
    start, end, what = appointment
    if what == "lunch":
        if habits.lunch == "locked":
            plan.main.append(Piece(start, end, Kind.LOCKED))
        elif habits.lunch == "left on":
            plan.main.append(Piece(start, end, Kind.STILL))
    elif what == "trial":
        plan.main.append(Piece(start, end, Kind.STILL))
        plan.second.append(Piece(start + 20_000, end, Kind.WORK))
    elif habits.second_use == "calls" and rng.random() < 0.6:
        plan.main.append(Piece(start, end, Kind.STILL))
        plan.second.extend(_call(start, end, rng))
    else:
        plan.main.extend(_call(start, end, rng))


def _add_evening(plan: Plan, habits: Habits, rng: random.Random) -> None:
    start = _around(rng, 21.0, 20)
    pieces = _working(start, start + rng.randrange(45 * MINUTE, 190 * MINUTE), habits, rng)
    (plan.second if habits.second_use == "evenings" else plan.main).extend(pieces)


def _working(start: int, end: int, habits: Habits, rng: random.Random) -> Iterator[Piece]:
    """Work from `start` to `end`, with pauses of 3 to 16 minutes in which the window stays in front."""
    while start < end:
        pause_at = start + rng.randrange(12 * MINUTE, 50 * MINUTE)
        yield Piece(start, min(pause_at, end), Kind.WORK)
        if rng.random() < habits.breaks:
            start = pause_at + rng.randrange(6 * MINUTE, 16 * MINUTE)
        else:
            start = pause_at + rng.randrange(3 * MINUTE, 5 * MINUTE - 5_000)
        # No pause up to the end of the work: what comes next may be away too, and would lengthen it.
        if start > end - MINUTE:
            if pause_at < end:
                yield Piece(pause_at, end, Kind.WORK)
            return
        yield Piece(pause_at, start, Kind.STILL)


def _call(start: int, end: int, rng: random.Random) -> Iterator[Piece]:
    """A call: mostly listening, with a little input now and then, also at the end."""
    while start < end:
        listens_from = start + rng.randrange(20_000, 2 * MINUTE)
        speaks_from = listens_from + rng.randrange(3 * MINUTE, 16 * MINUTE)
        if speaks_from > end - 20_000:
            yield Piece(start, end, Kind.CALL)
            return
        yield Piece(start, listens_from, Kind.CALL)
        yield Piece(listens_from, speaks_from, Kind.STILL)
        start = speaks_from


def _around(rng: random.Random, hour: float, minutes: float) -> int:
    """About that hour of the day, rarely more than `minutes` off and never more than twice as far."""
    off = max(-2.0, min(2.0, rng.gauss(0.0, 0.6)))
    return int(hour * HOUR + off * minutes * MINUTE)
