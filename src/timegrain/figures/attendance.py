"""A month of people's days: present or absent, and time beyond what is expected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec

from timegrain.counting.attendance import DayAttended, MonthCounts, attended, counted_days
from timegrain.counting.calendar import LAST_YEAR, day_at, day_edges, weekday_name
from timegrain.counting.instants import Range
from timegrain.counting.tallies import NOTHING, summed
from timegrain.figures.parts import Parts, in_groups
from timegrain.figures.pieces import Asker, own_seconds
from timegrain.storage.queries import attendance
from timegrain.storage.queries.people_meant import Profile

DAYS_AT_ONCE = 16_000
"""Of people, in one statement: 500 people's month."""


class ReportedUser(msgspec.Struct, rename="camel"):
    user_id: UUID
    name: str
    email_id: str
    profile_pic_url: None


class MonthlyCounts(msgspec.Struct, rename="camel"):
    """Days. total = working + week off, working = completed + upcoming, completed = present + absent."""

    total_days: int
    working_days: int
    completed_working_days: int
    upcoming_working_days: int
    week_off_days: int
    week_off_worked_days: int
    present_days: int
    absent_days: int


class MonthlyTime(msgspec.Struct, rename="camel"):
    """Seconds of all days."""

    total_worked_time_in_seconds: int
    total_active_worked_time_in_seconds: int
    total_idle_worked_time_in_seconds: int


class MonthlyDay(msgspec.Struct, rename="camel"):
    date: str
    day: str
    attendance_status: str
    total_worked_time_in_seconds: int
    active_worked_time_in_seconds: int
    idle_worked_time_in_seconds: int


class MonthlySummary(msgspec.Struct, rename="camel"):
    user: ReportedUser
    monthly_summary: MonthlyCounts
    time_summary: MonthlyTime
    daily_summary: list[MonthlyDay]


class ExtraHoursCounts(msgspec.Struct, rename="camel"):
    """Days, and seconds beyond the expected hours of working days and on week-off days."""

    total_days: int
    working_days: int
    completed_working_days: int
    upcoming_working_days: int
    week_off_days: int
    week_off_worked_days: int
    extra_hours_worked_days: int
    extra_hours_worked_time_in_seconds: int


class ExtraHoursDay(msgspec.Struct, rename="camel"):
    date: str
    day: str
    attendance_status: str
    extra_hours_worked_time_in_seconds: int


class ExtraHoursSummary(msgspec.Struct, rename="camel"):
    user: ReportedUser
    extra_hours_summary: ExtraHoursCounts
    daily_summary: list[ExtraHoursDay]


class Month(NamedTuple):
    """Of one person; an export has other days than those of one month."""

    profile: Profile
    days: list[DayAttended]

    @property
    def counts(self) -> MonthCounts:
        return counted_days(self.days)


def months(asker: Asker, profiles: Sequence[Profile], year: int, month: int, zone: str, now: int) -> Iterator[Month]:
    """Every local day of the month, of each person, made while they are read."""
    first = date(year, month, 1)
    return attended_days(asker, profiles, (first.toordinal(), _month_after(first).toordinal()), zone, now)


def whole_months(first: int, last: int) -> Range:
    """The days `first` to `last` widened to whole months, half-open."""
    begun, ended = date.fromordinal(first), date.fromordinal(last)
    return begun.replace(day=1).toordinal(), _month_after(ended).toordinal()


def _month_after(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def attended_days(asker: Asker, profiles: Sequence[Profile], days: Range, zone: str, now: int) -> Iterator[Month]:
    """These local days (half-open) of each person, made while they are read. After 2037 nothing is counted."""
    for group in in_groups(profiles, days[1] - days[0], DAYS_AT_ONCE):
        yield from _attended(asker, group, days, zone, now)


def _attended(asker: Asker, profiles: Sequence[Profile], days: Range, zone: str, now: int) -> Iterator[Month]:
    """One statement."""
    parts = _parts(asker, profiles, days, zone)
    users = [one.user for one in profiles]
    found = attendance.read(asker.connection, asker.organisation, users, parts.slots, parts.days)
    first, end = days
    today = day_at(zone, now)
    for place, one in enumerate(profiles):
        terms, key = found.terms(one.user), place * (end - first) - first
        counts = [any(begin <= day < last for begin, last in one.days) for day in range(first, end)]
        attended_by = [
            attended(terms, counts[day - first], day, found.sums.get(key + day, NOTHING), today)
            for day in range(first, end)
        ]
        yield Month(one, attended_by)


def _parts(asker: Asker, profiles: Sequence[Profile], days: Range, zone: str) -> Parts:
    """By a key of person and day. Local midnights are edges of slots: no more is to count."""
    first, end = days
    parts = Parts()
    if date.fromordinal(first).year > LAST_YEAR:
        return parts
    edges = day_edges(zone, first, end - 1)
    for place, one in enumerate(profiles):
        for low, high in own_seconds(one, (edges[0], edges[-1]), asker.home_zone):
            for index in range(end - first):
                within = max(low, edges[index]), min(high, edges[index + 1])
                if within[0] < within[1]:
                    parts.add(asker.home_zone, place * (end - first) + index, one.user, one.generation, within)
    return parts


def _user(one: Profile) -> ReportedUser:
    return ReportedUser(one.uuid, one.name, one.email, None)


def monthly_summary(month: Month) -> MonthlySummary:
    time = summed(one.tally for one in month.days)
    return MonthlySummary(
        _user(month.profile),
        MonthlyCounts(*month.counts),
        MonthlyTime(time.total, time.active, time.idle),
        [
            MonthlyDay(
                date.fromordinal(one.day).isoformat(),
                weekday_name(one.day),
                one.status.value,
                one.tally.total,
                one.tally.active,
                one.tally.idle,
            )
            for one in month.days
        ],
    )


def extra_hours_summary(month: Month) -> ExtraHoursSummary:
    extra = [one.extra for one in month.days]
    return ExtraHoursSummary(
        _user(month.profile),
        ExtraHoursCounts(*month.counts[:6], sum(seconds > 0 for seconds in extra), sum(extra)),
        [
            ExtraHoursDay(date.fromordinal(one.day).isoformat(), weekday_name(one.day), one.status.value, one.extra)
            for one in month.days
        ],
    )
