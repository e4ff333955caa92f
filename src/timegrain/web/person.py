"""Person: when in the week somebody worked, their timesheet, what they used, and the month with attendance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from timegrain.api.calls import Call
from timegrain.counting.calendar import whole_weeks
from timegrain.counting.tallies import NOTHING, Tally, summed
from timegrain.errors import Forbidden
from timegrain.figures.attendance import MonthlyDay, MonthlySummary
from timegrain.figures.hours import hours_of
from timegrain.figures.last_reports import last_reported
from timegrain.figures.pieces import Did
from timegrain.figures.timesheet import Averages, averages, tracked_days
from timegrain.figures.usage import SubjectUsed
from timegrain.figures.week import Week, week_of
from timegrain.figures.worked import JUST_NOW
from timegrain.storage.queries.people_meant import Profile
from timegrain.web.attendance import STATUSES
from timegrain.web.charts import shares
from timegrain.web.figures import tiles
from timegrain.web.growth import grown, has_not_grown, reported_at
from timegrain.web.heat import heat
from timegrain.web.pages import Moved, Page, Result, Shown, Unchanged
from timegrain.web.questions import (
    about_days,
    about_month,
    days_asked,
    month_after,
    month_of,
    read_month,
    written_month,
)
from timegrain.web.subject_ratings import key_of_used
from timegrain.web.views import FIRST_DAY, View, iso, read_view
from timegrain.web.visits import Visit

OPERATION = "POST /v1/dashboard/weekly-summary"
TIMESHEET = "POST /v1/proof-of-work/timesheet"
USAGE = "POST /v1/app-usage"
MONTH = "POST /v1/report-analysis/monthly-summary"
TOP = 10
IN_ROWS = ("active", "idle", "total")


class TimesheetRow(NamedTuple):
    """`state` is empty for a day with tracked time, else why there is none."""

    day: int
    address: str
    state: str
    came: int | None = None
    went: int | None = None
    working: bool = False
    tally: Tally = NOTHING
    bar: str = ""

    @property
    def pause(self) -> int | None:
        """Between in and out, what was not active; None: nothing was."""
        return None if self.came is None or self.went is None else self.went - self.came - self.tally.active


class Timesheet(NamedTuple):
    rows: Sequence[TimesheetRow]
    averages: Averages

    @property
    def pause(self) -> int:
        return sum(one.pause or 0 for one in self.rows)

    @property
    def tally(self) -> Tally:
        return summed(one.tally for one in self.rows)


class Used(NamedTuple):
    one: SubjectUsed
    address: str
    bar: str


class Usage(NamedTuple):
    """The most used, and what is left of the active seconds."""

    rows: Sequence[Used]
    rest: int
    active: int


class MonthDay(NamedTuple):
    day: int
    one: MonthlyDay
    mark: str
    word: str
    address: str


class Month(NamedTuple):
    """Weeks of days, None where the month has none."""

    summary: MonthlySummary
    weeks: Sequence[Sequence[MonthDay | None]]
    first: int
    before: str
    after: str
    report: str
    """The address of its report."""


def _show(visit: Visit) -> Result:
    if has_not_grown(visit, OPERATION):
        return Unchanged()
    call = visit.call(OPERATION)
    view = read_view(visit, call)
    if not _is_one(view):
        call.about.clear()
        return _choose(view)
    one = view.profiles[0]
    who = str(one.uuid)
    month = read_month(visit.query.one("month")) if visit.query.one("month") else _month_shown(view)
    week = week_of(call.asker, [one], view.zone, view.first, visit.now)
    given = {
        "title": f"{one.name}, {view.dates.days(view.first, view.last)}",
        "view": view,
        "who": who,
        "one": one,
        "is_self": one.user == visit.caller.user,
        "week": week,
        "dates": view.dates,
        "counted_until": reported_at(visit, OPERATION) or visit.now,
        "growth": _growth(visit, view, who) if week.grows else "",
        "month": None if view.only else _month(visit, view, who, month),
        "month_first": month,
        "statuses": STATUSES,
        "reported": None if week.tally.total else last_reported(call.asker, [one]).get(one.user),
    }
    if week.tally.total:
        given |= _worked(visit, call, view, week)
    return Shown("person.html", given)


def _worked(visit: Visit, call: Call, view: View, week: Week) -> dict[str, Any]:
    """What there is of a week with data."""
    one = view.profiles[0]
    who = str(one.uuid)
    days = week.people[0].days
    addresses = [view.to("/day", who=who, week=None, date=iso(view.first + place)) for place in range(len(days))]
    return {
        "days": list(zip(range(view.first, view.last + 1), days, addresses, strict=True)),
        "opened": view.show if "show" in visit.query else "",
        "tiles": tiles(view, "/person", week.tally, week.change, visit.me),
        "heat": heat(view, who, hours_of(call.asker, one, view.zone, view.first, view.last)),
        # Of days through a team alone no call tells these.
        "timesheet": None if view.only else _timesheet(visit, view, who),
        "usage": None if view.only else _usage(visit, view, who),
        "in_rows": IN_ROWS,
    }


def _growth(visit: Visit, view: View, who: str) -> str:
    state = {name: visit.query.one(name) or None for name in ("show", "month")}
    return view.to(who=who, grown=grown(visit, OPERATION), **state)


def _is_one(view: View) -> bool:
    """Whether the address names one person, or there is but oneself to look at."""
    return bool(view.only) or (
        len(view.profiles) == 1 and (not view.who or set(view.who) == {str(view.profiles[0].uuid)})
    )


def _choose(view: View) -> Shown:
    people = [(one, view.to("/person", who=str(one.uuid))) for one in view.profiles]
    given = {"title": f"Person: {view.name}", "view": view, "people": people, "dates": view.dates}
    return Shown("choose_person.html", given)


def _asked(visit: Visit, operation: str, body: dict[str, Any], query: dict[str, Any] | None = None) -> Any:
    """What the API answers; None for what the reader's role does not open, or not for this person."""
    try:
        return visit.ask(operation, body, query)
    except Forbidden:
        return None


def _timesheet(visit: Visit, view: View, who: str) -> Timesheet | None:
    """Out less in is active and pause, whatever the clocks did in between."""
    try:
        call = visit.call(TIMESHEET)
        profile: Profile = call.profiles([_uuid(view)])[0]
    except Forbidden:
        return None
    tracked = tracked_days(call.asker, profile, days_asked(view.zone, view.first, view.last), view.zone)
    most = max((of.tally.total for of in tracked.values()), default=0)
    rows = []
    for day in range(view.first, view.last + 1):
        address = view.to("/day", who=who, week=None, date=iso(day))
        of = tracked.get(day)
        if of is None:
            rows.append(TimesheetRow(day, address, "to come" if day > view.today else "no data"))
        else:
            working = _is_working(view, day, of, visit.now)
            bar = shares(of.tally, most)
            rows.append(TimesheetRow(day, address, "", of.first_active, of.last_active, working, of.tally, bar))
    return Timesheet(rows, averages(tracked, view.zone))


def _uuid(view: View) -> Any:
    return view.profiles[0].uuid


def _is_working(view: View, day: int, of: Did, now: int) -> bool:
    return day == view.today and of.last_active is not None and of.last_active > now - JUST_NOW


def _usage(visit: Visit, view: View, who: str) -> Usage | None:
    body = about_days(view.zone, view.first, view.last, [who])
    answer = _asked(visit, USAGE, body, {"limit": TOP})
    if answer is None:
        return None
    most = max((one.active_seconds for one in answer.items), default=0)
    rows = []
    for one in answer.items:
        classes = Tally(one.productive_seconds, one.neutral_seconds, one.unproductive_seconds)
        address = view.to("/subjects", who=who, subject=key_of_used(one)) + "#by-whom"
        rows.append(Used(one, address, shares(classes, most)))
    return Usage(rows, answer.active_seconds - sum(one.active_seconds for one in answer.items), answer.active_seconds)


def _month_shown(view: View) -> int:
    """That of today where the week holds it, else the one in which most of the week lies."""
    return month_of(view.today if view.first <= view.today <= view.last else max(view.first + 3, FIRST_DAY))


def _month(visit: Visit, view: View, who: str, first: int) -> Month | None:
    answer = _asked(visit, MONTH, about_month(view.zone, first, [who]))
    if answer is None:
        return None
    (summary,) = answer
    begun, ended = whole_weeks(first, month_after(first) - 1, visit.caller.week_start)
    days: dict[int, MonthDay] = {}
    for one in summary.daily_summary:
        day = date.fromisoformat(one.date).toordinal()
        address = view.to("/day", who=who, week=None, date=iso(day))
        days[day] = MonthDay(day, one, *STATUSES[one.attendance_status], address)
    weeks = [[days.get(day) for day in range(start, start + 7)] for start in range(begun, ended + 1, 7)]
    before, after = (f"{view.to(month=written_month(month_after(first, step)))}#month" for step in (-1, 1))
    report = view.to("/reports", who=who, week=None, report="month", month=written_month(first))
    return Month(summary, weeks, begun, before, after, report)


def _moved(visit: Visit) -> Result:
    """The address that the API gives of a person."""
    return Moved(f"/person?who={visit.names['userId']}")


PAGES: tuple[Page, ...] = (
    Page(path="/person", show=_show, name="Person", opened_by=OPERATION, grows=True),
    Page(path="/people/{userId}", show=_moved),
)
