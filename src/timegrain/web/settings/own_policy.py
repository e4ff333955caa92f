"""What holds for one person alone, and what is the organisation's for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from timegrain.errors import Forbidden, wrong
from timegrain.web.pages import Page, Result
from timegrain.web.settings.fields import WEEKDAYS, may_change, number, saved, schedule
from timegrain.web.settings.sections import in_settings
from timegrain.web.views import iso
from timegrain.web.visits import Visit

LIMITS = ("idleMinutes", "awayLimitMinutes", "unattendedLimitMinutes")
AS_ORGANISATION = "organisation"


def listed(visit: Visit) -> Sequence[Any]:
    """Everybody within reach with their idle limits."""
    return visit.ask("GET /v1/settings/idle-alert") if visit.may("GET /v1/settings/idle-alert") else []


def _show(visit: Visit) -> Result:
    who = visit.names["userId"]
    own = msgspec.to_builtins(visit.ask("GET /v1/users/{userId}/policy", userId=who))
    name = next((one.user_name for one in listed(visit) if one.user_id == UUID(own["userId"])), None)
    if name is None:
        raise Forbidden("This person is beyond what you may see")
    return in_settings(
        visit,
        "settings/own_policy.html",
        f"Policy of {name}",
        own=own,
        policy=msgspec.to_builtins(visit.ask("GET /v1/policy")),
        may_change=may_change(visit),
        saved=visit.query.one("saved"),
        weekdays=WEEKDAYS,
        name=name,
        today=iso(visit.caller.today),
    )


def _limits(visit: Visit) -> dict[str, Any]:
    counting = visit.form.one("idleCounting")
    if counting not in ("on", "off", AS_ORGANISATION):
        raise wrong("idleCounting", "must be chosen")
    texts = {name: visit.form.one(name) for name in LIMITS}
    return {
        "idleCounting": None if counting == AS_ORGANISATION else counting == "on",
        **{name: number(text) if text else None for name, text in texts.items()},
    }


def _days(visit: Visit) -> dict[str, Any]:
    if AS_ORGANISATION not in visit.form:
        return schedule(visit.form)
    return {**schedule(visit.form), "workDays": None, "expectedHours": None}


_FORMS = {"counting": _limits, "days": _days}


def _change(visit: Visit) -> Result:
    form = _FORMS.get(visit.form.one("do"))
    if form is None:
        raise wrong("do", "names no form of this page")
    changed = visit.ask("PATCH /v1/users/{userId}/policy", form(visit), userId=visit.names["userId"])
    return saved(changed, visit.path, visit.form.one("do"))


PAGES = (Page(path="/settings/policy/{userId}", show=_show, change=_change, opened_by="GET /v1/users/{userId}/policy"),)
