"""Retention: what is kept for how long, and erasing a range of a person's time for good."""

from __future__ import annotations

from typing import Any

from timegrain.api.access import reach
from timegrain.errors import Refused
from timegrain.retention import as_dates
from timegrain.storage.policies import require_order_of_days
from timegrain.storage.queries.people_meant import profiles_within
from timegrain.storage.retention import Days, boundaries, would_go
from timegrain.storage.roles import Level
from timegrain.web.pages import Moved, Page, Result
from timegrain.web.settings.fields import may_change, number, saved
from timegrain.web.settings.sections import in_settings
from timegrain.web.views import Choice
from timegrain.web.visits import Visit

PATH = "/settings/retention"
ERASURE = f"{PATH}/erase"
DAYS = f"{PATH}/days"
KEPT = {"factsDays": "Facts", "titlesDays": "Titles and whole addresses", "slotsDays": "Figures"}
LONGEST_DAYS = 36_525
OPERATION = "DELETE /v1/activity"
_WHAT = ("who", "start", "end", "zone", "device")


def _given(visit: Visit) -> dict[str, str]:
    """The range as the form or the address has it; browsers leave out seconds that are zero."""
    given = {name: visit.form.one(name) or visit.query.one(name) for name in _WHAT}
    return given | {
        name: f"{given[name]}:00" for name in ("start", "end") if len(given[name]) == len("2026-02-03T09:00")
    }


def _show(visit: Visit) -> Result:
    return in_settings(
        visit,
        "settings/retention.html",
        "Retention",
        policy=visit.ask("GET /v1/policy"),
        may_change=may_change(visit),
        saved=visit.query.one("saved"),
        people=_may_erase(visit),
        zone=visit.caller.zone,
        erased=visit.query.one("erased"),
        facts=visit.query.one("facts"),
    )


def _may_erase(visit: Visit) -> list[Choice]:
    """Whose time the reader may erase."""
    caller = visit.caller
    if not visit.may(OPERATION):
        return []
    within = reach(caller, OPERATION)
    if within.level is Level.FULL:
        return [
            Choice(str(one.uuid), one.name) for one in profiles_within(visit.connection, caller.organisation, within)
        ]
    return [Choice(str(caller.user_uuid), visit.me.name)] if caller.own_erasure else []


def _change(visit: Visit) -> Result:
    changed = {"auditDays": number(visit.form.one("auditDays")), "ownErasure": "ownErasure" in visit.form}
    return saved(visit.ask("PATCH /v1/policy", changed), PATH, "retention")


def _days(visit: Visit) -> dict[str, Any]:
    """The days that the form or the address has; empty is for ever."""
    given = {name: visit.form.one(name) or visit.query.one(name) for name in KEPT}
    return {name: number(text) if text else None for name, text in given.items()}


def _look_at_days(visit: Visit) -> Result:
    """What would go, before anything is set: nothing brings it back."""
    days, going = _days(visit), None
    problems: list[str] = []
    for name, value in days.items():
        if value is not None and not (isinstance(value, int) and 1 <= value <= LONGEST_DAYS):
            problems.append(f"{KEPT[name]}: 1 to {LONGEST_DAYS} days, or nothing for ever")
    since: dict[str, str | None] = {}
    if not problems:
        kept = Days(days["factsDays"], days["titlesDays"], days["slotsDays"])
        try:
            require_order_of_days(*kept)
            to = boundaries(visit.connection, visit.caller.organisation, visit.now, kept)
            going = would_go(visit.connection, visit.caller.organisation, to, visit.caller.zone)
            since = as_dates(visit.caller.zone, to)
        except Refused as error:
            problems.append(str(error))
    return in_settings(
        visit,
        "settings/retention_days.html",
        "How long facts and figures are kept",
        days=days,
        going=going,
        since=since,
        problems=problems,
    )


def _change_days(visit: Visit) -> Result:
    return saved(visit.ask("PATCH /v1/policy", _days(visit)), PATH, "retention")


def _look(visit: Visit) -> Result:
    """What an erasure comes to, before it is asked for."""
    given = _given(visit)
    if not given["who"]:
        return Moved(f"{PATH}#erase")
    name = next((one.name for one in _may_erase(visit) if one.value == given["who"]), "")
    found = None
    if visit.may("POST /v1/dashboard/work-summary") and visit.error is None and name:
        body = {"startDate": given["start"], "endDate": given["end"], "timeZone": given["zone"]}
        found = visit.ask("POST /v1/dashboard/work-summary", {**body, "userId": [given["who"]]}).time_summary
    return in_settings(visit, "settings/erase.html", "Erase time for good", asked=given, name=name, found=found)


def _erase(visit: Visit) -> Result:
    given = _given(visit)
    body: dict[str, Any] = {
        "userId": given["who"],
        "startDate": given["start"],
        "endDate": given["end"],
        "timeZone": given["zone"],
    }
    if given["device"]:
        body["device"] = given["device"]
    erased = visit.ask(OPERATION, body)
    return Moved(f"{PATH}?erased={erased.erased_seconds}&facts={erased.facts}")


PAGES = (
    Page(path=DAYS, show=_look_at_days, change=_change_days, opened_by="PATCH /v1/policy"),
    Page(path=PATH, show=_show, change=_change, opened_by="GET /v1/policy"),
    Page(path=ERASURE, show=_look, change=_erase, opened_by=OPERATION),
)
