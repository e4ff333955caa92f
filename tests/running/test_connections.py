"""Those who send slowly, send nothing, never read or come in crowds are cut off, and others are answered meanwhile."""

from __future__ import annotations

import http.client
import json
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from tests.serving import served
from timegrain.connections import MOST_HEAD, Bounded
from timegrain.storage.engine import Database


class Hasty(Bounded):
    head_s, rest_s, write_s = 0.2, 0.2, 0.2


class Patient(Bounded):
    head_s = write_s = 3600.0


class Crowded(Patient):
    most = 8


class Full(Patient):
    most_unread = 1


@contextmanager
def asked(database: Database, http: type[Bounded]) -> Iterator[tuple[httpx.Client, tuple[str, int]]]:
    with served(database, http, run_jobs=False) as client:
        yield client, (client.base_url.host, client.base_url.port or 0)


def all_of(connection: socket.socket) -> bytes:
    """What comes until the server closes it."""
    connection.settimeout(60)
    found = b""
    while chunk := connection.recv(65536):
        found += chunk
    return found


def refusal(answer: bytes) -> tuple[int, str, dict[str, str]]:
    """Status, code and headers of what has our envelope."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    told = json.loads(body)
    status = int(first.split()[1])
    assert (told["success"], told["statusCode"], int(headers["content-length"])) == (False, status, len(body))
    return status, told["error"]["code"], headers


def test_who_sends_nothing_is_cut_off(sqlite_database: Database) -> None:
    with asked(sqlite_database, Hasty) as (client, address), socket.create_connection(address) as idle:
        assert all_of(idle) == b""
        assert client.get("/health").status_code == 200


def test_a_head_that_trickles_in_is_refused(sqlite_database: Database) -> None:
    with asked(sqlite_database, Hasty) as (_, address), socket.create_connection(address) as slow:
        slow.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        status, code, headers = refusal(all_of(slow))
        assert (status, code, headers["connection"]) == (408, "REQUEST_TIMEOUT", "close")


def test_empty_lines_keep_no_connection(sqlite_database: Database) -> None:
    with asked(sqlite_database, Hasty) as (_, address):
        connection = http.client.HTTPConnection(*address, timeout=60)
        connection.request("GET", "/health")
        assert connection.getresponse().read()
        trickle(connection.sock, b"\r\n")
        connection.close()


def test_the_rest_of_a_body_that_is_answered_keeps_no_connection(sqlite_database: Database) -> None:
    with asked(sqlite_database, Hasty) as (_, address):
        connection = http.client.HTTPConnection(*address, timeout=60)
        connection.putrequest("POST", "/nowhere")
        connection.putheader("Content-Length", "1000000")
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, len(answer.read()) > 0) == (404, True)
        trickle(connection.sock, b"x")
        connection.close()


def trickle(to: socket.socket, what: bytes) -> None:
    """Until the server closes it; far more often than it closes what is idle."""
    for _ in range(2000):
        try:
            to.sendall(what)
        except (BrokenPipeError, ConnectionResetError):
            return
        threading.Event().wait(0.02)
    raise AssertionError("it is kept for ever")


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nX: " + b"x" * MOST_HEAD, b"\0\1\2 not HTTP\r\n\r\n"])
def test_what_is_no_request_is_refused(sqlite_database: Database, sent: bytes) -> None:
    with asked(sqlite_database, Patient) as (_, address), socket.create_connection(address) as wrong:
        wrong.sendall(sent)
        assert refusal(all_of(wrong))[:2] == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("kind", [Hasty, Full])
def test_who_never_reads_is_cut_off(sqlite_database: Database, kind: type[Bounded]) -> None:
    """After some time, or at once where too much waits for readers."""
    with asked(sqlite_database, kind) as (client, address), socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(address)
        deaf.sendall(b"GET /schema/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 40)
        ended = select.poll()
        ended.register(deaf, select.POLLERR | select.POLLHUP)
        assert ended.poll(60_000), "it holds what it does not read for ever"
        assert client.get("/health").status_code == 200


def test_more_than_it_takes_are_refused(sqlite_database: Database) -> None:
    with asked(sqlite_database, Crowded) as (client, address), ExitStack() as held:
        crowd = [held.enter_context(socket.create_connection(address)) for _ in range(Crowded.most)]
        with socket.create_connection(address) as more:
            status, code, headers = refusal(all_of(more))
        assert (status, code) == (503, "OVERLOADED")
        assert int(headers["retry-after"]) >= 1
        for one in crowd:
            one.close()
        while client.get("/health").status_code != 200:
            pass


def test_a_flood_is_not_even_told(sqlite_database: Database) -> None:
    class Flooded(Crowded):
        linger_s = 3600.0

    with asked(sqlite_database, Flooded) as (_, address), ExitStack() as held:
        crowd = [held.enter_context(socket.create_connection(address)) for _ in range(2 * Crowded.most)]
        crowd[-1].settimeout(60)
        with pytest.raises(ConnectionResetError):
            crowd[-1].recv(1)
