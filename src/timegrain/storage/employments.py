"""When people were employed. Days are ordinals, half-open.

Without an employment a person counts as employed at all times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select

from timegrain.counting.instants import Range, union
from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.errors import Refused
from timegrain.storage.schema import employments


def of_user(connection: Connection, organisation: int, user: int) -> list[Range]:
    rows = connection.execute(
        select(employments.c.first_day, employments.c.end_day)
        .where(employments.c.organisation_id == organisation, employments.c.user_id == user)
        .order_by(employments.c.first_day)
    )
    return [(first, end) for first, end in rows]


def set_employments(connection: Connection, organisation: int, user: int, held: Iterable[Range]) -> None:
    connection.execute(
        delete(employments).where(employments.c.organisation_id == organisation, employments.c.user_id == user)
    )
    rows = [
        {"organisation_id": organisation, "user_id": user, "first_day": first, "end_day": end} for first, end in held
    ]
    if rows:
        connection.execute(insert(employments), rows)


def begun(held: Sequence[Range], first: int) -> list[Range]:
    """After the first employment began on another day. Raises `Refused` where it would end before that."""
    (_, end), *later = held or [(ALWAYS, FOREVER)]
    if first >= end:
        raise Refused("nobody joins after the day on which they left")
    return [(first, end), *later]


def ended(held: Sequence[Range], end: int) -> list[Range]:
    """After the last employment has `end` as its first day without. Raises `Refused` where it begins later."""
    *earlier, (first, _) = held or [(ALWAYS, FOREVER)]
    if end <= first:
        raise Refused("nobody leaves before the day on which they joined")
    return [*earlier, (first, end)]


def taken_up(held: Sequence[Range], first: int) -> list[Range]:
    """After employment goes on from the day `first`, without an end."""
    return union([*held, (first, FOREVER)])
