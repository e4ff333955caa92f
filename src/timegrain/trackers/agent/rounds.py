"""A round: what ActivityWatch may have changed is read again, and what the server has not answered for is sent.

Three reads, each further back and less often: the newest events of each bucket, 48 hours, and every day since the
history began, of which the events are only counted unless their number changed. A day is over, and may be marked,
when it ended a day before the bucket's newest event did: till then the 48 hours hold it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from timegrain.trackers.agent.activitywatch_server import ActivityWatch, Bucket, Read
from timegrain.trackers.agent.batches import order
from timegrain.trackers.agent.computer import Computer, this_computer
from timegrain.trackers.agent.gathering import Gathering
from timegrain.trackers.agent.hours import allowed
from timegrain.trackers.agent.sending import Sending, Sent
from timegrain.trackers.agent.settings import Settings
from timegrain.trackers.agent.state import Gathered, State
from timegrain.trackers.agent.timegrain_server import TimegrainServer
from timegrain.trackers.events import DAY_MS, INPUT, WINDOWS, Fact

HOUR_MS = 3600 * 1000
NEWEST = 200
RECENT_MS = 48 * HOUR_MS
REMEMBERED_MS = 72 * HOUR_MS
SILENT_MS = 10 * 60 * 1000
DAYS_A_READ = 3
"""So that a long history takes little memory."""

HISTORY_START, WAITING, RECENT_AT, HISTORY_AT = "history_start", "waiting", "recent_at", "history_at"
EMPTY = "0"

Progress = Callable[[int, int], None]


def history_start(state: State, settings: Settings, now_ms: int) -> int:
    """Nothing before it is ever sent; it does not move once the first round has written it down."""
    known = state.note_ms(HISTORY_START)
    return now_ms - settings.history_days * DAY_MS if known is None else known


def reach_back(state: State, start_ms: int) -> None:
    """Let the history begin there, if it does not begin before."""
    known = state.note_ms(HISTORY_START)
    if known is not None and start_ms < known:
        state.forget_day(known // DAY_MS)  # of which a part alone was told
    if known is None or start_ms < known:
        state.write_notes({HISTORY_START: start_ms})


@dataclass(frozen=True, slots=True)
class Due:
    """Which reads a round makes besides that of the newest events."""

    recent: bool
    history: bool

    @classmethod
    def by(cls, state: State, now_ms: int) -> Due:
        """By the clock; one that was set back makes everything due."""

        def due(name: str, every_ms: int) -> bool:
            last = state.note_ms(name)
            return last is None or not last <= now_ms < last + every_ms

        return cls(due(RECENT_AT, HOUR_MS), due(HISTORY_AT, DAY_MS))


ALL = Due(recent=True, history=True)


class Reading:
    """What ActivityWatch holds at a moment, as far as it may be told. Raises what `ActivityWatch` raises."""

    def __init__(self, server: ActivityWatch, state: State, settings: Settings, now_ms: int) -> None:
        self.server, self.now = server, now_ms
        self._state, self._settings = state, settings
        self.start = history_start(state, settings, now_ms)
        self.computer: Computer = this_computer(server, settings.host)
        self.newest: dict[str, Read] = {bucket.id: server.newest(bucket.id, NEWEST) for bucket in self.buckets}

    @property
    def buckets(self) -> list[Bucket]:
        return self.computer.buckets

    def end(self, bucket: str) -> int:
        """When the bucket's newest event ended: now at the latest, and not before the history."""
        newest = max((event.end_ns // 1_000_000 for event in self.newest[bucket].events), default=self.now)
        return max(self.start, min(self.now, newest))

    def gathering(self) -> Gathering:
        # The pauses are read after the moment at which facts are cut: one that begins meanwhile is not missed.
        ranges = allowed(self.start, self.now + 1, self._settings.hours, self._state.pauses())
        return Gathering(self._settings, ranges, self.now)

    def recent(self, whole: bool) -> Gathering:
        """The newest events, and all of the last 48 hours where wanted or where the newest may not be all new."""
        gathering = self.gathering()
        for bucket in self.buckets:
            horizon = self.end(bucket.id) - RECENT_MS
            newest = self.newest[bucket.id]
            gathering.take(bucket, newest, horizon)
            if whole or self._may_miss(bucket.id, newest):
                gathering.take(bucket, self.server.between(bucket.id, horizon))
        return gathering

    def _may_miss(self, bucket: str, newest: Read) -> bool:
        seen = self._state.note_ms(_seen(bucket))
        full = len(newest.events) + newest.left_out.total() >= NEWEST
        return seen is None or (full and all(event.start_ns // 1_000_000 > seen for event in newest.events))

    def seen(self) -> dict[str, str | int | None]:
        """Notes for `_may_miss`: when the newest event of each bucket began."""
        return {
            _seen(bucket): max(event.start_ns for event in read.events) // 1_000_000
            for bucket, read in self.newest.items()
            if read.events
        }

    def last_hour(self) -> list[Fact]:
        """The facts of the hour before the newest event's end, oldest first."""
        newest = max((self.end(bucket.id) for bucket in self.buckets if self.newest[bucket.id].events), default=0)
        facts = [told.fact for told in self.recent(whole=True).facts()]
        return sorted((fact for fact in facts if fact.end > newest - HOUR_MS), key=order)

    def input_watcher(self) -> str:
        """`reporting`; `missing`; or `silent`, where windows went on being reported without it."""
        ends: dict[str, list[int]] = {INPUT: [], WINDOWS: []}
        for bucket in self.buckets:
            if bucket.type in ends and self.newest[bucket.id].events:
                ends[bucket.type].append(self.end(bucket.id))
        if not ends[INPUT]:
            return "missing"
        silent = bool(ends[WINDOWS]) and max(ends[INPUT]) + SILENT_MS < max(ends[WINDOWS])
        return "silent" if silent else "reporting"


def _seen(bucket: str) -> str:
    return f"seen {bucket}"


class Round:
    """One round. Raises what the two servers raise; what was answered till then is kept."""

    def __init__(self, reading: Reading, state: State, server: TimegrainServer) -> None:
        self._reading, self._state = reading, state
        self._keep_from = {bucket.id: reading.end(bucket.id) - REMEMBERED_MS for bucket in reading.buckets}
        self._sending = Sending(server, state, self._keep_from)
        self._sent = Sent()

    def run(self, due: Due, progress: Progress) -> Sent:
        reading, state = self._reading, self._state
        if state.note_ms(HISTORY_START) is None:
            state.write_notes({HISTORY_START: reading.start})
        recent = self._send(list(reading.recent(due.recent).facts()))
        notes = reading.seen() | {WAITING: recent.waiting}
        if due.recent:
            notes[RECENT_AT] = reading.now
        state.write_notes(notes)
        if due.history:
            self._history(progress)
            state.write_notes({HISTORY_AT: reading.now})
        state.forget(self._keep_from)
        return self._sent

    def _send(self, facts: list[Gathered]) -> Sent:
        pending = self._state.unanswered(facts)
        if pending:
            self._state.write_notes({WAITING: len(pending)})
        sent = self._sending.send(pending)
        self._sent.add(sent)
        return sent

    def _history(self, progress: Progress) -> None:
        """Newest days first: they are asked for most."""
        wanted = self._days_to_read()
        done = 0
        for days in _runs(sorted(wanted, reverse=True)):
            progress(done, len(wanted))
            last, first = days[0], days[-1]
            gathering = self._reading.gathering()
            for bucket in {bucket for day in days for bucket in wanted[day]}:
                end = (last + 1) * DAY_MS
                gathering.take(
                    bucket, self._reading.server.between(bucket.id, (first - 1) * DAY_MS, end), began_before=end
                )
            sent = self._send(list(gathering.facts()))
            if not sent.waiting:
                self._state.write_marks((bucket.id, day, mark) for day in days for bucket, mark in wanted[day].items())
            done += len(days)
        progress(done, len(wanted))
        if wanted:
            self._state.write_notes({WAITING: self._sent.waiting})

    def _days_to_read(self) -> dict[int, dict[Bucket, str]]:
        """The days that are over and not what was answered for in full, with each bucket's new mark."""
        reading = self._reading
        wanted: dict[int, dict[Bucket, str]] = defaultdict(dict)
        empty: list[tuple[str, int, str]] = []
        for bucket in reading.buckets:
            if not reading.newest[bucket.id].events:
                continue
            known = self._state.marks(bucket.id)
            measure = reading.server.count if reading.server.counts_ranges(bucket.id) else reading.server.digest
            for day in range(reading.start // DAY_MS, reading.end(bucket.id) // DAY_MS - 1):
                mark = str(measure(bucket.id, day * DAY_MS, (day + 1) * DAY_MS))
                if mark == known.get(day):
                    continue
                if mark == EMPTY:
                    empty.append((bucket.id, day, mark))
                else:
                    wanted[day][bucket] = mark
        self._state.write_marks(empty)
        return wanted


def _runs(days: list[int]) -> Iterator[list[int]]:
    """Neighbouring days together, some at a time; newest first."""
    for _, run in groupby(enumerate(days), key=lambda place: place[0] + place[1]):
        together = [day for _, day in run]
        for first in range(0, len(together), DAYS_A_READ):
            yield together[first : first + DAYS_A_READ]
