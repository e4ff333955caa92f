"""Heartbeats: a watcher says again and again what is, and events are made of it by ActivityWatch's own rule.

Pure. Instants are microseconds since 1970, beginnings in whole milliseconds, as ActivityWatch keeps them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

from timegrain.trackers.events import LONGEST_S, Event


class Beat(NamedTuple):
    """An event as far as merging needs it: `[start, end)`, and a digest of what it says."""

    start: int
    end: int
    digest: bytes


def merged(last: Beat, beat: Beat, pulse: int) -> Beat | None:
    """`last`, grown by the heartbeat; None where that is an event of its own.

    They merge where they say the same and the heartbeat begins within `last`, or at most `pulse` after its end.
    """
    if last.digest != beat.digest or not last.start <= beat.start <= last.end + pulse or last.end < last.start:
        return None
    end = max(last.end, beat.end)
    # ActivityWatch knows no longest event; a pulse of years would make thousands of facts of this one.
    return last._replace(end=end) if end - last.start <= LONGEST_S * 1_000_000 else None


def beat_of(event: Event, key: bytes) -> Beat:
    """Raises `RecursionError` where the event's data is nested too deeply."""
    start = event.start_ns // 1_000_000 * 1000
    length = (event.end_ns - event.start_ns + 500) // 1000
    return Beat(start, start + length, blake2b(canonical(event.data), key=key, digest_size=32).digest())


def event_again(beat: Beat, data: Mapping[str, object]) -> Event:
    """The event that a beat is of, whose data is at hand."""
    return Event(beat.start * 1000, beat.end * 1000, data)


def key_of(token: str) -> bytes:
    """The key of digests of what a device with this token says.

    Not SHA-256: that of the token is stored, and whoever has the database could try out titles with it.
    """
    return blake2b(token.encode("utf-8", "surrogatepass"), person=b"timegrain-bucket").digest()


def canonical(data: Mapping[str, object]) -> bytes:
    """The same for data that is equal, whatever the order of its keys, and with 1 and 1.0 as one number."""
    return json.dumps(_whole(data), sort_keys=True, separators=(",", ":")).encode()


def _whole(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
