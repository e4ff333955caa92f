"""Local days, memberships and sums over them: contract T9 and T10, and the weekly summary's range.

Every local midnight falls on the edge of a quarter hour (contract section 1), so a quarter hour of UTC,
a *slot*, is the finest that is looked at here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

SLOT = 900
WeekStart = Literal["monday", "sunday", "saturday"]
CLASSES = ("productive", "neutral", "unproductive", "idle")
_FIRST_WEEKDAY = {"monday": 0, "saturday": 5, "sunday": 6}


@cache
def zone(name: str) -> ZoneInfo:
    """A zone from the package `tzdata`, whatever the system has."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as stored:
        return ZoneInfo.from_file(stored, key=name)


@cache
def day_start(zone_name: str, day: date) -> int:
    """The first second whose local date is `day` or later."""
    second = int(datetime.combine(day, time(), UTC).timestamp()) - 36 * 3600
    while datetime.fromtimestamp(second, zone(zone_name)).date() < day:
        second += SLOT
    return second


def day_length(zone_name: str, day: date) -> int:
    return day_start(zone_name, day + timedelta(days=1)) - day_start(zone_name, day)


@cache
def local_day(zone_name: str, slot: int) -> date:
    """The local day in which a slot lies. Not always its local date: a clock set back at midnight repeats one."""
    day = datetime.fromtimestamp(slot * SLOT, zone(zone_name)).date()
    while day_start(zone_name, day + timedelta(days=1)) <= slot * SLOT:
        day += timedelta(days=1)
    return day


@dataclass(frozen=True, slots=True)
class Membership:
    """Member of a team from `first_day` (None: ever) to the day before `last_day_exclusive` (None: for good)."""

    team: int
    first_day: date | None = None
    last_day_exclusive: date | None = None
    primary: bool = False

    def holds(self, day: date) -> bool:
        return (self.first_day is None or self.first_day <= day) and (
            self.last_day_exclusive is None or day < self.last_day_exclusive
        )


def primary_team(memberships: Iterable[Membership], day: date) -> int | None:
    return next((m.team for m in memberships if m.primary and m.holds(day)), None)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Seconds of one day, or of a sum of days."""

    productive: int = 0
    neutral: int = 0
    unproductive: int = 0
    idle: int = 0

    @property
    def active(self) -> int:
        return self.productive + self.neutral + self.unproductive

    @property
    def total(self) -> int:
        return self.active + self.idle


Row = tuple[date, Metrics]
Slots = Mapping[tuple[int, str], int]
"""Seconds by slot and class, a class being one of CLASSES."""


class Asked(NamedTuple):
    """One person of a question: named, or there through teams alone."""

    slots: Slots
    named: bool
    memberships: tuple[Membership, ...]


def whole_weeks(first: date, last: date, week_start: WeekStart) -> list[date]:
    """All days of the weeks that the days from `first` to `last` touch."""
    start = first - timedelta(days=(first.weekday() - _FIRST_WEEKDAY[week_start]) % 7)
    end = last + timedelta(days=6 - (last.weekday() - _FIRST_WEEKDAY[week_start]) % 7)
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def daily(
    people: Iterable[Asked],
    teams: frozenset[int],
    home_zone: str,
    zone_name: str,
    days: list[date],
    decided: Counter[str],
) -> list[Row]:
    """One row a day of `days` in the zone: the seconds of the people asked for, each once."""
    sums: dict[date, Counter[str]] = {day: Counter() for day in days}
    for person in people:
        for (slot, rated), seconds in person.slots.items():
            day = local_day(zone_name, slot)
            if day not in sums:
                continue
            home_day = local_day(home_zone, slot)
            through = {m.team for m in person.memberships if m.team in teams and m.holds(home_day)}
            if not person.named and not through:
                decided["T10 not a member"] += seconds
                continue
            if not person.named:
                decided["T10 member day"] += seconds
            if len(through) + person.named > 1:
                decided["T10 once"] += seconds
            if day_length(zone_name, day) != 24 * 3600:
                decided["T9 clock change"] += seconds
            sums[day][rated] += seconds
    return [(day, Metrics(**{name: sums[day][name] for name in CLASSES})) for day in days]
