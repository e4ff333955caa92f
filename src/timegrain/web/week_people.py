"""The table of a week's people: a row each, sortable by every figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from markupsafe import Markup

from timegrain.counting.calendar import day_at
from timegrain.figures.week import PersonWeek, Week
from timegrain.web.cells import IN_ROWS, Row, six_to_the_minute
from timegrain.web.charts import minis, shares
from timegrain.web.views import ALL_DAYS, View

SORTED = ("name", *IN_ROWS)


class Heading(NamedTuple):
    """Of a column that sorts: by it, or the other way round."""

    name: str
    address: str
    sorted: str
    """As `aria-sort` says it; empty: by another column."""


class PersonRow(NamedTuple):
    row: Row
    mini: Markup
    share: Markup


def headings(view: View, state: Mapping[str, str | None]) -> list[Heading]:
    """Figures begin with the largest, names with the first. `state` is what the address has besides."""
    key, descending = _order(view)
    found = []
    for name in SORTED:
        downwards = not descending if name == key else name != "name"
        address = view.to(**{**state, "sort": f"-{name}" if downwards else name}) + "#people"
        found.append(Heading(name, address, ("descending" if descending else "ascending") if name == key else ""))
    return found


def people_rows(view: View, week: Week, reported: Mapping[int, int]) -> list[PersonRow]:
    """One scale for all. `reported`: by user, when devices of those without data last reported."""
    most = max(one.tally.total for one in week.people)
    most_a_day = max(day.total for one in week.people for day in one.days)
    person = view.of_each("/person")
    found = []
    for one in _in_order(view, week):
        address = person(one.profile)
        if one.tally.total:
            row = Row(one.profile.name, address, six_to_the_minute(one.tally, address), _part_of(view, one))
            share = shares(one.tally, most)
        else:
            row, share = Row(one.profile.name, address, Markup(""), _silent(view, one, reported)), Markup("")
        found.append(PersonRow(row, minis(one.days, most_a_day), share))
    return found


def _in_order(view: View, week: Week) -> list[PersonWeek]:
    key, descending = _order(view)
    ordered = sorted(week.people, key=lambda one: one.profile.name.lower(), reverse=key == "name" and descending)
    if key != "name":
        ordered.sort(key=lambda one: getattr(one.tally, key), reverse=descending)
    return ordered


def _order(view: View) -> tuple[str, bool]:
    """By what, and whether the largest comes first."""
    key = view.sort.lstrip("-")
    return (key, view.sort.startswith("-")) if key in SORTED else ("total", True)


def _silent(view: View, one: PersonWeek, reported: Mapping[int, int]) -> str:
    at = reported.get(one.profile.user)
    if at is None:
        # Whoever counts on some days alone may have reported on others, which are not told of.
        return "no data: no device has reported yet" if one.profile.days == ALL_DAYS else "no data"
    day = day_at(view.zone, at)
    if day < view.first:
        return f"no data since {view.dates.instant(at)}"
    return f"no data, though a device reported {view.dates.instant(at)}" if day <= view.last else "no data"


def _part_of(view: View, one: PersonWeek) -> str:
    """Where somebody counts on some days of the week alone."""
    first, end = one.profile.days[0][0], one.profile.days[-1][1]
    if view.first < first <= view.last:
        return f"since {view.dates.in_year(first)}"
    return f"until {view.dates.in_year(end - 1)}" if view.first < end <= view.last else ""
