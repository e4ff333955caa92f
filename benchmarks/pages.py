"""The week page as somebody who signed in gets it: how long it takes, its statements, the bytes of a first visit."""

from __future__ import annotations

import gzip
import http.client
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import event

from benchmarks.measuring import Row, milliseconds, new_database, served
from benchmarks.questions import HOME, OTHER, fill
from timegrain import clock
from timegrain.storage import keys, people, sessions
from timegrain.storage.engine import Database
from timegrain.storage.schema import ADMIN
from timegrain.web.requests import PLAIN_COOKIE

GOALS_MS = {35: 50, 500: 150}
MOST_STATEMENTS, MOST_KB = 6, 150
WEEK = "/week?week=2026-02-09&zone="
_ASSET = re.compile(rb'(?:href|src)="(/assets/[^"]+)"')


def opening(port: int, cookie: str, path: str) -> Callable[[], bytes]:
    """Over one connection; the bytes as they came over the wire."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Cookie": f"{PLAIN_COOKIE}={cookie}", "Accept-Encoding": "gzip"}

    def get() -> bytes:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return content

    return get


def statements(database: Database, get: Callable[[], bytes]) -> int:
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(str(given[2]))

    event.listen(database.reader, "before_cursor_execute", note)
    get()
    event.remove(database.reader, "before_cursor_execute", note)
    return sum(one != "BEGIN" for one in asked)


def measure(folder: Path) -> Iterator[Row]:
    for how_many, goal in GOALS_MS.items():
        database = new_database(folder, f"pages-{how_many}")
        with database.write(0, policy=True) as connection:
            organisation = people.add_organisation(connection, "bench", HOME, "bench", 0).id
            made = [
                people.add_user(connection, organisation, f"user {n:04}", f"u{n}@example.com", 0, ADMIN).id
                for n in range(how_many)
            ]
            _, key = keys.add_key(connection, organisation, "bench", "admin", 0)
            cookie = sessions.begin(connection, organisation, made[0], clock.now())
        fill(database, organisation, made, 28)
        with served(database, key) as client:
            for zone in (HOME, OTHER):
                get = opening(client.port, cookie, f"{WEEK}{zone}")
                page = get()
                assets = {one.decode() for one in _ASSET.findall(gzip.decompress(page))}
                first = sum(len(opening(client.port, cookie, one)()) for one in assets) + len(page)
                asked, took = statements(database, get), milliseconds(get, 15)
                small = first <= MOST_KB * 1024 or how_many > min(GOALS_MS)
                yield Row(
                    f"week page of {how_many}, {'home' if zone == HOME else 'another'} zone",
                    f"{took:.1f} ms, {asked} statements, {first / 1024:.0f} KB at first",
                    f"the page alone {len(page) / 1024:.0f} KB",
                    f"≤ {goal} ms, {MOST_STATEMENTS} statements" + f", {MOST_KB} KB" * (how_many == min(GOALS_MS)),
                    took <= goal and asked <= MOST_STATEMENTS and small,
                )
        database.close()
