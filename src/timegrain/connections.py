"""What one connection may take: time for what it sends and reads, and memory; and how many there may be.

Who sends nothing, or a little now and then, or never reads its answer, holds a place that others need. What each may
take on of work is decided later, by the kind of the request (`api/admission.py`).
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from timegrain.ending import LINGER_S
from timegrain.errors import Overloaded, RequestTimeout, TimegrainError, ValidationFailed

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

MOST = 2048
"""Connections of one process; fewer where it may open fewer files."""
FILES_KEPT = 200
"""For the database and its own."""

HEAD_S = 20.0
"""A request's head has this long from its first byte, and a new connection until then."""

MOST_HEAD = 64 * 1024
REST_S = 20.0
"""What is still sent of a body that was answered before its end is read, and forgotten, for so long."""

WRITE_S = 60.0
"""Whoever reads less of an answer than a few dozen KiB in this time has gone."""

MOST_UNREAD = 32 * 1024 * 1024
"""Bytes of answers that nobody reads, of all connections: beyond it those that wait longest are closed."""


def most_connections() -> int:
    """Of this process, by what it may open."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if resource else MOST
    return max(64, min(MOST, files - FILES_KEPT)) if files > 0 else MOST


class Bounded(HttpToolsProtocol):
    """One connection. It ends when its time is over, whatever its other end does."""

    most = most_connections()
    head_s, rest_s, write_s, linger_s = HEAD_S, REST_S, WRITE_S, LINGER_S
    most_unread = MOST_UNREAD

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._reading: asyncio.TimerHandle | None = None
        """Ends it unless what is being sent comes in time."""
        self._writing: asyncio.TimerHandle | None = None
        """The same, unless the answer is read."""
        self._unread_since = 0.0
        self._head = 0
        """Bytes of the head so far."""
        self._in_body = self._whole = self._refused = False
        self._running: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) <= self.most:
            self._expect(self.head_s)
        elif len(self.connections) <= self.most + self.most // 8:
            self._refuse(Overloaded("Too many connections at once; come again"))
        else:
            self._cut()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect(None)
        self._wait_for_reader(None)
        self._leave()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """One that was accepted a moment ago, or asks again just now, is still answered."""
        self.loop.call_later(LINGER_S, super().shutdown)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if not self._in_body:
            self._head += len(data)
            if self._reading is None:
                self._expect(self.head_s)
        super().data_received(data)
        if self._head > MOST_HEAD and not self.transport.is_closing():
            self._refuse(ValidationFailed(f"The head of the request has more than {MOST_HEAD} bytes"))

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        self._refuse(ValidationFailed("This is no HTTP request"))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._whole = False

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._head, self._in_body = 0, True
        # From here on the application decides how long a body may take.
        self._expect(None)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._head, self._in_body, self._whole = 0, False, True
        self._expect(self.head_s if self.cycle.response_complete else None)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            # It stays until the last of the answer is read.
            self._wait_for_reader(self.write_s)
        elif not self._whole:
            self._expect(self.rest_s)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._wait_for_reader(self.write_s)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_since = self.loop.time()
        self._wait_for_reader(self.write_s)
        stuck = [one for one in self.connections if isinstance(one, Bounded) and one.flow.write_paused]
        held = sum(one.transport.get_write_buffer_size() for one in stuck)
        for one in sorted(stuck, key=lambda one: one._unread_since):
            if held <= self.most_unread:
                break
            held -= one.transport.get_write_buffer_size()
            one._cut()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._wait_for_reader(None)

    def _expect(self, seconds: float | None) -> None:
        """What is being sent, within so long; None: nothing."""
        if self._reading is not None:
            self._reading.cancel()
        self._reading = None if seconds is None else self.loop.call_later(seconds, self._not_sent)

    def _not_sent(self) -> None:
        if self.flow.read_paused or not (self.cycle is None or self.cycle.response_complete):
            # It was sent, perhaps, and is not read yet; the request before it is worked on.
            self._expect(self.rest_s)
        elif self._head and not self._in_body:
            self._refuse(RequestTimeout("The head of the request did not arrive in time"))
        else:
            self.transport.close()
            self._wait_for_reader(self.write_s)

    def _wait_for_reader(self, seconds: float | None) -> None:
        if self._writing is not None:
            self._writing.cancel()
        self._writing = None if seconds is None else self.loop.call_later(seconds, self._cut)

    def _cut(self) -> None:
        """End it at once: else the kernel would go on to offer what nobody reads."""
        held = self.transport.get_extra_info("socket")
        if held is not None:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._leave()
        self.transport.abort()

    def _leave(self) -> None:
        """What is worked on writes no more: it may not be the latest of those that came one behind the other."""
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _refuse(self, error: TimegrainError) -> None:
        """Answer what is no request yet, and close the connection a moment later, when that has been read."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._expect(None)
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_refusal(error))
        # Closed at once, with what was sent unread, it would be reset, and the answer lost.
        self.loop.call_later(self.linger_s, self.transport.abort)


def _refusal(error: TimegrainError) -> bytes:
    """As `api/envelope.py` has it, which knows requests alone."""
    told = {"message": error.message, "code": type(error).code}
    whole = {"success": False, "statusCode": error.status, "statusMessage": error.label, "data": None, "error": told}
    body = json.dumps(whole, separators=(",", ":")).encode()
    head = [b"content-type: application/json", b"content-length: %d" % len(body), b"connection: close"]
    if error.status == Overloaded.status:
        head.append(b"retry-after: %d" % random.randint(2, 8))  # noqa: S311 - no secret
    return STATUS_LINE[error.status] + b"\r\n".join([*head, b"", body])
