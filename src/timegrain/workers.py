"""Several worker processes: what one serves comes from the environment that `serve` prepared."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable
from multiprocessing.connection import wait
from pathlib import Path
from types import FrameType

from uvicorn import Config
from uvicorn.supervisors import Multiprocess

from timegrain.api.app import SLOW_MS as DEFAULT_SLOW_MS
from timegrain.api.app import Observed
from timegrain.counted import collect_seldom
from timegrain.ending import Ending, end_at_once
from timegrain.serving import whole_app
from timegrain.storage.engine import Database
from timegrain.systemd import notify

DATABASE, PUBLIC_URL = "TIMEGRAIN_DATABASE", "TIMEGRAIN_PUBLIC_URL"
POOL_SIZE = "TIMEGRAIN_POOL_SIZE"
SLOW_MS, CORS_ORIGINS, PROXIED = "TIMEGRAIN_SLOW_MS", "TIMEGRAIN_CORS_ORIGINS", "TIMEGRAIN_PROXIED"
"""The origins are set apart by spaces; whether a proxy may stand before is `1` or empty."""
METRICS_TOKEN_FILE, DRAIN, GRACE = "TIMEGRAIN_METRICS_TOKEN_FILE", "TIMEGRAIN_DRAIN", "TIMEGRAIN_GRACE"
"""A path or empty; seconds."""


SHARED = "TIMEGRAIN_SHARED"
"""The file of what they know together."""


def app() -> Observed:
    from timegrain.api.shared import SharedTable  # Windows has no such file

    collect_seldom()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    ending = Ending(float(os.environ[DRAIN]), float(os.environ[GRACE]))
    ending.listen(alone=False)
    threading.Thread(target=_end_with_parent, name="timegrain-parent", daemon=True).start()
    return whole_app(
        Database(os.environ[DATABASE], int(os.environ[POOL_SIZE])),
        os.environ.get(PUBLIC_URL, ""),
        slow_ms=int(os.environ.get(SLOW_MS, DEFAULT_SLOW_MS)),
        cors_origins=os.environ.get(CORS_ORIGINS, "").split(),
        proxied=bool(os.environ.get(PROXIED)),
        metrics_token=read_token(os.environ.get(METRICS_TOKEN_FILE, "")),
        draining=ending.begun,
        shared=SharedTable(Path(os.environ[SHARED])),
    )


def read_token(path: str) -> str:
    return Path(path).read_text().strip() if path else ""


def _end_with_parent() -> None:
    """Nobody would end this process, nor begin it again, without the one that started it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


class Workers(Multiprocess):
    """Begins the processes, begins again those that end, and on SIGHUP replaces one after the other."""

    def __init__(self, config: Config, sockets: list[socket.socket], clear: Callable[[], None]) -> None:
        """`clear` removes what the processes keep in files, where they are ended at once."""
        super().__init__(config, sockets)
        self._told = False
        self._clear = clear
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if self._told:
            for one in self.processes:
                one.process.kill()
            for one in self.processes:
                one.process.join()
            self._clear()
            end_at_once(number)
        self._told = True
        notify("STOPPING=1")
        self.signal_queue.append(number)
