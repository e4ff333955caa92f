"""The unmodified client of ActivityWatch at timegrain and at the real server: the same calls, the same week."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import aliased

from tests.contract.served import Office, serving, succeeded
from tests.contract.watching import device_of
from tests.serving import unlimited
from timegrain.recounting import differences
from timegrain.storage.schema import devices, facts, names, users

from . import watched_week
from .aw_server import environment, running

pytestmark = [pytest.mark.serial, pytest.mark.slow]

ZONE = "Europe/Berlin"
STREAMS = {"laptop": watched_week.laptop(), "desktop": watched_week.desktop()}


def replay(python: Path, home: Path, port: int, host: str, token: str = "") -> None:
    """All calls of a computer; with a token in a `.netrc`, as whoever sets a watcher up would have it."""
    home.mkdir()
    netrc = home / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login watcher password {token}\n" if token else "")
    done = subprocess.run(
        [str(python), str(Path(__file__).with_name("replay_watchers.py")), str(port), host],
        input=json.dumps(STREAMS[host]),
        env=environment(home) | {"NETRC": str(netrc)},
        cwd=home,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Unknown error" not in done.stderr, done.stderr[-2000:]


def week(office: Office, user: str) -> dict[str, dict[str, int]]:
    asked = office.ask(startDate="2026-02-02 00:00:00", endDate="2026-02-09 00:00:00", timeZone=ZONE, userId=[user])
    return {row["date"][:10]: row["metrics"] for row in succeeded(asked)["breakdownSummary"]}


def kept(office: Office, email: str) -> list[tuple[Any, ...]]:
    """The facts of a person, by the words that they hold."""
    app, site, browser = (aliased(names) for _ in range(3))
    statement = (
        select(devices.c.name, facts.c.kind, facts.c.start_ms, facts.c.length_ms, app.c.name, site.c.name)
        .select_from(facts)
        .join(users, (users.c.id == facts.c.user_id) & (users.c.email == email))
        .join(devices, (devices.c.user_id == facts.c.user_id) & (devices.c.id == facts.c.device_id))
        .outerjoin(app, (app.c.user_id == facts.c.user_id) & (app.c.id == facts.c.app_id))
        .outerjoin(site, (site.c.user_id == facts.c.user_id) & (site.c.id == facts.c.site_id))
        .add_columns(browser.c.name)
        .outerjoin(browser, (browser.c.user_id == facts.c.user_id) & (browser.c.id == facts.c.browser_id))
    )
    with office.database.read() as connection:
        return sorted(tuple(row) for row in connection.execute(statement))


@pytest.fixture(scope="module")
def real_export(aw_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the real server exports after all calls of both computers."""
    home = tmp_path_factory.mktemp("aw-watched")
    with running(aw_python, home) as address:
        for host in STREAMS:
            replay(aw_python, home / host, int(address.rpartition(":")[2]), host)
        answer = httpx.get(f"{address}/api/0/export", trust_env=False).raise_for_status()
    path = home / "aw-buckets-export.json"
    path.write_bytes(answer.content)
    return path


@pytest.mark.slow
def test_the_week_equals_the_import_of_the_real_servers_export(
    database_url: str, aw_python: Path, real_export: Path, tmp_path: Path
) -> None:
    with serving(database_url) as office:
        unlimited(office.database)
        for subject, rating in (("Code", "productive"), ("github.com", "productive"), ("youtube.com", "unproductive")):
            office.run("rate", subject, rating)
        watched = [device_of(office, host) for host in STREAMS]
        for device in watched:
            replay(aw_python, tmp_path / device.name, office.client.base_url.port or 0, device.name, device.token)
        eve = office.run("user", "add", "--name", "Eve", "--email", "eve@example.com")["userId"]
        imported = office.run("import", "activitywatch", str(real_export), "--user", "eve@example.com")
        assert imported["rejected"] == 0
        assert kept(office, "ben@example.com") == kept(office, "eve@example.com")
        found = week(office, watched[0].user)
        assert found == week(office, eve)
        # Not a week in which nothing happened: every class on several days, and heartbeats that did merge.
        for name in ("productive", "neutral", "unproductive", "idle"):
            assert sum(day[f"{name}TimeSpendSeconds"] > 0 for day in found.values()) >= 3, name
        beats = sum(call[0] == "beat" for call in STREAMS["laptop"])
        assert beats > 1000
        assert len(kept(office, "ben@example.com")) < beats * 3 // 4
        for user in (2, 3):
            assert differences(office.database, 1, user) == 0
