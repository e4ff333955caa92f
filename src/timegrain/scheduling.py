"""Work days and expected hours as people give them, and their changes with what held before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from timegrain.counting.attendance import AS_GENERAL, Schedule
from timegrain.counting.memberships import ALWAYS
from timegrain.storage import audit
from timegrain.storage.audit import Actor, Entry
from timegrain.storage.engine import Database
from timegrain.storage.queries.policy_shown import policy_shown
from timegrain.storage.schedules import OF_ORGANISATION, set_schedule

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class ScheduleChange(NamedTuple):
    """From `first` on. None leaves as it is, `AS_GENERAL` of a person leaves it to the organisation's."""

    first: int
    work_days: int | None = None
    expected: int | None = None


def as_bits(names: Iterable[str]) -> int:
    """Of `WEEKDAYS`."""
    return sum(1 << WEEKDAYS.index(name) for name in set(names))


def weekdays(bits: int) -> list[str] | None:
    """None for `AS_GENERAL`."""
    return None if bits == AS_GENERAL else [name for place, name in enumerate(WEEKDAYS) if bits >> place & 1]


def hours(seconds: int) -> float | None:
    """Whole where they are whole; None for `AS_GENERAL`."""
    if seconds == AS_GENERAL:
        return None
    return seconds // 3600 if seconds % 3600 == 0 else seconds / 3600


def as_fields(held: Schedule) -> dict[str, Any]:
    """As answers and the audit trail have it; `from` None: always."""
    since = None if held.first == ALWAYS else date.fromordinal(held.first).isoformat()
    return {"from": since, "workDays": weekdays(held.work_days), "expectedHours": hours(held.expected)}


def change_schedule(
    database: Database, organisation: int, change: ScheduleChange, by: Actor, user: int = OF_ORGANISATION
) -> None:
    """Set what holds from a day to the next one that is set, of a user or the organisation, and record it."""
    with database.write(organisation, policy=True) as connection:
        before = policy_shown(connection, organisation, user).terms.on(change.first)
        set_schedule(connection, organisation, user, change.first, change.work_days, change.expected)
        shown = policy_shown(connection, organisation, user).terms
        after = shown.general if user == OF_ORGANISATION else shown.schedules
        made = next(one for one in after if one.first == change.first)
        about = () if user == OF_ORGANISATION else (user,)
        audit.record(connection, organisation, Entry(by, about, as_fields(before), as_fields(made)))
