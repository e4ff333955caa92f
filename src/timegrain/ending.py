"""How a server ends: it says that it is about to, answers what it was asked, and writes what waits.

SIGTERM or SIGINT begins it. For `drain` seconds everything is still answered, though not as ready, so that a proxy
sends the next to another. Then nothing more is accepted; what is in flight has `grace` seconds. A second signal ends
the process at once, which is as safe as a SIGKILL.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from timegrain.systemd import notify

log = logging.getLogger("timegrain.requests")

LINGER_S = 0.5
"""A connection without a request is closed so much later: one may be under way."""

LAST_S = 5.0
"""After the grace, for what is refused then, and to write what waits. Then the process ends as it is."""


@dataclass
class Ending:
    """Of one process: how long it takes, and whether it has begun."""

    drain_s: float
    grace_s: float
    begun: threading.Event = field(default_factory=threading.Event)

    def listen(self, alone: bool) -> None:
        """Handle signals, once the HTTP server handles them: in its loop, while it loads.

        One of several processes that is not `alone` leaves what the terminal sends to the process that started it.
        """
        stop = signal.getsignal(signal.SIGTERM)
        if not callable(stop):
            raise RuntimeError("no server handles signals yet")
        handler = self._handler(stop, asyncio.get_running_loop(), alone)
        signal.signal(signal.SIGTERM, handler)
        signal.signal(signal.SIGINT, handler if alone else signal.SIG_IGN)

    def _handler(
        self, stop: Callable[[int, FrameType | None], Any], loop: asyncio.AbstractEventLoop, alone: bool
    ) -> Callable[[int, FrameType | None], None]:
        told = False

        def handle(number: int, _frame: FrameType | None) -> None:
            nonlocal told
            if not told:
                told = True
                # Not here: the thread that was interrupted may hold whatever lock.
                loop.call_soon_threadsafe(begin, number)
            elif alone:
                end_at_once(number)

        def begin(number: int) -> None:
            self.begun.set()
            notify("STOPPING=1")
            last = threading.Timer(self.drain_s + self.grace_s + LAST_S, _end_as_it_is)
            last.daemon = True
            last.start()
            loop.call_later(self.drain_s, stop, number, None)

        return handle


def end_at_once(number: int) -> None:
    """As the signal does where nobody handles it."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _end_as_it_is() -> None:
    log.error(json.dumps({"stop": "took too long", "threads": threading.active_count()}))
    os._exit(1)


def read_certificate(context: ssl.SSLContext | None, files: tuple[Path, Path] | None) -> None:
    """Connections that begin from now on get the certificate as its files are now; the old one where they are none."""
    if context is None or files is None:
        return
    try:
        # What does not fit together would leave half of it in the context that answers.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*files)
        context.load_cert_chain(*files)
    except (OSError, ssl.SSLError) as error:
        log.error(json.dumps({"certificate": "not read", "error": type(error).__name__}))
