"""The real server's export through the command line: imported, asked, and imported again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .known_week import EVENTS, TOTAL_AND_IDLE_BY_DAY, ZONE


def run(url: str, *arguments: str) -> Any:
    command = [sys.executable, "-c", "from timegrain.cli import main; main()", "--database", url, "--json"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


@pytest.mark.slow
def test_import_of_a_real_export(database_url: str, aw_export: Path) -> None:
    run(database_url, "init", "--organisation", "o", "--zone", ZONE, "--admin-email", "a@example.com")
    first = run(database_url, "import", "activitywatch", str(aw_export), "--user", "a@example.com")
    assert first["events"] == EVENTS
    assert first["rejected"] == 0
    assert first["leftOut"]
    assert first["suspicious"]
    for day, (total, idle) in TOTAL_AND_IDLE_BY_DAY.items():
        summary = run(database_url, "summary", "--user", "a@example.com", "--date", str(day))
        rows = {row["date"][:10]: row["metrics"] for row in summary["breakdownSummary"]}
        found = rows[str(day)]
        assert (found["totalTimeSpendSeconds"], found["idleTimeSpendSeconds"]) == (total, idle), day
    again = run(database_url, "import", "activitywatch", str(aw_export), "--user", "a@example.com")
    assert (again["stored"], again["unchanged"]) == (0, first["stored"] + first["unchanged"])
    assert run(database_url, "recount", "--check")["differences"] == 0
