"""A small HTTP relay between the agent and a server: keeps what was asked, and can lose the answers."""

from __future__ import annotations

import gzip
import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEPT = ("authorization", "content-type", "content-encoding", "date")


class Relay(ThreadingHTTPServer):
    """Requests go on to `port` of this computer while it answers there; `lose` drops the answer after the server
    gave it; `judge` gives a status and headers for a plain body in place of the server's answer, or None."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port = port
        self.lose = False
        self.judge: Callable[[bytes], tuple[int, dict[str, str]] | None] = lambda body: None
        self.lost = 0
        self.bodies: list[bytes] = []
        """As plain text, in the order in which they came."""
        self.heads: list[dict[str, str]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Relay

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        sent = {name: value for name, value in self.headers.items() if name.lower() in KEPT}
        self.server.heads.append({name.lower(): value for name, value in self.headers.items()})
        plain = gzip.decompress(body) if "gzip" in sent.values() else body
        if plain:
            self.server.bodies.append(plain)
        judged = self.server.judge(plain)
        if judged is not None:
            self._give(*judged, b"{}")
            return
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            upstream.request(self.command, self.path, body, sent)
            answer = upstream.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close_connection = True
            return
        finally:
            upstream.close()
        if self.server.lose and self.command == "POST":
            self.server.lost += 1
            self.close_connection = True
            return
        self._give(answer.status, {"Content-Type": answer.headers.get("content-type", "")}, content)

    def _give(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name it has there
        pass


@contextmanager
def relaying(port: int) -> Iterator[Relay]:
    relay = Relay(port)
    thread = threading.Thread(target=relay.serve_forever, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.shutdown()
        thread.join(30)
        relay.server_close()
