"""The agent between the real aw-server and a real timegrain: each command, each trouble, and what it tells."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.contract.served import Office, serving
from timegrain.trackers.agent.activitywatch_server import ActivityWatch
from timegrain.trackers.agent.failures import ServerUnknown
from timegrain.trackers.agent.rounds import ALL, Due, Reading, Round
from timegrain.trackers.agent.running import one_round
from timegrain.trackers.agent.sending import Sent
from timegrain.trackers.agent.settings import Given, read_settings
from timegrain.trackers.agent.state import State
from timegrain.trackers.agent.timegrain_server import TimegrainServer
from timegrain.trackers.agent.token import read_token

from .agent_runs import AgentHome
from .aw_server import running
from .driving import HOST, INPUT, WEB, WINDOW, Driver, driving, event
from .relay import Relay, relaying

pytestmark = [pytest.mark.serial, pytest.mark.slow]

DAY_S, HOUR_S = 86_400, 3_600
SECRETS = ("Payroll of March", "A very private page", "/hidden/path", "token=abc", "user:pass")


@dataclass
class Desk:
    """A paired computer: ActivityWatch, the agent, the relay to the server, and the organisation behind it."""

    activitywatch: str
    driver: Driver
    agent: AgentHome
    relay: Relay
    office: Office
    token: str
    now: float

    def windows(self, *events: dict[str, Any]) -> None:
        self.driver.insert(WINDOW, *events)

    def settings(self, text: str) -> None:
        path = self.agent.folder / "agent.toml"
        top = "".join(
            line for line in path.read_text().splitlines(True) if line.startswith(("server", "activitywatch ="))
        )
        path.write_text(top + text)

    def sent(self) -> list[dict[str, Any]]:
        """The bodies of all batches that hold something."""
        return [body for body in map(json.loads, self.relay.bodies) if body]

    def entries(self, name: str = "focus") -> list[dict[str, Any]]:
        return [entry for body in self.sent() for entry in body.get(name, [])]

    def round(self, due: Due = ALL, ahead_s: float = 0.0) -> Sent:
        """A round in this process, by a clock that is fast."""
        folder = self.agent.folder
        settings = read_settings(folder)
        with (
            closing(ActivityWatch(settings.activitywatch)) as activitywatch,
            closing(TimegrainServer(settings.server, read_token(folder, settings.server))) as server,
            closing(State(folder)) as state,
        ):
            now_ms = round((time.time() + ahead_s) * 1000)
            return Round(Reading(activitywatch, state, settings, now_ms), state, server).run(due, lambda *_: None)

    def total(self, mail: str = "ben@example.com", days: int = 1) -> int:
        """Seconds in the weeks of today and of the days before."""
        weeks: dict[str, int] = {}
        for back in range(0, days + 7, 7):
            day = datetime.fromtimestamp(self.now - back * DAY_S, UTC).strftime("%Y-%m-%d")
            summary = self.office.run("summary", "--user", mail, "--date", day)
            weeks |= {row["date"]: row["metrics"]["totalTimeSpendSeconds"] for row in summary["breakdownSummary"]}
        return sum(weeks.values())


@pytest.fixture(scope="module")
def local(aw_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Driver]]:
    home = tmp_path_factory.mktemp("aw")
    with running(aw_python, home) as address, driving(aw_python, address, home) as driver:
        yield address, driver


@pytest.fixture
def desk(local: tuple[str, Driver], sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    address, driver = local
    for bucket in httpx.get(f"{address}/api/0/buckets/", trust_env=False).json():
        driver("delete", bucket)
    for bucket in (WINDOW, INPUT, WEB):
        driver.create(bucket)
    with serving(sqlite_url) as office, relaying(office.client.base_url.port or 80) as relay:
        made = office.run("user", "add", "--name", "Ben", "--email", "ben@example.com")
        agent = AgentHome(tmp_path / "agent")
        agent("pair", relay.address, made["deviceToken"], "--activitywatch", address)
        # Half an hour ago, so that nothing here meets the present or the next day.
        yield Desk(address, driver, agent, relay, office, made["deviceToken"], time.time() - HOUR_S / 2)


# --- Pairing ------------------------------------------------------------------------------------------------


def test_pairing(desk: Desk, tmp_path: Path) -> None:
    agent = AgentHome(tmp_path / "other")
    address = desk.relay.address
    assert "not paired" in agent.fails("once")
    assert "API key" in agent.fails("pair", address, desk.office.admin)
    assert "refuses the token" in agent.fails("pair", address, "tg_1_nothing")
    assert "--insecure" in agent.fails("pair", "http://timegrain.example", desk.token)
    assert "http" in agent.fails("pair", "timegrain.example", desk.token)
    assert "cannot be reached" in agent.fails("pair", "http://127.0.0.1:9", desk.token)
    for no_token in ("tg_1_s\u00e9cret", "tg_1\nsecret", ""):
        refused = agent.fails("pair", address, no_token)
        assert "no device's token" in refused
        assert not no_token or no_token not in refused
    assert not (agent.folder / "agent.toml").exists()
    assert not (agent.folder / "token").exists()
    paired = agent("pair", address + "/", "-", stdin=f"{desk.token}\n")
    assert (paired["organisation"], paired["user"], paired["device"]) == ("Acme", "Ben", "default")
    assert (paired["server"], paired["token"]) == (address, "file")
    assert "of URLs the host alone, no titles" in paired["notice"]
    assert "key of Acme" in paired["notice"]
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) for path in agent.folder.iterdir()} == {0o600}
        assert stat.S_IMODE(agent.folder.stat().st_mode) == 0o700
    (agent.folder / "agent.toml").write_text('titles = true  # mine\nserver = "http://127.0.0.1:1"\n')
    shown = agent.run("pair", address, desk.token)
    assert paired["notice"] in shown.stdout
    assert desk.token not in shown.stdout
    assert f'titles = true  # mine\nserver = "{address}"\n' == (agent.folder / "agent.toml").read_text()


def test_pairing_that_cannot_write_the_settings_changes_nothing(desk: Desk) -> None:
    file, token = desk.agent.folder / "agent.toml", desk.agent.folder / "token"
    file.write_text(f'server = """\\\n{desk.relay.address}"""\nactivitywatch = "{desk.activitywatch}"\n')
    before = (file.read_text(), token.read_text())
    assert desk.agent("once")["refused"] == 0
    other = f"http://127.0.0.1:{desk.office.client.base_url.port}"
    assert "cannot be changed" in desk.agent.fails("pair", other, desk.token)
    assert (file.read_text(), token.read_text()) == before
    assert desk.agent("once")["refused"] == 0


def test_the_organisations_own_notice_is_shown(desk: Desk) -> None:
    with desk.office.database.engine.begin() as connection:
        connection.execute(text("UPDATE organisations SET notice = 'What we count, and why.'"))
    assert desk.agent("pair", desk.relay.address, desk.token)["notice"] == "What we count, and why."


def test_the_token_in_a_keyring(desk: Desk, tmp_path: Path) -> None:
    """A small real backend, in a module of its own."""
    (tmp_path / "file_keyring.py").write_text(
        "import json, pathlib\n"
        "from keyring.backend import KeyringBackend\n"
        f"PLACE = pathlib.Path({str(tmp_path / 'keyring.json')!r})\n"
        "class FileKeyring(KeyringBackend):\n"
        "    priority = 1\n"
        "    def _all(self):\n"
        "        return json.loads(PLACE.read_text()) if PLACE.exists() else {}\n"
        "    def get_password(self, service, username):\n"
        "        return self._all().get(f'{service} {username}')\n"
        "    def set_password(self, service, username, password):\n"
        "        PLACE.write_text(json.dumps(self._all() | {f'{service} {username}': password}))\n"
    )
    with_keyring = {"PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring", "PYTHONPATH": str(tmp_path)}
    agent = AgentHome(desk.agent.folder, with_keyring)
    assert (agent.folder / "token").read_text().startswith(desk.token)
    assert agent("pair", desk.relay.address, desk.token)["token"] == "keyring"
    assert not (agent.folder / "token").exists()
    kept = json.loads((tmp_path / "keyring.json").read_text())
    assert kept == {f"timegrain-agent {desk.relay.address}": desk.token}
    assert agent("once")["refused"] == 0
    assert agent("status")["token"] == "keyring"
    assert "no token" in AgentHome(agent.folder, {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}).fails(
        "once"
    )
    (tmp_path / "broken_keyring.py").write_text(
        "from keyring.backend import KeyringBackend\n"
        "class BrokenKeyring(KeyringBackend):\n"
        "    priority = 1\n"
        "    def get_password(self, service, username):\n"
        "        raise ValueError('no session bus')\n"
        "    set_password = lambda self, *given: self.get_password(*given[:2])\n"
    )
    for broken in ("broken_keyring.BrokenKeyring", "no_such_module.Keyring"):
        without = AgentHome(tmp_path / broken, with_keyring | {"PYTHON_KEYRING_BACKEND": broken})
        assert without("pair", desk.relay.address, desk.token)["token"] == "file"
        (without.folder / "token").unlink()
        assert "keyring does not give the token" in without.fails("once")
        (without.folder / "token").write_bytes(b"\xff\xfe")
        assert "no token for this server" in without.fails("once")
    nowhere = AgentHome(tmp_path / "null", {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"})
    assert nowhere("pair", desk.relay.address, desk.token)["token"] == "file"


# --- What is sent -------------------------------------------------------------------------------------------


def test_preview_is_what_is_then_sent(desk: Desk) -> None:
    at = desk.now
    desk.windows(event(at - 600, 300, app="Code", title=SECRETS[0]), event(at - 300, 0, app="Slack", title=""))
    desk.driver.insert(WEB, event(at - 500, 20, url="https://a.example/hidden/path", title=SECRETS[1], incognito=False))
    desk.driver.insert(INPUT, event(at - 3000, 2400, status="afk"), event(at - 600, 600, status="not-afk"))
    preview = desk.agent("preview")
    assert desk.sent() == []
    assert desk.agent.run("preview").stdout == json.dumps(preview["batches"][0], separators=(",", ":")) + "\n"
    desk.agent("once")
    assert desk.sent() == preview["batches"]
    (body,) = desk.sent()
    assert {name: len(entries) for name, entries in body.items()} == {"away": 1, "focus": 2, "pages": 1, "present": 1}
    assert body["pages"][0]["url"] == "https://a.example/"
    assert not {"title", "url"} & body["focus"][0].keys()
    head = [head for head in desk.relay.heads if head.get("content-encoding") == "gzip"][-1]
    assert head["date"].endswith("GMT")
    assert head["authorization"] == f"Bearer {desk.token}"
    assert desk.agent("once") == {"acknowledged": 0, "refused": 0, "waiting": 0}


def test_a_growing_event_is_sent_again_and_counted_once(desk: Desk) -> None:
    for second in (0, 4, 8):
        desk.driver("beat", WINDOW, event=event(desk.now - 100 + second, 0, app="Code"), pulsetime=5.0)
        assert desk.round(Due(False, False)).acknowledged == 1
    assert len({entry["start"] for entry in desk.entries()}) == 1
    assert len({entry["end"] for entry in desk.entries()}) == 3
    assert desk.total() == 8


def test_what_is_never_told_and_settings_that_change(desk: Desk) -> None:
    at = desk.now
    desk.settings(
        'titles = true\n[[never]]\napps = ["keepassxc"]\n[[never]]\nsites = ["bank.example"]\nsend = "nothing"\n'
    )
    desk.windows(event(at - 90, 30, app="KeePassXC", title=SECRETS[0]), event(at - 60, 30, app="Code", title="main.py"))
    desk.driver.insert(
        WEB,
        event(at - 90, 10, url="https://my.bank.example/", title=SECRETS[1], incognito=False),
        event(at - 80, 10, url="https://a.example/", title=SECRETS[1], incognito=True),
        event(at - 70, 10, url="https://a.example/hidden/path", title="Docs", incognito=False),
    )
    desk.agent("once")
    assert [(entry["app"], entry.get("title")) for entry in desk.entries()] == [("private", None), ("Code", "main.py")]
    assert [(entry["url"], entry["title"]) for entry in desk.entries("pages")] == [("https://a.example/", "Docs")]
    left_out = desk.agent("status")["leftOut"]
    assert left_out == {"incognito": 1, "never sent, as the settings say": 1}
    desk.settings("titles = 1\n")
    desk.windows(event(at - 20, 10, app="Code", title="late.py"))
    assert "titles must be true or false" in desk.agent.fails("once")
    assert len(desk.entries()) == 2
    assert "titles must be true or false" in desk.agent("status")["failure"]
    assert desk.agent.run("status").stdout.startswith("Paired as Acme, Ben, default, but no server")
    desk.settings("titles = false\n")
    assert desk.agent("once")["acknowledged"] > 0
    assert desk.agent("status")["failure"] is None


def test_hours(desk: Desk) -> None:
    day = int(desk.now - 2 * DAY_S) // DAY_S * DAY_S
    desk.settings('[hours]\nfrom = "08:00"\nto = "18:00"\nzone = "UTC"\n')
    desk.windows(
        event(day + 6 * HOUR_S, HOUR_S, app="Early"),
        event(day + 7 * HOUR_S, 2 * HOUR_S, app="Over the edge"),
        event(day + 12 * HOUR_S, 60, app="Within"),
        event(day + 17 * HOUR_S, 20 * HOUR_S, app="Over the night"),
    )
    desk.agent("once")
    told = sorted((entry["app"], entry["start"][11:16], entry["end"][11:16]) for entry in desk.entries())
    assert sorted(set(told)) == [
        ("Over the edge", "08:00", "09:00"),
        ("Over the night", "08:00", "13:00"),
        ("Over the night", "17:00", "18:00"),
        ("Within", "12:00", "12:01"),
    ]


def test_a_pause_is_never_sent(desk: Desk) -> None:
    """The event begins before the pause and ends in it; more of it comes after the pause."""
    paused = desk.agent("pause", "1h30m")
    begun = float(int(time.time()))  # ActivityWatch cuts what is finer than milliseconds
    assert desk.agent("status")["pausedUntil"] is not None
    assert abs(datetime.fromisoformat(paused["pausedUntil"]).timestamp() - begun - 5400) < 60
    desk.windows(event(begun - 600, 600 + 2 * HOUR_S, app="Code"), event(begun + 30, HOUR_S, app="Secret"))
    sent = desk.round(ahead_s=3 * HOUR_S)
    with closing(State(desk.agent.folder)) as state:
        ((start, end),) = state.pauses()
    pieces = [(entry["app"], _ms(entry["start"]), _ms(entry["end"])) for entry in desk.entries()]
    assert sorted(set(pieces)) == [
        ("Code", round((begun - 600) * 1000), start),
        ("Code", end, round((begun + 2 * HOUR_S) * 1000)),
    ]
    assert sent.waiting
    assert desk.agent("resume") == {"pausedUntil": None}
    assert desk.agent("status")["pausedUntil"] is None
    with closing(State(desk.agent.folder)) as state:
        assert start < state.pauses()[0][1] < end
    assert desk.agent.run("pause", "soon").returncode == 2
    assert desk.agent.run("pause", "0m").returncode == 2


def _ms(written: str) -> int:
    return round(datetime.fromisoformat(written).timestamp() * 1000)


# --- Refused, waiting, away ---------------------------------------------------------------------------------


def test_a_refused_fact_blocks_nothing(desk: Desk) -> None:
    desk.windows(event(desk.now - 90, 30, app="x" * 256), event(desk.now - 60, 30, app="Code"))
    desk.windows(event(desk.now - 12 * DAY_S, 30, app="y" * 256), event(desk.now - 12 * DAY_S + 60, 30, app="Code"))
    done = desk.agent("once")
    assert (done["refused"], done["waiting"]) == (2, 0)
    refused = desk.agent("status")["refused"]
    assert [(one["code"], one["message"]) for one in refused] == [("BAD_ENTRY", "app has more than 255 characters")] * 2
    assert desk.agent("once") == {"acknowledged": 0, "refused": 0, "waiting": 0}
    assert desk.total(days=14) == 60


def test_a_batch_refused_as_a_whole_is_split_down_to_the_fact(desk: Desk) -> None:
    desk.windows(*(event(desk.now - 900 + n, 1, app=f"App {n}") for n in range(300)))
    desk.relay.judge = lambda body: (400, {}) if b'"App 77"' in body else (413, {}) if len(body) > 5_000 else None
    assert desk.agent("once") == {"acknowledged": 299, "refused": 1, "waiting": 0}
    (refused,) = desk.agent("status")["refused"]
    assert refused["code"] == "BAD_ENTRY"
    desk.relay.judge = lambda body: (400, {}) if body else None
    desk.windows(event(desk.now - 10, 1, app="Code"))
    assert "takes no batch at all" in desk.agent.fails("once")
    desk.relay.judge = lambda body: (200, {})
    assert "no timegrain server" in desk.agent.fails("once")
    desk.relay.judge = lambda body: (301, {"Location": "http://127.0.0.1:9/"})
    assert "no timegrain server" in desk.agent.fails("once")
    desk.relay.judge = lambda body: None
    assert desk.agent("once") == {"acknowledged": 1, "refused": 0, "waiting": 0}


def test_batches_over_the_servers_size_are_halved(desk: Desk) -> None:
    desk.settings('urls = "full"\n')
    pages = (event(desk.now - 3000 + n, 1, url="https://a.example/" + f"{n}x" * 800, title="") for n in range(2500))
    desk.driver.insert(WEB, *pages)
    desk.driver.insert(
        WEB, *(event(desk.now - 3500 + n / 4, 0, url="https://b.example/" + "é" * 4000) for n in range(1200))
    )
    done = desk.agent("once")
    assert (done["acknowledged"], done["refused"]) == (3700, 0)
    assert max(len(body.get("pages", [])) for body in desk.sent()) == 2000
    assert len([body for body in desk.relay.bodies if len(body) > 8 * 1024 * 1024]) >= 1


def test_facts_of_a_fast_clock_wait_and_come_later(desk: Desk) -> None:
    desk.windows(event(time.time() - HOUR_S, 90 * 60, app="Code"), event(time.time() - 2 * HOUR_S, 60, app="Slack"))
    sent = desk.round(ahead_s=HOUR_S)
    assert (sent.acknowledged, sent.waiting, sent.reason) == (1, 1, "IN_THE_FUTURE")
    assert desk.agent("status")["waiting"] == 1
    assert desk.agent("once") == {"acknowledged": 1, "refused": 0, "waiting": 0}
    assert HOUR_S + 60 <= desk.total(days=8) <= HOUR_S + 60 + 120


def test_retry_after_and_a_server_that_is_away(desk: Desk) -> None:
    desk.windows(event(desk.now - 60, 30, app="Code"))
    asked: list[bytes] = []

    def busy_once(body: bytes) -> tuple[int, dict[str, str]] | None:
        asked.append(body)
        return (503, {"Retry-After": "0"}) if len(asked) < 3 else None

    desk.relay.judge = busy_once
    assert desk.agent("once")["acknowledged"] == 1
    assert len(asked) == 3
    desk.windows(event(desk.now - 20, 10, app="Code"))
    desk.relay.judge = lambda body: (429, {"Retry-After": "60"})
    assert "429" in desk.agent.fails("once")
    desk.relay.judge = lambda body: (503, {"Retry-After": "0"})
    assert "503" in desk.agent.fails("once")
    assert desk.agent("status")["waiting"] == 1
    desk.relay.judge, desk.relay.lose = lambda body: None, True
    assert "cannot be reached" in desk.agent.fails("once")
    desk.relay.lose = False
    desk.agent("once")
    assert (desk.agent("status")["waiting"], desk.total()) == (0, 40)


def test_a_revoked_token(desk: Desk) -> None:
    desk.windows(event(desk.now - 60, 30, app="Code"))
    desk.relay.judge = lambda body: (401, {})
    assert "refuses the token" in desk.agent.fails("once")
    assert "refuses the token" in desk.agent("status")["failure"]
    assert desk.agent("status")["waiting"] == 1


# --- ActivityWatch ------------------------------------------------------------------------------------------


def test_several_hosts(desk: Desk) -> None:
    for host in ("BEN-MAC", "CARA-PC"):
        desk.driver.create(f"aw-watcher-window_{host}", host, "currentwindow")
        desk.driver.insert(f"aw-watcher-window_{host}", event(desk.now - 60, 10, app=host))
    desk.driver.create(f"aw-watcher-window_{HOST}-synced-from-PHONE", "PHONE", "currentwindow")
    desk.driver.create("aw-stopwatch", HOST, "general.stopwatch")
    desk.windows(event(desk.now - 60, 20, app="Code"))
    assert "ANNA-PC, BEN-MAC, CARA-PC" in desk.agent.fails("once")
    desk.settings('host = "NOBODY"\n')
    assert "NOBODY" in desk.agent.fails("once")
    desk.settings(f'host = "{HOST}"\n')
    desk.agent("once")
    assert [entry["app"] for entry in desk.entries()] == ["Code"]
    left_out = desk.agent("status")["leftOut"]
    expected = {
        "buckets of other computers": 2,
        "buckets synced from elsewhere": 1,
        "buckets of type general.stopwatch": 1,
    }
    assert left_out == expected


def test_the_input_watcher_and_activitywatch_away(desk: Desk) -> None:
    assert desk.agent("status")["inputWatcher"] == "missing"
    desk.windows(event(desk.now - 60, 20, app="Code"))
    desk.driver.insert(INPUT, event(desk.now - HOUR_S, 60, status="afk"))
    assert desk.agent("status")["inputWatcher"] == "silent"
    desk.driver.insert(INPUT, event(desk.now - 300, 60, status="not-afk"))
    assert desk.agent("status")["inputWatcher"] == "reporting"
    desk.agent("pair", desk.relay.address, desk.token, "--activitywatch", "http://127.0.0.1:9")
    assert "ActivityWatch cannot be reached" in desk.agent.fails("once")
    status = desk.agent("status")
    assert status["activitywatch"]["reachable"] is False
    assert desk.token not in json.dumps(status)
    desk.agent("pair", desk.relay.address, desk.token, "--activitywatch", str(desk.office.client.base_url))
    assert "ActivityWatch" in desk.agent.fails("once")


def test_a_bucket_that_was_deleted_and_comes_again(desk: Desk) -> None:
    old = [event(desk.now - 5 * DAY_S + n * 100, 50, app="Code") for n in range(10)]
    desk.windows(*old, event(desk.now - 60, 20, app="Code"))
    desk.agent("once")
    total = desk.total(days=8)
    desk.driver("delete", WINDOW)
    assert desk.agent("once")["acknowledged"] == 0
    assert desk.total(days=8) == total == 520
    desk.driver.create(WINDOW)
    desk.windows(*old, event(desk.now - 60, 25, app="Code"))
    desk.agent("once")
    assert desk.total(days=8) == total + 5


def test_activitywatch_restarted_with_what_it_had(desk: Desk, aw_python: Path, tmp_path: Path) -> None:
    home = tmp_path / "aw"
    home.mkdir()
    for number in range(2):
        with running(aw_python, home) as address, driving(aw_python, address, home) as driver:
            driver.create(WINDOW)
            driver("beat", WINDOW, event=event(desk.now - 100 + number * 3, 0, app="Code"), pulsetime=5.0)
            desk.agent("pair", desk.relay.address, desk.token, "--activitywatch", address)
            desk.agent("once")
        assert "ActivityWatch cannot be reached" in desk.agent.fails("once")
    assert desk.total() == 3


def test_a_bucket_of_an_impossible_time_stops_nothing(desk: Desk) -> None:
    beginning = {"timestamp": "0001-01-01T00:00:00+00:00", "duration": 1.0, "data": {"status": "afk"}}
    desk.driver.insert(INPUT, beginning)
    desk.windows(event(desk.now, 1, app="Code"))
    assert desk.agent("once") == {"acknowledged": 1, "refused": 0, "waiting": 0}
    assert desk.agent("status")["failure"] is None


def test_more_new_events_than_a_minute_reads(desk: Desk) -> None:
    desk.windows(event(desk.now - 2000, 1, app="Code"))
    desk.agent("once")
    desk.windows(*(event(desk.now - 1900 + n * 2, 1, app=f"App {n % 7}") for n in range(500)))
    assert desk.round(Due(False, False)).acknowledged == 500
    assert desk.round(Due(False, False)).acknowledged == 0


def test_a_history_of_thirty_days_equals_its_import(desk: Desk, tmp_path: Path) -> None:
    rng = random.Random(30)
    begin = desk.now - 31 * DAY_S
    for bucket in (WINDOW, INPUT, WEB):
        events = []
        for n in range(2000):
            at = begin + n * 31 * DAY_S / 2000 + rng.random() * 900
            data = {
                WINDOW: {"app": rng.choice(("Code", "firefox")), "title": "t"},
                INPUT: {"status": rng.choice(("afk", "not-afk"))},
                WEB: {"url": rng.choice(("https://a.example/x", "https://b.example/")), "title": "t"},
            }[bucket]
            events.append(event(at, rng.choice((0.0, 60.5, 900.0)), **data))
        desk.driver.insert(bucket, *events)
    desk.agent("once")
    oldest = min(entry["start"] for entry in desk.entries())
    with closing(State(desk.agent.folder)) as state:
        start = state.note_ms("history_start")
    assert start is not None
    assert start <= _ms(oldest) < start + DAY_S * 1000
    assert abs(start / 1000 - (time.time() - 30 * DAY_S)) < HOUR_S
    assert desk.agent("once") == {"acknowledged": 0, "refused": 0, "waiting": 0}
    desk.office.run("user", "add", "--name", "I", "--email", "imported@example.com")
    export = tmp_path / "export.json"
    export.write_bytes(httpx.get(f"{desk.activitywatch}/api/0/export", trust_env=False).content)
    desk.office.run("import", "activitywatch", str(export), "--user", "imported@example.com")
    for back in (0, 7, 14, 21):
        day = datetime.fromtimestamp(desk.now - back * DAY_S, UTC).strftime("%Y-%m-%d")
        sent, imported = (
            desk.office.run("summary", "--user", f"{who}@example.com", "--date", day) for who in ("ben", "imported")
        )
        assert sent == imported


# --- The process --------------------------------------------------------------------------------------------


def test_what_the_command_line_says_goes_before_the_settings(desk: Desk) -> None:
    long_ago = event(desk.now - 60 * DAY_S, 600, app="Code")
    desk.windows(long_ago, event(desk.now - 600, 600, app="Code"))
    file = desk.agent.folder / "agent.toml"
    file.write_text(file.read_text().replace(desk.activitywatch, "http://127.0.0.1:9"))
    assert "cannot be reached" in desk.agent.fails("once")
    assert desk.agent("once", "--activitywatch", desk.activitywatch)["acknowledged"] == 1
    assert desk.agent("--activitywatch", desk.activitywatch, "once")["acknowledged"] == 0
    assert desk.agent("status", "--activitywatch", desk.activitywatch)["activitywatch"]["reachable"]
    told = ("once", "--activitywatch", desk.activitywatch, "--history-days")
    assert desk.agent(*told, "90")["acknowledged"] == 1
    assert desk.agent(*told, "10")["acknowledged"] == 0
    assert desk.total(days=62) == 1200


def test_a_history_that_begins_earlier_takes_the_rest_of_its_first_day(desk: Desk) -> None:
    midnight = (time.time() - 30 * DAY_S) // DAY_S * DAY_S
    desk.windows(event(midnight - 5, 1, app="Code"), event(midnight, 1, app="Code"), event(desk.now, 1, app="Code"))
    assert desk.agent("once")["acknowledged"] == 1
    assert desk.agent("once", "--history-days", "60")["acknowledged"] == 2
    desk.windows(event(desk.now - 70 * DAY_S, 1, app="Code"))
    desk.agent("pair", desk.relay.address, desk.token, "--history-days", "80")
    assert desk.agent("once")["acknowledged"] == 1


def test_run_sends_and_ends_cleanly(desk: Desk) -> None:
    desk.windows(event(desk.now - 60, 30, app="Code", title=SECRETS[0]))
    process = desk.agent.start("run")
    assert process.stderr
    line = process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out, error) == (0, "", "")
    assert line.split(" ", 1)[1] == "acknowledged 1, refused 0, waiting 0\n"
    assert desk.total() == 30


def test_a_failed_round_of_run_is_logged_and_ended_by_a_signal(desk: Desk) -> None:
    desk.windows(event(desk.now - 60, 30, app="Code"))
    desk.relay.judge = lambda body: (503, {"Retry-After": "3600"})
    process = desk.agent.start("run")
    assert process.stderr
    assert "SERVER_AWAY: the server answered 503; next try in 3600 s" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0


MEASURED = """
import json, resource, sys
from pathlib import Path
from timegrain.cli import main
main()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
status = Path("/proc/self/status")
if status.exists():  # Linux counts the parent's pages in getrusage
    peak = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps({"peak": peak, "loaded": sorted({"sqlalchemy", "litestar", "uvicorn"} & set(sys.modules))}))
"""


@pytest.mark.parametrize("command", ["once", "status"])
def test_the_agent_stays_small_and_loads_no_server(desk: Desk, command: str) -> None:
    rng = random.Random(1)
    desk.windows(
        *(
            event(desk.now - 30 * DAY_S + n * 400, rng.random() * 300, app=f"App {n % 9}", title="t" * 60)
            for n in range(6400)
        )
    )
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "agent", command, "--json"],
        env=desk.agent.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    answer, measured = map(json.loads, done.stdout.splitlines())
    assert command == "status" or answer["acknowledged"] > 6000
    assert measured["loaded"] == []
    assert measured["peak"] < 60 * 1024, measured


def test_no_title_and_no_path_leaves_or_stays(desk: Desk, tmp_path: Path) -> None:
    at = desk.now
    url = f"https://{SECRETS[4]}@a.example{SECRETS[2]}?{SECRETS[3]}"
    desk.windows(
        event(at - 90, 30, app="Code", title=SECRETS[0]), event(at - 60, 30, app="Safari", url=url, title=SECRETS[0])
    )
    desk.driver.insert(WEB, event(at - 90, 30, url=url, title=SECRETS[1], incognito=False))
    desk.windows(event(at - 20, 10, app="z" * 300, title=SECRETS[0], url=url))
    process = desk.agent.start("run")
    assert process.stderr
    log = process.stderr.readline()
    process.terminate()
    log += process.communicate(timeout=60)[1]
    assert "refused 1" in log
    status = desk.agent.run("status").stdout + desk.agent.run("preview").stdout
    server = Path(desk.office.url.removeprefix("sqlite:///")).parent
    files = [path for folder in (server, tmp_path, desk.agent.folder) for path in folder.iterdir() if path.is_file()]
    found = {path.name: path.read_bytes() for path in files}
    assert {"timegrain.db", "state.db"} <= found.keys()
    found |= {"bodies": b"\n".join(desk.relay.bodies), "log": log.encode(), "status": status.encode()}
    assert b"https://a.example/" in found["bodies"]
    for name, content in found.items():
        assert not [secret for secret in SECRETS if secret.encode() in content], name


def test_pairing_anew_in_the_middle_of_a_round_loses_nothing(desk: Desk) -> None:
    other = desk.office.run("user", "add", "--name", "Eva", "--email", "eva@example.com")["deviceToken"]
    desk.windows(event(desk.now - 60, 30, app="Code"))
    paired: list[Any] = []

    def pair_once(body: bytes) -> None:
        if len(body) > 2 and not paired:
            paired.append("now")
            paired.append(desk.agent("pair", desk.relay.address, other))

    desk.relay.judge = pair_once
    assert "paired anew" in desk.agent.fails("once")
    assert paired[1]["user"] == "Eva"
    assert desk.agent("once")["acknowledged"] == 1
    assert (desk.total(), desk.total("eva@example.com")) == (30, 30)
    assert desk.agent("status")["failure"] is None


def test_two_agents_do_no_harm(desk: Desk) -> None:
    desk.windows(*(event(desk.now - 900 + n * 2, 2, app=f"App {n % 5}") for n in range(400)))
    processes = [desk.agent.start("once") for _ in range(3)]
    for process in processes:
        _, error = process.communicate(timeout=120)
        assert (process.returncode, error) == (0, "")
    assert desk.total() == 800
    assert desk.office.run("recount", "--check")["differences"] == 0


def test_a_round_keeps_why_it_failed(desk: Desk) -> None:
    desk.relay.judge = lambda body: (200, {})
    desk.windows(event(desk.now - 60, 30, app="Code"))
    with closing(State(desk.agent.folder)) as state:
        with pytest.raises(ServerUnknown):
            one_round(Given(desk.agent.folder), state, ALL, lambda *_: None)
        assert "no timegrain server" in (state.note("failure") or "")
