"""One ActivityWatch event as facts, whoever brings it: an export, the agent, or a watcher itself.

Each event becomes facts or is left out, whatever other events there are: so their order does not matter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from timegrain.counting.facts import Away, Focus, Page, Present

WINDOWS, PAGES, INPUT = "currentwindow", "web.tab.current", "afkstatus"
"""The types of buckets whose events become facts."""

UNREADABLE = "unreadable"
NEGATIVE = "negative duration"
IN_THE_FUTURE = "begins in the future"
INCOGNITO = "incognito"

DAY_MS = 24 * 3600 * 1000
LONGEST_S = 366 * 24 * 3600
"""A longer event is no time that anybody spent, and would become thousands of facts."""

BUCKET_ID = re.compile(r"aw-watcher-(?:web-)?([^_]+)(?:_(.+))?")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NANOSECOND_DIGITS = re.compile(r"[.,]\d{6}(\d{1,3})")

Fact = Focus | Page | Away | Present


class LeftOutError(Exception):
    """This event becomes no fact: the reason that it is counted under, and the field that is wrong."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.field = field


class Event(NamedTuple):
    """What counts of an event: nanoseconds since 1970, `[start_ns, end_ns)`, and what it says."""

    start_ns: int
    end_ns: int
    data: Mapping[str, object]


def watcher_and_host(bucket: str) -> tuple[str, str]:
    """Of a bucket's id: `aw-watcher-web-firefox_ANNA-PC` → (`firefox`, `ANNA-PC`); the host may be missing."""
    match = BUCKET_ID.fullmatch(bucket.partition("-synced-from-")[0])
    return (match[1], match[2] or "") if match else (bucket, "")


def parsed(data: bytes) -> object:
    """JSON as ActivityWatch writes it. Raises `ValueError`, of which `JSONDecodeError` is one, or `RecursionError`.

    Its Python programs can write what strict JSON forbids: NaN, Infinity and half surrogate pairs (from titles
    cut in the middle of an emoji). One such event must not cost the whole file.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = json.dumps(json.loads(data), ensure_ascii=False).encode("utf-8", "replace")
        return json.loads(text)


def instant_of(ms: int) -> str:
    """Milliseconds since 1970 as `2026-02-08T04:32:01.676Z`."""
    return (EPOCH + timedelta(milliseconds=ms)).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def event_of(written: object) -> Event:
    """An event from its JSON. Raises `LeftOutError`."""
    if not isinstance(written, dict):
        raise LeftOutError(UNREADABLE)
    if not isinstance(data := written.get("data"), dict):
        raise LeftOutError(UNREADABLE, "data")
    start = _start_ns(written.get("timestamp"))
    return Event(start, start + _duration_ns(written.get("duration")), data)


def facts_of(event: Event, type_: str, bucket: str, now_ms: int) -> list[Fact]:
    """What an event of a bucket of one of the three types becomes, cut at now and every 24 hours from its start.

    Raises `LeftOutError`: it begins in the future, is private, or says nothing that can be read.
    """
    start, end = event.start_ns // 1_000_000, min(event.end_ns // 1_000_000, now_ms)
    if start > now_ms:
        raise LeftOutError(IN_THE_FUTURE, "timestamp")
    if type_ == INPUT:
        kind = _input(event.data)
        return [kind(*piece) for piece in _pieces(start, end)]
    app, url, title = shown(event.data)
    if event.data.get("incognito"):
        raise LeftOutError(INCOGNITO)
    if type_ == WINDOWS:
        return [Focus(*piece, app, url, title) for piece in _pieces(start, end)]
    browser = watcher_and_host(bucket)[0]
    return [Page(*piece, browser, url, title) for piece in _pieces(start, end)]


def shown(data: Mapping[str, object]) -> tuple[str, str, str]:
    """App, URL and title of a window or page. Raises `LeftOutError` where one is no text."""
    return _text(data, "app"), _text(data, "url"), _text(data, "title")


def _input(data: Mapping[str, object]) -> type[Away] | type[Present]:
    match data.get("status"):
        case "afk":
            return Away
        case "not-afk":
            return Present
        case _:
            raise LeftOutError(UNREADABLE, "data.status")


def _start_ns(timestamp: object) -> int:
    if not isinstance(timestamp, str):
        raise LeftOutError(UNREADABLE, "timestamp")
    try:
        instant = datetime.fromisoformat(timestamp)
        # In UTC it must be in the years 1 to 9999 too: it is written back.
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise LeftOutError(UNREADABLE, "timestamp") from None
    nanoseconds = (instant - EPOCH) // MICROSECOND * 1000
    if finer := NANOSECOND_DIGITS.search(timestamp):  # which a datetime drops
        nanoseconds += int(finer[1].ljust(3, "0"))
    return nanoseconds


def _duration_ns(seconds: object) -> int:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise LeftOutError(UNREADABLE, "duration")
    if seconds < 0:
        raise LeftOutError(NEGATIVE, "duration")
    if not seconds <= LONGEST_S:  # NaN is not either
        raise LeftOutError(UNREADABLE, "duration")
    return round(seconds * 1_000_000_000)  # the nearest: 2.9999999999999996 was 3


def _text(data: Mapping[str, object], key: str) -> str:
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise LeftOutError(UNREADABLE, f"data.{key}")
    return value


def _pieces(start: int, end: int) -> list[tuple[int, int]]:
    """Cut every 24 hours from the start, so that of an event that grows only the last piece does."""
    return [(cut, min(cut + DAY_MS, end)) for cut in range(start, end, DAY_MS)] or [(start, end)]
