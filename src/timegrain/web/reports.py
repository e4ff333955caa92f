"""Reports: a month of attendance, extra hours, what was used; on screen, on paper and as files."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from timegrain.api.exporting import filled
from timegrain.counting.calendar import FIRST_YEAR, LAST_YEAR
from timegrain.errors import wrong
from timegrain.exporting.extra_hours import extra_hours_sheet
from timegrain.exporting.writing import MEDIA_TYPES, FileFormat, write
from timegrain.web.attendance import STATUSES
from timegrain.web.pages import Page, Result, Sent, Shown
from timegrain.web.questions import (
    about_days,
    about_month,
    month_after,
    month_of,
    read_month,
    written_month,
)
from timegrain.web.report_rows import extra_hours, monthly, subject_rows
from timegrain.web.views import View, iso, read_view
from timegrain.web.visits import Visit

MONTH = "POST /v1/report-analysis/monthly-summary"
EXTRA_HOURS = "POST /v1/report-analysis/extra-hours-summary"
USAGE = "POST /v1/app-usage"
EXPORT = "POST /v1/export"
REPORTS = {
    "month": ("Month", MONTH),
    "extra-hours": ("Extra hours", EXTRA_HOURS),
    "app-usage": ("Applications and sites", USAGE),
}
"""By name in the address: its title, and the call of the API that opens and answers it."""
OPENED_BY = tuple(operation for _, operation in REPORTS.values())
FORMATS: dict[str, FileFormat] = {"csv": "csv", "xlsx": "xlsx"}
SUBJECTS_A_PAGE = 200


class Address(NamedTuple):
    """What the address says. Both days are in the range; only what was used has another than a month."""

    view: View
    report: str
    offered: tuple[str, ...]
    month: int
    first: int
    last: int
    users: tuple[str, ...]
    teams: tuple[str, ...]

    @property
    def is_month(self) -> bool:
        return (self.first, self.last) == (self.month, month_after(self.month) - 1)

    def to(self, path: str = "/reports", **changed: str | None) -> str:
        """The same report, changed; of another month where that is named."""
        when: dict[str, str | None] = {"month": written_month(self.month)}
        if not self.is_month and "month" not in changed:
            when = {"month": None, "from": iso(self.first), "to": iso(self.last)}
        parts = {"report": self.report, "week": None, "sort": self.view.sort or None, **when, **changed}
        return self.view.to(path, **parts)

    def month_on(self, months: int) -> str:
        return self.to(month=written_month(month_after(self.month, months)))


def _read(visit: Visit) -> Address:
    """Raises `ValidationFailed` naming what the address has wrong, `Forbidden` for what the role does not open."""
    offered = tuple(name for name, (_, operation) in REPORTS.items() if visit.may(operation))
    report = visit.query.one("report") or (offered[0] if offered else next(iter(REPORTS)))
    if report not in REPORTS:
        raise wrong("report", f"must be one of {', '.join(REPORTS)}")
    view = read_view(visit, visit.call(REPORTS[report][1]))
    if view.only:
        raise wrong("only", "a report is of whole teams and people")
    named = visit.query.one("month")
    month = read_month(named) if named else month_of(view.today)
    first, last = month, month_after(month) - 1
    if not named and ("from" in visit.query or "to" in visit.query):
        first, last = _day(visit, "from"), _day(visit, "to")
        month = month_of(first)
        if last < first:
            raise wrong("to", "before from")
        if report != "app-usage":
            first, last = month, month_after(month) - 1
    teams = {one.value for one in view.choices.teams}
    users = [one for one in view.who if one not in teams] if view.who else [str(one.uuid) for one in view.profiles]
    return Address(
        view, report, offered, month, first, last, tuple(users), tuple(one for one in view.who if one in teams)
    )


def _day(visit: Visit, name: str) -> int:
    try:
        day = date.fromisoformat(visit.query.one(name))
    except ValueError:
        raise wrong(name, "not a date of the form YYYY-MM-DD") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise wrong(name, f"outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return day.toordinal()


def _show(visit: Visit) -> Result:
    at = _read(visit)
    view = at.view
    title, _ = REPORTS[at.report]
    when = view.dates.month(at.month) if at.is_month else view.dates.days(at.first, at.last)
    given: dict[str, Any] = {
        "title": f"{title}: {view.name}, {when}",
        "view": view,
        "at": at,
        "dates": view.dates,
        "month": written_month(at.month),
        "first": iso(at.first),
        "last": iso(at.last),
        "tabs": [(REPORTS[name][0], at.to(report=name, sort=None), name == at.report) for name in at.offered],
        "files": [(name.upper(), at.to("/reports/file", format=name)) for name in FORMATS],
        "statuses": STATUSES,
    }
    if at.report == "app-usage":
        return Shown("report_usage.html", {**given, **_usage(visit, at)})
    make = monthly if at.report == "month" else extra_hours
    return Shown("report_people.html", {**given, "table": make(view, at.month, _people(visit, at), at.to)})


def _people(visit: Visit, at: Address) -> Any:
    """As the API answers."""
    return visit.ask(REPORTS[at.report][1], about_month(at.view.zone, at.month, at.users, at.teams))


def _usage(visit: Visit, at: Address) -> dict[str, Any]:
    body = about_days(at.view.zone, at.first, at.last, at.users, at.teams)
    cursor = visit.query.one("cursor") or None
    answer = visit.ask(USAGE, body, {"limit": SUBJECTS_A_PAGE, **({"cursor": cursor} if cursor else {})})
    when = {"week": None, "month": written_month(at.month)} if at.is_month else {"week": iso(at.first)}
    return {
        "rows": subject_rows(
            answer.items, answer.active_seconds, lambda key: at.view.to("/subjects", subject=key, **when) + "#by-whom"
        ),
        "active": answer.active_seconds,
        "of_active": at.to(report="month", sort=None) if at.is_month and "month" in at.offered else "#used",
        "shown": sum(one.active_seconds for one in answer.items),
        "after": at.to(cursor=answer.next_cursor) if answer.next_cursor else "",
        "from_the_first": at.to() if cursor else "",
    }


def _file(visit: Visit) -> Result:
    """What is on screen: the same people, range and zone."""
    at = _read(visit)
    format_ = FORMATS.get(visit.query.one("format"))
    if format_ is None:
        raise wrong("format", f"must be one of {', '.join(FORMATS)}")
    if at.report == "extra-hours":
        sheet = extra_hours_sheet(_people(visit, at))
        file = filled(lambda file: write(sheet, format_, file))
        return Sent(file, MEDIA_TYPES[format_], f"extra-hours-{written_month(at.month)}.{format_}")
    body = about_days(at.view.zone, at.first, at.last, at.users, at.teams)
    report = "monthly" if at.report == "month" else "app-usage"
    result: Result = visit.ask(EXPORT, {**body, "report": report, "format": format_})
    return result


PAGES: tuple[Page, ...] = (
    Page(path="/reports", show=_show, name="Reports", opened_by=OPENED_BY, long=True),
    Page(path="/reports/file", show=_file, opened_by=OPENED_BY, long=True),
)
