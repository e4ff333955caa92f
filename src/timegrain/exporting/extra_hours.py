"""The report of extra hours as a sheet; no call of the API exports it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from timegrain.exporting.reports import DATE, PERSON
from timegrain.exporting.sheets import Cell, Column, Kind, Sheet
from timegrain.figures.attendance import ExtraHoursSummary

_COLUMNS = (
    *PERSON,
    *DATE,
    Column("attendanceStatus", "Attendance", Kind.TEXT),
    Column("extraHoursSeconds", "Extra", Kind.DURATION),
)


def extra_hours_sheet(people: Sequence[ExtraHoursSummary]) -> Sheet:
    """A row a person and day, as the API answers."""
    return Sheet("extra-hours", _COLUMNS, _rows(people))


def _rows(people: Sequence[ExtraHoursSummary]) -> Iterator[tuple[Cell, ...]]:
    for one in people:
        for day in one.daily_summary:
            yield (
                one.user.name,
                one.user.email_id,
                str(one.user.user_id),
                date.fromisoformat(day.date),
                day.day,
                day.attendance_status,
                day.extra_hours_worked_time_in_seconds,
            )
