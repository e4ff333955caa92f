"""How much people worked in a range, each and together, and from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from timegrain.counting.calendar import Asked, written_instant
from timegrain.counting.instants import Range
from timegrain.counting.tallies import Tally
from timegrain.figures.pieces import Asker, Did, Piece, active, did, facts_from, own_seconds
from timegrain.storage.queries.people_meant import Profile

JUST_NOW = 300
"""Whoever was active in so many seconds before now is working."""


class Worked(msgspec.Struct, rename="camel"):
    """Seconds. total = active + idle, active = productive + neutral + unproductive."""

    total_worked_time_in_seconds: int
    active_worked_time_in_seconds: int
    idle_worked_time_in_seconds: int
    productive_worked_time_in_seconds: int
    unproductive_worked_time_in_seconds: int
    neutral_worked_time_in_seconds: int


class User(msgspec.Struct, rename="camel"):
    user_id: UUID
    name: str
    profile_pic_url: None


class Session(msgspec.Struct, rename="camel"):
    """The first active second and the end of the last, in true UTC; null where nothing was active.

    `outTime` is null too while somebody is working in a range that holds the present. Where the range begins before
    `factsFrom`, which is there only then, nobody knows the seconds before.
    """

    in_time: str | None
    out_time: str | None
    is_working: bool
    facts_from: str | UnsetType = UNSET


class Person(msgspec.Struct):
    """Of one person: what was done and when."""

    user: User
    worked: Worked
    session: Session


def worked(tally: Tally) -> Worked:
    return Worked(tally.total, tally.active, tally.idle, tally.productive, tally.unproductive, tally.neutral)


def user_of(one: Profile) -> User:
    return User(one.uuid, one.name, None)


def pieces_of(asker: Asker, profiles: Sequence[Profile], within: Range, with_ends: bool) -> list[Piece]:
    """One key a person, by their place."""
    return [
        Piece(place, one.user, one.generation, start, end, with_ends)
        for place, one in enumerate(profiles)
        for start, end in own_seconds(one, within, asker.home_zone)
    ]


def sums(asker: Asker, profiles: Sequence[Profile], range_: Asked) -> list[tuple[User, Worked]]:
    """How much each worked."""
    pieces = pieces_of(asker, profiles, (range_.start, range_.end), with_ends=False)
    by_key = did(asker, pieces).by_key
    return [(user_of(one), worked(by_key.get(place, Did()).tally)) for place, one in enumerate(profiles)]


def each(asker: Asker, profiles: Sequence[Profile], range_: Asked, now: int) -> list[Person]:
    """What each did, with their sessions."""
    within = range_.start, range_.end
    recent = {one.user: own_seconds(one, (now - JUST_NOW, now), asker.home_zone) for one in profiles}
    windows = [(user, seconds) for user, of_user in recent.items() for seconds in of_user]
    answer = did(asker, pieces_of(asker, profiles, within, with_ends=True), windows)
    holds_now = range_.start <= now < range_.end
    found = []
    for place, one in enumerate(profiles):
        of = answer.by_key.get(place, Did())
        spans = answer.spans.get(one.user, ())
        working = any(True for seconds in recent[one.user] for _ in active(spans, *seconds))
        found.append(Person(user_of(one), worked(of.tally), _session(of, working, holds_now, facts_from(one, within))))
    return found


def _session(of: Did, working: bool, holds_now: bool, since: str | UnsetType) -> Session:
    return Session(
        written_instant(of.first_active),
        None if working and holds_now else written_instant(of.last_active),
        working,
        since,
    )
