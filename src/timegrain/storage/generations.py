"""The next generation of a user's figures, which a job counts beside the one that answers, and the flip to it.

`users.next_generation` and `users.next_subject_generation` are null until the job has begun to count the user, and
`users.next_until` says how far it is: a long history is counted in parts. Where the change does to a user nothing, the
next generations are the current ones: the rows are shared.
"""

from __future__ import annotations

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
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
from timegrain.storage.schema import day_totals, slot_subjects, slot_totals, users
from timegrain.storage.slots import EVER, Owner

_THIS_USER = and_(users.c.organisation_id == bindparam("organisation"), users.c.id == bindparam("user"))
_NEXT = select(users.c.next_generation, users.c.next_subject_generation, users.c.next_until).where(_THIS_USER)
_READ = select(
    users.c.generation, users.c.next_generation, users.c.subject_generation, users.c.next_subject_generation
).where(_THIS_USER)
_SET_NEXT = (
    update(users)
    .where(users.c.organisation_id == bindparam("b_organisation"), users.c.id == bindparam("b_user"))
    .values(
        next_generation=bindparam("next"),
        next_subject_generation=bindparam("next_subject"),
        next_until=bindparam("until"),
    )
)
_OF_ORGANISATION = users.c.organisation_id == bindparam("organisation")
_NOTHING_NEXT = {"next_generation": None, "next_subject_generation": None, "next_until": None}
_FORGET_ALL = update(users).where(_OF_ORGANISATION).values(**_NOTHING_NEXT)
_FLIP = (
    update(users)
    .where(_OF_ORGANISATION)
    .values(
        generation=users.c.next_generation,
        subject_generation=users.c.next_subject_generation,
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


_COPY_TOTALS, _COPY_DAYS, _COPY_SUBJECTS = map(_copying, (slot_totals, day_totals, slot_subjects))
_TOTALS, _DAYS, _SUBJECTS = map(_Rows, (slot_totals, day_totals, slot_subjects))
_LAST = {table: select(func.max(table.c.generation)).where(_of_user(table)) for table in (slot_totals, slot_subjects)}
_OF_CURRENT = and_(_of_user(slot_totals), slot_totals.c.generation == bindparam("generation"))
_EDGES = select(
    select(func.min(slot_totals.c.slot)).where(_OF_CURRENT).scalar_subquery(),
    select(func.max(slot_totals.c.slot)).where(_OF_CURRENT).scalar_subquery(),
)


def following(connection: Connection, owner: Owner) -> tuple[Owner, int] | None:
    """The figures that take the place of these at the flip, and up to which slot they are counted.

    None where their counting has not begun.
    """
    row = connection.execute(_NEXT, {"organisation": owner.organisation, "user": owner.user}).one()
    if row.next_generation is None:
        return None
    to = owner._replace(generation=row.next_generation, subject_generation=row.next_subject_generation)
    return to, EVER[1] if row.next_until is None else row.next_until


def set_following(connection: Connection, to: Owner, until: int) -> None:
    parameters = {"b_organisation": to.organisation, "b_user": to.user}
    generations = {"next": to.generation, "next_subject": to.subject_generation}
    connection.execute(_SET_NEXT, parameters | generations | {"until": None if until == EVER[1] else until})


def unused(connection: Connection, owner: Owner) -> Owner:
    """Generations of which there is no row: what was forgotten may still be there."""
    whose = {"organisation": owner.organisation, "user": owner.user}
    last, last_of_subjects = (connection.execute(statement, whose).scalar_one() for statement in _LAST.values())
    return owner._replace(
        generation=max(owner.generation, last or 0) + 1,
        subject_generation=max(owner.subject_generation, last_of_subjects or 0) + 1,
    )


def edges(connection: Connection, owner: Owner) -> Range | None:
    """The first slot of the figures and the last; None where there are none."""
    parameters = {"organisation": owner.organisation, "user": owner.user, "generation": owner.generation}
    first, last = connection.execute(_EDGES, parameters).one()
    return None if first is None else (first, last)


def copy(connection: Connection, owner: Owner, to: Owner, slots: Range, days: Range | None) -> None:
    """Copy the rows of figures in the slots and the days to the next generation, unless they share them."""
    whose = {"organisation": owner.organisation, "user": owner.user}
    within = {"low": slots[0], "high": slots[1]}
    if to.generation != owner.generation:
        generations = whose | {"source": owner.generation, "target": to.generation}
        connection.execute(_COPY_TOTALS, generations | within)
        if days is not None:
            first, end = max(days[0], _EVERY_DAY[0]), min(days[1], _EVERY_DAY[1])
            connection.execute(_COPY_DAYS, generations | {"low": first, "high": end})
    if to.subject_generation != owner.subject_generation:
        generations = whose | {"source": owner.subject_generation, "target": to.subject_generation}
        connection.execute(_COPY_SUBJECTS, generations | within)


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


def remove_unread(connection: Connection, organisation: int, user: int, length: int) -> bool:
    """Remove rows of one user in generations that nobody reads, at most some seconds of them; False: all are gone."""
    whose = {"organisation": organisation, "user": user}
    row = connection.execute(_READ, whose).one_or_none()
    if row is None:
        return False
    generation, following_one, subject_generation, following_subjects = row
    for rows, read in (
        (_TOTALS, (generation, following_one)),
        (_DAYS, (generation, following_one)),
        (_SUBJECTS, (subject_generation, following_subjects)),
    ):
        found = -1
        while (found := connection.execute(rows.following, whose | {"source": found}).scalar_one()) is not None:
            if found not in read:
                first = connection.execute(rows.first, whose | {"source": found}).scalar_one()
                # There are few days: as many as a part has seconds are all of them.
                high = min(first + length, rows.end)
                connection.execute(rows.remove, whose | {"source": found, "high": high})
                return True
    return False


def drop_others(connection: Connection, organisation: int, user: int) -> None:
    """Remove the rows of every generation that nobody reads."""
    while remove_unread(connection, organisation, user, EVER[1]):
        pass
