"""The sections of the settings: each is shown to those whose role opens it, with what concerns them alone or all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from timegrain.errors import Forbidden
from timegrain.web.pages import Moved, Page, Result, Shown
from timegrain.web.visits import Visit


class Section(NamedTuple):
    name: str
    path: str
    opened_by: str
    """The operation of the API that a role must open."""


SECTIONS = (
    Section("People", "/settings/people", "GET /v1/users"),
    Section("Teams", "/settings/teams", "GET /v1/teams"),
    Section("Roles", "/settings/roles", "GET /v1/access-management"),
    Section("Devices", "/settings/devices", "GET /v1/devices"),
    Section("Keys", "/settings/keys", "GET /v1/keys"),
    Section("Policy", "/settings/policy", "GET /v1/policy"),
    Section("Holidays", "/settings/holidays", "GET /v1/holidays"),
    Section("Retention", "/settings/retention", "GET /v1/policy"),
    Section("Audit trail", "/settings/audit", "GET /v1/audit"),
)


def sections(visit: Visit) -> Sequence[Section]:
    """Those that the reader may see."""
    return [one for one in SECTIONS if visit.may(one.opened_by)]


def in_settings(visit: Visit, template: str, title: str, **given: Any) -> Shown:
    """A page of the settings, with the sections beside it."""
    return Shown(template, {"title": title, "sections": sections(visit), **given})


def _first(visit: Visit) -> Result:
    for one in sections(visit):
        return Moved(one.path)
    raise Forbidden("Your role does not open the settings")


PAGES = (Page(path="/settings", show=_first, name="Settings"),)
