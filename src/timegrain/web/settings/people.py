"""People: found, made, changed, deactivated and erased; a link to set a password, shown once."""

from __future__ import annotations

from typing import Any

from timegrain.counting.facts import LONGEST_NAME
from timegrain.errors import Detail, EmailTaken, Forbidden, UserNotFound, wrong
from timegrain.signing_in import link_address, make_sign_in_link
from timegrain.storage.audit import Actor
from timegrain.storage.people import user_by_uuid
from timegrain.storage.roles import BUILT_IN
from timegrain.storage.schema import EMPLOYEE
from timegrain.web.pages import Moved, Page, Result, Shown
from timegrain.web.settings import devices, memberships
from timegrain.web.settings.choices import WORK_MODES, listed, required, roles, teams
from timegrain.web.settings.sections import in_settings
from timegrain.web.shown_once import once
from timegrain.web.visits import Visit

LIST = "/settings/people"
ADD, SEE, CHANGE, ERASE = "POST /v1/users", *(f"{verb} /v1/users/{{userId}}" for verb in ("GET", "PATCH", "DELETE"))
LINK = "POST /settings/people/link"
STATES = (("", "Active and inactive"), ("true", "Active"), ("false", "Inactive"))
_PLAIN = ("name", "email", "roleId", "workMode")
_DAYS = ("joinedOn", "leftOn")


def _list(visit: Visit) -> Result:
    asked = {name: visit.query.one(name) for name in ("q", "teamId", "active")}
    page = listed(visit, "GET /v1/users", {name: value for name, value in asked.items() if value})
    given = {
        "page_of": page,
        "asked": asked,
        "teams": required(teams(visit), "All teams"),
        "states": STATES,
        "may_add": visit.may(ADD),
    }
    return in_settings(visit, "settings/people.html", "People", **given)


def _show_adding(visit: Visit) -> Result:
    found = roles(visit)
    employee = next((id_ for id_, name in found if name == BUILT_IN[EMPLOYEE][0]), "")
    given = {"roles": found, "role": employee, "teams": required(teams(visit), "None yet"), "work_modes": WORK_MODES}
    return in_settings(visit, "settings/new_person.html", "Add a person", **given)


def _add(visit: Visit) -> Result:
    device = visit.form.one("device")
    if len(device) > LONGEST_NAME or "\0" in device:
        raise wrong("device", f"must have at most {LONGEST_NAME} characters")
    body: dict[str, Any] = {name: visit.form.one(name) for name in _PLAIN}
    body["teams"] = visit.form.all("teams")
    if visit.form.one("joinedOn"):
        body["joinedOn"] = visit.form.one("joinedOn")
    with once(visit):
        user = _at_field("email", visit, ADD, body)
        link = _link(visit, user.user_id) if "link" in visit.form else ""
        made = visit.ask(devices.PAIR, {"userId": str(user.user_id), "name": device}) if device else None
    if not link and made is None:
        return Moved(f"{LIST}/{user.user_id}")
    return _shown_once(visit, user, link, made)


def _at_field(field: str, visit: Visit, operation: str, body: Any, **names: str) -> Any:
    """As `visit.ask`, with a mail that is taken told at its field."""
    try:
        return visit.ask(operation, body, None, **names)
    except EmailTaken as error:
        raise EmailTaken(error.message, [Detail(field, "somebody has this mail already")]) from None


def _shown_once(visit: Visit, user: Any, link: str, made: Any = None) -> Shown:
    given = {
        "user": user,
        "link": link,
        "made": made,
        "base_url": visit.base_url,
        "insecure": devices.is_insecure(visit.base_url),
    }
    return in_settings(visit, "settings/person_made.html", user.name, **given)


def _link(visit: Visit, uuid: Any) -> str:
    """The whole address that lets them set a password."""
    organisation = visit.caller.organisation
    found = user_by_uuid(visit.connection, organisation, uuid)
    if found is None:
        raise UserNotFound("no such user in this organisation")
    visit.read_anew()
    by = Actor(LINK, visit.caller.user, None, visit.address)
    return link_address(visit.base_url, make_sign_in_link(visit.house.database, organisation, found.id, by))


def _show(visit: Visit) -> Result:
    user = visit.ask(SEE, userId=visit.names["userId"])
    may_change = visit.may(CHANGE)
    held = visit.ask("GET /v1/devices", None, {"userId": str(user.user_id), "limit": 200}).items
    given: dict[str, Any] = {
        "user": user,
        "may_change": may_change,
        "devices": devices.rows(visit, held),
        "work_modes": WORK_MODES,
        "roles": roles(visit) if may_change else (),
        "teams": teams(visit) if may_change else (),
    }
    return in_settings(visit, "settings/person.html", user.name, **given)


def _change(visit: Visit) -> Result:
    user, do = visit.names["userId"], visit.form.one("do")
    if do == "link":
        if not visit.may(CHANGE):
            raise Forbidden("Your role does not let you change people")
        with once(visit):
            found = visit.ask(SEE, userId=user)
            return _shown_once(visit, found, _link(visit, found.user_id))
    if do in memberships.FORMS:
        memberships.place(visit, visit.form.one("teamId"), user)
    elif do in ("activate", "deactivate"):
        visit.ask(CHANGE, {"active": do == "activate"}, userId=user)
    else:
        _change_person(visit, user)
    return Moved(visit.path)


def _change_person(visit: Visit, user: str) -> None:
    """What differs alone: a day that is sent again would be set again."""
    now = visit.ask(SEE, userId=user)
    held = {
        "name": now.name,
        "email": now.email,
        "roleId": str(now.role.role_id),
        "workMode": now.work_mode,
        "joinedOn": str(now.joined_on or ""),
        "leftOn": str(now.left_on or ""),
    }
    body: dict[str, Any] = {
        name: visit.form.one(name) or (None if name in _DAYS else "")
        for name, value in held.items()
        if name in visit.form and visit.form.one(name) != value
    }
    if body:
        _at_field("email", visit, CHANGE, body, userId=user)


def _show_erasing(visit: Visit) -> Result:
    user = visit.ask(SEE, userId=visit.names["userId"])
    return in_settings(visit, "settings/erase_person.html", f"Erase {user.name}?", user=user)


def _erase(visit: Visit) -> Result:
    user = visit.ask(SEE, userId=visit.names["userId"])
    if visit.form.one("email").lower() != user.email.lower():
        raise wrong("email", "is not the mail of this person")
    visit.ask(ERASE, None, {"confirm": str(user.user_id)}, userId=str(user.user_id))
    return Moved(LIST)


PAGES = (
    Page(path=LIST, show=_list, opened_by="GET /v1/users"),
    Page(path=f"{LIST}/new", show=_show_adding, change=_add, opened_by=ADD),
    Page(path=f"{LIST}/{{userId}}", show=_show, change=_change, opened_by=SEE),
    Page(path=f"{LIST}/{{userId}}/erase", show=_show_erasing, change=_erase, opened_by=ERASE),
)
