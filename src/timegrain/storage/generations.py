"""The next generation of a user's figures, which a job counts beside the one that answers, and the flip to it.

`users.next_generation` is null until the job has begun to count the user, and `users.next_until` says how far it is: a
long history is counted in parts. Where the change does to a user nothing, the next generations are the current ones:
the rows are shared. Slots and days are copied and altered; of subjects, which are five times as many, only the
difference is written, and brought into the others after the flip.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    ScalarSelect,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from timegrain.counting.instants import Range
from timegrain.storage.dialect import store
from timegrain.storage.given import among
from timegrain.storage.schema import day_totals, slot_subjects, slot_totals, users
from timegrain.storage.slots import EVER, Owner

_THIS_USER = and_(users.c.organisation_id == bindparam("organisation"), users.c.id == bindparam("user"))
_NEXT = select(users.c.id, users.c.next_generation, users.c.next_subject_difference, users.c.next_until).where(
    users.c.organisation_id == bindparam("organisation"),
    among(users.c.id, "users"),
    users.c.next_generation.is_not(None),
)
_READ = select(
    users.c.generation,
    users.c.next_generation,
    users.c.subject_generation,
    users.c.subject_difference,
    users.c.next_subject_difference,
).where(_THIS_USER)
_SET_NEXT = (
    update(users)
    .where(users.c.organisation_id == bindparam("b_organisation"), users.c.id == bindparam("b_user"))
    .values(
        next_generation=bindparam("next"),
        next_subject_difference=bindparam("next_subject"),
        next_until=bindparam("until"),
    )
)
_OF_ORGANISATION = users.c.organisation_id == bindparam("organisation")
_NOTHING_NEXT = {"next_generation": None, "next_subject_difference": None, "next_until": None}
_FORGET_ALL = update(users).where(_OF_ORGANISATION).values(**_NOTHING_NEXT)
_FLIP = (
    update(users)
    .where(_OF_ORGANISATION)
    .values(
        generation=users.c.next_generation,
        subject_difference=users.c.next_subject_difference,
        **_NOTHING_NEXT,
    )
)
_EVERY_DAY = (-10_000_000, 10_000_000)


def _of_user(table: Table) -> ColumnElement[bool]:
    return and_(table.c.organisation_id == bindparam("organisation"), table.c.user_id == bindparam("user"))


def _place(table: Table) -> ColumnElement[int]:
    """In time: its slot or its day."""
    place: ColumnElement[int] = table.c.day if table is day_totals else table.c.slot
    return place


def _within(table: Table) -> ColumnElement[bool]:
    return and_(_place(table) >= bindparam("low"), _place(table) < bindparam("high"))


def _copying(table: Table) -> Insert:
    target = bindparam("target", type_=table.c.generation.type)
    columns = [target if column is table.c.generation else column for column in table.columns]
    rows = select(*columns).where(_of_user(table), table.c.generation == bindparam("source"), _within(table))
    return insert(table).from_select([column.name for column in table.columns], rows)


class _Rows:
    """Of one table, what removes the generations that nobody reads."""

    def __init__(self, table: Table) -> None:
        of_generation = and_(_of_user(table), table.c.generation == bindparam("source"))
        self.following = select(func.min(table.c.generation)).where(
            _of_user(table), table.c.generation > bindparam("source")
        )
        self.first = select(func.min(_place(table))).where(of_generation)
        self.end = _EVERY_DAY[1] if table is day_totals else EVER[1]
        self.remove = delete(table).where(of_generation, _place(table) < bindparam("high"))


_COPY_TOTALS, _COPY_DAYS = map(_copying, (slot_totals, day_totals))
_TOTALS, _DAYS, _SUBJECTS = map(_Rows, (slot_totals, day_totals, slot_subjects))
_DIFFERENCE = select(slot_subjects.c.slot, slot_subjects.c.subject_id, slot_subjects.c.seconds).where(
    _of_user(slot_subjects),
    slot_subjects.c.generation == bindparam("source"),
    slot_subjects.c.slot < bindparam("high"),
)
_REMOVE_NOTHING = delete(slot_subjects).where(
    _of_user(slot_subjects),
    slot_subjects.c.generation == bindparam("source"),
    among(slot_subjects.c.slot, "slots"),
    slot_subjects.c.seconds == 0,
)


def _of_each(found: ColumnElement[int], table: Table, *where: ColumnElement[bool]) -> ScalarSelect[int]:
    """The first or last of a user's rows, found by the order of the key."""
    mine = table.c.organisation_id == bindparam("organisation"), table.c.user_id == users.c.id
    return select(found).where(*mine, *where).scalar_subquery()


_CURRENT = slot_totals.c.generation == users.c.generation
_STANDINGS = select(
    users.c.id,
    users.c.next_generation,
    users.c.next_subject_difference,
    users.c.next_until,
    _of_each(func.max(slot_totals.c.generation), slot_totals),
    _of_each(func.max(slot_subjects.c.generation), slot_subjects),
    _of_each(func.min(slot_totals.c.slot), slot_totals, _CURRENT),
    _of_each(func.max(slot_totals.c.slot), slot_totals, _CURRENT),
).where(users.c.organisation_id == bindparam("organisation"), among(users.c.id, "users"))


class Standing(NamedTuple):
    """How far the next generation of one user's figures is counted."""

    following: tuple[Owner, int] | None
    """As `following` has it."""
    unused: Owner
    """Generations of which there is no row: what was forgotten may still be there."""
    edges: Range | None
    """The first slot of the figures that answer and the last; None where there are none."""


def following(connection: Connection, owner: Owner) -> tuple[Owner, int] | None:
    """The figures that take the place of these at the flip, and up to which slot they are counted.

    None where their counting has not begun.
    """
    return followings(connection, [owner]).get(owner.user)


def followings(connection: Connection, owners: Sequence[Owner]) -> dict[int, tuple[Owner, int]]:
    """The same of some users of one organisation, without those whose counting has not begun."""
    of = {one.user: one for one in owners}
    parameters = {"organisation": owners[0].organisation, "users": list(of)}
    found = connection.execute(_NEXT, parameters).all()
    return {user: _following(of[user], *row) for user, *row in found}


def _following(owner: Owner, generation: int, difference: int | None, until: int | None) -> tuple[Owner, int]:
    return owner._replace(generation=generation, subject_difference=difference), EVER[1] if until is None else until


def set_following(connection: Connection, to: Owner, until: int) -> None:
    parameters = {"b_organisation": to.organisation, "b_user": to.user}
    generations = {"next": to.generation, "next_subject": to.subject_difference}
    connection.execute(_SET_NEXT, parameters | generations | {"until": None if until == EVER[1] else until})


def standings(connection: Connection, owners: Sequence[Owner]) -> dict[int, Standing]:
    """Of users of one organisation; one statement."""
    if not owners:
        return {}
    of = {one.user: one for one in owners}
    parameters = {"organisation": owners[0].organisation, "users": list(of)}
    found: dict[int, Standing] = {}
    for user, *following_, last, last_of_subjects, first_slot, last_slot in connection.execute(_STANDINGS, parameters):
        owner = of[user]
        of_subjects = owner.subject_generation, owner.subject_difference or 0, last_of_subjects or 0
        unused = owner._replace(
            generation=max(owner.generation, last or 0) + 1, subject_difference=max(of_subjects) + 1
        )
        edges = None if first_slot is None else (first_slot, last_slot)
        found[user] = Standing(
            None if following_[0] is None else _following(owner, *following_),
            unused,
            edges,
        )
    return found


def copy(connection: Connection, owner: Owner, to: Owner, slots: Range, days: Range | None) -> None:
    """Copy the totals of the slots and the days to the next generation, unless they share them."""
    if to.generation == owner.generation:
        return
    whose = {"organisation": owner.organisation, "user": owner.user}
    generations = whose | {"source": owner.generation, "target": to.generation}
    connection.execute(_COPY_TOTALS, generations | {"low": slots[0], "high": slots[1]})
    if days is not None:
        first, end = max(days[0], _EVERY_DAY[0]), min(days[1], _EVERY_DAY[1])
        connection.execute(_COPY_DAYS, generations | {"low": first, "high": end})


def forget_following(connection: Connection, organisation: int, user: int) -> None:
    """Take back what was counted for the pending job: it counts the user again, in generations of other numbers."""
    nothing = {"b_organisation": organisation, "b_user": user, "next": None, "next_subject": None, "until": None}
    connection.execute(_SET_NEXT, nothing)


def forget_all_following(connection: Connection, organisation: int) -> None:
    """The same of everybody: the job has failed."""
    connection.execute(_FORGET_ALL, {"organisation": organisation})


def flip(connection: Connection, organisation: int) -> None:
    """Everybody's next generation is the one that answers. All of them must have been counted."""
    connection.execute(_FLIP, {"organisation": organisation})


def clear(connection: Connection, organisation: int, user: int, length: int) -> bool:
    """Remove rows of one user in generations that nobody reads, at most some seconds of them, and then bring in what
    changes of policy altered; False: nothing is left to do."""
    whose = {"organisation": organisation, "user": user}
    row = connection.execute(_READ, whose).one_or_none()
    if row is None:
        return False
    generation, following_one, of_subjects, difference, following_difference = row
    for rows, read in (
        (_TOTALS, (generation, following_one)),
        (_DAYS, (generation, following_one)),
        (_SUBJECTS, (of_subjects, difference, following_difference)),
    ):
        found = -1
        while (found := connection.execute(rows.following, whose | {"source": found}).scalar_one()) is not None:
            if found not in read:
                first = connection.execute(rows.first, whose | {"source": found}).scalar_one()
                # There are few days: as many as a part has seconds are all of them.
                high = min(first + length, rows.end)
                connection.execute(rows.remove, whose | {"source": found, "high": high})
                return True
    return bring_in(connection, Owner(organisation, user, generation, of_subjects, difference), length)


def bring_in(connection: Connection, owner: Owner, length: int) -> bool:
    """Add up to some seconds of the difference to the subjects that are whole, which alters no sum of both.

    False: there is none.
    """
    if owner.subject_difference is None:
        return False
    whose = {"organisation": owner.organisation, "user": owner.user, "source": owner.subject_difference}
    first = connection.execute(_SUBJECTS.first, whose).scalar_one()
    if first is None:
        return False
    until = {"high": min(first + length, EVER[1])}
    rows = connection.execute(_DIFFERENCE, whose | until).all()
    store(connection, slot_subjects, [(*owner.of_subjects, *row) for row in rows], add=("seconds",))
    connection.execute(_SUBJECTS.remove, whose | until)
    connection.execute(
        _REMOVE_NOTHING, whose | {"source": owner.subject_generation, "slots": sorted({row[0] for row in rows})}
    )
    return True


def drop_others(connection: Connection, organisation: int, user: int) -> None:
    """Remove the rows of every generation that nobody reads, and bring in the difference."""
    while clear(connection, organisation, user, EVER[1]):
        pass
