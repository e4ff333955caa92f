"""Week: how much time people spent, how much of it was productive, and who differs."""

from __future__ import annotations

from typing import Any

from timegrain.api.calls import Call
from timegrain.figures.last_reports import last_reported
from timegrain.figures.week import Week, week_of
from timegrain.web.cells import IN_ROWS, six_to_the_minute
from timegrain.web.charts import Columns, columns
from timegrain.web.figures import tiles
from timegrain.web.growth import grown, has_not_grown, reported_at
from timegrain.web.pages import Moved, Page, Result, Shown, Unchanged
from timegrain.web.views import View, iso, read_view
from timegrain.web.visits import Visit
from timegrain.web.week_people import headings, people_rows
from timegrain.web.week_twins import BY_PERSON, behind, by_day, by_person, on_day

OPERATION = "POST /v1/dashboard/weekly-summary"


def _home(_visit: Visit) -> Result:
    return Moved("/week")


def _show(visit: Visit) -> Result:
    if has_not_grown(visit, OPERATION):
        return Unchanged()
    call = visit.call(OPERATION)
    view = read_view(visit, call)
    week = week_of(call.asker, view.profiles, view.zone, view.first, visit.now)
    day = view.day if visit.query.one("date") else None
    state = _state(visit, view)
    given: dict[str, Any] = {
        "title": f"{view.name}, {view.dates.days(view.first, view.last)}",
        "view": view,
        "week": week,
        "dates": view.dates,
        "counted_until": reported_at(visit, OPERATION) or visit.now,
        "with_data": sum(1 for one in week.people if one.tally.total),
        "reported": _reported(call, week),
        "pairs": visit.may("POST /v1/devices"),
        "growth": view.to(**state, grown=grown(visit, OPERATION)) if week.grows else "",
    }
    if week.tally.total:
        found = [
            one._replace(address=one.address + BY_PERSON)
            for one in tiles(view, "/week", week.tally, week.change, visit.me)
        ]
        given |= {
            "tiles": found,
            "columns": _columns(view, week),
            "headings": headings(view, state),
            "rows": people_rows(view, week, given["reported"]),
            "sums": six_to_the_minute(week.tally, view.to("/week"), BY_PERSON),
            "by_day": by_day(view, week),
            "by_person": by_person(view, week),
            "day": day,
            "on_day": None if day is None else on_day(view, week, day),
            "opened": "show" in visit.query,
            "in_rows": IN_ROWS,
        }
    return Shown("week.html", given)


def _state(visit: Visit, view: View) -> dict[str, str | None]:
    """What the address has besides who, which week and where."""
    chosen = {name: visit.query.one(name) or None for name in ("show", "sort")}
    return {**chosen, "date": iso(view.day), "week": None} if visit.query.one("date") else chosen


def _columns(view: View, week: Week) -> Columns:
    days = range(week.first, week.last + 1)
    addresses = ["".join(behind(view, day)) for day in days]
    return columns(week.days, [view.dates.short(day) for day in days], addresses)


def _reported(call: Call, week: Week) -> dict[int, int]:
    """Of those without data in the week, by user, when their devices last reported."""
    return last_reported(call.asker, [one.profile for one in week.people if not one.tally.total])


PAGES = (
    Page(path="/", show=_home),
    Page(path="/week", show=_show, name="Week", opened_by=OPERATION, grows=True),
)
