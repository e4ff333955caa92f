"""Erased ranges of a user's time, of one device or of all, those to come too."""

from __future__ import annotations

from sqlalchemy import Connection

from timegrain import clock
from timegrain.counting.instants import Range
from timegrain.storage.devices import add_device
from timegrain.storage.dialect import store
from timegrain.storage.schema import erasures
from timegrain.storage.slots import Owner


def add(connection: Connection, owner: Owner, within: Range, device: int) -> None:
    organisation, user, _ = owner
    store(connection, erasures, [(organisation, user, *within, device)])


def device_to_come(connection: Connection, owner: Owner, name: str) -> int:
    """A device that has not reported yet may have an erased range too: it is made."""
    organisation, user, _ = owner
    return add_device(connection, organisation, user, name, clock.now()).id
