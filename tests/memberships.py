"""Memberships change in a transaction of their own."""

from __future__ import annotations

from collections.abc import Callable

from timegrain.counting.memberships import Membership
from timegrain.recounting import change_memberships_in
from timegrain.storage.engine import Database


def change_memberships(
    database: Database, organisation: int, user: int, change: Callable[[list[Membership]], list[Membership]]
) -> None:
    with database.write(organisation, policy=True) as connection:
        change_memberships_in(connection, organisation, user, change)
