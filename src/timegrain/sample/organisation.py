"""The sample organisation's front door."""

from __future__ import annotations

import random
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from timegrain.counting.facts import Report
from timegrain.sample.catalogue import RATINGS, TEAMS, SampleRating
from timegrain.sample.days import cut_at, device_day
from timegrain.sample.people import SamplePerson, cast
from timegrain.sample.plans import Plan, saturday_plan, weekday_plan

HOME_ZONE = "Asia/Kolkata"
_SATURDAY = 5
# The latest evening ends well before this, in milliseconds from midnight.
_DAY_IS_OVER = 30 * 3_600_000


@dataclass(frozen=True, slots=True)
class SampleOrganisation:
    """People, teams and ratings; `reports` makes a person's facts. `now` is in seconds since the epoch."""

    name: str
    zone: str
    teams: tuple[str, ...]
    people: tuple[SamplePerson, ...]
    ratings: tuple[SampleRating, ...]
    holidays: tuple[date, ...]
    """Weekdays of the period on which nobody works."""
    weeks: int
    now: int
    seed: int

    def reports(self, person: SamplePerson) -> Iterator[Report]:
        """One report a device and local working day, oldest first, of facts that end at or before `now`.

        A day's facts depend on the seed, the person, the date and that day's team alone.
        """
        zone = ZoneInfo(person.zone)
        now = self.now * 1000
        for day in _period(self.now, self.weeks, zone):
            rng = random.Random(f"{self.seed}/{person.email}/{day}")
            plan = self._plan(person, day, rng)
            if plan is None:
                continue
            team = person.primary_team_on(day)
            # Counted from noon: on the day of a clock change the working hours are where the clock has them.
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
            midnight = (int(noon.timestamp()) - 43_200) * 1000
            for device, pieces in zip(person.devices, plan, strict=False):
                if not pieces or midnight + pieces[0].start >= now:
                    continue
                report = device_day(device, team, person.habits, pieces, midnight, rng)
                yield report if midnight + _DAY_IS_OVER <= now else cut_at(report, now)

    def _plan(self, person: SamplePerson, day: date, rng: random.Random) -> Plan | None:
        """How the day goes, or None where it is free."""
        if day.weekday() == _SATURDAY and rng.random() < person.habits.saturdays:
            return saturday_plan(person.habits, rng)
        if day.weekday() >= _SATURDAY or _is_holiday(self.seed, day) or _is_on_leave(self.seed, person, day):
            return None
        return weekday_plan(person.habits, rng)


def sample_organisation(people: int = 35, weeks: int = 13, *, now: int, seed: int = 1) -> SampleOrganisation:
    """An organisation of `people` with `weeks` of facts up to `now`, in seconds since the epoch.

    Raises ValueError for fewer than one person or week, or more than 10,000 people.
    """
    if weeks < 1:
        raise ValueError("weeks must be at least 1")
    period = _period(now, weeks, ZoneInfo(HOME_ZONE))
    return SampleOrganisation(
        name="Marigold Systems",
        zone=HOME_ZONE,
        teams=TEAMS,
        people=cast(people, seed, period[0], weeks),
        ratings=RATINGS,
        holidays=tuple(day for day in period if _is_holiday(seed, day)),
        weeks=weeks,
        now=now,
        seed=seed,
    )


def _period(now: int, weeks: int, zone: ZoneInfo) -> list[date]:
    """The local days up to and with today, whole weeks of them."""
    today = datetime.fromtimestamp(now, zone).date()
    return [today - timedelta(days=back) for back in range(weeks * 7 - 1, -1, -1)]


def _is_holiday(seed: int, day: date) -> bool:
    """One weekday of each month is a holiday for all."""
    return day == _weekday_of_month(f"{seed}/holiday", day)


def _is_on_leave(seed: int, person: SamplePerson, day: date) -> bool:
    """One weekday a month, and now and then a whole week."""
    year, week, _ = day.isocalendar()
    if random.Random(f"{seed}/{person.email}/{year}-W{week}").random() < 0.03:
        return True
    return day == _weekday_of_month(f"{seed}/{person.email}/leave", day)


def _weekday_of_month(key: str, day: date) -> date:
    days = [date(day.year, day.month, n + 1) for n in range(monthrange(day.year, day.month)[1])]
    weekdays = [candidate for candidate in days if candidate.weekday() < _SATURDAY]
    return random.Random(f"{key}/{day.year}-{day.month}").choice(weekdays)
