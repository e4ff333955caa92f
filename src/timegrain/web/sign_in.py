"""Signing in and out, the link that lets somebody set a password, one's own password and sessions."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from timegrain.errors import NotFound, wrong
from timegrain.signing_in import (
    GONE,
    SIGN_OUT,
    Person,
    change_password,
    end_sessions,
    set_password,
    sign_in,
)
from timegrain.storage import people
from timegrain.storage.people import Organisation
from timegrain.storage.sessions import ListedSession, sessions_of
from timegrain.storage.sign_in_failures import Attempt
from timegrain.storage.sign_in_links import user_of_link
from timegrain.web.pages import Moved, Page, Result, Shown
from timegrain.web.visits import Visit

SESSIONS, PASSWORD = "/sessions", "/password"


def _there(visit: Visit, otherwise: str = "/") -> str:
    """Where the reader wanted to go: an address of this server, and of no other."""
    next_ = visit.form.one("next") or visit.query.one("next")
    local = next_.startswith("/") and not next_.startswith(("//", "/\\"))
    return next_ if local and next_.isascii() and next_.isprintable() else otherwise


def _show(visit: Visit) -> Result:
    organisations = people.all_organisations(visit.connection)
    if not organisations:
        return Moved("/first-run")
    if visit.signed_in is not None and visit.error is None:
        return Moved(_there(visit))
    return Shown(
        "sign_in.html",
        {
            "title": "Sign in",
            "next": _there(visit),
            "asks_organisation": len(organisations) > 1,
            "nobody_can": visit.local and not people.an_administrator_signs_in(visit.connection),
        },
    )


def _change(visit: Visit) -> Result:
    organisation = _organisation(visit, people.all_organisations(visit.connection))
    visit.read_anew()
    attempt = Attempt(organisation.id, visit.form.one("email"), visit.address)
    return _begun(visit, sign_in(visit.house.database, attempt, visit.form.typed("password")))


def _organisation(visit: Visit, found: Sequence[Organisation]) -> Organisation:
    """The only one, or the one that is named: a list of them is nobody's business."""
    if len(found) == 1:
        return found[0]
    name = visit.form.one("organisation")
    for one in (*(same for same in found if same.name == name), *found):
        if one.name.lower() == name.lower():
            return one
    raise wrong("organisation", "there is none of this name")


def _begun(visit: Visit, cookie: str) -> Moved:
    """A session takes the place of the one that the browser had, which ends."""
    if visit.signed_in is not None:
        end_sessions(visit.house.database, _me(visit), visit.me.session, SIGN_OUT)
    return Moved(_there(visit), cookie)


def _me(visit: Visit) -> Person:
    return Person(visit.caller.organisation, visit.caller.user or 0, visit.address)


def _sign_out(visit: Visit) -> Result:
    end_sessions(visit.house.database, _me(visit), visit.me.session, SIGN_OUT)
    return Moved("/sign-in", "")


def _show_link(visit: Visit) -> Result:
    meant = user_of_link(visit.connection, visit.names["token"], visit.now)
    if meant is None:
        raise NotFound(GONE)
    return Shown(
        "password.html", {"title": "Set your password", "email": people.user_row(visit.connection, *meant).email}
    )


def _set_password(visit: Visit) -> Result:
    password = new_password(visit)
    visit.read_anew()
    return _begun(visit, set_password(visit.house.database, visit.names["token"], password, visit.address))


def new_password(visit: Visit) -> str:
    """The one of a form that asks for it twice."""
    if visit.form.typed("password") != visit.form.typed("again"):
        raise wrong("again", "the two passwords are not the same")
    return visit.form.typed("password")


def _show_own(visit: Visit) -> Result:
    return Shown("password.html", {"title": "Change your password", "email": visit.me.email})


def _change_own(visit: Visit) -> Result:
    new = new_password(visit)
    visit.read_anew()
    cookie = change_password(visit.house.database, _me(visit), visit.me.email, visit.form.typed("old"), new)
    return Moved(SESSIONS, cookie)


def own_sessions(visit: Visit) -> list[ListedSession]:
    """Of whoever looks, for `parts/sessions.html`: given to it as `own_sessions`."""
    return sessions_of(visit.connection, visit.caller.organisation, visit.caller.user or 0, visit.now)


def _show_sessions(visit: Visit) -> Result:
    return Shown("sessions.html", {"title": "Where you are signed in", "own_sessions": own_sessions(visit)})


def _end_sessions(visit: Visit) -> Result:
    """One of the reader's, or with `all` every one."""
    named = visit.form.one("session")
    try:
        session = None if named == "all" else UUID(named)
    except ValueError:
        raise wrong("session", "there is no such session") from None
    visit.read_anew()
    end_sessions(visit.house.database, _me(visit), session)
    return Moved("/sign-in", "") if session in (None, visit.me.session) else Moved(_there(visit, SESSIONS))


PAGES = (
    Page(path="/sign-in", show=_show, change=_change, public=True),
    Page(path="/sign-out", show=lambda _visit: Moved("/"), change=_sign_out),
    Page(path=f"{PASSWORD}/{{token}}", show=_show_link, change=_set_password, public=True),
    Page(path=PASSWORD, show=_show_own, change=_change_own),
    Page(path=SESSIONS, show=_show_sessions, change=_end_sessions),
)
