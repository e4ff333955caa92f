"""Work days and expected hours, dated, and holidays: set here, read by `queries/attendance.py`.

A schedule of a person may leave its work days or its hours to the organisation's (`AS_GENERAL`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, bindparam, delete, insert, select

from timegrain.counting.attendance import AS_GENERAL, USUAL, Schedule
from timegrain.errors import NotFound, Refused
from timegrain.storage.dialect import store
from timegrain.storage.given import numbers
from timegrain.storage.schema import holidays, schedules

OF_ORGANISATION = 0
"""The user to whom the organisation's schedules belong."""

_given = numbers("users")
_SCHEDULES = (
    select(schedules.c.user_id, schedules.c.first_day, schedules.c.work_days, schedules.c.expected_seconds)
    .where(
        schedules.c.organisation_id == bindparam("organisation"),
        (schedules.c.user_id == OF_ORGANISATION) | schedules.c.user_id.in_(select(_given.c.c0)),
    )
    .order_by(schedules.c.user_id, schedules.c.first_day)
)


class Holiday(NamedTuple):
    uuid: UUID
    day: int
    name: str


def schedules_of(connection: Connection, organisation: int, users: Sequence[int]) -> dict[int, list[Schedule]]:
    """In order, by user; the organisation's are under 0. Who has none is not in it."""
    found: dict[int, list[Schedule]] = {}
    for user, *held in connection.execute(_SCHEDULES, {"organisation": organisation, "users": users}):
        found.setdefault(user, []).append(Schedule(*held))
    return found


def set_schedule(
    connection: Connection,
    organisation: int,
    user: int,
    first: int,
    work_days: int | None = None,
    expected: int | None = None,
) -> None:
    """From a day to the next one that is set; None leaves as it is on that day. The bits and seconds of `Schedule`."""
    held = schedules_of(connection, organisation, [user]).get(user, [])
    begun = [one for one in held if one.first <= first]
    nothing = USUAL if user == OF_ORGANISATION else Schedule(first, AS_GENERAL, AS_GENERAL)
    before = begun[-1] if begun else nothing
    work_days = before.work_days if work_days is None else work_days
    expected = before.expected if expected is None else expected
    store(connection, schedules, [(organisation, user, first, work_days, expected)])


def holidays_between(connection: Connection, organisation: int, first: int, end: int) -> list[Holiday]:
    """Of the days `[first, end)`, in order."""
    statement = (
        select(holidays.c.uuid, holidays.c.day, holidays.c.name)
        .where(holidays.c.organisation_id == organisation, holidays.c.day >= first, holidays.c.day < end)
        .order_by(holidays.c.day)
    )
    return [Holiday(*row) for row in connection.execute(statement)]


def add_holiday(connection: Connection, organisation: int, day: int, name: str) -> Holiday:
    """In a transaction that may change the policy. Raises `Refused` where the day is one already."""
    if held := holidays_between(connection, organisation, day, day + 1):
        raise Refused(f"this day is a holiday already: {held[0].name}")
    made = Holiday(uuid4(), day, name)
    connection.execute(insert(holidays).values(organisation_id=organisation, uuid=made.uuid, day=day, name=name))
    return made


def remove_holiday(connection: Connection, organisation: int, uuid: UUID) -> Holiday:
    """What it was. Raises `NotFound`."""
    chosen = holidays.c.organisation_id == organisation, holidays.c.uuid == uuid
    row = connection.execute(select(holidays.c.uuid, holidays.c.day, holidays.c.name).where(*chosen)).one_or_none()
    if row is None:
        raise NotFound("There is no such holiday")
    connection.execute(delete(holidays).where(*chosen))
    return Holiday(*row)
