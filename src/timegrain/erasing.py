"""Erase a range of one user's time, or correct it so that the tracker may send it again (T14)."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from timegrain.counted import Counting, counting
from timegrain.counting.instants import Range, to_slots
from timegrain.counting.tallies import Tally
from timegrain.recording import count_changes
from timegrain.storage import erasures, facts, generations, removals, slots
from timegrain.storage.engine import Database
from timegrain.storage.facts import Changes
from timegrain.storage.names import drop_unused_names
from timegrain.storage.policies import ALL_DEVICES, Policies, raise_version


class Erased(NamedTuple):
    """Facts that are gone, and tracked seconds that are no more."""

    facts: int
    seconds: int
    whole: Range | None = None
    """Whole quarter hours of every device that went because their facts were retired; None: none."""


def erase(
    database: Database,
    organisation: int,
    user: int,
    within: Range,
    device: str | None = None,
    remember: bool = True,
) -> Erased:
    """Remove the facts wholly inside the seconds `within`, and keep them out from now on.

    Without `remember` the facts that begin in the range go, whole, and may come again. The text of what is
    gone is overwritten on disk when this returns.
    """
    with database.write(organisation, policy=True) as connection:
        erased = erase_in(connection, organisation, user, within, device, remember)
    database.scrub()
    return erased


def erase_in(
    connection: Connection, organisation: int, user: int, within: Range, device: str | None, remember: bool = True
) -> Erased:
    """The same within a transaction that may change the organisation's policy; scrubbing is left to the caller."""
    of = counting(connection, Policies().read(connection, organisation), user)
    device_id = ALL_DEVICES
    if device is not None:
        known = [one.id for one in of.devices.values() if one.name == device]
        if not known and not remember:
            return Erased(0, 0)
        device_id = known[0] if known else erasures.device_to_come(connection, organisation, user, device)
    before = slots.totals(connection, of.owner, slots.EVER)
    changes = Changes()
    milliseconds = within[0] * 1000, within[1] * 1000
    gone = facts.remove(
        connection,
        organisation,
        user,
        milliseconds,
        milliseconds[1] if remember else None,
        device_id,
        of.devices,
        changes,
    )
    if remember:
        erasures.add(connection, organisation, user, within, device_id)
        changes.windows.append(within)
    elif gone:
        removals.note_correction(connection, organisation, user, within, device_id)
    raise_version(connection, organisation)
    of = counting(connection, Policies().read(connection, organisation), user)
    count_changes([(of, changes)])
    frozen = _erase_frozen(of, within)
    drop_unused_names(connection, organisation, user)
    after = slots.totals(connection, of.owner, slots.EVER)
    return Erased(gone, _tracked(before) - _tracked(after), frozen)


def _erase_frozen(of: Counting, within: Range) -> Range | None:
    """Where the facts were retired, nobody knows what of a quarter hour lay in the range: all of it goes."""
    ranges = of.user.frozen(to_slots([within]))
    if not ranges:
        return None
    slots.forget(of.connection, of.owner, ranges, of.policy.zone)
    to = of.policy.next
    following = generations.following(of.connection, of.owner) if to else None
    if to is not None and following is not None:
        slots.forget(of.connection, following[0], ranges, to.zone)
    return ranges[0]


def _tracked(totals: dict[int, Tally]) -> int:
    return sum(tally.total for tally in totals.values())
