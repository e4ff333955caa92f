"""The first run: whoever sits at the server makes the organisation, and is its administrator."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from timegrain.api.envelope import unreadable
from timegrain.api.people_fields import Email, Name, PersonName
from timegrain.api.ranges import known_zone
from timegrain.errors import Forbidden, NotFound, wrong
from timegrain.founding import Founding, found_first
from timegrain.storage.people import all_organisations
from timegrain.web.pages import Moved, Page, Result, Shown
from timegrain.web.sign_in import new_password
from timegrain.web.visits import Visit

PATH = "/first-run"


class _Form(msgspec.Struct, rename="camel"):
    organisation: Name
    time_zone: str
    name: PersonName
    email: Email


_MEANT: Mapping[str, str] = {
    "organisation": "must have 1 to 255 characters",
    "name": "must have 2 to 100 characters",
    "email": "must be a mail address",
}


def _show(visit: Visit) -> Result:
    _require_nobody_yet(visit)
    return Shown("first_run.html", {"title": "Begin"})


def _require_nobody_yet(visit: Visit) -> None:
    """Raises `NotFound`, and `Forbidden` to whoever asks from elsewhere."""
    if all_organisations(visit.connection):
        raise NotFound("There is an organisation already")
    if not visit.local:
        raise Forbidden(
            "There is no organisation yet, and only who sits at the server makes one: run `timegrain init` there, or "
            "open this page there, where the server was not told of a proxy or a public address."
        )


def _change(visit: Visit) -> Result:
    _require_nobody_yet(visit)
    try:
        form = msgspec.convert({name: visit.form.one(name) for name in (*_MEANT, "timeZone")}, _Form)
    except msgspec.ValidationError as error:
        (detail,) = unreadable(error).details
        raise wrong(detail.field, _MEANT[detail.field]) from None
    new = Founding(form.organisation, known_zone(form.time_zone), form.name, form.email, "starter" in visit.form)
    password = new_password(visit)
    visit.read_anew()
    return Moved("/", found_first(visit.house.database, new, password, visit.address))


PAGES = (Page(path=PATH, show=_show, change=_change, public=True),)
