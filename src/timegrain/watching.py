"""What ActivityWatch watchers send straight to the server: heartbeats and whole events, kept as facts.

A bucket remembers its last event, so that the next heartbeat can merge with it: when it was, and a digest of
what it said under a key made of the device's token. What it said in words is not kept for this.

`last` is the event of the heartbeat that came last, as in ActivityWatch's server, also where its clock was set
back. Unlike there, the event that grows is always that one, and none is overwritten. Events that are inserted
whole become `last` where they begin later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from timegrain.batches import Batch
from timegrain.counting.facts import report_of
from timegrain.entries import CLOCK_TOLERANCE_MS, refused
from timegrain.errors import ValidationFailed, wrong
from timegrain.storage.buckets import BucketKey, LastEvent, keep_last_event, last_event
from timegrain.trackers.events import (
    IN_THE_FUTURE,
    INCOGNITO,
    INPUT,
    PAGES,
    WINDOWS,
    Event,
    Fact,
    LeftOutError,
    event_of,
    facts_of,
)
from timegrain.trackers.heartbeats import Beat, beat_of, event_again, merged


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket that there is. `device` is the device's name, `secret` the key of its digests."""

    key: BucketKey
    device: str
    type: str
    secret: bytes

    def facts(self, event: Event, now_ms: int) -> list[Fact]:
        """Of a type without facts, or incognito, none. Raises `LeftOutError`."""
        if self.type not in (WINDOWS, PAGES, INPUT):
            return []
        try:
            # A clock that is a little fast must not cost the newest seconds; recording allows it as much.
            return facts_of(event, self.type, self.key.name, now_ms + CLOCK_TOLERANCE_MS)
        except LeftOutError as error:
            if str(error) == INCOGNITO:
                return []
            raise

    def batch(self, facts: Iterable[Fact]) -> Batch:
        return Batch(self.key.organisation, self.key.user, report_of(self.device, facts))

    def last(self, connection: Connection) -> Beat | None:
        found = last_event(connection, self.key)
        return None if found is None else Beat(*found)


@dataclass(frozen=True, slots=True)
class Sent:
    """An event that can be kept, and what merging needs of it."""

    event: Event
    beat: Beat
    facts: Sequence[Fact]


def sent(bucket: Bucket, written: object, now_ms: int) -> Sent:
    """An event from its JSON. Raises `ValidationFailed` for one that cannot be kept, naming the field."""
    if isinstance(written, dict):
        # As for ActivityWatch, which needs the timestamp alone.
        written = {"duration": 0, "data": {}, **written}
    try:
        event = event_of(written)
        facts = bucket.facts(event, now_ms)
        beat = beat_of(event, bucket.secret)
    except LeftOutError as error:
        raise _invalid(error) from None
    except RecursionError:
        raise wrong("data", "is nested too deeply") from None
    for fact in facts:
        if reason := refused(fact, now_ms):
            raise wrong("event", reason[1])
    return Sent(event, beat, facts)


def _invalid(error: LeftOutError) -> ValidationFailed:
    message = f"{error}; is this computer's clock right?" if str(error) == IN_THE_FUTURE else str(error)
    return wrong(error.field or "event", message)


@dataclass(slots=True)
class _Arriving:
    """What is on its way into a bucket."""

    bucket: Bucket

    @property
    def organisation(self) -> int:
        return self.bucket.key.organisation

    @property
    def user(self) -> int:
        return self.bucket.key.user


@dataclass(slots=True)
class Heartbeat(_Arriving):
    """A heartbeat on its way into the bucket; `pulse` is microseconds."""

    sent: Sent
    pulse: int
    became: Beat | None = None
    """The event that it merged with or became, once it is recorded."""

    @property
    def weight(self) -> int:
        return len(self.sent.facts)

    def batch(self, connection: Connection, now_ms: int) -> Batch:
        """The merged event's facts: it keeps its start and is longer, so its last fact grows (T12)."""
        last = self.bucket.last(connection)
        became = (merged(last, self.sent.beat, self.pulse) if last else None) or self.sent.beat
        self.became = became
        if became != last:
            keep_last_event(connection, self.bucket.key, LastEvent(*became))
        try:
            return self.bucket.batch(self.bucket.facts(event_again(became, self.sent.event.data), now_ms))
        except LeftOutError as error:  # it began in the future after all: the server's clock was set back
            raise _invalid(error) from None


@dataclass(slots=True)
class Insertion(_Arriving):
    """Whole events on their way into the bucket, merged with none."""

    events: Sequence[Sent]

    @property
    def weight(self) -> int:
        return sum(len(one.facts) for one in self.events)

    def batch(self, connection: Connection, now_ms: int) -> Batch:  # noqa: ARG002 - the facts are made already
        last = self.bucket.last(connection)
        newest = max((one.beat for one in self.events), default=None)
        if newest is not None and (last is None or newest.start > last.start):
            keep_last_event(connection, self.bucket.key, LastEvent(*newest))
        return self.bucket.batch(fact for one in self.events for fact in one.facts)
