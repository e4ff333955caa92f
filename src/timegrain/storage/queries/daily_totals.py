"""The totals of people by local day: one statement, whatever the number of people and days.

In the home zone seven ready rows a person and week are summed; in any other zone their slots, which every
local midnight falls between.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, Connection, FromClause, and_, bindparam, cast, func, select

from timegrain.counting.calendar import day_start
from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.counting.tallies import NOTHING, Tally
from timegrain.storage.dialect import packed, quadruples
from timegrain.storage.queries.people_meant import Meant
from timegrain.storage.schema import day_totals, slot_totals
from timegrain.storage.slots import summed_by_day

_people = quadruples("people")


def _sums(table: FromClause) -> list[object]:
    return [cast(func.sum(table.c[name]), BigInteger) for name in ("productive", "neutral", "unproductive", "idle")]


_HOME = (
    select(day_totals.c.day, *_sums(day_totals))
    .select_from(
        _people.join(
            day_totals,
            and_(
                day_totals.c.organisation_id == bindparam("organisation"),
                day_totals.c.user_id == _people.c.c0,
                day_totals.c.generation == _people.c.c1,
                day_totals.c.day >= _people.c.c2,
                day_totals.c.day < _people.c.c3,
            ),
        )
    )
    .group_by(day_totals.c.day)
)
# By slot, not by day: a join with the days costs more than sending some hundred rows more.
_ANYWHERE = (
    select(slot_totals.c.slot, *_sums(slot_totals))
    .select_from(
        _people.join(
            slot_totals,
            and_(
                slot_totals.c.organisation_id == bindparam("organisation"),
                slot_totals.c.user_id == _people.c.c0,
                slot_totals.c.generation == _people.c.c1,
                slot_totals.c.slot >= _people.c.c2,
                slot_totals.c.slot < _people.c.c3,
            ),
        )
    )
    .group_by(slot_totals.c.slot)
)


def daily_totals(
    connection: Connection,
    organisation: int,
    home_zone: str,
    people: Sequence[Meant],
    zone: str,
    first: int,
    last: int,
) -> list[tuple[int, Tally]]:
    """Each local day of `zone` from `first` to `last`, in order, with what the people did in it."""
    if zone == home_zone:
        rows = [
            (one.user, one.generation, max(one.first, first), min(one.end, last + 1))
            for one in people
            if one.first <= last and one.end > first
        ]
        found = connection.execute(_HOME, {"organisation": organisation, "people": packed(rows)})
    else:
        edges = day_start(zone, first), day_start(zone, last + 1)
        rows = _in_slots(people, home_zone, *edges)
        slots = connection.execute(_ANYWHERE, {"organisation": organisation, "people": packed(rows)})
        by_day = summed_by_day({slot: Tally(*seconds) for slot, *seconds in slots}, zone)
        return [(day, by_day.get(day, NOTHING)) for day in range(first, last + 1)]
    totals = {day: Tally(*seconds) for day, *seconds in found}
    return [(day, totals.get(day, NOTHING)) for day in range(first, last + 1)]


def _in_slots(people: Sequence[Meant], home_zone: str, start: int, end: int) -> list[tuple[int, int, int, int]]:
    """The people with the seconds on which they count, membership being by days of the home zone."""
    return [
        (
            one.user,
            one.generation,
            start if one.first == ALWAYS else max(start, day_start(home_zone, one.first)),
            end if one.end == FOREVER else min(end, day_start(home_zone, one.end)),
        )
        for one in people
    ]
