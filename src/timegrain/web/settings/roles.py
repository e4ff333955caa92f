"""Roles: which pages one opens, and whose data behind them; the built-in ones can be copied alone."""

from __future__ import annotations

from typing import Any

from timegrain.errors import Detail, NameTaken, NotFound, wrong
from timegrain.storage import roles
from timegrain.storage.roles import BUILT_IN, Level
from timegrain.web.pages import Moved, Page, Result
from timegrain.web.settings.sections import in_settings
from timegrain.web.visits import Visit

LIST = "/settings/roles"
SEE, MAKE, CHANGE, REMOVE = (f"{verb} /v1/access-management" for verb in ("GET", "POST", "PATCH", "DELETE"))
WORDS = {
    "/": ("Week", "The dashboard: sums of people, days and weeks"),
    "/insights/productivity-analysis": ("Productivity", "Productive, neutral and unproductive time alone"),
    "/my-team": ("My team", "Who is at work now"),
    "/proof-of-work/timesheet": ("Timesheet", "When people came and went"),
    "/proof-of-work/timeline": ("Day", "Every span of a day, and why it counts as it does"),
    "/proof-of-work/app-usage": ("Applications and sites", "What was used for how long"),
    "/proof-of-work/screenshot": ("Screenshots", "None are taken"),
    "/report-analysis": ("Reports", "Months, attendance and extra hours"),
    roles.SETTINGS: ("Settings", "Full access changes everything here, roles and keys too"),
}
LEVELS = (("", "Closed"), (Level.OWN, "Own data"), (Level.TEAM, "Team data"), (Level.FULL, "Full access"))
_BUILT_IN = {name for name, _ in BUILT_IN.values()}


def _list(visit: Visit) -> Result:
    rows = [(one, one.role_name in _BUILT_IN, _held(one)) for one in visit.ask(SEE)]
    return in_settings(visit, "settings/roles.html", "Roles", rows=rows, pages=WORDS, levels=LEVELS)


def _held(role: Any) -> dict[str, str]:
    return {one.path: str(one.access) for one in role.role_data}


def _one(visit: Visit, uuid: str) -> Any:
    for one in visit.ask(SEE):
        if str(one.role_id) == uuid:
            return one
    raise NotFound("There is no such role")


def _show_making(visit: Visit) -> Result:
    """As a copy of the one that the address names."""
    copied = visit.query.one("copy") or visit.form.one("copy")
    role = _one(visit, copied) if copied else None
    given = {"name": f"Copy of {role.role_name}" if role else "", "held": _held(role) if role else {}, "copied": copied}
    return _form(visit, "Make a role", may_change=True, role=None, **given)


def _make(visit: Visit) -> Result:
    copied = visit.form.one("copy")
    made = _named(visit, MAKE, {"roleData": _given(visit, _one(visit, copied) if copied else None)})
    return Moved(f"{LIST}/{made.role_id}")


def _show(visit: Visit) -> Result:
    role = _one(visit, visit.names["roleId"])
    given = {"name": role.role_name, "held": _held(role), "copied": ""}
    return _form(visit, role.role_name, may_change=role.role_name not in _BUILT_IN, role=role, **given)


def _form(visit: Visit, title: str, **given: Any) -> Result:
    return in_settings(visit, "settings/role.html", title, pages=WORDS, levels=LEVELS, **given)


def _change(visit: Visit) -> Result:
    role = _one(visit, visit.names["roleId"])
    _named(visit, CHANGE, {"roleId": str(role.role_id), "roleData": _given(visit, role)})
    return Moved(LIST)


def _named(visit: Visit, operation: str, body: dict[str, Any]) -> Any:
    """As `visit.ask`, with a name that is taken told at its field."""
    try:
        return visit.ask(operation, {"roleName": visit.form.one("roleName"), **body})
    except NameTaken as error:
        raise NameTaken(error.message, [Detail("roleName", "Another role has this name")]) from None


def _given(visit: Visit, before: Any) -> list[dict[str, str]]:
    """The pages as they were chosen, and those of `before` that are no pages of ours as they are."""
    kept = [] if before is None else [one for one in before.role_data if one.path not in WORDS]
    chosen = [{"path": one.path, "access": str(one.access)} for one in kept]
    for path in WORDS:
        level = visit.form.one(path)
        if level not in dict(LEVELS):
            raise wrong(path, "must be chosen")
        if level:
            chosen.append({"path": path, "access": level})
    return chosen


def _show_removing(visit: Visit) -> Result:
    role = _one(visit, visit.names["roleId"])
    return in_settings(visit, "settings/remove_role.html", f"Remove the role {role.role_name}?", role=role)


def _remove(visit: Visit) -> Result:
    visit.ask(REMOVE, {"roleId": visit.names["roleId"]})
    return Moved(LIST)


PAGES = (
    Page(path=LIST, show=_list, opened_by=SEE),
    Page(path=f"{LIST}/new", show=_show_making, change=_make, opened_by=MAKE),
    Page(path=f"{LIST}/{{roleId}}", show=_show, change=_change, opened_by=CHANGE),
    Page(path=f"{LIST}/{{roleId}}/remove", show=_show_removing, change=_remove, opened_by=REMOVE),
)
