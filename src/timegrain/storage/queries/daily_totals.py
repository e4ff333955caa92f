"""The totals of people by local day: one statement, whatever the number of people and days.

Ready rows of home-zone days are summed. A day of another zone begins some hours before or after one of them: the
slots between the two, at both ends, are added or taken away: at most half of them, and mostly those of the night.

::

    home days      |=============|=============|=============|
    another zone   .  |-------------|-------------|          .
    slots          |==|          |==|          |==|          .
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from operator import add, sub
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Join,
    Select,
    Table,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
)

from timegrain.counting.calendar import Edge, day_edges, day_start, nearest_day
from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.counting.tallies import NOTHING, Tally
from timegrain.storage.dialect import Near, Selected, all_near, earlier, later, near_each
from timegrain.storage.given import quadruples
from timegrain.storage.queries.people_meant import Meant
from timegrain.storage.schema import day_totals, slot_totals

_given = quadruples("people")
# Materialized: SQLite would take the JSON apart again for each row that is joined.
given_people = select(_given.c.c0, _given.c.c1, _given.c.c2, _given.c.c3).cte("people").prefix_with("MATERIALIZED")
_SECONDS = ("productive", "neutral", "unproductive", "idle")


def of_people(table: Table) -> ColumnElement[bool]:
    return and_(
        table.c.organisation_id == bindparam("organisation"),
        table.c.user_id == given_people.c.c0,
        table.c.generation == given_people.c.c1,
    )


def _parameter(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=BigInteger)


def _summed(table: Table, fits: ColumnElement[bool], gap: int | None = None) -> Near:
    """The sums of what fits of the people's rows: by day, or as a gap, which is told as the day −1 − `gap`."""
    needed = [table.c[name] for name in _SECONDS]
    if gap is None:
        needed.append(table.c.day)

    def of(rows: Selected) -> Select[Any]:
        found = rows.subquery("found")
        day = literal_column(str(-1 - gap), BigInteger) if gap is not None else cast(found.c.day, BigInteger)
        columns: list[ColumnElement[Any]] = [day, *(cast(func.sum(found.c[name]), BigInteger) for name in _SECONDS)]
        sums = select(*columns)
        return sums.group_by(found.c.day) if gap is None else sums

    near = near_each(given_people, table, needed, of_people(table) & fits)
    return Near(of(near.sqlite), of(near.postgresql))


_DAYS = _summed(
    day_totals,
    (day_totals.c.day >= later(given_people.c.c2, _parameter("first")))
    & (day_totals.c.day < earlier(given_people.c.c3, _parameter("end"))),
)


MOST_ARMS = 32
"""A month's gaps. Of more, each connection would keep a statement of some megabytes."""

_given_gaps = quadruples("gaps")


def _of_many_gaps() -> Near:
    """The sums of any number of gaps, given as their places, days, first and last slots; each is told as above."""
    gaps = select(*_given_gaps.c).cte("gaps").prefix_with("MATERIALIZED")
    in_force = (given_people.c.c2 <= gaps.c.c1) & (given_people.c.c3 > gaps.c.c1)
    columns = (gaps.c.c0, gaps.c.c2, gaps.c.c3, given_people.c.c0.label("user"), given_people.c.c1.label("generation"))
    each = select(*columns).select_from(gaps.join(given_people, in_force)).cte("each_gap").prefix_with("MATERIALIZED")
    fits = and_(
        slot_totals.c.organisation_id == bindparam("organisation"),
        slot_totals.c.user_id == each.c.user,
        slot_totals.c.generation == each.c.generation,
        slot_totals.c.slot >= each.c.c2,
        slot_totals.c.slot < each.c.c3,
    )
    sums = [func.sum(slot_totals.c[name]).label(name) for name in _SECONDS]
    # PostgreSQL is asked person by person, as in `near_each`.
    person = select(*sums).where(fits).correlate(each).lateral("of_person")
    of_persons = [func.sum(person.c[name]) for name in _SECONDS]
    told = cast(-1 - each.c.c0, BigInteger)

    def of(found: Sequence[ColumnElement[Any]], joined: Join) -> Select[Any]:
        columns: list[ColumnElement[Any]] = [told, *(cast(one, BigInteger) for one in found)]
        return select(*columns).select_from(joined).group_by(each.c.c0)

    return Near(of(sums, each.join(slot_totals, fits)), of(of_persons, each.join(person, true())))


_MANY = all_near(_DAYS, _of_many_gaps())


@lru_cache(maxsize=64)
def _with_gaps(gaps: int) -> Near:
    """One sum a gap: grouping the slots of all in one would sort them."""
    return all_near(_DAYS, *map(_of_gap, range(gaps)))


def _of_gap(gap: int) -> Near:
    day, start, end = (_parameter(f"{name}_{gap}") for name in ("day", "start", "end"))
    in_force = (given_people.c.c2 <= day) & (given_people.c.c3 > day)
    return _summed(slot_totals, in_force & (slot_totals.c.slot >= start) & (slot_totals.c.slot < end), gap)


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
    edges = [nearest_day(home_zone, second) for second in day_edges(zone, first, last)]
    gaps = [edge for edge in edges if edge.start < edge.end]
    parameters: dict[str, Any] = {
        "organisation": organisation,
        "people": _in_force(people, edges[0].within, edges[-1].within),
        "first": edges[0].day,
        "end": edges[-1].day,
    }
    if len(gaps) > MOST_ARMS:
        parameters["gaps"] = [(place, gap.within, gap.start, gap.end) for place, gap in enumerate(gaps)]
    else:
        for place, gap in enumerate(gaps):
            parameters |= {f"day_{place}": gap.within, f"start_{place}": gap.start, f"end_{place}": gap.end}
    statement = _MANY if len(gaps) > MOST_ARMS else _with_gaps(len(gaps))
    rows = map(tuple, connection.execute(statement.on(connection), parameters))
    found = {row[0]: row[1:] for row in rows if row[1] is not None}
    of_gaps = {gap: found.get(-1 - place) for place, gap in enumerate(gaps)}
    until = _until_each(edges, found, of_gaps)
    tallies = (Tally(*(after - before for before, after in zip(*both, strict=True))) for both in pairwise(until))
    return list(zip(range(first, last + 1), tallies, strict=True))


def _in_force(people: Sequence[Meant], first: int, last: int) -> list[Meant]:
    return [one for one in people if one.first <= last and one.end > first]


def _until_each(
    edges: Sequence[Edge], of_days: Mapping[int, Sequence[int]], of_gaps: Mapping[Edge, Sequence[int] | None]
) -> Iterator[Sequence[int]]:
    """The seconds from the first home-zone day to each edge, by class."""
    so_far = [0, 0, 0, 0]
    for before, edge in pairwise((edges[0], *edges)):
        for day in range(before.day, edge.day):
            so_far = list(map(add, so_far, of_days.get(day, NOTHING)))
        yield list(map(add if edge.is_after else sub, so_far, of_gaps.get(edge) or NOTHING))


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
