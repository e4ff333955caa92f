"""Week: how much time people spent, how much of it was productive, and who differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from timegrain.counting.tallies import Tally
from timegrain.figures.week import PersonWeek, Week, week_of
from timegrain.web.charts import Columns, columns, minis, shares
from timegrain.web.figures import tiles
from timegrain.web.pages import Moved, Page, Result, Shown, Unchanged
from timegrain.web.views import CLASSES, View, iso, read_view
from timegrain.web.visits import Visit

IN_ROWS = ("total", "active", "productive", "neutral", "unproductive", "idle")
OPERATION = "POST /v1/dashboard/weekly-summary"


class Row(NamedTuple):
    """Of one person."""

    name: str
    address: str
    tally: Tally
    mini: str
    share: str
    figures: Sequence[tuple[str, int, str]]
    """Class, seconds, address."""


def _home(_visit: Visit) -> Result:
    return Moved("/week")


def _show(visit: Visit) -> Result:
    if visit.partial and visit.query.one("grown") and visit.query.one("grown") == _grown(visit):
        return Unchanged()
    call = visit.call(OPERATION)
    view = read_view(visit, call)
    week = week_of(call.asker, view.profiles, view.zone, view.first, visit.now)
    given = {
        "title": f"{view.name}, {view.dates.days(view.first, view.last)}",
        "view": view,
        "week": week,
        "dates": view.dates,
        "tiles": tiles(view, "/week", week.tally, week.before, visit.me),
        "columns": _columns(view, week),
        "rows": _rows(view, week),
        "with_data": sum(1 for one in week.people if one.tally.total),
        "grown": _grown(visit),
        "now": visit.now,
        "in_rows": IN_ROWS,
    }
    return Shown("week.html", given)


def _grown(visit: Visit) -> str:
    """Differs from what a page was made with as soon as anything that it shows may have grown.

    A report of the very second in which a page is made may be in it or not: it counts as new until the second is over.
    """
    reported_at = visit.me.reported_at or 0
    settled = reported_at if reported_at < visit.now else 0
    return f"{settled}.{visit.caller.policy_version}.{visit.caller.today}"


def _columns(view: View, week: Week) -> Columns:
    addresses = [view.to("/week", date=iso(day), week=None, show=view.show) for day in range(week.first, week.last + 1)]
    return columns(week.days, [view.dates.short(day) for day in range(week.first, week.last + 1)], addresses)


def _rows(view: View, week: Week) -> list[Row]:
    most = max((one.tally.total for one in week.people), default=0)
    most_a_day = max((day.total for one in week.people for day in one.days), default=0)
    key, descending = _order(view)
    ordered = sorted(week.people, key=lambda one: one.profile.name.lower())
    if key != "name":
        ordered.sort(key=lambda one: getattr(one.tally, key), reverse=descending)
    elif descending:
        ordered.reverse()
    return [_row(view, one, most, most_a_day) for one in ordered]


def _order(view: View) -> tuple[str, bool]:
    key = view.sort.lstrip("-")
    return (key, view.sort.startswith("-")) if key in ("name", *CLASSES) else ("total", True)


def _row(view: View, one: PersonWeek, most: int, most_a_day: int) -> Row:
    who = str(one.profile.uuid)
    tally = one.tally
    return Row(
        one.profile.name,
        view.to("/person", who=who),
        tally,
        minis(one.days, most_a_day),
        shares(tally, most),
        [(name, getattr(tally, name), view.to("/person", who=who, show=name)) for name in IN_ROWS],
    )


PAGES = (
    Page(path="/", show=_home),
    Page(path="/week", show=_show, name="Week", opened_by=OPERATION, grows=True),
)
