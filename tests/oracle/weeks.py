"""A week of many people and how it differs from the one before, a second at a time."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import NamedTuple

from .days import CLASSES, SLOT, day_start, local_day
from .figures import Ranged, Sums, asked_for, own_seconds
from .replay import World

WEEK = timedelta(days=7)


class Week(NamedTuple):
    """Of each of those asked for a sum a day; and how much more all of them did than in the week before.

    Compared are the quarters of an hour that are over, and those of the week before that began as long after the
    midnights of their days. None: none is over.
    """

    days: list[list[Sums]]
    change: Sums | None


def week(world: World, asked: Ranged) -> Week:
    """The seven days from the one in which the range begins."""
    first = local_day(asked.zone, asked.start // SLOT)
    now = asked.now // SLOT
    found, change = [], Counter[str]()
    for user in asked_for(world, asked):
        of_day: dict[date, Counter[str]] = {first + timedelta(days=n): Counter() for n in range(7)}
        for second, it in own_seconds(world, asked, user).items():
            slot = second // SLOT
            day = local_day(asked.zone, slot)
            if day in of_day:
                of_day[day][it.rated] += 1
                change[it.rated] += slot < now
            elif day + WEEK in of_day:
                change[it.rated] -= _over_a_week_later(asked.zone, slot, day, now)
        found.append([tuple(seconds[name] for name in CLASSES) for seconds in of_day.values()])
    begun = day_start(asked.zone, first) < now * SLOT
    return Week(found, tuple(change[name] for name in CLASSES) if begun else None)


def _over_a_week_later(zone_name: str, slot: int, day: date, now: int) -> bool:
    today = local_day(zone_name, now)
    if day + WEEK != today:
        return day + WEEK < today
    return slot * SLOT - day_start(zone_name, day) < now * SLOT - day_start(zone_name, today)
