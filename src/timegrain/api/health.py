"""Whether the server is well, for whoever restarts it, and whether it should be asked, for the proxy before it."""

from __future__ import annotations

from typing import Any

from litestar import Request, get

from timegrain.api.calls import House
from timegrain.errors import Unavailable
from timegrain.storage.migrations import current, newest


@get("/health", sync_to_thread=True)
def health(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Alive, not about to end, and the database answers."""
    _house(request).database.ping()
    return _well("Healthy", {"database": "ok"})


@get("/ready", sync_to_thread=True)
def ready(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Healthy, and no other program has changed the schema since it began."""
    with _house(request).database.read() as connection:
        found = current(connection)
    if found != newest():
        raise Unavailable("the database's schema is another program's")
    return _well("Ready", {"database": "ok", "schema": found})


def _house(request: Request[Any, Any, Any]) -> House:
    if request.app.state.draining.is_set():
        raise Unavailable("the server is about to end")
    house: House = request.app.state.house
    return house


def _well(message: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"success": True, "statusCode": 200, "statusMessage": message, "error": None, "data": data}
