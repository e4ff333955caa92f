"""Reads the local ActivityWatch server, aw-server or aw-server-rust, over its REST interface.

A read of a range cuts events at its edges. So what began before a range is left to another read, and a range is
read again with more room while an event reaches its end.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from timegrain.trackers.agent.failures import ActivityWatchAway
from timegrain.trackers.agent.web import FAILURES, client
from timegrain.trackers.buckets import ActivityWatchFormatError, document
from timegrain.trackers.events import DAY_MS, Event, LeftOutError, event_of, instant_of

ROOM_MS = DAY_MS
"""Read beside a range, so that what lies in it is whole."""
TIMEOUT_S = 60.0


class Bucket(NamedTuple):
    id: str
    type: str
    hostname: str


class Read(NamedTuple):
    """What was read of one bucket, newest first, and the events by reason that say nothing."""

    events: list[Event]
    left_out: Counter[str]


class ActivityWatch:
    """One server. Every method raises `ActivityWatchAway`."""

    def __init__(self, address: str, key: str = "") -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = client(address, headers, TIMEOUT_S)

    def close(self) -> None:
        self._client.close()

    def hostname(self) -> str:
        info = self._get("info")
        name = info.get("hostname") if isinstance(info, dict) else None
        return name if isinstance(name, str) else ""

    def buckets(self) -> list[Bucket]:
        listed = self._get("buckets/")
        if not isinstance(listed, dict):
            raise ActivityWatchAway("what answers at ActivityWatch's address is not ActivityWatch")
        return [
            Bucket(id_, *(value if isinstance(value := said.get(name), str) else "" for name in ("type", "hostname")))
            for id_, said in listed.items()
            if isinstance(said, dict)
        ]

    def newest(self, bucket: str, limit: int) -> Read:
        """The events that began last, uncut."""
        return _readable(self._events(bucket, limit=limit))

    def between(self, bucket: str, start_ms: int, end_ms: int | None = None) -> Read:
        """The events that began after `start_ms` and, roughly, before `end_ms`, uncut."""
        room = ROOM_MS
        while True:
            until = None if end_ms is None else end_ms + room
            read = _readable(self._events(bucket, start=start_ms, end=until))
            whole = [event for event in read.events if event.start_ns > start_ms * 1_000_000]
            if until is None or all(event.end_ns < until * 1_000_000 for event in whole):
                return Read(whole, read.left_out)
            room *= 8
            if room > 64 * ROOM_MS:
                end_ms = None

    def counts_ranges(self, bucket: str) -> bool:
        """Whether this server counts the events of a range; aw-server-rust always counts all."""
        return not self.count(bucket, -DAY_MS * 366, -DAY_MS)

    def count(self, bucket: str, start_ms: int, end_ms: int) -> int:
        counted = self._get(f"buckets/{quote(bucket, safe='')}/events/count", start=start_ms, end=end_ms)
        if not isinstance(counted, int):
            raise ActivityWatchAway("ActivityWatch answered a count with something else")
        return counted

    def digest(self, bucket: str, start_ms: int, end_ms: int) -> str:
        """Number and digest of the events in a range, cut at its edges."""
        events = self._events(bucket, start=start_ms, end=end_ms)
        told = [[event.get(name) for name in ("timestamp", "duration", "data")] for event in events]
        return f"{len(told)} {hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:16]}" if told else "0"

    def _events(
        self, bucket: str, start: int | None = None, end: int | None = None, limit: int = -1
    ) -> list[dict[str, object]]:
        events = self._get(f"buckets/{quote(bucket, safe='')}/events", start=start, end=end, limit=limit)
        if not isinstance(events, list):
            raise ActivityWatchAway("ActivityWatch answered with something else than events")
        return [event for event in events if isinstance(event, dict)]

    def _get(self, path: str, start: int | None = None, end: int | None = None, limit: int = -1) -> object:
        asked = {name: instant_of(at) for name, at in (("start", start), ("end", end)) if at is not None}
        if limit >= 0:
            asked["limit"] = str(limit)
        try:
            answer = self._client.get(f"api/0/{path}", params=asked)
        except FAILURES as error:
            raise ActivityWatchAway(
                f"ActivityWatch cannot be reached at {self._client.base_url}: {type(error).__name__}"
            ) from None
        if answer.status_code in (401, 403):
            raise ActivityWatchAway("ActivityWatch wants another key: set activitywatch_key in agent.toml")
        if answer.status_code != 200:
            raise ActivityWatchAway(f"ActivityWatch answered {answer.status_code}")
        try:
            return document(answer.content)
        except ActivityWatchFormatError:
            raise ActivityWatchAway("what answers at ActivityWatch's address is not ActivityWatch") from None


def _readable(events: list[dict[str, object]]) -> Read:
    read = Read([], Counter())
    for written in events:
        try:
            read.events.append(event_of(written))
        except LeftOutError as reason:
            read.left_out[str(reason)] += 1
    return read
