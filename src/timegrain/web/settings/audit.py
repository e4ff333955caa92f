"""The audit trail: who did or looked at what, about whom, when and from where; and what can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from timegrain.api.access import reach
from timegrain.api.all_routes import ROUTES
from timegrain.api.audit import AuditEntries, AuditEntry
from timegrain.founding import FIRST_RUN
from timegrain.signing_in import END_SESSIONS, SET_PASSWORD, SIGN_IN, SIGN_OUT
from timegrain.storage.queries.people_meant import profiles_within
from timegrain.storage.roles import Level
from timegrain.web.pages import Page, Result
from timegrain.web.settings.fields import saved
from timegrain.web.settings.sections import in_settings
from timegrain.web.views import Choice
from timegrain.web.visits import Visit
from timegrain.web.wording import field_name

PATH = "/settings/audit"
PAGE = 50
SUMMARIES: Mapping[str, str] = {
    **{route.operation: route.summary for route in ROUTES},
    SIGN_IN: "Sign in",
    SIGN_OUT: "Sign out",
    SET_PASSWORD: "Set a password",
    END_SESSIONS: "End sessions",
    FIRST_RUN: "Make the organisation",
}
"""What a call does, in words."""
_FILTERS = ("who", "call", "first", "last")


class Change(NamedTuple):
    """One field, before and after, in words."""

    name: str
    before: str
    after: str


class Shown(NamedTuple):
    entry: AuditEntry
    what: str
    changes: Sequence[Change]
    can_undo: bool


def shown(entry: AuditEntry, can_undo: bool = False) -> Shown:
    return Shown(entry, SUMMARIES.get(entry.call, entry.call), _changes(entry), can_undo and _is_of_ratings(entry))


def _is_of_ratings(entry: AuditEntry) -> bool:
    return isinstance(entry.before, list)


def _changes(entry: AuditEntry) -> list[Change]:
    if _is_of_ratings(entry):
        pairs = zip(entry.before, entry.after or [], strict=False)
        return [Change(_rule_name(was or became), _rule(was), _rule(became)) for was, became in pairs]
    before, after = (one if isinstance(one, dict) else {} for one in (entry.before, entry.after))
    names = list(dict.fromkeys([*before, *after]))
    return [Change(field_name(name), _words(before.get(name)), _words(after.get(name))) for name in names]


def _rule_name(rule: Mapping[str, Any] | None) -> str:
    return "" if rule is None else f"{rule['name']}{', starter' if rule['starter'] else ''}"


def _rule(rule: Mapping[str, Any] | None) -> str:
    if rule is None:
        return "no rule"
    ignored = {True: ", idle not counted", False: "", None: ""}[rule["ignoreIdle"]]
    return f"{rule['rating']}{ignored}"


def _words(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_words(one) for one in value) or "–"
    if isinstance(value, dict):
        return "; ".join(f"{field_name(name)}: {_words(one)}" for name, one in value.items())
    return str(value)


def _show(visit: Visit) -> Result:
    asked = {name: visit.query.one(name) for name in _FILTERS}
    found = trail(visit, **_query(visit, asked))
    can_undo = visit.may("POST /v1/audit/{auditId}/undo")
    kept = {name: value for name, value in asked.items() if value}
    older = f"{PATH}?{urlencode({**kept, 'cursor': found.next_cursor})}" if found.next_cursor else ""
    return in_settings(
        visit,
        "settings/audit.html",
        "Audit trail",
        asked=asked,
        entries=[shown(one, can_undo) for one in found.items],
        older=older,
        newest=f"{PATH}?{urlencode(kept)}" if visit.query.one("cursor") else "",
        people=_people(visit),
        calls=sorted(SUMMARIES.items(), key=lambda one: one[1]),
        saved=visit.query.one("saved"),
        may_see_all=can_undo,
    )


def trail(visit: Visit, **query: Any) -> AuditEntries:
    """What the API answers; the transaction in which the page read before ends with it."""
    found: AuditEntries = visit.ask("GET /v1/audit", query=query)
    visit.read_anew()
    return found


def _query(visit: Visit, asked: Mapping[str, str]) -> dict[str, Any]:
    query: dict[str, Any] = {"limit": PAGE}
    if visit.query.one("cursor"):
        query["cursor"] = visit.query.one("cursor")
    if asked["who"]:
        query["userId"] = asked["who"]
    if asked["call"]:
        query["call"] = asked["call"]
    first, last = asked["first"] or asked["last"], asked["last"] or asked["first"]
    if first and last:
        zone = visit.caller.zone
        query |= {"startDate": f"{first} 00:00:00", "endDate": f"{last} 23:59:59", "timeZone": zone}
    return query


def _people(visit: Visit) -> list[Choice]:
    """Whom a full reader may choose; others see what concerns themselves."""
    within = reach(visit.caller, "GET /v1/audit")
    if within.level is not Level.FULL:
        return []
    found = profiles_within(visit.connection, visit.caller.organisation, within)
    return [Choice(str(one.uuid), one.name) for one in found]


def _undo(visit: Visit) -> Result:
    return saved(visit.ask("POST /v1/audit/{auditId}/undo", auditId=visit.form.one("undo")), PATH, "undone")


PAGES = (Page(path=PATH, show=_show, change=_undo, opened_by="GET /v1/audit"),)
