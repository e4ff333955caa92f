"""A route worked on for a caller who is known already: the same for a request and for a page of the dashboard."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection

from timegrain.api.access import reach
from timegrain.api.calls import Call, Given, House
from timegrain.api.routes import Route


class Came(NamedTuple):
    """How a call came, and what it is answered with."""

    house: House
    connection: Connection
    """A read transaction, in which the caller was found."""
    token: str
    address: str
    sent_at: int | None = None
    """The second of the sender's clock."""


def work_on(route: Route[Any], given: Given, came: Came) -> tuple[Call, Any]:
    """Understand what is given, see who may ask it, then do it. The caller leaves the trail."""
    asked = route.read(given)
    may_see = reach(given.caller, route.operation, route.pages(asked) if route.pages else None)
    call = Call(came.house, came.connection, given.caller, route.operation, may_see, *came[2:])
    return call, route.work(call, asked)
