"""Whether the server is well, for whoever restarts it, and whether it should be asked, for the proxy before it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from anyio import to_thread
from litestar import Request, get

from timegrain.api.calls import House
from timegrain.errors import Unavailable
from timegrain.storage.engine import Database
from timegrain.storage.migrations import current, newest

Found = TypeVar("Found")


@get("/health")
async def health(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Alive, not about to end, and the database answers: however much else is asked."""
    house = _house(request)
    await _asked(request, house, house.database.ping)
    return _well("Healthy", {"database": "ok"})


@get("/ready")
async def ready(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Healthy, and no other program has changed the schema since it began."""
    house = _house(request)
    found = await _asked(request, house, partial(_schema, house.database))
    if found != newest():
        raise Unavailable("the database's schema is another program's")
    return _well("Ready", {"database": "ok", "schema": found})


async def _asked(request: Request[Any, Any, Any], house: House, look: Callable[[], Found]) -> Found:
    async with house.admission.health.place(request.receive):
        return await to_thread.run_sync(look, limiter=house.admission.threads)


def _schema(database: Database) -> str | None:
    with database.read() as connection:
        return current(connection)


def _house(request: Request[Any, Any, Any]) -> House:
    if request.state.draining.is_set():
        raise Unavailable("the server is about to end")
    house: House = request.state.house
    return house


def _well(message: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"success": True, "statusCode": 200, "statusMessage": message, "error": None, "data": data}
