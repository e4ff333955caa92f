"""Erased ranges of a user's time, of one device or of all, those to come too."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, and_, bindparam

from timegrain import clock
from timegrain.counting.instants import Range
from timegrain.storage.devices import add_device
from timegrain.storage.dialect import near_each, store
from timegrain.storage.given import numbers, once
from timegrain.storage.schema import erasures

_asked = once(numbers("users"), "asked")
_OF_USERS = near_each(
    _asked,
    erasures,
    (erasures.c.user_id, erasures.c.device_id, erasures.c.start_s, erasures.c.end_s),
    and_(erasures.c.organisation_id == bindparam("organisation"), erasures.c.user_id == _asked.c.c0),
)

ErasedRange = tuple[int, Range]
"""Device (0: all) and seconds."""


def of_user(connection: Connection, organisation: int, user: int) -> list[ErasedRange]:
    return of_users(connection, organisation, [user])[user]


def of_users(connection: Connection, organisation: int, users: Iterable[int]) -> dict[int, list[ErasedRange]]:
    found: dict[int, list[ErasedRange]] = {user: [] for user in users}
    given = {"organisation": organisation, "users": list(found)}
    for user, device, start, end in _OF_USERS.rows(connection, given):
        found[user].append((device, (start, end)))
    return found


def add(connection: Connection, organisation: int, user: int, within: Range, device: int) -> None:
    store(connection, erasures, [(organisation, user, *within, device)])


def device_to_come(connection: Connection, organisation: int, user: int, name: str) -> int:
    """A device that has not reported yet may have an erased range too: it is made."""
    return add_device(connection, organisation, user, name, clock.now()).id
