"""Erased ranges of a user's time, of one device or of all, those to come too."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from timegrain import clock
from timegrain.counting.instants import Range
from timegrain.storage.devices import add_device
from timegrain.storage.dialect import store
from timegrain.storage.schema import erasures

_OF_USER = select(erasures.c.device_id, erasures.c.start_s, erasures.c.end_s).where(
    erasures.c.organisation_id == bindparam("organisation"), erasures.c.user_id == bindparam("user")
)


def of_user(connection: Connection, organisation: int, user: int) -> list[tuple[int, Range]]:
    """Device (0: all) and seconds of each erased range."""
    rows = connection.execute(_OF_USER, {"organisation": organisation, "user": user})
    return [(device, (start, end)) for device, start, end in rows]


def add(connection: Connection, organisation: int, user: int, within: Range, device: int) -> None:
    store(connection, erasures, [(organisation, user, *within, device)])


def device_to_come(connection: Connection, organisation: int, user: int, name: str) -> int:
    """A device that has not reported yet may have an erased range too: it is made."""
    return add_device(connection, organisation, user, name, clock.now()).id
