"""What decides the working days of people, and the sums of their days: one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, and_, null, or_, select, union_all

from timegrain.counting.attendance import Schedule, Terms
from timegrain.counting.instants import Range
from timegrain.counting.tallies import Tally
from timegrain.storage.given import numbers
from timegrain.storage.queries.pieces import SUM, SUMS, add_sum
from timegrain.storage.queries.told import ORGANISATION, Part, row
from timegrain.storage.schedules import OF_ORGANISATION
from timegrain.storage.schema import employments, holidays, schedules

SCHEDULE, HOLIDAY, EMPLOYMENT = 30, 31, 32
_given = numbers("users")
_users = select(_given.c.c0).cte("users_asked").prefix_with("MATERIALIZED")
_SCHEDULES = row(
    SCHEDULE, schedules.c.user_id, schedules.c.first_day, schedules.c.work_days, schedules.c.expected_seconds
).where(
    schedules.c.organisation_id == ORGANISATION,
    or_(schedules.c.user_id == OF_ORGANISATION, schedules.c.user_id.in_(select(_users.c.c0))),
)
_HOLIDAYS = row(HOLIDAY, null(), holidays.c.day).where(holidays.c.organisation_id == ORGANISATION)
_EMPLOYMENTS = row(EMPLOYMENT, employments.c.user_id, employments.c.first_day, employments.c.end_day).select_from(
    _users.join(employments, and_(employments.c.organisation_id == ORGANISATION, employments.c.user_id == _users.c.c0))
)
_ATTENDANCE = union_all(*SUMS, _SCHEDULES, _HOLIDAYS, _EMPLOYMENTS)


@dataclass(slots=True)
class FoundAttendance:
    """Sums by key; by user the schedules (the organisation's under 0) and employments; and the holidays."""

    sums: dict[int, Tally] = field(default_factory=dict)
    schedules: dict[int, list[Schedule]] = field(default_factory=dict)
    employments: dict[int, list[Range]] = field(default_factory=dict)
    holidays: set[int] = field(default_factory=set)

    def terms(self, user: int) -> Terms:
        return Terms(
            sorted(self.schedules.get(user, ())),
            sorted(self.schedules.get(OF_ORGANISATION, ())),
            sorted(self.employments.get(user, ())),
            self.holidays,
        )


def read(
    connection: Connection, organisation: int, users: Sequence[int], slots: Sequence[Part], days: Sequence[Part]
) -> FoundAttendance:
    parameters = {
        "organisation": organisation,
        "users": users,
        "slots": slots,
        "days": days,
    }
    found = FoundAttendance()
    for tag, user, *told in connection.execute(_ATTENDANCE, parameters):
        if tag == SUM:
            add_sum(found.sums, told)
        elif tag == SCHEDULE:
            found.schedules.setdefault(user, []).append(Schedule(told[0], told[1], told[2]))
        elif tag == HOLIDAY:
            found.holidays.add(told[0])
        else:
            found.employments.setdefault(user, []).append((told[0], told[1]))
    return found
