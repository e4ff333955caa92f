"""The tables of the reports: a row a person, and a grid of their days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from markupsafe import Markup, escape

from timegrain.figures.attendance import ExtraHoursSummary, MonthlySummary
from timegrain.figures.usage import SubjectUsed
from timegrain.web.attendance import STATUSES
from timegrain.web.formats import exact, hm, percent
from timegrain.web.questions import written_month
from timegrain.web.subject_ratings import key_of_used
from timegrain.web.views import View, iso


class Column(NamedTuple):
    """Of a table of people. Times are seconds, other figures days."""

    name: str
    title: str
    of: Callable[[Any], int]
    is_time: bool = False


class Figure(NamedTuple):
    text: str
    title: str
    label: str
    """Of its column."""


class PersonRow(NamedTuple):
    name: str
    address: str
    behind: str
    """Where the figures lead."""
    figures: Sequence[Figure]


class GridRow(NamedTuple):
    """Of one person, a cell a day."""

    id: str
    name: str
    address: str
    cells: Markup


class Heading(NamedTuple):
    title: str
    address: str
    sorted: str
    """As `aria-sort` says it; empty: by another column."""


class PeopleReport(NamedTuple):
    headings: Sequence[Heading]
    rows: Sequence[PersonRow]
    sums: Sequence[Figure]
    days: Sequence[int]
    grid: Sequence[GridRow]
    grid_sums: Sequence[tuple[int, int]]
    """Days with the seconds of all people."""


MONTH = (
    Column("working", "Working days", lambda one: one.monthly_summary.working_days),
    Column("present", "Present", lambda one: one.monthly_summary.present_days),
    Column("absent", "Absent", lambda one: one.monthly_summary.absent_days),
    Column("upcoming", "To come", lambda one: one.monthly_summary.upcoming_working_days),
    Column("off", "Days off", lambda one: one.monthly_summary.week_off_days),
    Column("worked-off", "Worked days off", lambda one: one.monthly_summary.week_off_worked_days),
    Column("active", "Active", lambda one: one.time_summary.total_active_worked_time_in_seconds, True),
    Column("idle", "Idle", lambda one: one.time_summary.total_idle_worked_time_in_seconds, True),
    Column("total", "Total", lambda one: one.time_summary.total_worked_time_in_seconds, True),
)
EXTRA_HOURS = (
    Column("working", "Working days", lambda one: one.extra_hours_summary.working_days),
    Column("completed", "Completed", lambda one: one.extra_hours_summary.completed_working_days),
    Column("off", "Days off", lambda one: one.extra_hours_summary.week_off_days),
    Column("worked-off", "Worked days off", lambda one: one.extra_hours_summary.week_off_worked_days),
    Column("days", "Days with extra hours", lambda one: one.extra_hours_summary.extra_hours_worked_days),
    Column(
        "extra", "Extra hours", lambda one: one.extra_hours_summary.extra_hours_worked_time_in_seconds, is_time=True
    ),
)


def monthly(view: View, month: int, people: Sequence[MonthlySummary], to: Callable[..., str]) -> PeopleReport:
    return _report(view, month, people, MONTH, to, lambda day: day.total_worked_time_in_seconds)


def extra_hours(view: View, month: int, people: Sequence[ExtraHoursSummary], to: Callable[..., str]) -> PeopleReport:
    return _report(view, month, people, EXTRA_HOURS, to, lambda day: day.extra_hours_worked_time_in_seconds)


def _report(
    view: View,
    month: int,
    people: Sequence[Any],
    columns: Sequence[Column],
    to: Callable[..., str],
    seconds_of: Callable[[Any], int],
) -> PeopleReport:
    """`to` is the address of the same report, changed."""
    key, descending = _order(view, columns)
    by_name = {one.name: one for one in columns}
    ordered = sorted(people, key=lambda one: one.user.name.lower(), reverse=key == "name" and descending)
    if key != "name":
        ordered.sort(key=by_name[key].of, reverse=descending)
    days = [date.fromisoformat(day.date).toordinal() for day in people[0].daily_summary] if people else []
    grid = [_grid_row(view, month, one, seconds_of) for one in ordered]
    together = [sum(seconds_of(one.daily_summary[place]) for one in people) for place in range(len(days))]
    return PeopleReport(
        [_heading(name, title, key, descending, to) for name, title in _titles(columns)],
        [_person_row(view, month, one, columns, columns is MONTH) for one in ordered],
        [_figure(column, sum(map(column.of, people))) for column in columns],
        days,
        grid,
        list(zip(days, together, strict=True)),
    )


def _titles(columns: Sequence[Column]) -> Iterable[tuple[str, str]]:
    return [("name", "Person"), *((one.name, one.title) for one in columns)]


def _order(view: View, columns: Sequence[Column]) -> tuple[str, bool]:
    """By what, and whether the largest comes first; names from the first on unless told."""
    key = view.sort.lstrip("-")
    known = key == "name" or key in {one.name for one in columns}
    return (key, view.sort.startswith("-")) if known else ("name", False)


def _heading(name: str, title: str, key: str, descending: bool, to: Callable[..., str]) -> Heading:
    """Figures begin with the largest, names with the first."""
    downwards = not descending if name == key else name != "name"
    sorted_by = ("descending" if descending else "ascending") if name == key else ""
    return Heading(title, to(sort=f"-{name}" if downwards else name), sorted_by)


def _address(view: View, month: int, user: UUID) -> str:
    """Of the month on the person's page."""
    there = view.to("/person", who=str(user), week=None, date=iso(month), month=written_month(month))
    return f"{there}#month"


def _person_row(view: View, month: int, one: Any, columns: Sequence[Column], has_page: bool) -> PersonRow:
    """`has_page`: the person's page has these figures, unless they are of some days alone; the grid always has."""
    figures = [_figure(column, column.of(one)) for column in columns]
    address = _address(view, month, one.user.user_id)
    is_whole = has_page and str(one.user.user_id) not in view.partly
    return PersonRow(one.user.name, address, address if is_whole else f"#{_id(one)}", figures)


def _id(one: Any) -> str:
    """Of a person's row in the grid."""
    return f"days-{one.user.user_id}"


def _figure(column: Column, value: int) -> Figure:
    return Figure(hm(value) if column.is_time else str(value), exact(value) if column.is_time else "", column.title)


def _grid_row(view: View, month: int, one: Any, seconds_of: Callable[[Any], int]) -> GridRow:
    """Made by hand: there may be thousands of cells."""
    start = f"{escape(view.to('/day', who=str(one.user.user_id), week=None))}&amp;date="
    cells = []
    for day in one.daily_summary:
        mark, word = STATUSES[day.attendance_status]
        seconds = seconds_of(day)
        text = hm(seconds) if seconds else mark
        cells.append(f'<td><a href="{start}{day.date}" title="{word}, {exact(seconds)}">{text}</a></td>')
    # The address is escaped, the rest are numbers and our own words.
    return GridRow(_id(one), one.user.name, _address(view, month, one.user.user_id), Markup("".join(cells)))  # noqa: S704


class SubjectRow(NamedTuple):
    one: SubjectUsed
    address: str
    share: str


def subject_rows(items: Sequence[SubjectUsed], active: int, to: Callable[[str], str]) -> list[SubjectRow]:
    """`to` gives the address of what is known of a subject."""
    return [SubjectRow(one, to(key_of_used(one)), percent(one.active_seconds, active)) for one in items]
