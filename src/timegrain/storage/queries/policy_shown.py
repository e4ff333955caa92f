"""A policy as it is shown: the organisation's, a user's own, and the schedules of both. One statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, or_, select

from timegrain.counting.attendance import Schedule, Terms
from timegrain.storage.changes import LIMITS
from timegrain.storage.schedules import OF_ORGANISATION
from timegrain.storage.schema import organisations, schedules, users

_OWN = {column: f"own_{column}" for column in LIMITS}
_SHOWN = (
    select(
        organisations,
        *(users.c[column].label(name) for column, name in _OWN.items()),
        schedules.c.user_id,
        schedules.c.first_day,
        schedules.c.work_days,
        schedules.c.expected_seconds,
    )
    .select_from(
        organisations.outerjoin(
            users, and_(users.c.organisation_id == organisations.c.id, users.c.id == bindparam("user"))
        ).outerjoin(
            schedules,
            and_(
                schedules.c.organisation_id == organisations.c.id,
                or_(schedules.c.user_id == OF_ORGANISATION, schedules.c.user_id == bindparam("user")),
            ),
        )
    )
    .where(organisations.c.id == bindparam("organisation"))
    .order_by(schedules.c.first_day)
)


@dataclass(frozen=True, slots=True)
class PolicyShown:
    """Columns, by name. Of a user's own limits None is as the organisation's."""

    general: Mapping[str, Any]
    own: Mapping[str, Any]
    terms: Terms
    """Without holidays and employments."""

    @property
    def limits(self) -> dict[str, Any]:
        """Those in force."""
        return {name: self.general[name] if own is None else own for name, own in self.own.items()}


def policy_shown(connection: Connection, organisation: int, user: int = OF_ORGANISATION) -> PolicyShown:
    """Of a user, or of the organisation alone."""
    rows = connection.execute(_SHOWN, {"organisation": organisation, "user": user}).all()
    held: dict[int, list[Schedule]] = {}
    for row in rows:
        if row.first_day is not None:
            held.setdefault(row.user_id, []).append(Schedule(row.first_day, row.work_days, row.expected_seconds))
    terms = Terms(held.get(user, ()) if user != OF_ORGANISATION else (), held.get(OF_ORGANISATION, ()))
    first = dict(rows[0]._mapping)
    return PolicyShown(first, {column: first[name] for column, name in _OWN.items()}, terms)
