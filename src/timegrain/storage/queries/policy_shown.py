"""A policy as it is shown: the organisation's, a user's own, and the schedules of both. One statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, ScalarSelect, and_, bindparam, func, or_, select

from timegrain.counting.attendance import Schedule, Terms
from timegrain.counting.calendar import date_at
from timegrain.storage.changes import LIMITS
from timegrain.storage.schedules import OF_ORGANISATION
from timegrain.storage.schema import organisations, retirements, schedules, slot_totals, users

RUN = ("started_at", "finished_at", "done", "total", "facts", "texts", "slots")
_meant = users.alias("meant")
_MEANT = and_(
    _meant.c.organisation_id == bindparam("organisation"),
    or_(bindparam("user", type_=Integer) == OF_ORGANISATION, _meant.c.id == bindparam("user", type_=Integer)),
)


def _kept_from(name: str) -> ScalarSelect[Any]:
    return select(func.max(_meant.c[name])).where(_MEANT).scalar_subquery()


_HOLDS_FROM = (
    select(func.max(_meant.c.facts_from))
    .where(
        _MEANT,
        _meant.c.facts_from.is_not(None),
        select(slot_totals.c.slot)
        .where(
            slot_totals.c.organisation_id == bindparam("organisation"),
            slot_totals.c.user_id == _meant.c.id,
            slot_totals.c.generation == _meant.c.generation,
            slot_totals.c.slot < _meant.c.facts_from,
        )
        .exists(),
    )
    .scalar_subquery()
)
"""Of the people meant who have frozen slots: from when on what counts facts holds for all of them."""

_OWN = {column: f"own_{column}" for column in LIMITS}
_SHOWN = (
    select(
        organisations,
        *(users.c[column].label(name) for column, name in _OWN.items()),
        _kept_from("facts_from").label("kept_from"),
        _kept_from("titles_from").label("texts_from"),
        _kept_from("slots_from").label("figures_from"),
        _HOLDS_FROM.label("holds_from"),
        *(retirements.c[name].label(f"run_{name}") for name in RUN),
        schedules.c.user_id,
        schedules.c.first_day,
        schedules.c.work_days,
        schedules.c.expected_seconds,
    )
    .select_from(
        organisations.outerjoin(
            users, and_(users.c.organisation_id == organisations.c.id, users.c.id == bindparam("user"))
        )
        .outerjoin(retirements, retirements.c.organisation_id == organisations.c.id)
        .outerjoin(
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


_HOLDS = select(organisations.c.zone, _HOLDS_FROM).where(organisations.c.id == bindparam("organisation"))


class KeptFrom(NamedTuple):
    """The second from which each is kept of everybody meant; None: all there ever was.

    Slots before `facts` are frozen: they stay as the limits, ignore idle, reach and timeout of that time left them.
    `holds` is the same where there are such slots.
    """

    facts: int | None
    titles: int | None
    slots: int | None
    holds: int | None


@dataclass(frozen=True, slots=True)
class PolicyShown:
    """Columns, by name. Of a user's own limits None is as the organisation's."""

    general: Mapping[str, Any]
    own: Mapping[str, Any]
    terms: Terms
    """Without holidays and employments."""
    kept_from: KeptFrom
    run: Mapping[str, Any] | None
    """The last run of retention: the columns `RUN`; None: there was none."""

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
    run = {name: first[f"run_{name}"] for name in RUN}
    return PolicyShown(
        first,
        {column: first[name] for column, name in _OWN.items()},
        terms,
        KeptFrom(first["kept_from"], first["texts_from"], first["figures_from"], first["holds_from"]),
        None if run["started_at"] is None else run,
    )


def holds_from(connection: Connection, organisation: int, user: int = OF_ORGANISATION) -> str | None:
    """The date from which on a change of what counts facts holds for everybody, or a user; None: for all time."""
    zone, second = connection.execute(_HOLDS, {"organisation": organisation, "user": user}).one()
    return None if second is None else date_at(zone, second)
