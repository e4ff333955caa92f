"""Signing in and out, and the link that lets somebody set a password."""

from __future__ import annotations

from collections.abc import Sequence

from timegrain.errors import NotFound, wrong
from timegrain.signing_in import GONE, Person, set_password, sign_in, sign_out
from timegrain.storage.people import Organisation, all_organisations
from timegrain.storage.sign_in_failures import Attempt
from timegrain.storage.sign_in_links import user_of_link
from timegrain.web.pages import Moved, Page, Result, Shown
from timegrain.web.visits import Visit


def _there(visit: Visit) -> str:
    """Where the reader wanted to go: an address of this server, and of no other."""
    next_ = visit.form.one("next") or visit.query.one("next") or "/"
    local = next_.startswith("/") and not next_.startswith(("//", "/\\"))
    return next_ if local and next_.isascii() and next_.isprintable() else "/"


def _show(visit: Visit) -> Result:
    if visit.signed_in is not None:
        return Moved(_there(visit))
    organisations = all_organisations(visit.connection)
    asks = len(organisations) > 1
    return Shown("sign_in.html", {"title": "Sign in", "next": _there(visit), "asks_organisation": asks})


def _change(visit: Visit) -> Result:
    organisation = _organisation(visit, all_organisations(visit.connection))
    visit.read_anew()
    attempt = Attempt(organisation.id, visit.form.one("email"), visit.address)
    return Moved(_there(visit), sign_in(visit.house.database, attempt, visit.form.typed("password")))


def _organisation(visit: Visit, found: Sequence[Organisation]) -> Organisation:
    """The only one, or the one that is named: a list of them is nobody's business."""
    if len(found) == 1:
        return found[0]
    name = visit.form.one("organisation")
    for one in found:
        if one.name.lower() == name.lower():
            return one
    raise wrong("organisation", "there is none of this name")


def _sign_out(visit: Visit) -> Result:
    sign_out(visit.house.database, _me(visit), visit.me.session)
    return Moved("/sign-in", "")


def _me(visit: Visit) -> Person:
    return Person(visit.caller.organisation, visit.caller.user or 0, visit.address)


def _show_password(visit: Visit) -> Result:
    if user_of_link(visit.connection, visit.names["token"], visit.now) is None:
        raise NotFound(GONE)
    return Shown("password.html", {"title": "Set your password"})


def _set_password(visit: Visit) -> Result:
    if visit.form.typed("password") != visit.form.typed("again"):
        raise wrong("again", "the two passwords are not the same")
    visit.read_anew()
    cookie = set_password(visit.house.database, visit.names["token"], visit.form.typed("password"), visit.address)
    return Moved("/", cookie)


PAGES = (
    Page(path="/sign-in", show=_show, change=_change, public=True),
    Page(path="/sign-out", show=lambda _visit: Moved("/"), change=_sign_out),
    Page(path="/password/{token}", show=_show_password, change=_set_password, public=True),
)
