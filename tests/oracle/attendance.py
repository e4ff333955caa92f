"""Attendance, a day at a time: who works when by what is set for a world, and what a month then says of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from .days import SLOT, local_day
from .figures import Ranged
from .replay import Question, World

EVERYBODY = None
"""Whose schedule: the organisation's, for those without one of their own."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Hours(NamedTuple):
    """Work days and expected seconds of a user, or `EVERYBODY`, from a day on."""

    user: int | None
    first: date
    weekdays: frozenset[str]
    expected: int


class Employment(NamedTuple):
    """From `first` to the day before `end`; None: for good."""

    user: int
    first: date
    end: date | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """All that is set for a world, before its first step."""

    hours: tuple[Hours, ...]
    holidays: frozenset[date]
    employments: tuple[Employment, ...]


class Attended(NamedTuple):
    day: date
    status: str
    total: int
    active: int
    idle: int
    extra: int


def calendar(world: World) -> Calendar:
    """Changes near to the days that are asked about; the same for the same world."""
    rng = Random(f"attendance of {world.seed}")
    near = sorted({step.first_day for step in world.steps if isinstance(step, Question)}) or [date(2025, 3, 1)]

    def some_day() -> date:
        return rng.choice(near) + timedelta(days=rng.randrange(-20, 21))

    users = range(world.start.users)
    hours = {
        (user, first): Hours(
            user,
            first,
            # Often every day: those with idle time alone are few, and some are to be working days.
            frozenset(rng.sample(WEEKDAYS, rng.choice([7, 7, 7, rng.randrange(8)]))),
            rng.choice([0, 1, 60, 900, 3600, 28800]),
        )
        for user in (EVERYBODY, EVERYBODY, *users, *users)
        if rng.random() < 0.4
        for first in [some_day()]
    }
    holidays = frozenset(some_day() for _ in range(rng.randrange(6)))
    employments = []
    for user in users:
        at = sorted({some_day() for _ in range(3)})
        if rng.random() < 0.4 and len(at) == 3:
            # Whoever is not employed today sends nothing: the last goes on.
            held = [Employment(user, at[0], at[1]), Employment(user, at[2], None)]
            employments += held[rng.randrange(2) :]
    return Calendar(tuple(hours.values()), holidays, tuple(employments))


def _working(held: Calendar, user: int, day: date, decided: Counter[str]) -> int | None:
    """The expected seconds of a working day; None of any other."""
    weekdays, expected = frozenset(WEEKDAYS[:5]), 28800
    for whose in (EVERYBODY, user):
        so_far = [one for one in held.hours if one.user == whose and one.first <= day]
        if so_far:
            latest = max(so_far, key=lambda one: one.first)
            weekdays, expected = latest.weekdays, latest.expected
            decided["A own hours" if whose == user else "A the organisation's hours"] += 1
    if f"{day:%A}" not in weekdays:
        return None
    if day in held.holidays:
        decided["A holiday"] += 1
        return None
    employments = [one for one in held.employments if one.user == user]
    if employments and not any(one.first <= day and (one.end is None or day < one.end) for one in employments):
        decided["A not employed"] += 1
        return None
    return expected


def month(world: World, held: Calendar, asked: Ranged, user: int) -> list[Attended]:
    """Every local day of the month in which the range begins, as they stand at `asked.now`."""
    begun = local_day(asked.zone, asked.start // SLOT)
    today = local_day(asked.zone, asked.now // SLOT)
    done: dict[date, Counter[str]] = {}
    slots = Counter((second // SLOT, it.state) for second, it in world.count(user).seconds.items())
    for (slot, state), seconds in slots.items():
        if _member(world, asked, user, local_day(world.home_zone, slot)):
            done.setdefault(local_day(asked.zone, slot), Counter())[state] += seconds
    return [_attended(world, held, asked, user, day, done.get(day, Counter()), today) for day in _days_of_month(begun)]


def _days_of_month(within: date) -> Iterator[date]:
    day = within.replace(day=1)
    while day.month == within.month:
        yield day
        day += timedelta(days=1)


def _member(world: World, asked: Ranged, user: int, day: date) -> bool:
    return user in asked.users or any(one.team in asked.teams and one.holds(day) for one in world.memberships[user])


def _attended(
    world: World, held: Calendar, asked: Ranged, user: int, day: date, done: Counter[str], today: date
) -> Attended:
    active, idle = done["active"], done["idle"]
    expected = _working(held, user, day, world.decided)
    if expected is not None and not _member(world, asked, user, day):
        world.decided["A no member"] += 1
        expected = None
    if expected is None:
        status = "WORKED_ON_WEEK_OFF" if active else "WEEK_OFF"
    elif active:
        status = "PRESENT"
    elif day >= today:
        status = "UPCOMING"
    else:
        status = "ABSENT"
    world.decided[f"A {status}"] += 1
    world.decided["A idle alone"] += bool(expected is not None and idle and not active)
    world.decided["A today"] += bool(expected is not None and day == today)
    extra = active + idle if expected is None else max(0, active + idle - expected)
    world.decided["A extra time"] += bool(extra and expected is not None)
    return Attended(day, status, active + idle, active, idle, extra)
