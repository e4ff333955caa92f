"""What forms of the settings offer to choose from, and the collections of the API as a whole or page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from timegrain.api.paging import MOST_ITEMS
from timegrain.storage.queries.people_meant import profiles_within
from timegrain.web.visits import Visit

Choices = Sequence[tuple[str, str]]
"""A value and the words for it."""

WORK_MODES: Choices = (("office", "Office"), ("remote", "Remote"), ("hybrid", "Hybrid"))


class Listed(NamedTuple):
    """A page of a collection, and the addresses of what comes after it and where it begins."""

    items: Sequence[Any]
    following: str
    first: str


def every(visit: Visit, operation: str, **names: str) -> list[Any]:
    """All items of a collection."""
    found: list[Any] = []
    cursor = None
    while True:
        page = visit.ask(operation, None, {"limit": MOST_ITEMS, "cursor": cursor}, **names)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def listed(visit: Visit, operation: str, asked: Mapping[str, Any]) -> Listed:
    """The page that the address names, of those of the collection for which `asked` holds."""
    page = visit.ask(operation, None, {**asked, "cursor": visit.query.one("cursor") or None})
    kept = [pair for pair in visit.query.pairs if pair[0] != "cursor" and pair[1]]
    following = urlencode([*kept, ("cursor", page.next_cursor)]) if page.next_cursor else ""
    first = urlencode(kept)
    return Listed(
        page.items,
        f"{visit.path}?{following}" if following else "",
        (f"{visit.path}?{first}" if first else visit.path) if "cursor" in visit.query else "",
    )


def people(visit: Visit) -> Choices:
    """Everybody within the reader's reach."""
    call = visit.call("GET /v1/users")
    found = profiles_within(call.connection, call.caller.organisation, call.reach)
    call.about.update(one.user for one in found)
    return [(str(one.uuid), one.name) for one in found]


def teams(visit: Visit) -> Choices:
    return [(str(one.team_id), one.name) for one in every(visit, "GET /v1/teams")]


def roles(visit: Visit) -> Choices:
    return [(str(one.role_id), one.role_name) for one in visit.ask("GET /v1/access-management")]


def required(choices: Choices, words: str = "Choose …") -> Choices:
    """With a first line that is no choice."""
    return (("", words), *choices)
