"""Attendance: which days are working days of a person, and what a day then counts as.

Days are proleptic Gregorian ordinals. A day outside a person's employment, a holiday, and a day on which the person is
not counted are week-off days, whatever the weekday.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from timegrain.counting.instants import Range
from timegrain.counting.memberships import ALWAYS
from timegrain.counting.tallies import Tally


class Schedule(NamedTuple):
    """What holds from `first` on: bits of weekdays (1 Monday ... 64 Sunday), and expected seconds of a working day.

    Either of a person's own may be `AS_GENERAL`.
    """

    first: int
    work_days: int
    expected: int


AS_GENERAL = -1
"""As the organisation's says."""

USUAL = Schedule(ALWAYS, 0b001_1111, 8 * 3600)
"""Monday to Friday, 8 hours: where nothing else is set."""


class Status(StrEnum):
    PRESENT = "PRESENT"
    ABSENT = "ABSENT"
    WEEK_OFF = "WEEK_OFF"
    WORKED_ON_WEEK_OFF = "WORKED_ON_WEEK_OFF"
    UPCOMING = "UPCOMING"


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides a person's working days. `schedules` are their own, `general` the organisation's; each in order."""

    schedules: Sequence[Schedule] = ()
    general: Sequence[Schedule] = ()
    employed: Sequence[Range] = ()
    """Half-open days; none: always."""
    holidays: Collection[int] = ()

    def on(self, day: int) -> Schedule:
        """A person's own schedule goes before the organisation's, once they have one."""
        general = _begun(self.general, day) or USUAL
        own = _begun(self.schedules, day)
        if own is None:
            return general
        work_days = general.work_days if own.work_days == AS_GENERAL else own.work_days
        return Schedule(own.first, work_days, general.expected if own.expected == AS_GENERAL else own.expected)

    def is_working_day(self, day: int) -> bool:
        if self.employed and not any(first <= day < end for first, end in self.employed):
            return False
        return day not in self.holidays and bool(self.on(day).work_days >> date.fromordinal(day).weekday() & 1)


def _begun(held: Sequence[Schedule], day: int) -> Schedule | None:
    return next((one for one in reversed(held) if one.first <= day), None)


class DayAttended(NamedTuple):
    """`extra` is time beyond the expected hours of a working day, or all of a week-off day."""

    day: int
    status: Status
    tally: Tally
    extra: int


def attended(terms: Terms, counts: bool, day: int, tally: Tally, today: int) -> DayAttended:
    """One day. Without `counts` the person is not counted on it. Idle time alone makes nobody present."""
    if not (counts and terms.is_working_day(day)):
        status = Status.WORKED_ON_WEEK_OFF if tally.active else Status.WEEK_OFF
        return DayAttended(day, status, tally, tally.total)
    extra = max(0, tally.total - terms.on(day).expected)
    if tally.active:
        return DayAttended(day, Status.PRESENT, tally, extra)
    return DayAttended(day, Status.ABSENT if day < today else Status.UPCOMING, tally, extra)


class MonthCounts(NamedTuple):
    """Days. total = working + week off, working = completed + upcoming, completed = present + absent."""

    total: int
    working: int
    completed: int
    upcoming: int
    week_off: int
    week_off_worked: int
    present: int
    absent: int


def counted_days(days: Iterable[DayAttended]) -> MonthCounts:
    statuses = [one.status for one in days]
    present, absent, upcoming = (statuses.count(one) for one in (Status.PRESENT, Status.ABSENT, Status.UPCOMING))
    worked = statuses.count(Status.WORKED_ON_WEEK_OFF)
    week_off = worked + statuses.count(Status.WEEK_OFF)
    completed = present + absent
    return MonthCounts(len(statuses), completed + upcoming, completed, upcoming, week_off, worked, present, absent)
