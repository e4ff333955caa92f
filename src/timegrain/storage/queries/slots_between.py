"""What people did in each slot of a range: one statement."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from timegrain.counting.instants import Range
from timegrain.counting.tallies import Tally
from timegrain.storage.queries.daily_totals import given_people, in_slots, of_people
from timegrain.storage.queries.people_meant import Meant
from timegrain.storage.schema import slot_totals

_SLOTS = select(
    slot_totals.c.slot,
    *(slot_totals.c[name] for name in ("productive", "neutral", "unproductive", "idle")),
).select_from(
    given_people.join(
        slot_totals,
        of_people(slot_totals) & (slot_totals.c.slot >= given_people.c.c2) & (slot_totals.c.slot < given_people.c.c3),
    )
)


def slots_between(
    connection: Connection, organisation: int, home_zone: str, people: Sequence[Meant], within: Range
) -> list[tuple[int, Tally]]:
    """Slots with any second, in any order, one a person; the edges of `within` are edges of slots."""
    parameters = {"organisation": organisation, "people": in_slots(people, home_zone, *within)}
    return [(slot, Tally(*seconds)) for slot, *seconds in connection.execute(_SLOTS, parameters)]
