"""One of several worker processes: what it serves comes from the environment that `serve` prepared."""

from __future__ import annotations

import logging
import os

from timegrain.api.app import SLOW_MS as DEFAULT_SLOW_MS
from timegrain.api.app import Observed
from timegrain.counted import collect_seldom
from timegrain.serving import whole_app
from timegrain.storage.engine import Database

DATABASE, PUBLIC_URL = "TIMEGRAIN_DATABASE", "TIMEGRAIN_PUBLIC_URL"
SLOW_MS, CORS_ORIGINS, PROXIED = "TIMEGRAIN_SLOW_MS", "TIMEGRAIN_CORS_ORIGINS", "TIMEGRAIN_PROXIED"
"""The origins are set apart by spaces; whether a proxy may stand before is `1` or empty."""


def app() -> Observed:
    collect_seldom()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    return whole_app(
        Database(os.environ[DATABASE]),
        os.environ.get(PUBLIC_URL, ""),
        slow_ms=int(os.environ.get(SLOW_MS, DEFAULT_SLOW_MS)),
        cors_origins=os.environ.get(CORS_ORIGINS, "").split(),
        proxied=bool(os.environ.get(PROXIED)),
    )
