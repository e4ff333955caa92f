"""What a week's pictures show, as tables to the second: a row a day, a row a person."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from timegrain.counting.tallies import Tally
from timegrain.figures.week import PersonWeek, Week
from timegrain.web.cells import Row, six, to_the_second
from timegrain.web.views import View, iso

BY_PERSON, ON_DAY = "#by-person", "#on-day"


class Twin(NamedTuple):
    rows: list[Row]
    sums: Markup


class Behind(NamedTuple):
    """Where the figures of a day lead: to the day of the only person, or to who did what on it."""

    address: str
    mark: str


def behind(view: View, day: int) -> Behind:
    if len(view.profiles) == 1:
        return Behind(view.to("/day", who=str(view.profiles[0].uuid), date=iso(day), week=None), "")
    return Behind(view.to("/week", date=iso(day), week=None), ON_DAY)


def by_day(view: View, week: Week) -> Twin:
    """All classes."""
    rows = []
    for place, tally in enumerate(week.days):
        address, mark = behind(view, week.first + place)
        cells = six(tally, address, mark) if tally.total else Markup("")
        rows.append(Row(view.dates.day(week.first + place), address + mark, cells, _nothing(week, place)))
    return Twin(rows, six(week.tally, view.to("/week"), BY_PERSON))


def by_person(view: View, week: Week) -> Twin:
    """The class that is shown, a column a day and one of the week."""
    show = view.show
    ends = [f"&date={iso(week.first + place)}&show={show}" for place in range(len(week.days))]
    person, day = view.of_each("/person"), view.of_each("/day", week=None)
    rows = []
    for one in _by_name(week):
        address, start = person(one.profile), day(one.profile)
        found = [_told(week, show, place, tally, start + ends[place]) for place, tally in enumerate(one.days)]
        found.append((getattr(one.tally, show), f"{address}&show={show}") if one.tally.total else (None, "no data"))
        rows.append(Row(one.profile.name, address, to_the_second(found)))
    sums = []
    for place, tally in enumerate(week.days):
        address, mark = behind(view, week.first + place)
        sums.append(_told(week, show, place, tally, f"{address}&show={show}{mark}"))
    sums.append((getattr(week.tally, show), view.to("/week", show=show) + BY_PERSON))
    return Twin(rows, to_the_second(sums))


def on_day(view: View, week: Week, day: int) -> Twin:
    """All classes, on one day."""
    place = day - week.first
    to_day = view.of_each("/day", date=iso(day), week=None)
    rows = []
    for one in _by_name(week):
        address = to_day(one.profile)
        cells = six(one.days[place], address) if one.days[place].total else Markup("")
        rows.append(Row(one.profile.name, address, cells, _nothing(week, place)))
    address, mark = behind(view, day)
    return Twin(rows, six(week.days[place], address, mark) if week.days[place].total else Markup(""))


def _by_name(week: Week) -> list[PersonWeek]:
    return sorted(week.people, key=lambda one: one.profile.name.lower())


def _told(week: Week, show: str, place: int, tally: Tally, address: str) -> tuple[int | None, str]:
    return (getattr(tally, show), address) if tally.total else (None, _nothing(week, place))


def _nothing(week: Week, place: int) -> str:
    return "to come" if week.first + place > week.today else "no data"
