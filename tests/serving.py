"""A real server in a thread of this process, and a client that asks it over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from timegrain.api.app import make_app
from timegrain.storage.engine import Database


@contextmanager
def served(database: Database, run_jobs: bool = True) -> Iterator[httpx.Client]:
    """The client sends no key by itself."""
    app = make_app(database, run_jobs=run_jobs)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False))
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
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(30)
