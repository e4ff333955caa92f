"""The totals of people by local day: one statement, whatever the number of people and days.

In the home zone seven ready rows a person and week are summed; in any other zone their slots, which every
local midnight falls between.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    union_all,
)

from timegrain.counting.calendar import day_edges, day_start
from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.counting.tallies import NOTHING, Tally
from timegrain.storage.dialect import earlier, later, packed, quadruples
from timegrain.storage.queries.people_meant import Meant
from timegrain.storage.schema import day_totals, slot_totals

_given = quadruples("people")
# Materialized: SQLite would take the JSON apart again for each row that is joined.
given_people = select(_given.c.c0, _given.c.c1, _given.c.c2, _given.c.c3).cte("people").prefix_with("MATERIALIZED")


def sums(table: Table) -> list[ColumnElement[int]]:
    return [cast(func.sum(table.c[name]), BigInteger) for name in ("productive", "neutral", "unproductive", "idle")]


def of_people(table: Table) -> ColumnElement[bool]:
    return and_(
        table.c.organisation_id == bindparam("organisation"),
        table.c.user_id == given_people.c.c0,
        table.c.generation == given_people.c.c1,
    )


_HOME = (
    select(day_totals.c.day, *sums(day_totals))
    .select_from(
        given_people.join(
            day_totals,
            and_(of_people(day_totals), day_totals.c.day >= given_people.c.c2, day_totals.c.day < given_people.c.c3),
        )
    )
    .group_by(day_totals.c.day)
)


@lru_cache(maxsize=64)
def _anywhere(days: int) -> CompoundSelect[Any]:
    """One sum a day, `edge_0` to `edge_N` between them: grouping all slots in one would sort them."""
    return union_all(*(_one_day(day) for day in range(days)))


def _one_day(day: int) -> Select[Any]:
    low = later(given_people.c.c2, bindparam(f"edge_{day}", type_=BigInteger))
    high = earlier(given_people.c.c3, bindparam(f"edge_{day + 1}", type_=BigInteger))
    within = and_(of_people(slot_totals), slot_totals.c.slot >= low, slot_totals.c.slot < high)
    columns: list[ColumnElement[Any]] = [literal_column(str(day)), *sums(slot_totals)]
    return select(*columns).select_from(given_people.join(slot_totals, within))


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
        found = _at_home(connection, organisation, people, first, last)
    else:
        edges = day_edges(zone, first, last)
        found = _elsewhere(connection, organisation, people, home_zone, first, edges)
    totals = {day: Tally(*seconds) for day, *seconds in found}
    return [(day, totals.get(day, NOTHING)) for day in range(first, last + 1)]


def _at_home(
    connection: Connection, organisation: int, people: Sequence[Meant], first: int, last: int
) -> list[Sequence[int]]:
    rows = [
        (one.user, one.generation, max(one.first, first), min(one.end, last + 1))
        for one in people
        if one.first <= last and one.end > first
    ]
    return list(connection.execute(_HOME, {"organisation": organisation, "people": packed(rows)}))


def _elsewhere(
    connection: Connection, organisation: int, people: Sequence[Meant], home_zone: str, first: int, edges: list[int]
) -> list[Sequence[int]]:
    parameters = {
        "organisation": organisation,
        "people": packed(in_slots(people, home_zone, edges[0], edges[-1])),
        **{f"edge_{place}": edge for place, edge in enumerate(edges)},
    }
    rows = connection.execute(_anywhere(len(edges) - 1), parameters)
    return [(first + day, *seconds) for day, *seconds in rows if seconds[0] is not None]


def in_slots(people: Sequence[Meant], home_zone: str, start: int, end: int) -> list[tuple[int, int, int, int]]:
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
