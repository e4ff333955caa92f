"""The stretches of many people in parts of time that are as long as their idle threshold: one statement."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, func, select

from timegrain.counting.instants import Range
from timegrain.storage.queries.told import ORGANISATION, Part, given_parts
from timegrain.storage.schema import organisations, stretches, users

_part = given_parts("parts")
_LONG = (
    select(_part.c.c1, _part.c.c3, _part.c.c4, stretches.c.start_s, stretches.c.end_s)
    .select_from(
        _part.join(users, and_(users.c.organisation_id == ORGANISATION, users.c.id == _part.c.c1))
        .join(organisations, organisations.c.id == ORGANISATION)
        .join(
            stretches,
            and_(
                stretches.c.organisation_id == ORGANISATION,
                stretches.c.user_id == _part.c.c1,
                stretches.c.start_s < _part.c.c4,
                stretches.c.end_s > _part.c.c3,
                stretches.c.end_s - stretches.c.start_s
                >= func.coalesce(users.c.idle_threshold, organisations.c.idle_threshold),
            ),
        )
    )
    .distinct()
)


def long_stretches(connection: Connection, organisation: int, parts: Sequence[Part]) -> dict[int, list[Range]]:
    """By user, what of them lies in the parts, which are in seconds; those of several devices may overlap."""
    found: dict[int, list[Range]] = {}
    given = {"organisation": organisation, "parts": parts}
    for user, low, high, start, end in connection.execute(_LONG, given):
        found.setdefault(user, []).append((max(low, start), min(high, end)))
    return found
