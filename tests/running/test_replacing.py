"""Servers follow one another on one socket while devices send: no request fails and nothing is lost."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.running.children import Server, Team, child, get, listening, load, wait_for

TIMES = 2
PAUSE_S = 0.05
"""Between two batches of a device: some sixty a second meet each change, and leave the next server time to begin."""


@pytest.mark.slow
def test_nobody_notices(database_url: str, tmp_path: Path) -> None:
    """The next one begins while the last one still answers, and for a while both write into one database."""
    team = Team.made(database_url, 4)
    workers = ("--workers", "2") if database_url.startswith("postgresql") else ()
    with ExitStack() as running:
        on = running.enter_context(listening())
        servers: list[Server] = []

        def begin() -> None:
            log = tmp_path / f"log{len(servers)}"
            servers.append(running.enter_context(child(database_url, on, log, "--drain", "0.5", *workers)))

        begin()
        assert get(on, "/ready")[0] == 200
        with load(team, on.getsockname(), pause_s=PAUSE_S) as loads:
            for _ in range(TIMES):
                begin()
                servers[-1].answered()
                servers[-2].tell(signal.SIGTERM)
                assert servers[-2].ended() == 0
                wait_for(loads, 20)
        assert [one.refused for one in loads] == [[]] * len(loads)
    assert [one.troubles() for one in servers] == [[]] * len(servers)
    team.check(loads)
