"""Policy: what holds for everybody, and (`own_policy.py`) for one person alone."""

from __future__ import annotations

from typing import Any

import msgspec

from timegrain.errors import wrong
from timegrain.web.pages import Page, Result
from timegrain.web.settings import own_policy
from timegrain.web.settings.fields import WEEKDAYS, may_change, number, saved, schedule
from timegrain.web.settings.sections import in_settings
from timegrain.web.views import iso
from timegrain.web.visits import Visit

PATH = "/settings/policy"
WEEK_STARTS = (("monday", "Monday"), ("sunday", "Sunday"), ("saturday", "Saturday"))
TITLES = (
    ("none", "No titles are kept"),
    ("self", "Titles are kept, and only the person counted sees their own"),
    ("managers", "Titles are kept, and whoever may see a person’s spans sees them"),
)
URLS = (("host", "Only the host: github.com"), ("full", "The whole address: https://github.com/pulls"))


def _show(visit: Visit) -> Result:
    policy = visit.ask("GET /v1/policy")
    return in_settings(
        visit,
        "settings/policy.html",
        "Policy",
        policy=msgspec.to_builtins(policy),
        may_change=may_change(visit),
        saved=visit.query.one("saved"),
        weekdays=WEEKDAYS,
        week_starts=WEEK_STARTS,
        titles=TITLES,
        urls=URLS,
        people=own_policy.listed(visit),
        jobs=visit.ask("GET /v1/jobs", query={"limit": 5}).items if visit.may("GET /v1/jobs") else [],
        today=iso(visit.caller.today),
    )


def _counting(visit: Visit) -> dict[str, Any]:
    form = visit.form
    return {
        "idleCounting": "idleCounting" in form,
        "idleMinutes": number(form.one("idleMinutes")),
        "awayLimitMinutes": number(form.one("awayLimitMinutes")),
        "unattendedLimitMinutes": number(form.one("unattendedLimitMinutes")),
        "timeZone": form.one("timeZone"),
        "weekStart": form.one("weekStart"),
    }


def _text(visit: Visit) -> dict[str, Any]:
    return {
        "titles": visit.form.one("titles"),
        "urls": visit.form.one("urls"),
        "notice": visit.form.one("notice").replace("\r\n", "\n") or None,
    }


def _requests(visit: Visit) -> dict[str, Any]:
    return {name: number(visit.form.one(name)) for name in ("questionsAMinute", "batchesAMinute")}


_FORMS = {"counting": _counting, "days": lambda visit: schedule(visit.form), "text": _text, "requests": _requests}


def _change(visit: Visit) -> Result:
    form = _FORMS.get(visit.form.one("do"))
    if form is None:
        raise wrong("do", "names no form of this page")
    return saved(visit.ask("PATCH /v1/policy", form(visit)), PATH, visit.form.one("do"))


PAGES = (
    Page(path=PATH, show=_show, change=_change, opened_by="GET /v1/policy"),
    *own_policy.PAGES,
)
