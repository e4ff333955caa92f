"""The whole server: the API and the dashboard on it."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import TYPE_CHECKING

from timegrain.api.app import SLOW_MS, Observed, make_app
from timegrain.storage.engine import Database
from timegrain.web.handlers import handlers

if TYPE_CHECKING:  # Windows has no such file
    from timegrain.api.shared import SharedTable


def whole_app(
    database: Database,
    public_url: str = "",
    run_jobs: bool = True,
    slow_ms: int = SLOW_MS,
    cors_origins: Sequence[str] = (),
    proxied: bool = False,
    metrics_token: str = "",
    draining: Event | None = None,
    shared: SharedTable | None = None,
) -> Observed:
    """As `make_app`, with the pages of the dashboard."""
    return make_app(
        database, public_url, run_jobs, slow_ms, cors_origins, handlers(), proxied, metrics_token, draining, shared
    )
