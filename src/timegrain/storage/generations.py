"""The next generation of a user's figures, which a job counts beside the one that answers, and the flip to it.

`users.next_generation` and `users.next_subject_generation` are null until the job has counted the user. Where the
change does to them nothing, they are the current ones: the rows are shared.
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
    insert,
    select,
    update,
)

from timegrain.storage.schema import day_totals, slot_subjects, slot_totals, users
from timegrain.storage.slots import Owner

_THIS_USER = and_(users.c.organisation_id == bindparam("organisation"), users.c.id == bindparam("user"))
_NEXT = select(users.c.next_generation, users.c.next_subject_generation).where(_THIS_USER)
_SET_NEXT = (
    update(users)
    .where(users.c.organisation_id == bindparam("b_organisation"), users.c.id == bindparam("b_user"))
    .values(next_generation=bindparam("next"), next_subject_generation=bindparam("next_subject"))
)
_FLIP = (
    update(users)
    .where(users.c.organisation_id == bindparam("organisation"))
    .values(
        generation=users.c.next_generation,
        subject_generation=users.c.next_subject_generation,
        next_generation=None,
        next_subject_generation=None,
    )
)
_TABLES = (
    (slot_totals, users.c.generation),
    (day_totals, users.c.generation),
    (slot_subjects, users.c.subject_generation),
)


def _of_user(table: Table) -> ColumnElement[bool]:
    return and_(table.c.organisation_id == bindparam("organisation"), table.c.user_id == bindparam("user"))


def _copying(table: Table) -> Insert:
    target = bindparam("target", type_=table.c.generation.type)
    columns = [target if column is table.c.generation else column for column in table.columns]
    rows = select(*columns).where(_of_user(table), table.c.generation == bindparam("source"))
    return insert(table).from_select([column.name for column in table.columns], rows)


_COPY_TOTALS = tuple(_copying(table) for table in (slot_totals, day_totals))
_COPY_SUBJECTS = _copying(slot_subjects)
_DROP_EARLIER = tuple(
    delete(table).where(_of_user(table), table.c.generation < select(current).where(_THIS_USER).scalar_subquery())
    for table, current in _TABLES
)
_DROP_LATER = tuple(
    delete(table).where(_of_user(table), table.c.generation > select(current).where(_THIS_USER).scalar_subquery())
    for table, current in _TABLES
)


def following(connection: Connection, owner: Owner) -> Owner | None:
    """The figures that take the place of these at the flip; None where they are not counted yet."""
    row = connection.execute(_NEXT, {"organisation": owner.organisation, "user": owner.user}).one()
    if row.next_generation is None:
        return None
    return owner._replace(generation=row.next_generation, subject_generation=row.next_subject_generation)


def set_following(connection: Connection, to: Owner) -> None:
    parameters = {"b_organisation": to.organisation, "b_user": to.user}
    generations = {"next": to.generation, "next_subject": to.subject_generation}
    connection.execute(_SET_NEXT, parameters | generations)


def copy(connection: Connection, owner: Owner, to: Owner) -> None:
    """Copy the rows of figures to the next generation, unless they share them."""
    whose = {"organisation": owner.organisation, "user": owner.user}
    if to.generation != owner.generation:
        for statement in _COPY_TOTALS:
            connection.execute(statement, {**whose, "source": owner.generation, "target": to.generation})
    if to.subject_generation != owner.subject_generation:
        generations = {"source": owner.subject_generation, "target": to.subject_generation}
        connection.execute(_COPY_SUBJECTS, whose | generations)


def forget_following(connection: Connection, organisation: int, user: int) -> None:
    """Take back what was counted for the pending job: it counts the user again."""
    nothing = {"b_organisation": organisation, "b_user": user, "next": None, "next_subject": None}
    connection.execute(_SET_NEXT, nothing)
    for statement in _DROP_LATER:
        connection.execute(statement, {"organisation": organisation, "user": user})


def flip(connection: Connection, organisation: int) -> None:
    """Everybody's next generation is the one that answers. All of them must have been counted."""
    connection.execute(_FLIP, {"organisation": organisation})


def drop_earlier(connection: Connection, organisation: int, user: int) -> None:
    """Remove the rows of generations that answer no more."""
    for statement in _DROP_EARLIER:
        connection.execute(statement, {"organisation": organisation, "user": user})


def drop_others(connection: Connection, organisation: int, user: int) -> None:
    """Remove the rows of every generation but the one that answers; a pending job must not have counted the user."""
    for statement in (*_DROP_EARLIER, *_DROP_LATER):
        connection.execute(statement, {"organisation": organisation, "user": user})
