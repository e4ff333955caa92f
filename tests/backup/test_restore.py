"""Backups while a server is written to, and what comes back of them: everything but what was withdrawn since."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.backup.kept import PG_BIN, complaint, printed, sample, week, weeks
from tests.contract.served import timegrain
from tests.crash.test_kill import Sender, check, serving
from tests.serving import served, unlimited
from timegrain.storage.engine import Database


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGBIN", str(PG_BIN))


def test_everything_but_what_was_withdrawn_comes_back(database_url: str, tmp_path: Path) -> None:
    made = sample(database_url)
    first, second, third = printed(database_url, "user", "list")["users"]
    old = printed(database_url, "key", "add", "--name", "old", "--role", "admin")
    before = weeks(database_url, made["apiKey"])
    file = tmp_path / "backup.gz"
    told = printed(database_url, "backup", str(file))
    assert (told["people"], stat.S_IMODE(file.stat().st_mode)) == (3, 0o600)
    assert "already" in complaint(database_url, "backup", str(file))

    printed(database_url, "key", "revoke", old["keyId"])
    printed(database_url, "user", "erase", second["email"], "--confirm", second["email"])
    printed(database_url, "user", "deactivate", third["email"])
    database = Database(database_url)
    with served(database) as client:
        headers = {"Authorization": f"Bearer {made['apiKey']}"}
        for day, remember in ((15, True), (16, False)):
            body = {
                "userId": first["userId"],
                "startDate": f"2026-09-{day} 00:00:00",
                "endDate": f"2026-09-{day} 23:59:59",
                "timeZone": "Asia/Kolkata",
                "remember": remember,
            }
            answer = client.request("DELETE", "/v1/activity", json=body, headers=headers)
            assert answer.json()["data"]["facts"] > 0, answer.text
        after = week(client, made["apiKey"], first["userId"])
    database.close()
    assert after != before[first["email"]]

    assert "--replace" in complaint(database_url, "restore", str(file))
    done = printed(database_url, "restore", str(file), "--replace", "--whole")
    again = done["again"]
    assert {what: again[what] for what in ("erased ranges", "corrections", "erased people", "revoked keys")} == {
        "erased ranges": 1,
        "corrections": 1,
        "erased people": 1,
        "revoked keys": 1,
    }
    assert again["people who left"] == 1
    assert done["check"]["sound"]
    database = Database(database_url)
    with served(database) as client:
        assert week(client, made["apiKey"], first["userId"]) == after
        refused = client.post(
            "/v1/dashboard/weekly-summary", json={}, headers={"Authorization": f"Bearer {old['apiKey']}"}
        )
        assert refused.status_code == 401
    database.close()
    calls = [one["call"] for one in printed(database_url, "audit")["entries"]]
    assert {"timegrain backup", "timegrain restore"} <= set(calls)
    assert {one["email"] for one in printed(database_url, "user", "list")["users"]} == {
        first["email"],
        third["email"],
    }


@pytest.mark.slow
def test_a_backup_while_a_server_is_written_to(database_url: str, tmp_path: Path) -> None:
    """All that was acknowledged before it began is in it, each batch wholly or not at all; nothing differs."""
    made = timegrain(database_url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
    database = Database(database_url)
    unlimited(database)
    database.close()
    lock, numbers, enough = threading.Lock(), iter(range(100_000)), threading.Semaphore(0)

    def days() -> Iterator[int]:
        while True:
            with lock:
                number = next(numbers)
            yield number

    taken: list[tuple[str, set[int]]] = []
    with serving(database_url, tmp_path / "serve.log") as (server, address):
        senders = [Sender(address, made["apiKey"], made["userId"], days(), enough) for _ in range(4)]
        for sender in senders:
            sender.start()
        for number in range(3):
            for _ in range(8):
                assert enough.acquire(timeout=30)
            acknowledged = {day for sender in senders for day in sender.acknowledged}
            file = str(tmp_path / f"backup-{number}")
            printed(database_url, "backup", file)
            taken.append((file, acknowledged))
        os.killpg(server.pid, signal.SIGKILL)
        for sender in senders:
            sender.join(30)
    sent = set(range(next(numbers)))
    for number, (file, acknowledged) in enumerate(taken):
        assert len(acknowledged) >= 8 * (number + 1)
        url = make_url(database_url)
        target = url.set(database=f"{url.database}_{number}").render_as_string(hide_password=False)
        assert printed(target, "restore", file, "--without-erasures", "--whole")["check"]["sound"]
        check(target, acknowledged, sent)
