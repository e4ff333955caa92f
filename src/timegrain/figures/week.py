"""What each of many people did on each local day of a week, and what they had done by now a week before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from timegrain.counting.calendar import day_at, day_start
from timegrain.counting.instants import Range
from timegrain.counting.tallies import NOTHING, Tally, summed
from timegrain.figures.pieces import Asker, Piece, did, own_seconds
from timegrain.storage.queries.days_each import days_each
from timegrain.storage.queries.people_meant import Meant, Profile

WEEK = 7


@dataclass(frozen=True, slots=True)
class PersonWeek:
    """Of one person: a tally a day, from the first to the last day of the week."""

    profile: Profile
    days: tuple[Tally, ...]
    before: Tally
    """In the seconds of `Week.compared`."""

    @property
    def tally(self) -> Tally:
        return summed(self.days)


@dataclass(frozen=True, slots=True)
class Week:
    """Local days `first` to `first + 6` of a zone, by people in the order in which they were asked for."""

    zone: str
    first: int
    people: tuple[PersonWeek, ...]
    today: int
    """The local day that holds the present; it may lie outside the week."""
    compared: Range
    """The seconds of the week before that changes compare with: to the same time of the week as now."""

    @property
    def last(self) -> int:
        return self.first + WEEK - 1

    @property
    def grows(self) -> bool:
        return self.first <= self.today <= self.last

    @property
    def days(self) -> list[Tally]:
        """Of all people together."""
        return [summed(one.days[place] for one in self.people) for place in range(WEEK)]

    @property
    def tally(self) -> Tally:
        return summed(one.tally for one in self.people)

    @property
    def before(self) -> Tally:
        return summed(one.before for one in self.people)


def week_of(asker: Asker, profiles: Sequence[Profile], zone: str, first: int, now: int) -> Week:
    """The week from the local day `first` on; two statements, one for a week that is over or to come."""
    today = day_at(zone, now)
    people = [Meant(one.user, one.generation, *days) for one in profiles for days in one.days]
    found = days_each(
        asker.connection, asker.organisation, asker.home_zone, people, zone, first - WEEK, first + WEEK - 1
    )
    compared = compared_with(zone, first, now)
    whole, part = range(first - WEEK, first), {}
    if first <= today < first + WEEK:
        whole = range(first - WEEK, today - WEEK)
        part = _part(asker, profiles, (day_start(zone, today - WEEK), compared[1]))
    weeks = []
    for one in profiles:
        of = found.get(one.user, {})
        before = summed([part.get(one.user, NOTHING), *(of.get(day, NOTHING) for day in whole)])
        weeks.append(PersonWeek(one, tuple(of.get(day, NOTHING) for day in range(first, first + WEEK)), before))
    return Week(zone, first, tuple(weeks), today, compared)


def compared_with(zone: str, first: int, now: int) -> Range:
    """The week before, or as much of it as had passed by the same time of its day."""
    today = day_at(zone, now)
    start, end = day_start(zone, first - WEEK), day_start(zone, first)
    if first <= today < first + WEEK:
        passed = now - day_start(zone, today)
        end = min(day_start(zone, today - WEEK) + passed, day_start(zone, today - WEEK + 1))
    return start, end


def _part(asker: Asker, profiles: Sequence[Profile], within: Range) -> dict[int, Tally]:
    """By user, what was done in the seconds of a day that is cut."""
    pieces = [
        Piece(one.user, one.user, one.generation, start, end, with_ends=False)
        for one in profiles
        for start, end in own_seconds(one, within, asker.home_zone)
    ]
    return {user: of.tally for user, of in did(asker, pieces).by_key.items()} if pieces else {}
