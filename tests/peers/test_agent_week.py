"""A week on the real aw-server, sent by the agent through everything that can go wrong, equals a clean import."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.served import timegrain
from tests.crash.launcher import Launcher, Started
from tests.crash.test_kill import free_port

from .agent_runs import AgentHome
from .aw_server import running
from .driving import Simulation, driving
from .relay import Relay, relaying

pytestmark = [pytest.mark.serial, pytest.mark.slow]

DAY_S = 86_400
LONGEST_S = 0.4
"""Until a kill: an agent that has loaded itself is through in half of that."""
ZONE = "Asia/Kolkata"


class Server:
    """A real `timegrain serve` on one port, which can be killed and started again."""

    def __init__(self, url: str, log: Path) -> None:
        self._url, self._log = url, log
        self.port = free_port()
        self._launcher = Launcher()
        self._process: Started | None = None

    def start(self) -> None:
        if self._process is None:
            serve = ["--database", self._url, "serve", "--port", str(self.port)]
            self._process = self._launcher.start(serve, self._log)
            self._process.wait_for(self.port)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None

    def close(self) -> None:
        self.kill()
        self._launcher.close()


@contextmanager
def serving(url: str, log: Path) -> Iterator[Server]:
    server = Server(url, log)
    try:
        server.start()
        yield server
    finally:
        server.close()


def organisation(url: str) -> dict[str, Any]:
    timegrain(url, "init", "--organisation", "Acme", "--zone", ZONE, "--admin-email", "admin@example.com")
    timegrain(url, "rate", "github.com", "productive")
    timegrain(url, "rate", "Code", "productive", "--app")
    timegrain(url, "rate", "vlc", "unproductive", "--app")
    timegrain(url, "user", "add", "--name", "Imported", "--email", "imported@example.com")
    return timegrain(url, "user", "add", "--name", "Sent", "--email", "sent@example.com")


def weeks(url: str, mail: str, days: list[str]) -> dict[str, dict[str, int]]:
    rows: dict[str, dict[str, int]] = {}
    for day in days:
        summary = timegrain(url, "summary", "--user", mail, "--date", day)
        rows |= {row["date"]: row["metrics"] for row in summary["breakdownSummary"]}
    return rows


def trouble(rng: random.Random, agents: Launcher, log: Path, server: Server, relay: Relay, met: dict[str, int]) -> None:
    """One `agent once`, in peace or not, which writes to `log`."""
    kind = rng.choices(("peace", "lost", "away", "server killed"), (60, 24, 7, 9))[0]
    relay.lose = kind == "lost"
    if kind == "away":
        server.kill()
    else:
        server.start()
    process = agents.start(["agent", "once"], log)
    if kind == "server killed":
        process.ended(rng.uniform(0, LONGEST_S))
        server.kill()
    if rng.random() < 0.1 and not process.ended(rng.uniform(0, LONGEST_S)):
        met["agent killed"] += 1
    else:
        assert process.ended(300)
    process.kill()
    met[kind] += 1
    code, said = process.code(), log.read_text()
    met["failed"] += code == 1
    assert code in (0, 1, None), said
    assert code != 1 or said.count("\n") == 1, said


@pytest.mark.parametrize(("database_url", "steps"), [("sqlite", 200), ("postgresql", 30)], indirect=["database_url"])
def test_a_week_of_trouble(aw_python: Path, database_url: str, tmp_path: Path, steps: int) -> None:
    token = organisation(database_url)["deviceToken"]
    agent = AgentHome(tmp_path / "agent")
    rng = random.Random(steps)
    met = dict.fromkeys(("peace", "lost", "away", "server killed", "agent killed", "failed"), 0)
    (tmp_path / "aw").mkdir()
    end = time.time() - DAY_S
    with (
        running(aw_python, tmp_path / "aw") as activitywatch,
        driving(aw_python, activitywatch, tmp_path / "aw") as driver,
        serving(database_url, tmp_path / "serve.log") as server,
        relaying(server.port) as relay,
        # What an agent loads is more of its time than what it does, and `test_agent.py` starts it as people do.
        closing(Launcher("timegrain.cli.agent", agent.environment)) as agents,
    ):
        agent("pair", relay.address, token, "--activitywatch", activitywatch, "--history-days", "10")
        simulation = Simulation(driver, rng, end - 7 * DAY_S, end, steps)
        for number in range(steps):
            simulation.step()
            trouble(rng, agents, tmp_path / f"once{number}.log", server, relay, met)
        relay.lose = False
        server.start()
        done = agent("once")
        assert (done["refused"], done["waiting"]) == (0, 0)
        assert agent("status")["waiting"] == 0
        export = tmp_path / "export.json"
        export.write_bytes(httpx.get(f"{activitywatch}/api/0/export", trust_env=False).raise_for_status().content)
        lost = relay.lost
    imported = timegrain(database_url, "import", "activitywatch", str(export), "--user", "imported@example.com")
    assert imported["stored"] > steps
    days = [time.strftime("%Y-%m-%d", time.gmtime(end - back * DAY_S)) for back in (7, 0)]
    expected, found = (weeks(database_url, f"{who}@example.com", days) for who in ("imported", "sent"))
    assert sum(row["totalTimeSpendSeconds"] for row in expected.values()) > steps * 60
    for name in ("idle", "productive", "neutral", "unproductive"):
        assert sum(row[f"{name}TimeSpendSeconds"] for row in expected.values()), f"no {name} second in the week"
    assert found == expected
    assert timegrain(database_url, "recount", "--check")["differences"] == 0
    if steps >= 200:  # in fewer not all of it happens
        assert all(met.values()), met
    assert lost
