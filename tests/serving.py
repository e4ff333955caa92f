"""A real server in a thread of this process, and a client that asks it over HTTP."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import uvicorn

from timegrain.serving import whole_app
from timegrain.storage.engine import Database
from timegrain.storage.people import all_organisations, set_organisation_policy

CERTIFICATES = ssl.create_default_context()
"""Nothing here speaks TLS, but a client reads them, and each anew unless it is given them."""

UNLIMITED = {"questions_a_minute": 0, "batches_a_minute": 0}


def unlimited(database: Database) -> None:
    """For tests that send more than people do: no organisation limits how many requests a key may send."""
    with database.read() as connection:
        found = all_organisations(connection)
    for one in found:
        with database.write(one.id, policy=True) as connection:
            set_organisation_policy(connection, one.id, UNLIMITED)


class Prompt(uvicorn.Server):
    """Ends as soon as it is told and nothing is left to answer. uvicorn's own looks ten times a second whether it
    should, then waits a tenth of a second whatever there is: nothing to a server, but as much as a test takes.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """From another thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it may have ended by itself
                self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._told.wait(), timeout=1)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in self.servers:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:
            await asyncio.sleep(0.005)
        await self.lifespan.shutdown()


@contextmanager
def served(database: Database, http: Any = "auto", **settings: Any) -> Iterator[httpx.Client]:
    """With the settings of `whole_app`. The client sends no key by itself.

    Unless told, connections are uvicorn's own: ours (`Bounded`) wait a moment before they end.
    """
    app = whole_app(database, **settings)
    server = Prompt(uvicorn.Config(app, http=http, port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        for _ in range(1500):
            if server.started:
                break
            thread.join(0.02)
            assert thread.is_alive(), "the server ended before it answered"
        assert server.started
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, verify=CERTIFICATES) as client:
            yield client
    finally:
        server.end()
        thread.join(30)
