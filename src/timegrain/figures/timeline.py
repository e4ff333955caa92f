"""What a person had in front, one stretch of the same after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import zip_longest
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from timegrain.counting.accounts import Account, accounts
from timegrain.counting.calendar import written_instant
from timegrain.counting.instants import DAY, Range, union
from timegrain.counting.ratings import RuleBook
from timegrain.counting.stretches import State
from timegrain.counting.tallies import NOTHING, Tally, summed
from timegrain.figures.parts import Parts, in_groups
from timegrain.figures.pieces import (
    Asker,
    by_user,
    facts_from,
    frozen_seconds,
    made_of,
    own_seconds,
    spans_of,
    tally_of_all,
)
from timegrain.storage.facts import FactKind
from timegrain.storage.queries import pieces
from timegrain.storage.queries.deciding_facts import FactRow
from timegrain.storage.queries.people_meant import Profile
from timegrain.storage.queries.pieces import Found
from timegrain.storage.queries.told import FactKey, OfUser

DAYS_AT_ONCE = 250
"""Of people who are shown, with all their facts, in one statement; of one person as many as are asked for."""

OTHERS_AT_ONCE = 1_000
"""People who are only counted, in one statement."""


class Entry(msgspec.Struct, rename="camel"):
    """True UTC, half-open. `category` is productive, neutral, unproductive or idle; a title not shown is ""."""

    category: str
    app_name: str
    title: str
    start_time: str
    end_time: str


class TimelineUser(msgspec.Struct, rename="camel"):
    """Seconds; the entries add up to them, but for what lies before `factsFrom`, of which there are none."""

    user_id: UUID
    user_name: str
    email_id: str
    profile_pic_url: None
    productive_time_spend: int
    un_productive_time_spend: int
    neutral_time_spend: int
    idle_time_spend: int
    app_tracking_details: list[Entry]
    facts_from: str | UnsetType = UNSET


class Timeline(msgspec.Struct, rename="camel"):
    """`totalActiveUsers` of all people asked for have data; the list is one page of them."""

    total_active_users: int
    users_list: list[TimelineUser]


def timeline_users(
    asker: Asker, profiles: Sequence[Profile], page: Range, within: Range, titles_of: Collection[int], active: set[int]
) -> Iterator[TimelineUser]:
    """The people from place `page[0]` to before `page[1]`, made while they are read; one statement for usual ranges.

    Titles are shown of the users in `titles_of`. `active` gets the users with data, of all people asked for.
    """
    shown = profiles[slice(*page)]
    places = {one.user for one in shown}
    others = in_groups([one for one in profiles if one.user not in places], 1, OTHERS_AT_ONCE)
    days = -(-(within[1] - within[0]) // DAY)
    for some, some_others in zip_longest(in_groups(shown, days, DAYS_AT_ONCE), others, fillvalue=()):
        yield from _some(asker, some, some_others, within, titles_of, active)


def _some(
    asker: Asker,
    shown: Sequence[Profile],
    not_shown: Sequence[Profile],
    within: Range,
    titles_of: Collection[int],
    active: set[int],
) -> Iterator[TimelineUser]:
    whole = {one.user: own_seconds(one, within, asker.home_zone) for one in shown}
    others = _of_others(asker, not_shown, within)
    for one in shown:
        for range_ in frozen_seconds(one, whole[one.user]):
            others.add(asker.home_zone, one.user, one.user, one.generation, range_)
    windows = others.counted + [(user, range_) for user, ranges in whole.items() for range_ in ranges]
    known = asker.known_book()
    with_titles = any(one.user in titles_of for one in shown)
    found = pieces.read(
        asker.connection, asker.organisation, others.slots, others.days, (), windows, known is None, with_titles
    )
    book = asker.book(known, found.rules)
    active |= _active_others(asker, found, others, book, whole)
    for one in shown:
        user = _user(asker, one, found, whole[one.user], book, one.user in titles_of, facts_from(one, within))
        found.users.pop(one.user, None)
        if _total(user):
            active.add(one.user)
        yield user


def _of_others(asker: Asker, profiles: Iterable[Profile], within: Range) -> Parts:
    """Of people who are not shown: what tells whether they have data. The key is the user."""
    parts = Parts()
    for one in profiles:
        for range_ in own_seconds(one, within, asker.home_zone):
            parts.add(asker.home_zone, one.user, one.user, one.generation, range_)
    return parts


def _active_others(asker: Asker, found: Found, others: Parts, book: RuleBook, shown: Collection[int]) -> set[int]:
    active = {user for user, tally in found.sums.items() if tally.total and user not in shown}
    for user, ranges in by_user(others.counted).items():
        of = found.users.get(user)
        if user not in active and of is not None and spans_of(of, user, union(ranges), asker.home_zone, book):
            active.add(user)
    return active


def _user(
    asker: Asker,
    one: Profile,
    found: Found,
    ranges: Sequence[Range],
    book: RuleBook,
    with_titles: bool,
    since: str | UnsetType,
) -> TimelineUser:
    of, entries = found.users.get(one.user), list[Entry]()
    tally = found.sums.get(one.user, NOTHING)
    if of is not None and of.facts and ranges:
        made = made_of(of, one.user, ranges, asker.home_zone, book)
        tally = summed([tally, tally_of_all(made.spans)])
        entries = list(_joined(_entries(of, accounts(made.devices, made.named, made.spans), with_titles)))
    return TimelineUser(
        one.uuid,
        one.name,
        one.email,
        None,
        tally.productive,
        tally.unproductive,
        tally.neutral,
        tally.idle,
        entries,
        since,
    )


def _total(one: TimelineUser) -> int:
    return Tally(
        one.productive_time_spend, one.neutral_time_spend, one.un_productive_time_spend, one.idle_time_spend
    ).total


FactIndex = dict[tuple[int, int], list[FactRow]]
"""Facts that are no pages, by start and device."""


def indexed(of: OfUser) -> FactIndex:
    index: FactIndex = {}
    for row in of.facts:
        if row[2] != FactKind.PAGE:
            index.setdefault((row[0], row[1]), []).append(row)
    return index


def fact_key(index: FactIndex, account: Account) -> FactKey:
    """The fact in front: a focus, or of an editor the heartbeat that began then with that application."""
    start, device = account.focus.start, account.span.device
    rows = index[start, device]
    row = next((row for row in sorted(rows) if row[5] == account.focus.owner), rows[0])
    return start, device, row[2], row[3]


def _entries(of: OfUser, found: Iterable[Account], with_titles: bool) -> Iterator[tuple[int, int, tuple[object, ...]]]:
    """Start, end, and what is told of it with its site, which is not shown but parts entries."""
    index = indexed(of)
    for account in found:
        span = account.span
        idle = span.state is State.IDLE
        title = "" if idle or not with_titles else title_of(of, index, account)
        category = "idle" if idle else span.rating.name.lower()
        yield span.start, span.end, (category, of.names[account.focus.owner].shown, title, span.subject)


def title_of(of: OfUser, index: FactIndex, account: Account) -> str:
    """Of the page where it says what the span is about, else of the focus."""
    if account.page is not None:
        key = (account.page.start, account.span.device, int(FactKind.PAGE), account.page.owner)
        return of.titles.get(key, "")
    return of.titles.get(fact_key(index, account), "")


def _joined(found: Iterable[tuple[int, int, tuple[object, ...]]]) -> Iterator[Entry]:
    """Neighbours that are told alike are one entry."""
    held: tuple[int, int, tuple[object, ...]] | None = None
    for start, end, told in found:
        if held is not None and held[1] == start and held[2] == told:
            held = held[0], end, told
            continue
        if held is not None:
            yield _entry(*held)
        held = start, end, told
    if held is not None:
        yield _entry(*held)


def _entry(start: int, end: int, told: tuple[object, ...]) -> Entry:
    category, application, title, _ = told
    return Entry(str(category), str(application), str(title), str(written_instant(start)), str(written_instant(end)))
