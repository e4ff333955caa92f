"""What each of many people did on each local day: one statement.

In the home zone that is their ready rows; in any other zone their slots, which every local midnight falls between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlalchemy import ColumnElement, Connection, Text, cast, func, select, true

from timegrain.counting.calendar import day_edges
from timegrain.counting.tallies import NOTHING, Tally, summed
from timegrain.storage.dialect import earlier, later
from timegrain.storage.given import pairs
from timegrain.storage.queries.daily_totals import given_people, in_slots, of_people
from timegrain.storage.queries.people_meant import Meant
from timegrain.storage.schema import day_totals, slot_totals

_SECONDS = ("productive", "neutral", "unproductive", "idle")

_HOME = select(
    day_totals.c.day,
    day_totals.c.user_id,
    *(day_totals.c[name] for name in _SECONDS),
).select_from(
    given_people.join(
        day_totals,
        of_people(day_totals) & (day_totals.c.day >= given_people.c.c2) & (day_totals.c.day < given_people.c.c3),
    )
)


_edges = pairs("edges")
_days = select(_edges.c.c0, _edges.c.c1).cte("days").prefix_with("MATERIALIZED")


def _told() -> ColumnElement[str]:
    """The four sums of one person's day as one text: grouping by person would sort all slots of all days."""
    first, *others = (cast(func.sum(slot_totals.c[name]), Text) for name in _SECONDS)
    told: ColumnElement[str] = first
    for one in others:
        told = told.concat(" ").concat(one)
    slot = slot_totals.c.slot
    within = (slot >= later(given_people.c.c2, _days.c.c0)) & (slot < earlier(given_people.c.c3, _days.c.c1))
    sums = select(told).where(of_people(slot_totals) & within)
    return sums.correlate(given_people, _days).scalar_subquery()


_ANYWHERE = select(_days.c.c0, given_people.c.c0, _told()).select_from(given_people.join(_days, true()))


def days_each(
    connection: Connection,
    organisation: int,
    home_zone: str,
    people: Sequence[Meant],
    zone: str,
    first: int,
    last: int,
) -> dict[int, dict[int, Tally]]:
    """By user and local day of `zone`, from `first` to `last`. Days without any second may be absent."""
    if zone == home_zone:
        rows = _at_home(connection, organisation, people, first, last)
    else:
        edges = day_edges(zone, first, last)
        in_force = in_slots(people, home_zone, edges[0], edges[-1])
        rows = _elsewhere(connection, organisation, in_force, edges, first)
    found: dict[int, dict[int, Tally]] = {}
    for day, user, tally in rows:
        of = found.setdefault(user, {})
        of[day] = summed([of.get(day, NOTHING), tally])
    return found


Rows = Iterator[tuple[int, int, Tally]]
"""Days with whom they are of. Of somebody who is given twice, for two stretches of days, a day may come twice."""


def _at_home(connection: Connection, organisation: int, people: Sequence[Meant], first: int, last: int) -> Rows:
    given = [(one.user, one.generation, max(one.first, first), min(one.end, last + 1)) for one in people]
    wanted = [row for row in given if row[2] < row[3]]
    for day, user, *seconds in connection.execute(_HOME, {"organisation": organisation, "people": wanted}):
        yield day, user, Tally(*seconds)


def _elsewhere(
    connection: Connection, organisation: int, people: Sequence[tuple[int, ...]], edges: list[int], first: int
) -> Rows:
    of_edge = {edge: first + place for place, edge in enumerate(edges)}
    given = {"organisation": organisation, "people": people, "edges": list(pairwise(edges))}
    for edge, user, told in connection.execute(_ANYWHERE, given):
        if told:
            yield of_edge[edge], user, Tally(*map(int, told.split()))
