"""What people did in pieces of time: sums by class, and the first and last active second."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from sqlalchemy import Connection

from timegrain.counting.calendar import day_start, written_instant
from timegrain.counting.instants import SLOT, Range, clip, union
from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.counting.ratings import Rule, RuleBook
from timegrain.counting.spans import DeviceFacts, Named, Period, Span, count
from timegrain.counting.stretches import State
from timegrain.counting.tallies import NOTHING, Tally, summed
from timegrain.deciding import by_device, device_facts, named, periods
from timegrain.figures.parts import Parts
from timegrain.storage.books import Books
from timegrain.storage.people import organisation_row
from timegrain.storage.policies import BEGINNING, END_OF_TIME, UserPolicy
from timegrain.storage.queries import pieces
from timegrain.storage.queries.people_meant import Profile
from timegrain.storage.queries.pieces import Found
from timegrain.storage.queries.told import OfUser, Part


class Asker(NamedTuple):
    """The transaction and the organisation that a question is asked in."""

    connection: Connection
    organisation: int
    home_zone: str
    version: int
    """Of the organisation's policy."""
    books: Books

    def known_book(self) -> RuleBook | None:
        """The rules that hold, where the process has read them."""
        return self.books.known(self.organisation, self.version)

    def book(self, known: RuleBook | None, read: list[Rule] | None) -> RuleBook:
        """The rules that hold: as they were known before a statement, or as it read them. Where it read none, for it
        counts nothing, they are not learned."""
        if known is not None:
            return known
        return RuleBook() if read is None else self.books.learn(self.organisation, self.version, read)


def asker_of(connection: Connection, organisation: int) -> Asker:
    """Of the command line, which keeps no rules in mind."""
    row = organisation_row(connection, organisation)
    return Asker(connection, organisation, row.zone, row.policy_version, Books())


class Piece(NamedTuple):
    """Seconds `[start, end)` of one user; `key` is the asker's, and what has the same is added up."""

    key: int
    user: int
    generation: int
    start: int
    end: int
    with_ends: bool
    """Whether the first and last active second are wanted too: finding them takes most of the time."""


@dataclass(slots=True)
class Did:
    """What was done in the pieces of one key. Instants are seconds; None: nothing was active."""

    tally: Tally = NOTHING
    first_active: int | None = None
    last_active: int | None = None
    """The end of the last active second."""

    def take_active(self, start: int, end: int) -> None:
        self.first_active = start if self.first_active is None else min(self.first_active, start)
        self.last_active = end if self.last_active is None else max(self.last_active, end)


def own_seconds(profile: Profile, within: Range, home_zone: str) -> list[Range]:
    """The seconds of a range on which a person counts: membership is by days of the home zone.

    A frozen slot is not cut: it counts where it begins, so that ranges next to one another still add up.
    """
    start, end = within
    found = []
    for first, last in profile.days:
        low = start if first == ALWAYS else max(start, day_start(home_zone, first))
        high = end if last == FOREVER else min(end, day_start(home_zone, last))
        if profile.facts_from is not None:
            low, high = (at + -at % SLOT if at < profile.facts_from else at for at in (low, high))
        if low < high:
            found.append((low, high))
    return found


def frozen_seconds(profile: Profile, ranges: Iterable[Range]) -> list[Range]:
    """Those of `own_seconds` of which nobody knows any more what was in front when: whole slots."""
    return [] if profile.facts_from is None else clip(ranges, BEGINNING, profile.facts_from)


def facts_from(profile: Profile, within: Range) -> str | UnsetType:
    """What answers about a range tell where a part of it is frozen: from when facts are kept."""
    if profile.facts_from is None or within[0] >= profile.facts_from:
        return UNSET
    return str(written_instant(profile.facts_from))


AT_ONCE = 2_000
"""Pieces in one statement, the facts of which are in memory together."""


def did(asker: Asker, asked: Sequence[Piece], recent: Iterable[tuple[int, Range]] = ()) -> Answer:
    """Sums of the pieces, and the first and last active second where they are wanted; one statement for `AT_ONCE`.

    `recent` are seconds of users to count besides. The pieces of a user come together, and no two users share a key.
    """
    answer, of_recent = Answer({}, {}), by_user(recent)
    for some in _some_at_once(asked):
        users = dict.fromkeys(piece.user for piece in some)
        windows = [(user, range_) for user in users for range_ in of_recent.pop(user, ())]
        _did(asker, some, windows, answer)
    if of_recent:
        _did(asker, (), [(user, range_) for user, ranges in of_recent.items() for range_ in ranges], answer)
    return answer


def _some_at_once(asked: Sequence[Piece]) -> Iterator[Sequence[Piece]]:
    """All of a user together."""
    first = 0
    while first < len(asked):
        end = min(first + AT_ONCE, len(asked))
        while end < len(asked) and asked[end].user == asked[end - 1].user:
            end += 1
        yield asked[first:end]
        first = end


def _did(asker: Asker, asked: Sequence[Piece], recent: Sequence[tuple[int, Range]], answer: Answer) -> None:
    """One statement, and what it comes to into `answer`."""
    parts = Parts()
    end_slots: list[Part] = []
    for key, user, generation, start, end, with_ends in asked:
        parts.add(asker.home_zone, key, user, generation, (start, end))
        whole = start + -start % SLOT, end - end % SLOT
        if with_ends and whole[0] < whole[1]:
            end_slots.append(Part(key, user, generation, *whole))
    windows = [*recent, *parts.counted]
    known = asker.known_book()
    found = pieces.read(
        asker.connection, asker.organisation, parts.slots, parts.days, end_slots, windows, known is None
    )
    by_key, spans = _answer(asker, asked, found, windows, asker.book(known, found.rules))
    answer.by_key.update(by_key)
    answer.spans.update(spans)


class Answer(NamedTuple):
    """By key what was done; by user the spans of all windows that were counted."""

    by_key: dict[int, Did]
    spans: dict[int, list[Span]]


def _answer(
    asker: Asker, asked: Sequence[Piece], found: Found, windows: Sequence[tuple[int, Range]], book: RuleBook
) -> Answer:
    by_key = {piece.key: Did() for piece in asked}
    for key, tally in found.sums.items():
        by_key[key].tally = tally
    of_users = _windows_of_users(asked, found, windows)
    spans = {
        user: spans_of(of, user, union(ranges), asker.home_zone, book)
        for user, ranges in of_users.items()
        if (of := found.users.get(user)) is not None
    }
    for piece in asked:
        _count_edges(by_key[piece.key], piece, found, spans.get(piece.user, ()))
    for piece in asked:
        of = found.users.get(piece.user)
        if of is not None and found.ends.get(piece.key, (END_OF_TIME, 0))[0] < of.facts_from:
            # Somewhere in a frozen slot; nobody knows the second.
            by_key[piece.key].first_active = None
    return Answer(by_key, spans)


def _windows_of_users(
    asked: Sequence[Piece], found: Found, windows: Sequence[tuple[int, Range]]
) -> dict[int, list[Range]]:
    of_users = by_user(windows)
    for key, user in {(piece.key, piece.user) for piece in asked}:
        for slot in found.ends.get(key, ()):
            of_users.setdefault(user, []).append((slot, slot + SLOT))
    return of_users


def by_user(windows: Iterable[tuple[int, Range]]) -> dict[int, list[Range]]:
    found: dict[int, list[Range]] = {}
    for user, range_ in windows:
        found.setdefault(user, []).append(range_)
    return found


class Made(NamedTuple):
    """The spans of one user in some ranges, and what they were made from."""

    spans: list[Span]
    devices: Sequence[DeviceFacts]
    named: Named
    policy: UserPolicy
    periods: Sequence[Period]


def made_of(of: OfUser, user: int, ranges: Sequence[Range], home_zone: str, book: RuleBook) -> Made:
    """From the facts that decide `ranges` (sorted, disjoint), as far as they are not frozen."""
    ranges = clip(ranges, of.facts_from, END_OF_TIME)
    policy = of.policy(user, home_zone)
    devices = [
        device_facts(of.devices[device], rows, of.names, of.stretches.get(device, ()), policy.erased)
        for device, rows in by_device(sorted(of.facts)).items()
    ]
    within = (ranges[0][0], ranges[-1][1]) if ranges else (0, 0)
    held = list(periods(policy, book, of.names, within))
    known = named(of.names)
    if not ranges:
        return Made([], devices, known, policy, held)
    return Made(count(devices, known, policy.limits, held, ranges), devices, known, policy, held)


def spans_of(of: OfUser, user: int, ranges: Sequence[Range], home_zone: str, book: RuleBook) -> list[Span]:
    """The spans alone."""
    return made_of(of, user, ranges, home_zone, book).spans if of.facts else []


def _count_edges(did: Did, piece: Piece, found: Found, spans: Sequence[Span]) -> None:
    """What was counted of a piece: its cut slots go into the sum, active seconds may be the first or last."""
    first, last = piece.start + -piece.start % SLOT, piece.end - piece.end % SLOT
    edges = [(piece.start, piece.end)] if first >= last else [(piece.start, first), (last, piece.end)]
    did.tally = summed([did.tally, *(tally_of(spans, *edge) for edge in edges)])
    looked_at = edges + [(slot, slot + SLOT) for slot in found.ends.get(piece.key, ())]
    for low, high in looked_at:
        for start, end in active(spans, max(low, piece.start), min(high, piece.end)):
            did.take_active(start, end)


def within(spans: Sequence[Span], low: int, high: int) -> Iterator[Span]:
    """Spans, in order and disjoint, cut to `[low, high)`."""
    at = bisect_right(spans, low, key=lambda span: span.end)
    while at < len(spans) and spans[at].start < high:
        span = spans[at]
        yield span._replace(start=max(span.start, low), end=min(span.end, high))
        at += 1


def active(spans: Sequence[Span], low: int, high: int) -> Iterator[Range]:
    """The active seconds of `[low, high)`, in order."""
    return ((span.start, span.end) for span in within(spans, low, high) if span.state is State.ACTIVE)


def tally_of(spans: Sequence[Span], low: int, high: int) -> Tally:
    """The seconds of `[low, high)` by class."""
    return tally_of_all(within(spans, low, high))


def tally_of_all(spans: Iterable[Span]) -> Tally:
    seconds = [0, 0, 0, 0]
    for span in spans:
        seconds[3 if span.state is State.IDLE else span.rating] += span.end - span.start
    return Tally(*seconds)
