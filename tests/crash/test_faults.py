"""Faults of the disk and of the file, on a real server: clear errors, nothing acknowledged is lost, and once the fault
is over it goes on by itself.
"""

from __future__ import annotations

import ctypes
import json
import resource
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.served import timegrain
from tests.crash.test_kill import COMMAND, FIRST, serving
from tests.serving import unlimited
from timegrain.recounting import differences
from timegrain.storage import people
from timegrain.storage.engine import Database

SECONDS = 600
"""Of each batch."""


class Firm:
    """An organisation on a real server, and what it has acknowledged."""

    def __init__(self, file: Path, made: dict[str, str], server: subprocess.Popen[bytes], address: str) -> None:
        self.file, self.made, self.server = file, made, server
        self.client = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {made['apiKey']}"}, timeout=60)
        self._days = count()
        self.acknowledged: list[int] = []

    def send(self) -> httpx.Response:
        """A batch of a day of its own, of as many seconds as every other."""
        day = next(self._days)
        on = FIRST + timedelta(days=day)
        focus = [
            {"start": f"{on}T12:00:{n % 60:02d}Z", "end": f"{on}T12:10:00Z", "app": f"app {day} {n} {'x' * 200}"}
            for n in range(50)
        ]
        answer = self.client.post(
            "/v1/activity", json={"userId": self.made["userId"], "device": "laptop", "focus": focus}
        )
        if answer.status_code == 200:
            self.acknowledged.append(day)
        return answer

    def ask(self) -> httpx.Response:
        body = {"startDate": f"{FIRST} 00:00:00", "endDate": f"{FIRST} 23:59:59", "timeZone": "UTC"}
        return self.client.post(
            "/v1/dashboard/weekly-summary", json={**body, "userId": [self.made["userId"]], "teamId": []}
        )

    def health(self) -> httpx.Response:
        return self.client.get("/health")

    def send_until(self, status: int, most: int = 2000) -> httpx.Response:
        for _ in range(most):
            answer = self.send()
            if answer.status_code == status:
                return answer
        raise AssertionError(f"{most} batches and no {status}; the last: {answer.text}")

    def check(self, url: str) -> None:
        """What was acknowledged is there, whole, and counted; and the file is sound."""
        database = Database(url)
        with database.read() as connection:
            user = people.all_users(connection, 1)[0].id
        with sqlite3.connect(self.file) as plain:
            assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            counted = dict(plain.execute("SELECT day, sum(neutral) FROM day_totals GROUP BY day"))
        plain.close()
        assert differences(database, 1, user) == 0
        database.close()
        first = FIRST.toordinal()
        assert {counted.get(first + day) for day in self.acknowledged} == {SECONDS}


def refused(answer: httpx.Response, *words: str) -> None:
    """With the envelope of every failure, the seconds to wait, and what is to be done."""
    body = answer.json()
    assert (answer.status_code, body["success"], body["error"]["code"]) == (503, False, "UNAVAILABLE"), body
    assert int(answer.headers["Retry-After"]) >= 1
    assert any(word in body["error"]["message"] for word in words), body["error"]["message"]


def lines_of(log: Path, word: str) -> list[dict[str, Any]]:
    """What the server's log says of the database, but not of requests."""
    found = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line for line in found if word in line]


@contextmanager
def firm(folder: Path) -> Iterator[Firm]:
    url = f"sqlite:///{folder}/timegrain.db"
    made = timegrain(url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
    database = Database(url)
    unlimited(database)
    database.close()
    with serving(url, folder / "serve.log") as (server, address):
        yield Firm(folder / "timegrain.db", made, server, address)


def limit(server: subprocess.Popen[bytes], which: int, soft: int) -> None:
    hard = resource.prlimit(server.pid, which)[1]
    resource.prlimit(server.pid, which, (soft if soft >= 0 else hard, hard))


@pytest.mark.slow
def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """As a quota or a failing disk: writing fails, reading does not. No other limit can be set on a running server."""
    with firm(tmp_path) as one:
        assert one.send().status_code == 200
        limit(one.server, resource.RLIMIT_FSIZE, one.file.with_name("timegrain.db-wal").stat().st_size + 200_000)
        refused(one.send_until(503), "I/O error", "full")
        for _ in range(3):
            refused(one.send(), "I/O error", "full")
        assert one.ask().status_code == 200
        assert one.health().status_code == 200
        limit(one.server, resource.RLIMIT_FSIZE, -1)
        assert one.send().status_code == 200
        assert one.send().status_code == 200
        told = lines_of(tmp_path / "serve.log", "database")
        assert [line["database"] == "well again" for line in told] == [False, True]
    one.check(f"sqlite:///{one.file}")


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A disk of 8 MB of its own; False where this user may not mount one."""
    mounting = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    mounted = subprocess.run(mounting, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as growing:
        try:
            while growing.write(b"0" * 4096):
                pass
        except OSError:
            return filler
    raise AssertionError("the disk never was full")


@pytest.mark.slow
def test_a_full_disk(tmp_path: Path) -> None:
    """Timewarrior's file was empty after one. Complaint: GothenburgBitFactory/timewarrior#480."""
    with small_disk(tmp_path) as mounted, firm(tmp_path) as one:
        assert one.send().status_code == 200
        if mounted:
            filler = fill(tmp_path)
        else:
            limit(one.server, resource.RLIMIT_FSIZE, one.file.with_name("timegrain.db-wal").stat().st_size + 100_000)
        word = "the disk is full" if mounted else "I/O error"
        refused(one.send_until(503), word)
        refused(one.send(), word)
        assert one.ask().status_code == 200
        assert one.health().status_code == 200
        if mounted:
            filler.unlink()
        else:
            limit(one.server, resource.RLIMIT_FSIZE, -1)
        assert one.send().status_code == 200
        one.check(f"sqlite:///{one.file}")


@pytest.mark.slow
def test_the_file_is_removed_replaced_and_put_back(tmp_path: Path) -> None:
    """What goes into a file that nobody will find again is not acknowledged, and none is made in its place."""
    with firm(tmp_path) as one:
        assert one.send().status_code == 200
        away = tmp_path / "away.db"
        one.file.rename(away)
        refused(one.send(), "is gone: put it back")
        refused(one.ask(), "is gone: put it back")
        assert one.health().status_code == 503
        assert not one.file.exists()
        shutil.copy(away, one.file)
        refused(one.send(), "another file took the place")
        away.rename(one.file)
        assert one.send().status_code == 200
        assert one.ask().status_code == 200
    one.check(f"sqlite:///{one.file}")


@pytest.mark.slow
def test_another_process_writes_for_long(tmp_path: Path) -> None:
    """Batches wait, then are told to come again; questions do not even wait. None of them waits for each other."""
    with firm(tmp_path) as one:
        assert one.send().status_code == 200
        other = sqlite3.connect(one.file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused(one.send(), "another process writes")
        assert one.ask().status_code == 200
        other.execute("ROLLBACK")
        other.close()
        assert one.send().status_code == 200
    one.check(f"sqlite:///{one.file}")


@pytest.mark.slow
def test_a_damaged_file(tmp_path: Path) -> None:
    """One line that says what to do, from the server and from commands. Complaint: ActivityWatch/activitywatch#1412."""
    with firm(tmp_path) as one:
        one.send()
    url = f"sqlite:///{one.file}"
    with sqlite3.connect(one.file) as plain:
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    plain.close()
    size = one.file.stat().st_size
    with serving(url, tmp_path / "serve.log") as (server, address):
        damaged = Firm(one.file, one.made, server, address)
        with one.file.open("r+b") as raw:
            for page in range(1, size // 4096):
                raw.seek(page * 4096)
                raw.write(b"\xff" * 4096)
        refused(damaged.send_until(503, 3), "is damaged")
        told = lines_of(tmp_path / "serve.log", "database")
        assert any("is damaged" in line["database"] for line in told)
    ran = subprocess.run([*COMMAND, "--database", url, "user", "list"], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert ran.stderr.startswith("timegrain: ")
    assert "is damaged" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.slow
def test_too_many_open_files(tmp_path: Path) -> None:
    """Connections that do nothing take no file that the database needs."""
    with firm(tmp_path) as one:
        assert one.send().status_code == 200
        address = one.client.base_url
        limit(one.server, resource.RLIMIT_NOFILE, 64)
        idle = []
        for _ in range(100):
            try:
                idle.append(socket.create_connection((address.host, address.port or 0), timeout=10))
            except OSError:
                break
        for answer in (one.send(), one.ask(), one.health()):
            assert answer.status_code in (200, 503), answer.text
        for connection in idle:
            connection.close()
        assert one.send().status_code == 200
        assert one.ask().status_code == 200
    one.check(f"sqlite:///{one.file}")


def without_its_rights() -> None:
    """Root, too, obeys the rights of files from here on."""
    drop_from_bounding_set, override_rights = 24, 1
    ctypes.CDLL(None).prctl(drop_from_bounding_set, override_rights, 0, 0, 0)


@pytest.mark.slow
def test_a_file_that_may_only_be_read(tmp_path: Path) -> None:
    """A server starts on it and answers questions; once it may be written it takes batches again."""
    file = tmp_path / "timegrain.db"
    url = f"sqlite:///{file}"
    made = timegrain(url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
    file.chmod(0o444)
    with serving(url, tmp_path / "serve.log", prepared=without_its_rights) as (server, address):
        one = Firm(file, made, server, address)
        refused(one.send(), "read-only")
        assert one.ask().status_code == 200
        assert one.health().status_code == 200
        for written in tmp_path.glob("timegrain.db*"):
            written.chmod(0o644)
        assert one.send().status_code == 200
    one.check(url)
