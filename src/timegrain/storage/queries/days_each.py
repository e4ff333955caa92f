"""What each of many people did on each local day: one statement.

In the home zone that is their ready rows; in any other zone their slots, which every local midnight falls between.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, Connection, select, union_all

from timegrain.counting.calendar import day_edges
from timegrain.counting.tallies import NOTHING, Tally, summed
from timegrain.storage.dialect import packed
from timegrain.storage.queries.daily_totals import given_people, in_slots, of_people, one_day
from timegrain.storage.queries.people_meant import Meant
from timegrain.storage.schema import day_totals, slot_totals

_HOME = select(
    day_totals.c.day,
    day_totals.c.user_id,
    *(day_totals.c[name] for name in ("productive", "neutral", "unproductive", "idle")),
).select_from(
    given_people.join(
        day_totals,
        of_people(day_totals) & (day_totals.c.day >= given_people.c.c2) & (day_totals.c.day < given_people.c.c3),
    )
)


@lru_cache(maxsize=64)
def _anywhere(days: int) -> CompoundSelect[Any]:
    user = slot_totals.c.user_id
    return union_all(*(one_day(day, user).group_by(user) for day in range(days)))


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
    edges = day_edges(zone, first, last)
    parameters: dict[str, Any] = {"organisation": organisation}
    if zone == home_zone:
        rows = [(one.user, one.generation, max(one.first, first), min(one.end, last + 1)) for one in people]
        told = connection.execute(_HOME, {**parameters, "people": packed([row for row in rows if row[2] < row[3]])})
        offset = 0
    else:
        parameters["people"] = packed(in_slots(people, home_zone, edges[0], edges[-1]))
        parameters |= {f"edge_{place}": edge for place, edge in enumerate(edges)}
        told = connection.execute(_anywhere(len(edges) - 1), parameters)
        offset = first
    found: dict[int, dict[int, Tally]] = {}
    for day, user, *seconds in told:
        of = found.setdefault(user, {})
        of[offset + day] = summed([of.get(offset + day, NOTHING), Tally(*seconds)])
    return found
