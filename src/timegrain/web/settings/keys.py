"""Keys of the API: made with a role and shown once, refused for good."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from timegrain.counting.calendar import FIRST_YEAR, LAST_YEAR, day_start
from timegrain.errors import NotFound, wrong
from timegrain.web.pages import Moved, Page, Result
from timegrain.web.settings.choices import every, listed, people, required, roles
from timegrain.web.settings.sections import in_settings
from timegrain.web.shown_once import once
from timegrain.web.visits import Visit

LIST = "/settings/keys"
MAKE, REVOKE = "POST /v1/keys", "DELETE /v1/keys/{keyId}"
KINDS = {
    "reader": "Reads all figures",
    "writer": "Sends facts for everybody, and reads nothing",
    "admin": "Does everything",
}
"""What a key may do that has none of the organisation's roles."""


def what(key: Any) -> str:
    return f"Role {key.role.name}" if key.role else KINDS.get(key.kind, "A device's token")


def state(visit: Visit, key: Any) -> str:
    if key.revoked_at:
        return "refused"
    if key.expires_at and datetime.fromisoformat(key.expires_at).timestamp() <= visit.now:
        return "expired"
    return "valid"


def _list(visit: Visit) -> Result:
    page = listed(visit, "GET /v1/keys", {})
    names = dict(people(visit))
    rows = [
        (one, what(one), names.get(str(one.user_id), "") if one.user_id else "", state(visit, one))
        for one in page.items
    ]
    return in_settings(visit, "settings/keys.html", "Keys", page_of=page, rows=rows, may_make=visit.may(MAKE))


def _show_making(visit: Visit) -> Result:
    choices = [*KINDS.items(), *((id_, f"Role {name}") for id_, name in roles(visit))]
    given = {"roles": required(choices), "people": required(people(visit), "Nobody")}
    return in_settings(visit, "settings/new_key.html", "Make a key", **given)


def _make(visit: Visit) -> Result:
    role, user = visit.form.one("roleId"), visit.form.one("userId")
    body: dict[str, Any] = {"name": visit.form.one("name"), "expiresAt": _expiry(visit)}
    body |= {"kind": role} if role in KINDS else {"roleId": role}
    if user:
        body["userId"] = user
    with once(visit):
        made = visit.ask(MAKE, body)
    return in_settings(visit, "settings/made_key.html", f"The key {body['name']}", made=made, base_url=visit.base_url)


def _expiry(visit: Visit) -> datetime | None:
    """The end of the last day on which the key is taken, in the home zone."""
    text = visit.form.one("expiresAt")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise wrong("expiresAt", "must be a date") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise wrong("expiresAt", f"must be from {FIRST_YEAR} to {LAST_YEAR}")
    return datetime.fromtimestamp(day_start(visit.caller.zone, day.toordinal() + 1), UTC)


def _show_revoking(visit: Visit) -> Result:
    for one in every(visit, "GET /v1/keys"):
        if str(one.key_id) == visit.names["keyId"]:
            title = f"Refuse the key {one.name}?"
            return in_settings(visit, "settings/revoke_key.html", title, key=one, what=what(one))
    raise NotFound("There is no such key")


def _revoke(visit: Visit) -> Result:
    visit.ask(REVOKE, keyId=visit.names["keyId"])
    return Moved(LIST)


PAGES = (
    Page(path=LIST, show=_list, opened_by="GET /v1/keys"),
    Page(path=f"{LIST}/new", show=_show_making, change=_make, opened_by=MAKE),
    Page(path=f"{LIST}/{{keyId}}/revoke", show=_show_revoking, change=_revoke, opened_by=REVOKE),
)
