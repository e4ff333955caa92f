"""Puts slots that were counted anew in the place of those that are stored: of some people together, days included.

What is stored is read first, so that only what is another is written: of a batch of a minute that is a row or two.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, and_, bindparam

from timegrain.counting.calendar import day_at, day_start
from timegrain.counting.instants import SLOT, Range
from timegrain.counting.tallies import Counted, Tally
from timegrain.storage.dialect import Near, Row, near_each, store, store_both
from timegrain.storage.given import once, quadruples
from timegrain.storage.schema import day_totals, slot_subjects, slot_totals
from timegrain.storage.slots import (
    CLASSES,
    DELETE_DAYS,
    DELETE_SUBJECTS,
    DELETE_TOTALS,
    Owner,
    parameters_of,
    summed_by_day,
)


class Recounted(NamedTuple):
    """What the slots in `ranges`, in order, of somebody's figures are to hold; `zone` says where days begin."""

    owner: Owner
    ranges: Sequence[Range]
    counted: Counted
    zone: str
    with_subjects: bool = True

    def holds(self, slot: int) -> bool:
        place = bisect_right(self.ranges, slot, key=lambda range_: range_[0]) - 1
        return place >= 0 and slot < self.ranges[place][1]

    @property
    def days(self) -> set[int]:
        """That the ranges touch."""
        return {
            day for start, end in self.ranges for day in range(day_at(self.zone, start), day_at(self.zone, end - 1) + 1)
        }


_places = once(quadruples("places"), "places")
"""User, generation, first slot and the end of the last."""


def _at_places(table: Table, *columns: str) -> Near:
    return near_each(
        _places,
        table,
        [table.c[name] for name in ("user_id", "generation", "slot", *columns)],
        and_(
            table.c.organisation_id == bindparam("organisation"),
            table.c.user_id == _places.c.c0,
            table.c.generation == _places.c.c1,
            table.c.slot >= _places.c.c2,
            table.c.slot < _places.c.c3,
        ),
    )


_TOTALS = _at_places(slot_totals, *CLASSES)
_SUBJECTS = _at_places(slot_subjects, "subject_id", "seconds")


def put(connection: Connection, found: Sequence[Recounted]) -> None:
    """All of it is of one organisation, and no two of the same figures."""
    stored = _stored_totals(connection, found)
    _put_totals(connection, found, stored)
    _put_days(connection, found, stored)
    _put_subjects(connection, [one for one in found if one.with_subjects])


def _stored_totals(connection: Connection, found: Sequence[Recounted]) -> list[dict[int, Tally]]:
    """By slot, of all slots of the days that are touched."""
    places = []
    for one in found:
        days = one.days
        edges = day_start(one.zone, min(days)), day_start(one.zone, max(days) + 1)
        places.append((one.owner.user, one.owner.generation, *edges))
    held: dict[tuple[int, int], dict[int, Tally]] = {(user, generation): {} for user, generation, *_ in places}
    for user, generation, slot, *seconds in _rows(connection, _TOTALS, found, places):
        held[user, generation][slot] = Tally(*seconds)
    return [held[one.owner.user, one.owner.generation] for one in found]


def _rows(connection: Connection, statement: Near, found: Sequence[Recounted], places: Sequence[Row]) -> list[Row]:
    return statement.rows(connection, {"organisation": found[0].owner.organisation, "places": places})


def _put_totals(connection: Connection, found: Sequence[Recounted], stored: Sequence[Mapping[int, Tally]]) -> None:
    new: list[Row] = []
    others: list[Row] = []
    gone: list[dict[str, Any]] = []
    for one, held in zip(found, stored, strict=True):
        totals = one.counted.totals
        for slot, tally in totals.items():
            if (before := held.get(slot)) != tally:
                (new if before is None else others).append((*one.owner.of_totals, slot, *tally))
        lost = (slot for slot in held if slot not in totals and one.holds(slot))
        gone += (parameters_of(one.owner, (slot, slot + SLOT)) for slot in lost)
    if gone:
        connection.execute(DELETE_TOTALS, gone)
    store_both(connection, slot_totals, new, others)


def _put_days(connection: Connection, found: Sequence[Recounted], stored: Sequence[Mapping[int, Tally]]) -> None:
    rows: list[Row] = []
    for one, held in zip(found, stored, strict=True):
        others = {slot: tally for slot, tally in held.items() if not one.holds(slot)}
        days = summed_by_day({**others, **one.counted.totals}, one.zone)
        touched = one.days
        rows += ((*one.owner.of_totals, day, *days[day]) for day in sorted(touched & days.keys()))
        if held and (empty := sorted(touched - days.keys())):
            connection.execute(DELETE_DAYS, parameters_of(one.owner, days=empty))
    store(connection, day_totals, rows)


def _put_subjects(connection: Connection, found: Sequence[Recounted]) -> None:
    """A slot of which a subject goes, or is told by a difference too, is written anew."""
    if not found:
        return
    new: list[Row] = []
    others: list[Row] = []
    gone: list[dict[str, Any]] = []
    for one, (held, differing) in zip(found, _stored_subjects(connection, found), strict=True):
        subjects = one.counted.subjects
        anew = differing | {slot for slot, subject in held.keys() - subjects.keys()}
        gone += (parameters_of(one.owner, (slot, slot + SLOT)) for slot in sorted(anew))
        for key, seconds in subjects.items():
            before = None if key[0] in anew else held.get(key)
            if before != seconds:
                (new if before is None else others).append((*one.owner.of_subjects, *key, seconds))
    if gone:
        connection.execute(DELETE_SUBJECTS, gone)
    store_both(connection, slot_subjects, new, others)


def _stored_subjects(
    connection: Connection, found: Sequence[Recounted]
) -> Iterator[tuple[dict[tuple[int, int], int], set[int]]]:
    """Of each the seconds that are whole by slot and subject, and the slots with a difference."""
    places = [
        (one.owner.user, generation, *within)
        for one in found
        for generation in (one.owner.subject_generation, one.owner.subject_difference)
        if generation is not None
        for within in one.ranges
    ]
    held: dict[tuple[int, int | None], dict[tuple[int, int], int]] = {}
    for user, generation, slot, subject, seconds in _rows(connection, _SUBJECTS, found, places):
        held.setdefault((user, generation), {})[slot, subject] = seconds
    for one in found:
        whole = held.get((one.owner.user, one.owner.subject_generation), {})
        yield whole, {slot for slot, _ in held.get((one.owner.user, one.owner.subject_difference), {})}
