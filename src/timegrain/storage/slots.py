"""What is counted: totals and subjects by slot, and the totals of home-zone days.

The seconds of a slot's subject are the sum of two rows: one of those that are whole, and one of the difference that a
change of policy made to them, until it is brought in (`generations.bring_in`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Integer, Table, and_, bindparam, delete, func, select

from timegrain.counting.calendar import day_at, day_start
from timegrain.counting.instants import SLOT, Range
from timegrain.counting.tallies import NOTHING, Counted, Tally, summed
from timegrain.storage.dialect import store
from timegrain.storage.given import numbers
from timegrain.storage.schema import day_totals, slot_subjects, slot_totals


def _of_generation(table: Table) -> ColumnElement[bool]:
    return and_(
        table.c.organisation_id == bindparam("organisation"),
        table.c.user_id == bindparam("user"),
        table.c.generation.in_([bindparam("subject_generation"), bindparam("subject_difference", type_=Integer)])
        if table is slot_subjects
        else table.c.generation == bindparam("generation"),
    )


def _within(table: Table) -> ColumnElement[bool]:
    return and_(_of_generation(table), table.c.slot >= bindparam("low"), table.c.slot < bindparam("high"))


def _of_days(table: Table) -> ColumnElement[bool]:
    return and_(_of_generation(table), table.c.day >= bindparam("low"), table.c.day < bindparam("high"))


def _is_empty(table: Table) -> ColumnElement[bool]:
    return and_(*(table.c[name] == 0 for name in CLASSES))


CLASSES = ("productive", "neutral", "unproductive", "idle")
Seconds = TypeVar("Seconds", bound=Sequence[int])
_TOTALS = select(slot_totals.c.slot, *(slot_totals.c[name] for name in CLASSES)).where(_within(slot_totals))
_SUBJECTS = select(slot_subjects.c.slot, slot_subjects.c.subject_id, slot_subjects.c.seconds).where(
    _within(slot_subjects)
)
_FIRST = select(func.min(slot_totals.c.slot)).where(_of_generation(slot_totals))
DELETE_TOTALS = delete(slot_totals).where(_within(slot_totals))
DELETE_SUBJECTS = delete(slot_subjects).where(_within(slot_subjects))
_DELETE_EMPTY_TOTALS = delete(slot_totals).where(_within(slot_totals), _is_empty(slot_totals))
_DELETE_EMPTY_DAYS = delete(day_totals).where(_of_days(day_totals), _is_empty(day_totals))
_DELETE_DIFFERENCE = delete(slot_subjects).where(
    slot_subjects.c.organisation_id == bindparam("organisation"),
    slot_subjects.c.user_id == bindparam("user"),
    slot_subjects.c.generation == bindparam("subject_difference"),
    slot_subjects.c.slot >= bindparam("low"),
    slot_subjects.c.slot < bindparam("high"),
)
_DAYS = select(day_totals.c.day, *(day_totals.c[name] for name in CLASSES)).where(_of_generation(day_totals))
_given_days = numbers("days")
DELETE_DAYS = delete(day_totals).where(_of_generation(day_totals), day_totals.c.day.in_(select(_given_days.c.c0)))
_DELETE_ALL_DAYS = delete(day_totals).where(_of_generation(day_totals))
_given_subjects = numbers("subjects")
_OF_SUBJECTS = select(slot_subjects.c.slot, slot_subjects.c.subject_id, slot_subjects.c.seconds).where(
    _within(slot_subjects), slot_subjects.c.subject_id.in_(select(_given_subjects.c.c0))
)


class Owner(NamedTuple):
    """Whose figures, and which: the first columns of every key here."""

    organisation: int
    user: int
    generation: int
    """Of slot and day totals."""
    subject_generation: int
    """Of slot subjects, which ratings do not change."""
    subject_difference: int | None = None
    """Of what is added to them; None: nothing."""

    @property
    def of_totals(self) -> tuple[int, int, int]:
        return self.organisation, self.user, self.generation

    @property
    def of_subjects(self) -> tuple[int, int, int]:
        return self.organisation, self.user, self.subject_generation


def parameters_of(owner: Owner, within: Range | None = None, **more: Any) -> dict[str, Any]:
    parameters = owner._asdict() | more
    if within is not None:
        parameters |= {"low": within[0], "high": within[1]}
    return parameters


def read(connection: Connection, owner: Owner, within: Range) -> Counted:
    """What is stored of the slots in `within`."""
    subjects: dict[tuple[int, int], int] = {}
    for slot, subject, seconds in connection.execute(_SUBJECTS, parameters_of(owner, within)):
        subjects[slot, subject] = subjects.get((slot, subject), 0) + seconds
    return Counted(totals(connection, owner, within), {key: seconds for key, seconds in subjects.items() if seconds})


def before(connection: Connection, owner: Owner, end: int) -> list[Range]:
    """The seconds from the first stored slot to `end`; none where no slot is before it."""
    first = connection.execute(_FIRST, parameters_of(owner)).scalar_one()
    return [] if first is None or first >= end else [(first, end)]


def totals(connection: Connection, owner: Owner, within: Range) -> dict[int, Tally]:
    rows = connection.execute(_TOTALS, parameters_of(owner, within))
    return {slot: Tally(*seconds) for slot, *seconds in rows}


def of_subjects(connection: Connection, owner: Owner, within: Range, subjects: list[int]) -> list[tuple[int, int, int]]:
    """Slot, subject and active seconds, of some subjects; what one slot has of one subject may be in two parts."""
    parameters = parameters_of(owner, within, subjects=subjects)
    return list(map(tuple, connection.execute(_OF_SUBJECTS, parameters).all()))


def add(
    connection: Connection, owner: Owner, totals: Mapping[int, Sequence[int]], days: Mapping[int, Sequence[int]]
) -> None:
    """Add seconds, which may be negative, by class to the totals of slots and (the same by day) of days."""
    if totals:
        whose = owner.of_totals
        for table, added in ((slot_totals, totals), (day_totals, days)):
            store(connection, table, [(*whose, place, *sums) for place, sums in added.items()], add=CLASSES)
        connection.execute(_DELETE_EMPTY_TOTALS, parameters_of(owner, (min(totals), max(totals) + SLOT)))
        connection.execute(_DELETE_EMPTY_DAYS, parameters_of(owner, (min(days), max(days) + 1)))


def replace_difference(
    connection: Connection, owner: Owner, ranges: Sequence[Range], subjects: Mapping[tuple[int, int], int]
) -> None:
    """Put seconds, which may be negative, in the place of the difference to the subjects of the slots in `ranges`."""
    connection.execute(_DELETE_DIFFERENCE, [parameters_of(owner, within) for within in ranges])
    add_difference(connection, owner, subjects)


def add_difference(connection: Connection, owner: Owner, subjects: Mapping[tuple[int, int], int]) -> None:
    """The same where none is stored of these slots."""
    whose = owner.organisation, owner.user, owner.subject_difference
    store(
        connection, slot_subjects, [(*whose, *key, seconds) for key, seconds in subjects.items() if seconds], new=True
    )


def sum_days(connection: Connection, owner: Owner, ranges: Sequence[Range], zone: str) -> None:
    """Sum the home-zone days that `ranges` touch from their slots again."""
    touched = {day for start, end in ranges for day in range(day_at(zone, start), day_at(zone, end - 1) + 1)}
    edges = day_start(zone, min(touched)), day_start(zone, max(touched) + 1)
    days = summed_by_day(totals(connection, owner, edges), zone)
    empty = sorted(touched - days.keys())
    if empty:
        connection.execute(DELETE_DAYS, parameters_of(owner, days=empty))
    store(connection, day_totals, [(*owner.of_totals, day, *days[day]) for day in sorted(touched & days.keys())])


def sum_all_days(connection: Connection, owner: Owner, zone: str) -> None:
    """Sum every home-zone day again, after the home zone or its data changed."""
    connection.execute(_DELETE_ALL_DAYS, parameters_of(owner))
    days = summed_by_day(totals(connection, owner, EVER), zone)
    store(connection, day_totals, [(*owner.of_totals, day, *tally) for day, tally in days.items()])


EVER = (-(1 << 62), 1 << 62)


def summed_by_day(slots: Mapping[int, Tally], zone: str) -> dict[int, Tally]:
    """Local days with any second, from slots in any order."""
    sums = {day: summed(tallies) for day, tallies in _by_day(slots, zone).items()}
    return {day: tally for day, tally in sums.items() if tally != NOTHING}


def by_day(totals: Mapping[int, Sequence[int]], zone: str) -> dict[int, tuple[int, ...]]:
    """Local days with the sums of their slots."""
    return {day: tuple(map(sum, zip(*found, strict=True))) for day, found in _by_day(totals, zone).items()}


def _by_day(slots: Mapping[int, Seconds], zone: str) -> dict[int, list[Seconds]]:
    """What slots hold, which are in any order, by their local day."""
    days: dict[int, list[Seconds]] = {}
    day, end = 0, EVER[0]
    for slot in sorted(slots):
        if slot >= end:
            day = day_at(zone, slot)
            end = day_start(zone, day + 1)
        days.setdefault(day, []).append(slots[slot])
    return days


def days(connection: Connection, owner: Owner) -> dict[int, Tally]:
    """Every stored home-zone day."""
    return {day: Tally(*seconds) for day, *seconds in connection.execute(_DAYS, parameters_of(owner))}


def remove(connection: Connection, owner: Owner, within: Range, zone: str) -> None:
    """Remove the slots in `within`, and sum all home-zone days again from what is left."""
    for statement in (DELETE_TOTALS, DELETE_SUBJECTS):
        connection.execute(statement, parameters_of(owner, within))
    sum_all_days(connection, owner, zone)


def forget(connection: Connection, owner: Owner, ranges: Sequence[Range], zone: str) -> int:
    """Remove the slots in `ranges`, days included; returns how many had time."""
    parameters = [parameters_of(owner, within) for within in ranges]
    gone = sum(connection.execute(DELETE_TOTALS, one).rowcount for one in parameters)
    connection.execute(DELETE_SUBJECTS, parameters)
    sum_days(connection, owner, ranges, zone)
    return gone
