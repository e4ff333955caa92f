"""ActivityWatch exports as facts.

Each event becomes one fact or is left out, whatever other events there are: overlaps and duplicates are
passed on as they are, and recording settles them. Nothing here stores anything or reads a clock.

An export is `{"buckets": {id: bucket}}`, or a list of buckets there. Both servers' forms are read: the
Python server's, and the Rust server's with event ids, bucket metadata and nanoseconds. Of a bucket `id`,
`type`, `hostname` and `events` count, of an event `timestamp`, `duration` in seconds, and `data`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from timegrain.counting.facts import Present, Report, report_of
from timegrain.trackers.buckets import ActivityWatchFormatError, document, host_of
from timegrain.trackers.events import (
    INPUT,
    PAGES,
    WINDOWS,
    Fact,
    LeftOutError,
    event_of,
    facts_of,
    shown,
)
from timegrain.trackers.suspicions import Suspicion, Window, inputs_without_change

NO_HOST = "bucket without a host"


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
    buckets = _buckets(document(data))
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


def _buckets(export: object) -> list[_Bucket]:
    if not isinstance(export, dict) or "buckets" not in export:
        raise ActivityWatchFormatError("Not an ActivityWatch export: no `buckets` at the top")
    listed = export["buckets"]
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
    said = [host_of(bucket.id, bucket.type, bucket.hostname) for bucket in buckets]
    known = {host for host in said if host}
    page_device = known.pop() if len(known) == 1 else device
    return [
        host or (page_device if bucket.type == PAGES else device) for bucket, host in zip(buckets, said, strict=True)
    ]


# --- Its events ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Device:
    facts: list[Fact] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    """What was shown, also where it is left out for privacy."""
    inputs: list[tuple[int, int]] = field(default_factory=list)
    """The present intervals before any split."""


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
            except LeftOutError as reason:
                self.left_out[str(reason)] += 1

    def _take_event(self, bucket: _Bucket, device: _Device, written: object) -> None:
        event = event_of(written)
        start, end = event.start_ns // 1_000_000, event.end_ns // 1_000_000
        if bucket.type == WINDOWS and start <= self.now:
            device.windows.append(Window(start, min(end, self.now), shown(event.data)))
        made = facts_of(event, bucket.type, bucket.id, self.now)
        device.facts += made
        if isinstance(made[0], Present):
            device.inputs.append((made[0].start, made[-1].end))
        self.cut_at_now += end > self.now
        self.split += len(made) > 1

    def export(self) -> ActivityWatchExport:
        reports = [report_of(name, sorted(device.facts)) for name, device in sorted(self.devices.items())]
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
