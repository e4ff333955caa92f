"""The server's wiring, the only place with it: routes, errors, log lines."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from threading import Event
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from litestar import Litestar, Request, Response
from litestar.config.cors import CORSConfig
from litestar.enums import HttpMethod, ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from timegrain.api import watchers
from timegrain.api.admission import Admission
from timegrain.api.all_routes import ROUTES
from timegrain.api.calls import House
from timegrain.api.envelope import as_known, failure, note_unforeseen
from timegrain.api.health import health, ready
from timegrain.api.metrics import Meters, metrics
from timegrain.api.openapi import openapi_json, schema_page
from timegrain.api.rates import Rates
from timegrain.api.requests import answered
from timegrain.api.routes import Route
from timegrain.errors import Unavailable
from timegrain.jobs import JobRunner
from timegrain.journal import Journal
from timegrain.recording import Recorder
from timegrain.retention import Retention
from timegrain.storage.books import Books
from timegrain.storage.engine import Database
from timegrain.storage.observing import observe

if TYPE_CHECKING:  # Windows has no such file
    from timegrain.api.shared import SharedTable

log = logging.getLogger("timegrain.requests")


def _failed(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    request_id = request.scope.get("timegrain_request_id", "")
    known = as_known(error, str(request_id))
    if known.status == 500:
        note_unforeseen(error, str(request_id))
    meters: Meters = request.state.meters
    meters.failed(known)
    return failure(known)


def _handlers() -> Iterator[HTTPRouteHandler]:
    """One a path, for all of its methods: so OPTIONS and a wrong method are told all of them."""
    by_path: dict[str, dict[str, Route[Any]]] = {}
    for route in ROUTES:
        for path in (route.path, *route.aliases):
            by_path.setdefault(path, {})[route.method] = route
    for path, methods in by_path.items():
        yield _handler(re.sub(r"{(\w+)}", r"{\1:str}", path), methods)


def _handler(path: str, methods: Mapping[str, Route[Any]]) -> HTTPRouteHandler:
    async def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answered(request, methods[request.method])

    # The status is the answer's own.
    return HTTPRouteHandler(path, http_method=[HttpMethod(method) for method in methods], status_code=200)(handle)


def _cors(origins: Sequence[str]) -> CORSConfig:
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Content-Encoding"],
        expose_headers=["X-Request-Id", "Retry-After", "Content-Disposition"],
    )


class Observed:
    """One log line and one observation a request, with its id in `X-Request-Id`, without its content.

    The line of one that took at least `slow_ms` is a warning. Each request finds `state`; what is in `closing` is
    called in its order when the server ends.
    """

    def __init__(
        self, app: ASGIApp, state: Mapping[str, Any], slow_ms: int, closing: Sequence[Callable[[], None]]
    ) -> None:
        self._app, self._state, self._slow_ms, self._closing = app, state, slow_ms, closing
        self._meters: Meters = state["meters"]
        self._draining: Event = state["draining"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if str(scope["type"]) == "lifespan":
            await self._live(receive, send)
            return
        scope["state"] = dict(self._state)
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        method = str(scope["method"])
        request_id, started, status, begun = uuid4().hex, time.perf_counter(), 500, False
        scope["timegrain_request_id"] = request_id  # type: ignore[typeddict-unknown-key]

        async def sending(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status = message["status"]
                closing = [(b"connection", b"close")] if self._draining.is_set() else []
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode()), *closing]
                begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except asyncio.CancelledError:
            # The server ends, and this took longer than it waits. What it began is whole or not at all.
            if begun:
                raise
            await _refuse(sending)
        finally:
            took = time.perf_counter() - started
            # As the route is written, `/api/0/buckets/{name}`: a path may hold whatever somebody typed.
            path = scope.get("path_template") or "other"
            self._meters.request(method, path, status, took)
            line = {
                "request": request_id,
                "method": method,
                "path": path,
                "status": status,
                "ms": round(took * 1000, 2),
            }
            if took * 1000 >= self._slow_ms:
                log.warning(json.dumps({**line, "slow": True}))
            else:
                log.info(json.dumps(line))

    async def _live(self, receive: Any, send: Any) -> None:
        """What a server tells as it begins and ends."""
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        try:
            with ExitStack() as ending:  # calls all of them, whatever one raises
                for close in reversed(self._closing):
                    ending.callback(close)
        except Exception as error:
            await send({"type": "lifespan.shutdown.failed", "message": type(error).__name__})
            raise
        await send({"type": "lifespan.shutdown.complete"})


async def _refuse(send: Send) -> None:
    refused = failure(Unavailable("the server ends; send again"))
    headers = [(name.lower().encode(), value.encode()) for name, value in refused.headers.items()]
    headers += [(b"content-type", b"application/json"), (b"content-length", str(len(refused.content)).encode())]
    begin: Any = {"type": "http.response.start", "status": refused.status_code, "headers": headers}
    await send(begin)
    await send({"type": "http.response.body", "body": refused.content, "more_body": False})


SLOW_MS = 1000


def make_app(
    database: Database,
    public_url: str = "",
    run_jobs: bool = True,
    slow_ms: int = SLOW_MS,
    cors_origins: Sequence[str] = (),
    pages: Sequence[HTTPRouteHandler] = (),
    proxied: bool = False,
    metrics_token: str = "",
    draining: Event | None = None,
    shared: SharedTable | None = None,
) -> Observed:
    """An application on a database whose schema is current; it advances changes of policy unless told.

    Pages of `cors_origins` may ask it from a browser, and those that it has itself; no others. Where it is `proxied`
    nobody is known to sit at this computer. Once it is `draining` it is no longer ready, and keeps no connection.
    """
    meters, draining = Meters(), draining or Event()
    observe(database, meters)
    recorder, runner, journal = Recorder(database, meters), JobRunner(database), Journal(database)
    retention = Retention(database, ran=meters.retention_ran)
    admission = Admission()
    admission.observe(meters)
    journal.start()
    if run_jobs:
        runner.start()
        retention.start()
    house = House(database, recorder, Books(), runner, journal, Rates(shared=shared), admission, shared)
    state = {
        "house": house,
        "meters": meters,
        "public_url": public_url,
        "proxied": proxied,
        "metrics_token": metrics_token,
        "draining": draining,
    }
    closing = [recorder.close, retention.close, runner.close, journal.close]
    return Observed(_routing(tuple(cors_origins), tuple(pages)), state, slow_ms, closing)


@cache
def _routing(cors_origins: tuple[str, ...], pages: tuple[HTTPRouteHandler, ...]) -> Litestar:
    """Knows no database: so it is made once a process, however many applications there are."""
    return Litestar(
        [
            *_handlers(),
            *(watchers.get_info, health, ready, metrics, openapi_json, schema_page),
            *pages,
        ],
        exception_handlers={Exception: _failed},
        openapi_config=None,
        cors_config=_cors(cors_origins) if cors_origins else None,
        request_max_body_size=None,  # requests.py has the limit, and tells the caller first
        logging_config=None,
    )
