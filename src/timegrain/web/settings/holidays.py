"""Holidays: days on which nobody of the organisation is expected to work."""

from __future__ import annotations

from datetime import date

from timegrain.counting.calendar import FIRST_YEAR, LAST_YEAR
from timegrain.errors import wrong
from timegrain.web.pages import Moved, Page, Result
from timegrain.web.settings.sections import in_settings
from timegrain.web.visits import Visit

PATH = "/settings/holidays"


def _show(visit: Visit) -> Result:
    this_year = date.fromordinal(visit.caller.today).year
    asked = visit.query.one("year") or str(this_year)
    if not asked.isdecimal() or not FIRST_YEAR <= int(asked) <= LAST_YEAR:
        raise wrong("year", f"must be one from {FIRST_YEAR} to {LAST_YEAR}")
    year = int(asked)
    return in_settings(
        visit,
        "settings/holidays.html",
        f"Holidays {year}",
        holidays=visit.ask("GET /v1/holidays", query={"year": year, "limit": 200}).items,
        year=year,
        years=(year - 1 if year > FIRST_YEAR else None, year + 1 if year < LAST_YEAR else None),
        may_change=visit.may("POST /v1/holidays"),
    )


def _change(visit: Visit) -> Result:
    form = visit.form
    if holiday := form.one("remove"):
        visit.ask("DELETE /v1/holidays/{holidayId}", holidayId=holiday)
        return Moved(f"{PATH}?year={visit.query.one('year')}" if visit.query.one("year") else PATH)
    made = visit.ask("POST /v1/holidays", {"day": form.one("day"), "name": form.one("name")})
    return Moved(f"{PATH}?year={made.day.year}")


PAGES = (Page(path=PATH, show=_show, change=_change, opened_by="GET /v1/holidays"),)
