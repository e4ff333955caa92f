"""The week page as somebody who signed in gets it: how long it takes, its statements, the bytes of a first visit."""

from __future__ import annotations

import gzip
import http.client
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from sqlalchemy import event

from benchmarks.engines import Engine
from benchmarks.measuring import Point, Row, milliseconds, served, until_met
from benchmarks.questions import ZONES, analyse, fill, made
from benchmarks.serving import child
from timegrain import clock
from timegrain.storage import people, sessions
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


def measure(engine: Engine, quick: bool) -> Iterator[Row | Point]:
    for how_many, goal in list(GOALS_MS.items())[: 1 if quick else None]:
        database = engine.new("pages")
        organisation, users, _, key = made(database, how_many)
        fill(database, organisation, users, 28)
        analyse(database)
        with database.write(organisation, policy=True) as connection:
            people.set_user(connection, organisation, users[0], {"role_id": ADMIN})
            cookie = sessions.begin(connection, organisation, users[0], clock.now())
        first = _first_visits(database, key, cookie)
        with child(engine.address(database), key, engine.folder) as server:
            for zone in ZONES:
                get = opening(server.port, cookie, f"{WEEK}{zone}")
                yield until_met(partial(_page, how_many, zone, goal, get, first[zone]))
        database.close()


def _first_visits(database: Database, key: str, cookie: str) -> dict[str, tuple[int, float]]:
    """By zone: the page's statements, and the kilobytes with everything that it brings along."""
    found = {}
    with served(database, key) as client:
        for zone in ZONES:
            get = opening(client.port, cookie, f"{WEEK}{zone}")
            page = get()
            assets = {one.decode() for one in _ASSET.findall(gzip.decompress(page))}
            size = sum(len(opening(client.port, cookie, one)()) for one in assets) + len(page)
            found[zone] = (statements(database, get), size / 1024)
    return found


def _page(how_many: int, zone: str, goal: int, get: Callable[[], bytes], first: tuple[int, float]) -> Row:
    asked, kilobytes = first
    small = how_many > min(GOALS_MS)
    took = milliseconds(get, 15)
    return Row(
        f"week page of {how_many}, {ZONES[zone]}",
        f"{took:.1f} ms, {asked} statements, {kilobytes:.0f} KB at first",
        f"the page alone {len(get()) / 1024:.0f} KB",
        f"≤ {goal} ms, {MOST_STATEMENTS} statements" + f", {MOST_KB} KB" * (not small),
        took <= goal and asked <= MOST_STATEMENTS and (small or kilobytes <= MOST_KB),
    )
