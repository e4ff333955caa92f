"""`/api/0`: what ActivityWatch's watchers ask of its server, for those who run none of their own.

Facts only: nothing that was kept is read back here. The answers are ActivityWatch's own, failures ours.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
from litestar import Response, get

from timegrain import __version__, clock
from timegrain.api.access import own_device
from timegrain.api.activity import MOST_ENTRIES
from timegrain.api.calls import Call, Given
from timegrain.api.envelope import encoded
from timegrain.api.routes import WATCHERS, Route
from timegrain.counting.facts import LONGEST_NAME
from timegrain.entries import unwritable
from timegrain.errors import NotFound, PayloadTooLarge, ValidationFailed, wrong
from timegrain.storage.buckets import BucketKey, add_bucket, bucket_named
from timegrain.storage.devices import device_named
from timegrain.trackers.events import EPOCH, parsed
from timegrain.trackers.heartbeats import Beat, key_of
from timegrain.watching import Bucket, Heartbeat, Insertion, Sent, sent


class Info(msgspec.Struct):
    """In ActivityWatch's form, and the same for everybody."""

    hostname: str
    version: str
    testing: bool
    device_id: str


class BucketRequest(msgspec.Struct):
    """`hostname` and `client` are not kept: the token says which device this is."""

    client: str
    type: str
    hostname: str


class BucketMade(msgspec.Struct):
    """Nothing to tell."""


class WatcherEvent(msgspec.Struct):
    """Seconds of `duration` from `timestamp` on; `data` as the bucket's type has it."""

    timestamp: str
    duration: float = 0
    data: dict[str, Any] = {}


class PulseQuery(msgspec.Struct):
    """Seconds within which a heartbeat merges with the one before it."""

    pulsetime: str


class KeptEvent(msgspec.Struct):
    """`data` is that of the request. There are no ids: events cannot be asked for."""

    id: None
    timestamp: str
    duration: float
    data: dict[str, Any]


# Without a key, so nothing of this machine, its name least of all.
_INFO = Info("timegrain", __version__, False, "00000000-0000-0000-0000-000000000000")


def _short_text(field: str, text: str) -> str:
    """Raises `ValidationFailed` for what no bucket can have as id or type."""
    if not 0 < len(text) <= LONGEST_NAME:
        raise wrong(field, f"must have 1 to {LONGEST_NAME} characters")
    if "\0" in text or unwritable(text):
        raise wrong(field, "is not valid text")
    return text


def _bucket(call: Call, name: str) -> Bucket:
    """Raises `Forbidden`, then `NotFound`."""
    user, device = own_device(call.caller)
    found = bucket_named(call.connection, call.caller.organisation, user, device, name)
    if found is None:
        raise NotFound("This device has no such bucket; create it first")
    return Bucket(found[0], device, found[1], key_of(call.token))


def _json(body: bytes) -> object:
    """Raises `ValidationFailed`."""
    try:
        return parsed(body)
    except (ValueError, RecursionError):
        raise ValidationFailed("The body is not JSON in UTF-8") from None


def _pulse(seconds: str) -> int:
    """Microseconds. Raises `ValidationFailed`."""
    try:
        pulse = float(seconds)
    except ValueError:
        pulse = math.nan
    if not math.isfinite(pulse * 1_000_000):
        raise wrong("pulsetime", "is no number of seconds")
    return round(pulse * 1_000_000)


def _kept(beat: Beat, data: Any) -> KeptEvent:
    timestamp = (EPOCH + timedelta(microseconds=beat.start)).isoformat()
    return KeptEvent(None, timestamp, (beat.end - beat.start) / 1_000_000, data)


class _NewBucket(NamedTuple):
    name: str
    type: str


def _read_bucket(given: Given) -> _NewBucket:
    type_ = _short_text("type", given.body.type)
    return _NewBucket(_short_text("bucket", given.path["bucket"]), type_)


def _create(call: Call, asked: _NewBucket) -> BucketMade | Response[bytes]:
    user, device = own_device(call.caller)
    organisation = call.caller.organisation
    call.leave_reading()
    with call.house.database.write(organisation, [user]) as connection:
        key = BucketKey(organisation, user, device_named(connection, organisation, user, device).id, asked.name)
        added = add_bucket(connection, key, asked.type, clock.now())
    return BucketMade() if added else Response(b"", status_code=304)


class _Beat(NamedTuple):
    bucket: str
    pulse: int
    written: object


def _read_beat(given: Given) -> _Beat:
    pulse = _pulse(given.query.pulsetime)
    written = _json(given.body)
    return _Beat(_short_text("bucket", given.path["bucket"]), pulse, written)


def _beat(call: Call, asked: _Beat) -> KeptEvent:
    bucket = _bucket(call, asked.bucket)
    one = sent(bucket, asked.written, clock.now_ms())
    call.leave_reading()
    heartbeat = Heartbeat(bucket, one, asked.pulse)
    call.house.recorder.record(heartbeat)
    return _kept(heartbeat.became or one.beat, one.event.data)


class _Events(NamedTuple):
    bucket: str
    written: dict[str, object] | list[object]


def _read_events(given: Given) -> _Events:
    written = _json(given.body)
    if not isinstance(written, dict | list):
        raise ValidationFailed("The body is neither an event nor a list of them")
    if isinstance(written, list) and len(written) > MOST_ENTRIES:
        raise PayloadTooLarge(f"There are more than {MOST_ENTRIES} events")
    return _Events(_short_text("bucket", given.path["bucket"]), written)


def _insert(call: Call, asked: _Events) -> KeptEvent | None:
    written = asked.written
    bucket = _bucket(call, asked.bucket)
    now_ms = clock.now_ms()
    events = [sent(bucket, written, now_ms)] if isinstance(written, dict) else _readable(bucket, written, now_ms)
    if sum(len(one.facts) for one in events) > MOST_ENTRIES:
        raise PayloadTooLarge(f"The events are more than {MOST_ENTRIES} days and parts of days")
    call.leave_reading()
    if events:
        call.house.recorder.record(Insertion(bucket, events))
    return _kept(events[0].beat, events[0].event.data) if isinstance(written, dict) else None


def _readable(bucket: Bucket, listed: list[object], now_ms: int) -> list[Sent]:
    """Bad events are left out, as the import leaves them out: one must not cost the others."""
    events: list[Sent] = []
    for written in listed:
        try:
            events.append(sent(bucket, written, now_ms))
        except ValidationFailed:
            continue
    return events


@get("/api/0/info", sync_to_thread=False)
def get_info() -> Response[bytes]:
    return encoded(_INFO)


ROUTES = (
    Route(
        method="POST",
        path="/api/0/buckets/{bucket}",
        name="postBucket",
        summary="Make a bucket of the token's device",
        body=BucketRequest,
        read=_read_bucket,
        bare=BucketMade,
        also={304: None},
        security=WATCHERS,
        work=_create,
    ),
    Route(
        method="POST",
        path="/api/0/buckets/{bucket}/heartbeat",
        name="postHeartbeat",
        summary="Send a heartbeat; the answer is the event that it became",
        body=WatcherEvent,
        decodes=False,
        query=PulseQuery,
        read=_read_beat,
        bare=KeptEvent,
        security=WATCHERS,
        work=_beat,
    ),
    Route(
        method="POST",
        path="/api/0/buckets/{bucket}/events",
        name="postEvents",
        summary="Send a whole event, or a list of them",
        body=WatcherEvent,
        decodes=False,
        listed=True,
        read=_read_events,
        bare=KeptEvent,
        security=WATCHERS,
        work=_insert,
    ),
)
