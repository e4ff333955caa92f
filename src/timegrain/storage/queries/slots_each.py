"""What each of some people did in each slot: one statement."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from timegrain.counting.tallies import Tally
from timegrain.storage.queries.told import Part, given_parts
from timegrain.storage.schema import slot_totals

_parts = given_parts("parts")
_SLOTS = select(
    slot_totals.c.user_id,
    slot_totals.c.slot,
    *(slot_totals.c[name] for name in ("productive", "neutral", "unproductive", "idle")),
).select_from(
    _parts.join(
        slot_totals,
        (slot_totals.c.organisation_id == bindparam("organisation"))
        & (slot_totals.c.user_id == _parts.c.c1)
        & (slot_totals.c.generation == _parts.c.c2)
        & (slot_totals.c.slot >= _parts.c.c3)
        & (slot_totals.c.slot < _parts.c.c4),
    )
)


def slots_each(connection: Connection, organisation: int, parts: Sequence[Part]) -> dict[int, dict[int, Tally]]:
    """By user, the slots of the parts by the second in which they begin. Those without any second may be absent."""
    found: dict[int, dict[int, Tally]] = {}
    for user, slot, *seconds in connection.execute(_SLOTS, {"organisation": organisation, "parts": parts}):
        found.setdefault(user, {})[slot] = Tally(*seconds)
    return found
