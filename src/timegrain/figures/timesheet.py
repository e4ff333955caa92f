"""Each person's days of a range, with when they came and went by the clocks of the zone that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from timegrain.counting.calendar import Asked, day_edges, weekday_name, written_day, zone_named
from timegrain.counting.tallies import Tally, summed
from timegrain.figures.parts import in_groups
from timegrain.figures.pieces import Asker, Did, Piece, did, facts_from, own_seconds
from timegrain.figures.worked import User, user_of
from timegrain.storage.queries.people_meant import Profile
from timegrain.summary import OverallMetrics, overall_metrics

DAYS_AT_ONCE = 2_000
"""Of people, in one statement: some 40 MB while they are counted in another zone than the home zone."""


class TimesheetDay(msgspec.Struct, rename="camel"):
    """A local day with tracked time. `inTime` and `outTime` are the zone's wall clock, written with a Z."""

    date: str
    day: str
    in_time: str | None
    out_time: str | None
    total_time_spend_seconds: int
    active_time_spend_seconds: int
    idle_time_spend_seconds: int
    productive_time_spend_seconds: int
    unproductive_time_spend_seconds: int
    neutral_time_spend_seconds: int


class Averages(msgspec.Struct, rename="camel"):
    """Of the days with an `inTime`, by the zone's clock; null without any."""

    avg_check_in_time: str | None
    avg_check_out_time: str | None


class TimesheetRow(msgspec.Struct, rename="camel"):
    """`factsFrom` is there where the range begins earlier: before, when somebody came and went is not known."""

    user: User
    daily_summary: list[TimesheetDay]
    overall_summary: OverallMetrics
    session: Averages
    facts_from: str | UnsetType = UNSET


class Timesheets(NamedTuple):
    """Of all people asked for, how many have data; of those shown, their days."""

    active: int
    rows: list[TimesheetRow]


def timesheets(
    asker: Asker, profiles: Sequence[Profile], range_: Asked, zone: str, shown: slice = slice(None)
) -> Timesheets:
    """One row a person; days without tracked time are left out."""
    places = range(len(profiles))[shown]
    rows, active = list[TimesheetRow](), 0
    for group in _groups(profiles, range_):
        in_group = range(max(places.start, group.start), min(places.stop, group.stop))
        made, with_data = _rows(asker, profiles, range_, zone, group, in_group)
        rows += made
        active += with_data
    return Timesheets(active, rows)


def timesheet_rows(asker: Asker, profiles: Sequence[Profile], range_: Asked, zone: str) -> Iterator[TimesheetRow]:
    """The same rows of everybody, made while they are read."""
    for group in _groups(profiles, range_):
        yield from _rows(asker, profiles, range_, zone, group, group)[0]


def _groups(profiles: Sequence[Profile], range_: Asked) -> Iterator[range]:
    return in_groups(range(len(profiles)), range_.last_day - range_.first_day + 1, DAYS_AT_ONCE)  # type: ignore[return-value]


def _rows(
    asker: Asker, profiles: Sequence[Profile], range_: Asked, zone: str, group: range, shown: range
) -> tuple[list[TimesheetRow], int]:
    """Of the places `shown` of a group, and how many of the group have data; one statement."""
    days = _days(
        asker,
        [profiles[place] for place in group],
        range_,
        zone,
        range(shown.start - group.start, shown.stop - group.start),
    )
    tracked: dict[int, dict[int, Did]] = {place: {} for place in shown}
    active = set()
    for (offset, day), of in days.items():
        if of.tally.total:
            place = group.start + offset
            active.add(place)
            if place in tracked:
                tracked[place][day] = of
    within = range_.start, range_.end
    made = [_row(profiles[place], of, zone, facts_from(profiles[place], within)) for place, of in tracked.items()]
    return made, len(active)


def tracked_days(asker: Asker, profile: Profile, range_: Asked, zone: str) -> dict[int, Did]:
    """What somebody did, by local day, of those with tracked time."""
    days = _days(asker, [profile], range_, zone, range(1))
    return {day: of for (_, day), of in days.items() if of.tally.total}


def _days(
    asker: Asker, profiles: Sequence[Profile], range_: Asked, zone: str, places: range
) -> dict[tuple[int, int], Did]:
    """By place and local day; for places other than these the whole range under its first day, without ends."""
    first, count = range_.first_day, range_.last_day - range_.first_day + 1
    edges = day_edges(zone, first, range_.last_day)
    pieces = []
    for place, one in enumerate(profiles):
        in_days = edges if place in places else [edges[0], edges[-1]]
        for low, high in own_seconds(one, (range_.start, range_.end), asker.home_zone):
            for index, (start, end) in enumerate(pairwise(in_days)):
                if max(low, start) < min(high, end):
                    part = max(low, start), min(high, end)
                    pieces.append(Piece(place * count + index, one.user, one.generation, *part, place in places))
    return {(key // count, first + key % count): of for key, of in did(asker, pieces).by_key.items()}


def _row(one: Profile, tracked: dict[int, Did], zone: str, since: str | UnsetType) -> TimesheetRow:
    days = [
        _day(day, of.tally, _wall(zone, of.first_active), _wall(zone, of.last_active)) for day, of in tracked.items()
    ]
    overall = overall_metrics(summed(of.tally for of in tracked.values()))
    return TimesheetRow(user_of(one), days, overall, averages(tracked, zone), since)


def averages(tracked: Mapping[int, Did], zone: str) -> Averages:
    """When somebody came and went, of their days."""
    walls = {day: (_wall(zone, of.first_active), _wall(zone, of.last_active)) for day, of in tracked.items()}
    came = _average([(day, first) for day, (first, _) in walls.items() if first is not None])
    went = _average([(day, last) for day, (_, last) in walls.items() if last is not None])
    return Averages(came, went)


def _wall(zone: str, second: int | None) -> datetime | None:
    return None if second is None else datetime.fromtimestamp(second, zone_named(zone)).replace(tzinfo=None)


def _written(wall: datetime | None) -> str | None:
    return None if wall is None else f"{wall:%Y-%m-%dT%H:%M:%S}.000Z"


def _day(day: int, tally: Tally, came: datetime | None, went: datetime | None) -> TimesheetDay:
    return TimesheetDay(
        written_day(day),
        weekday_name(day),
        _written(came),
        _written(went),
        tally.total,
        tally.active,
        tally.idle,
        tally.productive,
        tally.unproductive,
        tally.neutral,
    )


def _average(walls: Sequence[tuple[int, datetime]]) -> str | None:
    """Of clock times, cut to the second. The midnight that ends a day is 24:00, whatever date comes next."""
    if not walls:
        return None
    average = sum(_since_midnight(*one) for one in walls) // len(walls)
    return f"{average // 3600 % 24:02d}:{average // 60 % 60:02d}:{average % 60:02d}"


def _since_midnight(day: int, wall: datetime) -> int:
    """Seconds by the clock. A zone may skip the next date, and a clock set back at midnight shows the one before."""
    ahead = max(-1, min(1, wall.toordinal() - day))
    return ((ahead * 24 + wall.hour) * 60 + wall.minute) * 60 + wall.second
