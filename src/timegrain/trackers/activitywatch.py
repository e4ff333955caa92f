"""ActivityWatch exports as facts.

Each event becomes one fact or is left out, whatever other events there are: overlaps and duplicates are
passed on as they are, and recording settles them. Nothing here stores anything or reads a clock.

An export is `{"buckets": {id: bucket}}`, or a list of buckets there. Both servers' forms are read: the
Python server's, and the Rust server's with event ids, bucket metadata and nanoseconds. Of a bucket `id`,
`type`, `hostname` and `events` count, of an event `timestamp`, `duration` in seconds, and `data`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from timegrain.counting.facts import Away, Focus, Page, Present, Report
from timegrain.trackers.suspicions import Suspicion, Window, inputs_without_change

WINDOWS, PAGES, INPUT = "currentwindow", "web.tab.current", "afkstatus"

UNREADABLE = "unreadable"
NEGATIVE = "negative duration"
IN_THE_FUTURE = "begins in the future"
INCOGNITO = "incognito"
NO_HOST = "bucket without a host"

DAY_MS = 24 * 3600 * 1000
LONGEST_S = 366 * 24 * 3600
"""A longer event is no time that anybody spent, and would become thousands of facts."""

BUCKET_ID = re.compile(r"aw-watcher-(?:web-)?([^_]+)(?:_(.+))?")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NANOSECOND_DIGITS = re.compile(r"[.,]\d{6}(\d{1,3})")


class ActivityWatchFormatError(Exception):
    """The file is no ActivityWatch export. The message is one line and says where."""

    code = "BAD_EXPORT"


class _LeftOutError(Exception):
    """This event becomes no fact; the argument is the reason it is counted under."""


@dataclass(frozen=True, slots=True)
class ActivityWatchExport:
    """What an export holds. Every one of its `events` is in the reports or counted in `left_out`."""

    reports: list[Report]
    """One for each device that has facts, by name; facts by their start."""
    left_out: dict[str, int]
    """Events by reason; those of a type without facts under `type TYPE`."""
    suspicious: list[Suspicion]
    cut_at_now: int
    """Events that ended in the future."""
    split: int
    """Events longer than 24 hours, which became several facts."""
    events: int

    @property
    def facts(self) -> int:
        return sum(len(report) for report in self.reports)


def read_export(data: bytes, *, now_ms: int, device: str | None = None) -> ActivityWatchExport:
    """Read an export. `device` names the computer of browser buckets that do not say theirs.

    Raises ActivityWatchFormatError where `data` is no export; a bad event is only left out and counted.
    """
    buckets = _buckets(_document(data))
    reading = _Reading(now_ms)
    for bucket, host in zip(buckets, _hosts(buckets, device), strict=True):
        reading.take(bucket, host)
    return reading.export()


# --- The file ---------------------------------------------------------------------------------------------


class _Bucket(NamedTuple):
    id: str
    type: str
    hostname: str
    events: list[object]

    @property
    def watcher_and_host(self) -> tuple[str, str]:
        """`aw-watcher-web-firefox_ANNA-PC` → (`firefox`, `ANNA-PC`); the host may be missing."""
        match = BUCKET_ID.fullmatch(self.id.partition("-synced-from-")[0])
        return (match[1], match[2] or "") if match else (self.id, "")


def _document(data: bytes) -> object:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    # The Python server can write what strict JSON forbids: NaN, Infinity and half surrogate pairs (from titles
    # cut in the middle of an emoji). One such event must not cost the whole file.
    try:
        parsed = json.loads(data)
        text = json.dumps(parsed, ensure_ascii=False).encode("utf-8", "replace")
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ActivityWatchFormatError(f"Not JSON at {place}: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise ActivityWatchFormatError(f"Not readable as JSON: {type(error).__name__}") from error


def _buckets(document: object) -> list[_Bucket]:
    if not isinstance(document, dict) or "buckets" not in document:
        raise ActivityWatchFormatError("Not an ActivityWatch export: no `buckets` at the top")
    listed = document["buckets"]
    if isinstance(listed, dict):
        return [_bucket(str(key), bucket) for key, bucket in listed.items()]
    if isinstance(listed, list):
        return [_bucket(str(index), bucket) for index, bucket in enumerate(listed)]
    raise ActivityWatchFormatError("Not an ActivityWatch export: `buckets` is neither an object nor a list")


def _bucket(key: str, bucket: object) -> _Bucket:
    if not isinstance(bucket, dict):
        raise ActivityWatchFormatError(f"Not an ActivityWatch export: bucket {key[:80]!r} is not an object")
    events = bucket.get("events")
    if events is None:
        events = []  # the Rust server's null: nothing in it
    if not isinstance(events, list):
        raise ActivityWatchFormatError(f"Not an ActivityWatch export: `events` of bucket {key[:80]!r} is no list")

    def text(name: str, default: str) -> str:
        value = bucket.get(name)
        return value if isinstance(value, str) and value.strip() else default

    return _Bucket(id=text("id", key), type=text("type", "?"), hostname=text("hostname", ""), events=events)


def _hosts(buckets: Sequence[_Bucket], device: str | None) -> list[str | None]:
    """The device of each bucket. A browser extension may not know its own; the bucket's id or the rest of
    the file may."""
    said = [_host(bucket) for bucket in buckets]
    known = {host for host in said if host}
    page_device = known.pop() if len(known) == 1 else device
    return [
        host or (page_device if bucket.type == PAGES else device) for bucket, host in zip(buckets, said, strict=True)
    ]


def _host(bucket: _Bucket) -> str:
    # A window watcher's `unknown` is a name like any other (phones have it); elsewhere it says nothing.
    if bucket.hostname and (bucket.type in (WINDOWS, INPUT) or bucket.hostname.lower() != "unknown"):
        return bucket.hostname
    return bucket.watcher_and_host[1]


# --- One event --------------------------------------------------------------------------------------------


def _start_ns(timestamp: object) -> int:
    if not isinstance(timestamp, str):
        raise _LeftOutError(UNREADABLE)
    try:
        instant = datetime.fromisoformat(timestamp)
    except ValueError:
        raise _LeftOutError(UNREADABLE) from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    nanoseconds = (instant - EPOCH) // MICROSECOND * 1000
    if finer := NANOSECOND_DIGITS.search(timestamp):  # which a datetime drops
        nanoseconds += int(finer[1].ljust(3, "0"))
    return nanoseconds


def _duration_ns(seconds: object) -> int:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise _LeftOutError(UNREADABLE)
    if seconds < 0:
        raise _LeftOutError(NEGATIVE)
    if not seconds <= LONGEST_S:  # NaN is not either
        raise _LeftOutError(UNREADABLE)
    return round(seconds * 1_000_000_000)  # the nearest: 2.9999999999999996 was 3


def _text(data: Mapping[str, object], key: str) -> str:
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _LeftOutError(UNREADABLE)
    return value


def _pieces(start: int, end: int) -> list[tuple[int, int]]:
    """Cut every 24 hours from the start, so that of an event that grows only the last piece does."""
    return [(cut, min(cut + DAY_MS, end)) for cut in range(start, end, DAY_MS)] or [(start, end)]


@dataclass(slots=True)
class _Device:
    focus: list[Focus] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    away: list[Away] = field(default_factory=list)
    present: list[Present] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    """What was shown, also where it is left out for privacy."""
    inputs: list[tuple[int, int]] = field(default_factory=list)
    """The present intervals before any split."""

    def report(self, name: str) -> Report:
        return Report(name, sorted(self.focus), sorted(self.pages), sorted(self.away), sorted(self.present))


class _Reading:
    def __init__(self, now_ms: int) -> None:
        self.now = now_ms
        self.devices: dict[str, _Device] = {}
        self.left_out: Counter[str] = Counter()
        self.events = self.cut_at_now = self.split = 0

    def take(self, bucket: _Bucket, host: str | None) -> None:
        self.events += len(bucket.events)
        if bucket.type not in (WINDOWS, PAGES, INPUT):
            self.left_out[f"type {bucket.type}"] += len(bucket.events)
            return
        if host is None:
            self.left_out[NO_HOST] += len(bucket.events)
            return
        device = self.devices.setdefault(host, _Device())
        for event in bucket.events:
            try:
                self._take_event(bucket, device, event)
            except _LeftOutError as reason:
                self.left_out[str(reason)] += 1

    def _take_event(self, bucket: _Bucket, device: _Device, event: object) -> None:
        if not isinstance(event, dict) or not isinstance(data := event.get("data"), dict):
            raise _LeftOutError(UNREADABLE)
        start_ns = _start_ns(event.get("timestamp"))
        end_ns = start_ns + _duration_ns(event.get("duration"))
        start, end = start_ns // 1_000_000, end_ns // 1_000_000
        if start > self.now:
            raise _LeftOutError(IN_THE_FUTURE)
        in_future = end > self.now
        pieces = _pieces(start, min(end, self.now))
        if bucket.type == INPUT:
            _add_input(device, data, pieces)
        elif bucket.type == WINDOWS:
            _add_window(device, data, pieces)
        else:
            _add_page(device, data, pieces, bucket.watcher_and_host[0])
        self.cut_at_now += in_future
        self.split += len(pieces) > 1

    def export(self) -> ActivityWatchExport:
        reports = [device.report(name) for name, device in sorted(self.devices.items())]
        suspicious = [
            Suspicion(name, start, end)
            for name, device in sorted(self.devices.items())
            for start, end in inputs_without_change(device.inputs, device.windows)
        ]
        return ActivityWatchExport(
            reports=[report for report in reports if len(report)],
            left_out={reason: count for reason, count in sorted(self.left_out.items()) if count},
            suspicious=suspicious,
            cut_at_now=self.cut_at_now,
            split=self.split,
            events=self.events,
        )


def _add_window(device: _Device, data: Mapping[str, object], pieces: Sequence[tuple[int, int]]) -> None:
    app, url, title = _text(data, "app"), _text(data, "url"), _text(data, "title")
    device.windows.append(Window(pieces[0][0], pieces[-1][1], (app, url, title)))
    if data.get("incognito"):
        raise _LeftOutError(INCOGNITO)
    device.focus += [Focus(start, end, app, url, title) for start, end in pieces]


def _add_page(device: _Device, data: Mapping[str, object], pieces: Sequence[tuple[int, int]], browser: str) -> None:
    if data.get("incognito"):
        raise _LeftOutError(INCOGNITO)
    url, title = _text(data, "url"), _text(data, "title")
    device.pages += [Page(start, end, browser, url, title) for start, end in pieces]


def _add_input(device: _Device, data: Mapping[str, object], pieces: Sequence[tuple[int, int]]) -> None:
    match data.get("status"):
        case "afk":
            device.away += [Away(start, end) for start, end in pieces]
        case "not-afk":
            device.present += [Present(start, end) for start, end in pieces]
            device.inputs.append((pieces[0][0], pieces[-1][1]))
        case _:
            raise _LeftOutError(UNREADABLE)
