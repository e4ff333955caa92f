"""When devices of people last reported: one statement."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select

from timegrain.storage.given import numbers
from timegrain.storage.schema import devices

_given = numbers("users")
_LAST = (
    select(devices.c.user_id, func.max(devices.c.reported_at).label("reported_at"))
    .where(
        devices.c.organisation_id == bindparam("organisation"),
        devices.c.user_id.in_(select(_given.c.c0)),
        devices.c.reported_at.is_not(None),
    )
    .group_by(devices.c.user_id)
)


def last_reports(connection: Connection, organisation: int, users: Sequence[int]) -> dict[int, int]:
    """By user; whose devices never reported is absent."""
    rows = connection.execute(_LAST, {"organisation": organisation, "users": users})
    return {row.user_id: row.reported_at for row in rows}
