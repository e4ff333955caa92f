"""An organisation made through the command line and served over real HTTP, without stand-ins."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from click.testing import CliRunner
from sqlalchemy import event

from tests.serving import served
from timegrain.cli import timegrain as command_line
from timegrain.storage.engine import Database

SUMMARY, ACTIVITY = "/v1/dashboard/weekly-summary", "/v1/activity"
NOBODY = "00000000-0000-4000-8000-000000000000"
ZONE = "Asia/Kolkata"


def timegrain(url: str, *arguments: str) -> dict[str, Any]:
    """The JSON object that a command prints. In this process: a program's start takes longer than most commands."""
    ran = CliRunner().invoke(command_line, ["--database", url, "--json", *arguments], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    printed: dict[str, Any] = json.loads(ran.stdout)
    return printed


@dataclass(frozen=True)
class Office:
    """An organisation with its administrator `anna` and a server; `client` sends no key by itself."""

    url: str
    database: Database
    client: httpx.Client
    name: str
    user: str
    admin: str

    def run(self, *arguments: str) -> dict[str, Any]:
        return timegrain(self.url, "--organisation", self.name, *arguments)

    def key(self, role: str) -> str:
        return str(self.run("key", "add", "--name", role, "--role", role)["apiKey"])

    def call(self, path: str, body: object, key: str = "", method: str = "POST") -> httpx.Response:
        """With the administrator's key unless another is given."""
        return self.client.request(method, path, json=body, headers=bearing(key or self.admin))

    def ask(self, key: str = "", **changed: Any) -> httpx.Response:
        return self.call(SUMMARY, self.question(**changed), key)

    def question(self, **changed: Any) -> dict[str, Any]:
        """The body of TrackPilots' documentation, with a user of ours."""
        return {
            "startDate": "2026-02-08 00:00:00",
            "endDate": "2026-02-08 23:59:59",
            "timeZone": ZONE,
            "userId": [self.user],
            "teamId": [],
            **changed,
        }

    def send(self, key: str = "", **lists: Any) -> dict[str, Any]:
        answer = self.call(ACTIVITY, {"userId": self.user, "device": "laptop-7", **lists}, key)
        return succeeded(answer)


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def succeeded(answer: httpx.Response) -> dict[str, Any]:
    """The data in the envelope of every success."""
    body = answer.json()
    assert (answer.status_code, body["success"], body["statusCode"], body["error"]) == (200, True, 200, None), body
    assert set(body) == {"success", "statusCode", "statusMessage", "error", "data"}
    data: dict[str, Any] = body["data"]
    return data


def failed(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The whole body, in the envelope of every failure."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["statusCode"], body["error"]["code"]) == (status, status, code), body
    assert answer.headers["content-type"].startswith("application/json")
    assert set(body) == {"success", "statusCode", "statusMessage", "data", "error"}
    assert (body["success"], body["data"]) == (False, None)
    assert body["statusMessage"]
    assert body["error"]["message"]
    assert set(body["error"]) <= {"message", "code", "details"}
    return body


def fields(body: dict[str, Any]) -> list[str]:
    return [detail["field"] for detail in body["error"]["details"]]


@contextmanager
def serving(url: str, name: str = "Acme") -> Iterator[Office]:
    made = timegrain(url, "init", "--organisation", name, "--zone", ZONE, "--admin-email", "anna@example.com")
    database = Database(url)
    try:
        with served(database) as client:
            yield Office(url, database, client, name, made["userId"], made["apiKey"])
    finally:
        database.close()


@contextmanager
def statements(office: Office) -> Iterator[list[str]]:
    """The statements of calls meanwhile, without those of the server's own threads (jobs, journal)."""
    counted: list[str] = []

    def count(*given: Any) -> None:
        if str(given[2]) != "BEGIN" and not threading.current_thread().name.startswith("timegrain-"):
            counted.append(str(given[2]))

    event.listen(office.database.reader, "before_cursor_execute", count)
    try:
        yield counted
    finally:
        event.remove(office.database.reader, "before_cursor_execute", count)


def run_to_end(coroutine: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: the tests in a browser leave a loop running in this one."""
    with ThreadPoolExecutor(1) as other:
        other.submit(asyncio.run, coroutine).result()
