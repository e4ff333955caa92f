"""SIGTERM amid load: each batch is acknowledged or refused, none is half done, and the process ends well and soon."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
from pathlib import Path

import pytest

from tests.running.children import Team, child, get, listening, load, wait_for
from timegrain.recounting import differences
from timegrain.storage import people
from timegrain.storage.engine import Database

pytestmark = pytest.mark.slow


def test_each_batch_is_acknowledged_or_refused(database_url: str, tmp_path: Path) -> None:
    team = Team.made(database_url, 4)
    workers = ("--workers", "2") if database_url.startswith("postgresql") else ()
    with listening() as on, child(database_url, on, tmp_path / "log", *workers) as server:
        assert get(on, "/ready")[0] == 200
        with load(team, on.getsockname()) as loads:
            wait_for(loads, 40)
            server.tell(signal.SIGTERM)
            assert server.ended() == 0
            on.close()
    assert server.troubles() == []
    team.check(loads)
    assert sum(one.sent - one.acknowledged for one in loads) <= 2 * len(loads)


def test_what_is_asked_is_answered_though_the_end_has_begun(sqlite_url: str, tmp_path: Path) -> None:
    """The head of a request before the signal, its body after; and one that never sends the rest."""
    team = Team.made(sqlite_url, 1)
    body = json.dumps({"focus": [{"start": "2026-02-02T00:00:00Z", "end": "2026-02-02T00:00:30Z", "app": "a"}]})
    head = (
        f"POST /v1/activity HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {team.tokens[0]}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with listening() as on, child(sqlite_url, on, tmp_path / "log", "--drain", "1", "--grace", "2") as server:
        assert get(on, "/health")[0] == 200
        with (
            socket.create_connection(on.getsockname(), 30) as slow,
            socket.create_connection(on.getsockname(), 30) as stuck,
        ):
            for one in (slow, stuck):
                one.sendall((head + body[:10]).encode())
            server.tell(signal.SIGTERM)
            assert until(on, "/ready", 503) == until(on, "/health", 503) == b"close"
            slow.sendall(body[10:].encode())
            answer = http.client.HTTPResponse(slow)
            answer.begin()
            assert (answer.status, answer.getheader("connection")) == (200, "close")
            assert json.loads(answer.read())["data"]["stored"] == 1
            refused = http.client.HTTPResponse(stuck)
            refused.begin()
            assert (refused.status, json.loads(refused.read())["error"]["code"]) == (503, "UNAVAILABLE")
        assert server.ended() == 0
    assert [line for line in server.troubles() if "Cancel 1 running task" not in line] == []
    database = Database(sqlite_url)
    with database.read() as connection:
        [organisation] = people.all_organisations(connection)
        [user] = (one.id for one in people.all_users(connection, organisation.id) if one.email.startswith("u0"))
    assert differences(database, organisation.id, user) == 0
    database.close()


def until(on: socket.socket, path: str, status: int) -> bytes:
    """Ask until the status is this one; what the answer says of its connection."""
    while True:
        connection = http.client.HTTPConnection(*on.getsockname(), timeout=30)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status == status:
            return (answer.getheader("connection") or "").encode()


def test_a_second_signal_ends_at_once(database_url: str, tmp_path: Path) -> None:
    Team.made(database_url, 0)
    workers = ("--workers", "2") if database_url.startswith("postgresql") else ()
    left = tmp_path / "left"
    left.mkdir()
    log, end = tmp_path / "log", ("--drain", "300")
    with listening() as on, child(database_url, on, log, *end, *workers, TMPDIR=str(left)) as server:
        assert get(on, "/health")[0] == 200
        server.tell(signal.SIGINT)
        until(on, "/health", 503)
        server.tell(signal.SIGINT)
        assert server.ended() == -signal.SIGINT
    assert server.troubles() == []
    assert list(left.iterdir()) == []


def test_the_service_manager_is_told(sqlite_url: str, tmp_path: Path) -> None:
    Team.made(sqlite_url, 0)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, listening() as on:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        with child(sqlite_url, on, tmp_path / "log", NOTIFY_SOCKET=str(tmp_path / "notify")) as server:
            assert manager.recv(100) == b"READY=1\nWATCHDOG=1"
            assert get(on, "/ready")[0] == 200
            server.tell(signal.SIGTERM)
            assert b"STOPPING=1" in iter(lambda: manager.recv(100), b"")
            assert server.ended() == 0
    assert server.troubles() == []


def test_workers_do_not_outlive_who_started_them(postgres_url: str, tmp_path: Path) -> None:
    Team.made(postgres_url, 0)
    with listening() as on, child(postgres_url, on, tmp_path / "log", "--workers", "2") as server:
        assert get(on, "/health")[0] == 200
        server.process.kill()
        server.process.wait(30)
        address = on.getsockname()
        on.close()
        for _ in range(1000):
            try:
                socket.create_connection(address, 1).close()
            except ConnectionRefusedError:
                break
            threading.Event().wait(0.03)
        else:
            raise AssertionError("a worker still listens")
