"""Teams: made, renamed, removed; who belongs to one and who leads it, from day to day."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from timegrain.errors import Detail, NameTaken
from timegrain.storage.queries.teams_seen import on_day, teams_seen
from timegrain.web.pages import Moved, Page, Result
from timegrain.web.settings import memberships
from timegrain.web.settings.choices import every, people, required
from timegrain.web.settings.sections import in_settings
from timegrain.web.visits import Visit

LIST = "/settings/teams"
WEEK = "POST /v1/dashboard/weekly-summary"
MAKE, SEE, CHANGE, REMOVE = (
    "POST /v1/teams",
    *(f"{verb} /v1/teams/{{teamId}}" for verb in ("GET", "PATCH", "DELETE")),
)


def _list(visit: Visit) -> Result:
    call = visit.call("GET /v1/teams")
    organisation, today = call.caller.organisation, call.reach.today
    found = teams_seen(call.connection, organisation, call.reach)
    members, leads = on_day(call.connection, organisation, today)
    rows = [(one, len(members.get(one.id, ())), sorted(leads.get(one.id, ()))) for one in found]
    return in_settings(visit, "settings/teams.html", "Teams", rows=rows, may_make=visit.may(MAKE))


def _make(visit: Visit) -> Result:
    made = _named(visit, MAKE)
    return Moved(f"{LIST}/{made.team_id}")


def _named(visit: Visit, operation: str, **names: str) -> Any:
    """As `visit.ask`, with a name that is taken told at its field."""
    try:
        return visit.ask(operation, {"name": visit.form.one("name")}, None, **names)
    except NameTaken as error:
        raise NameTaken(error.message, [Detail("name", "another team has this name")]) from None


def _show(visit: Visit) -> Result:
    team = visit.ask(SEE, teamId=visit.names["teamId"])
    members, leads = (
        every(visit, f"GET /v1/teams/{{teamId}}/{kind}", teamId=str(team.team_id)) for kind in ("members", "leads")
    )
    today = date.fromordinal(visit.caller.today)
    may_change = visit.may(CHANGE)
    given = {
        "team": team,
        "today": today,
        "members": members,
        "leads": leads,
        "may_change": may_change,
        "has_week": _has_week(visit, team.team_id),
        "people": required(people(visit)) if may_change else (),
        "here": _choices(members, today),
        "leading": _choices(leads, today),
    }
    return in_settings(visit, "settings/team.html", team.name, **given)


def _has_week(visit: Visit, team: UUID) -> bool:
    """Whether the reader may look at the time of the whole team."""
    if not visit.may(WEEK):
        return False
    call = visit.call(WEEK)
    return any(
        one.uuid == team and one.whole for one in teams_seen(call.connection, call.caller.organisation, call.reach)
    )


def _choices(days: list[Any], today: date) -> list[tuple[str, str]]:
    """Whose days are not over."""
    return list(dict.fromkeys((str(one.user_id), one.name) for one in days if one.to is None or one.to >= today))


def _change(visit: Visit) -> Result:
    team = visit.names["teamId"]
    if visit.form.one("do") in memberships.FORMS:
        memberships.place(visit, team, visit.form.one("userId"))
    else:
        _named(visit, CHANGE, teamId=team)
    return Moved(visit.path)


def _show_removing(visit: Visit) -> Result:
    team = visit.ask(SEE, teamId=visit.names["teamId"])
    return in_settings(visit, "settings/remove_team.html", f"Remove {team.name}?", team=team)


def _remove(visit: Visit) -> Result:
    visit.ask(REMOVE, teamId=visit.names["teamId"])
    return Moved(LIST)


PAGES = (
    Page(path=LIST, show=_list, change=_make, opened_by="GET /v1/teams"),
    Page(path=f"{LIST}/{{teamId}}", show=_show, change=_change, opened_by=SEE),
    Page(path=f"{LIST}/{{teamId}}/remove", show=_show_removing, change=_remove, opened_by=REMOVE),
)
