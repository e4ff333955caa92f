"""Retention: what is kept for how long, and erasing a range of a person's time for good."""

from __future__ import annotations

from typing import Any

from timegrain.api.access import reach
from timegrain.storage.queries.people_meant import profiles_within
from timegrain.storage.roles import Level
from timegrain.web.pages import Moved, Page, Result
from timegrain.web.settings.fields import may_change, number, saved
from timegrain.web.settings.sections import in_settings
from timegrain.web.views import Choice
from timegrain.web.visits import Visit

PATH = "/settings/retention"
ERASURE = f"{PATH}/erase"
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
    Page(path=PATH, show=_show, change=_change, opened_by="GET /v1/policy"),
    Page(path=ERASURE, show=_look, change=_erase, opened_by=OPERATION),
)
