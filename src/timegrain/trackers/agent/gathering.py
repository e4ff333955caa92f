"""Events become the facts that may be sent: cut to the hours, without pauses, and as private as the settings say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from timegrain.counting.facts import Focus, Page
from timegrain.counting.instants import Range
from timegrain.counting.subjects import host
from timegrain.trackers.agent.activitywatch_server import Bucket, Read
from timegrain.trackers.agent.hours import cut
from timegrain.trackers.agent.privacy import NEVER, admitted
from timegrain.trackers.agent.settings import Settings
from timegrain.trackers.agent.state import Gathered, Identity, identity
from timegrain.trackers.events import Event, Fact, LeftOutError, facts_of

OUTSIDE = "paused, out of hours or before the history"


def rank(fact: Fact) -> tuple[int, str, str, str, str]:
    """Of facts with one identity the one that ranks highest stays (T12)."""
    if isinstance(fact, Focus):
        return fact.end, fact.app, host(fact.url), fact.url, fact.title
    if isinstance(fact, Page):
        return fact.end, "", host(fact.url), fact.url, fact.title
    return fact.end, "", "", "", ""


class Gathering:
    """The facts of many events, one of each identity. An event that is read twice changes nothing."""

    def __init__(self, settings: Settings, ranges: Sequence[Range], now_ms: int) -> None:
        """`ranges` are the milliseconds that may be told, sorted and disjoint."""
        self._settings, self._ranges, self._now = settings, ranges, now_ms
        self._facts: dict[Identity, Gathered] = {}
        self._left_out: dict[tuple[str, int, int], str] = {}
        self._unreadable: Counter[str] = Counter()

    def take(self, bucket: Bucket, read: Read, ended_from: int = 0, began_before: int | None = None) -> None:
        """The events of a bucket that end at `ended_from` or later and begin before `began_before`."""
        self._unreadable |= read.left_out
        for event in read.events:
            if event.end_ns < ended_from * 1_000_000:
                continue
            if began_before is not None and event.start_ns >= began_before * 1_000_000:
                continue
            try:
                made = facts_of(event, bucket.type, bucket.id, self._now)
            except LeftOutError as reason:
                self._leave_out(bucket, event, str(reason))
                continue
            pieces = [piece for fact in made for piece in cut(fact, self._ranges)]
            if not pieces:
                self._leave_out(bucket, event, OUTSIDE)
            for piece in pieces:
                self._offer(bucket, event, piece)

    def _offer(self, bucket: Bucket, event: Event, piece: Fact) -> None:
        fact = admitted(piece, self._settings)
        if fact is None:
            self._leave_out(bucket, event, NEVER)
            return
        key = identity(fact)
        other = self._facts.get(key)
        if other is None or rank(fact) > rank(other.fact):
            self._facts[key] = Gathered(fact, bucket.id)

    def _leave_out(self, bucket: Bucket, event: Event, reason: str) -> None:
        self._left_out[bucket.id, event.start_ns, event.end_ns] = reason

    def facts(self) -> Iterable[Gathered]:
        return self._facts.values()

    def left_out(self) -> Counter[str]:
        """Events by reason."""
        return self._unreadable + Counter(self._left_out.values())
