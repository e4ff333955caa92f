"""Devices: paired with a token that is shown once, what is known of their reports, their tokens refused."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from timegrain.errors import wrong
from timegrain.web.formats import counted
from timegrain.web.pages import Moved, Page, Result, Shown
from timegrain.web.settings.choices import listed, people, required
from timegrain.web.settings.fields import number
from timegrain.web.settings.sections import in_settings
from timegrain.web.shown_once import once
from timegrain.web.visits import Visit

LIST = "/settings/devices"
PAIR, CHANGE, REVOKE = "POST /v1/devices", "PATCH /v1/devices/{deviceId}", "DELETE /v1/devices/{deviceId}"
KINDS = (
    ("agent", "A computer, with the agent beside ActivityWatch"),
    ("editor", "An editor, with its WakaTime plugin"),
)


class Row(NamedTuple):
    device: Any
    person: str
    clock: str
    input: str
    token: str


def rows(visit: Visit, found: Any) -> list[Row]:
    """Devices as the API tells of them, in words."""
    ids = sorted({str(one.user_id) for one in found})
    names = {}
    if ids:
        names = {one.user_id: one.user_name for one in visit.ask("POST /v1/employees/filter", {"userId": ids})}
    return [Row(one, names[one.user_id], clock_of(one), input_of(one), token_of(one)) for one in found]


def clock_of(device: Any) -> str:
    skew = device.clock_skew_seconds
    if skew is None:
        return "not known"
    return "right" if abs(skew) <= 1 else f"{counted(abs(skew), 'second')} {'fast' if skew > 0 else 'slow'}"


def input_of(device: Any) -> str:
    if device.last_report is None:
        return "nothing yet"
    return "reports input" if device.reports_input else "no input watcher"


def token_of(device: Any) -> str:
    return counted(device.valid_tokens, "token") if device.valid_tokens else "no token"


def _list(visit: Visit) -> Result:
    who = visit.query.one("who")
    page = listed(visit, "GET /v1/devices", {"userId": who} if who else {})
    given = {
        "page_of": page,
        "rows": rows(visit, page.items),
        "people": required(people(visit), "Everybody"),
        "who": who,
        "may_pair": visit.may(PAIR),
    }
    return in_settings(visit, "settings/devices.html", "Devices", **given)


def _show_pairing(visit: Visit) -> Result:
    given = {"people": required(people(visit)), "who": visit.query.one("who"), "kinds": KINDS}
    return in_settings(visit, "settings/pair.html", "Pair a device", **given)


def _pair(visit: Visit) -> Result:
    with once(visit):
        body = {"userId": visit.form.one("userId"), "name": visit.form.one("name"), "editor": _for_editor(visit)}
        made = visit.ask(PAIR, body)
    return paired(visit, made, _for_editor(visit))


def _for_editor(visit: Visit) -> bool:
    kind = visit.form.one("kind", "agent")
    if kind not in dict(KINDS):
        raise wrong("kind", "must be chosen")
    return kind == "editor"


def paired(visit: Visit, made: Any, editor: bool) -> Shown:
    given = {
        "made": made,
        "editor": editor,
        "person": dict(people(visit))[str(made.user_id)],
        "base_url": visit.base_url,
        "insecure": is_insecure(visit.base_url),
    }
    return in_settings(visit, "settings/paired.html", f"{made.name} is paired", **given)


def is_insecure(base_url: str) -> bool:
    """Whether the agent asks to be told that it may send to there: plain HTTP to another computer."""
    parts = urlsplit(base_url)
    return parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost")


def _show(visit: Visit) -> Result:
    device = visit.ask("GET /v1/devices/{deviceId}", deviceId=visit.names["deviceId"])
    given = {"row": rows(visit, [device])[0], "may_change": visit.may(CHANGE), "kinds": KINDS}
    return in_settings(visit, "settings/device.html", device.name, **given)


def _change(visit: Visit) -> Result:
    device = visit.names["deviceId"]
    if visit.form.one("do") == "token":
        with once(visit):
            editor = _for_editor(visit)
            made = visit.ask("POST /v1/devices/{deviceId}/tokens", {"editor": editor}, deviceId=device)
        return paired(visit, made, editor)
    body = {name: number(visit.form.one(name)) for name in ("reachSeconds", "timeoutSeconds")}
    visit.ask(CHANGE, body, deviceId=device)
    return Moved(visit.path)


def _show_revoking(visit: Visit) -> Result:
    device = visit.ask("GET /v1/devices/{deviceId}", deviceId=visit.names["deviceId"])
    return in_settings(visit, "settings/revoke_device.html", f"Refuse {device.name}?", row=rows(visit, [device])[0])


def _revoke(visit: Visit) -> Result:
    visit.ask(REVOKE, deviceId=visit.names["deviceId"])
    return Moved(f"{LIST}/{visit.names['deviceId']}")


PAGES = (
    Page(path=LIST, show=_list, opened_by="GET /v1/devices"),
    Page(path=f"{LIST}/new", show=_show_pairing, change=_pair, opened_by=PAIR),
    Page(path=f"{LIST}/{{deviceId}}", show=_show, change=_change, opened_by="GET /v1/devices/{deviceId}"),
    Page(path=f"{LIST}/{{deviceId}}/revoke", show=_show_revoking, change=_revoke, opened_by=REVOKE),
)
