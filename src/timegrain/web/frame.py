"""What stands around every page: who looks, where they can go, how time is counted here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from timegrain.web import csrf
from timegrain.web.all_pages import PAGES
from timegrain.web.dates import Dates
from timegrain.web.pages import Page, Shown
from timegrain.web.toasts import toast_of
from timegrain.web.visits import Visit


def framed(visit: Visit, page: Page, shown: Shown) -> dict[str, Any]:
    """All that a template gets."""
    around: dict[str, Any] = {
        "visit": visit,
        "page": page,
        "me": visit.signed_in,
        "csrf": csrf.token_for(visit.cookie) if visit.cookie else "",
        "navigation": _navigation(visit),
        "partial": visit.partial,
        "error": visit.error,
        "toast": None,
    }
    if visit.signed_in is not None:
        around["dates"] = Dates(visit.locale, visit.caller.zone)
        around["toast"] = toast_of(visit)
    return {**around, **shown.given}


def _navigation(visit: Visit) -> list[Mapping[str, str]]:
    if visit.signed_in is None:
        return []
    return [{"name": one.name, "path": one.path} for one in PAGES if one.name and one.opens(visit)]
