"""What a sound database holds: pages and indexes that are whole, and rows whose user, device, name and text are there.

Each question of one person reads that person's rows alone, so that people are looked at one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    func,
    not_,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.exc import DBAPIError

from timegrain.storage.dialect import is_sqlite
from timegrain.storage.schema import (
    buckets,
    day_totals,
    devices,
    erasures,
    facts,
    job_people,
    memberships,
    metadata,
    names,
    roles,
    slot_subjects,
    slot_totals,
    stretches,
    texts,
    users,
)

MOST_REPORTED = 100
"""Messages of the database's own check."""


class Integrity(NamedTuple):
    """What the database itself says. `how` is what was asked of it; "" where it cannot say."""

    how: str
    found: Sequence[str]


def integrity(connection: Connection) -> Integrity:
    """The database's own check of its pages and indexes, in a transaction of any kind."""
    if is_sqlite(connection):
        rows = connection.exec_driver_sql(f"PRAGMA integrity_check({MOST_REPORTED})").scalars().all()
        found = [str(row) for row in rows if row != "ok"]
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        return Integrity(
            "integrity_check", [*found, *(f"a row of {row[0]} refers to none of {row[2]}" for row in lost)]
        )
    if connection.execute(text("SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'")).scalar_one() == 0:
        return Integrity("", [])
    return _amcheck(connection)


_INDEXES = text(
    "SELECT c.oid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'btree' AND i.indisvalid AND i.indrelid::regclass::text"
    " = ANY(:tables) ORDER BY 1"
)


def _amcheck(connection: Connection) -> Integrity:
    found = []
    indexes = connection.execute(_INDEXES, {"tables": [table.name for table in metadata.sorted_tables]}).scalars().all()
    for index in indexes:
        try:
            with connection.begin_nested():
                connection.execute(text("SELECT bt_index_check(CAST(:index AS regclass), true)"), {"index": index})
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == "42501":
                return Integrity("", [])
            found.append(f"{index}: {error.orig}".splitlines()[0])
    return Integrity("amcheck", found)


def _of(table: Table) -> ColumnElement[bool]:
    return and_(table.c.organisation_id == bindparam("organisation"), table.c.user_id == bindparam("user"))


def _lacking(table: Table, column: Column[Any], named: Table) -> Select[Any]:
    """Rows of a person whose `column` is none of their rows of `named`; 0 and null name nothing."""
    there = select(named.c.id).where(_of(named))
    return select(func.count()).where(_of(table), column != 0, column.not_in(there))


def _unread(table: Table, *read: Column[Any]) -> Select[Any]:
    """Rows of a generation that neither answers nor is to, and that no job has yet to remove."""
    me = and_(users.c.organisation_id == bindparam("organisation"), users.c.id == bindparam("user"))
    answers = [select(column).where(me).scalar_subquery() for column in read]
    removed = select(job_people.c.user_id).where(_of(job_people)).exists()
    kept = or_(*(table.c.generation == func.coalesce(one, -1) for one in answers))
    return select(func.count()).where(_of(table), not_(kept), not_(removed))


_held = union_all(*(select(facts.c[name].label("id")).where(_of(facts)) for name in ("url_id", "title_id"))).subquery()
_uses = select(_held.c.id, func.count().label("uses")).where(_held.c.id.is_not(None)).group_by(_held.c.id).subquery()
_MISCOUNTED = (
    select(func.count())
    .select_from(texts.outerjoin(_uses, _uses.c.id == texts.c.id))
    .where(_of(texts), texts.c.uses != func.coalesce(_uses.c.uses, 0))
)

_OF_PERSON: Mapping[str, Sequence[Select[Any]]] = {
    "facts of no device": [_lacking(facts, facts.c.device_id, devices)],
    "facts of no name": [_lacking(facts, facts.c[name], names) for name in ("app_id", "site_id", "browser_id")],
    "facts of no text": [_lacking(facts, facts.c[name], texts) for name in ("url_id", "title_id")],
    "texts miscounted": [_MISCOUNTED],
    "stretches, ranges and buckets of no device": [
        _lacking(table, table.c.device_id, devices) for table in (stretches, erasures, buckets)
    ],
    "slots of no name": [_lacking(slot_subjects, slot_subjects.c.subject_id, names)],
    "figures that nobody reads": [
        _unread(slot_totals, users.c.generation, users.c.next_generation),
        _unread(day_totals, users.c.generation, users.c.next_generation),
        _unread(slot_subjects, users.c.subject_generation, users.c.subject_difference, users.c.next_subject_difference),
    ],
}

MENDED_BY_RECOUNT = {"slots of no name", "figures that nobody reads"}
UNCOUNTABLE = {"facts of no device", "facts of no name"}

OF_PEOPLE = tuple(_OF_PERSON)
"""What is looked at of each person."""


def of_person(connection: Connection, organisation: int, user: int) -> dict[str, int]:
    """What is wrong with one person's rows, and of how many; without what is right."""
    whom = {"organisation": organisation, "user": user}
    counted = {
        what: sum(connection.execute(one, whom).scalar_one() for one in questions)
        for what, questions in _OF_PERSON.items()
    }
    return {what: count for what, count in counted.items() if count}


OF_ORGANISATION = ("rows of no user", "users of no role", "memberships that overlap")


def of_organisation(connection: Connection, organisation: int) -> dict[str, int]:
    """The same of what belongs to no one person."""
    other = memberships.alias()
    overlapping = select(func.count()).where(
        memberships.c.organisation_id == organisation,
        other.c.organisation_id == organisation,
        other.c.user_id == memberships.c.user_id,
        other.c.team_id == memberships.c.team_id,
        other.c.first_day > memberships.c.first_day,
        other.c.first_day < memberships.c.end_day,
    )
    there = select(roles.c.id).where(roles.c.organisation_id == organisation)
    counted = {
        "rows of no user": sum(_of_no_user(connection, table, organisation) for table in _of_users()),
        "users of no role": connection.execute(
            select(func.count()).where(users.c.organisation_id == organisation, users.c.role_id.not_in(there))
        ).scalar_one(),
        "memberships that overlap": connection.execute(overlapping).scalar_one(),
    }
    return {what: count for what, count in counted.items() if count}


_WITHOUT = {"audit", "audit_people", "schedules"}
"""Entries of the audit trail may name somebody who is gone; schedules have a user 0, the organisation's."""


def _of_users() -> list[Table]:
    return [table for table in metadata.sorted_tables if "user_id" in table.c and table.name not in _WITHOUT]


def _of_no_user(connection: Connection, table: Table, organisation: int) -> int:
    """It steps from one user to the next along the key, whatever the number of rows."""
    mine = table.c.organisation_id == organisation
    walked = select(func.min(table.c.user_id).label("user")).where(mine).cte(recursive=True)
    following = select(func.min(table.c.user_id)).where(mine, table.c.user_id > walked.c.user).scalar_subquery()
    walked = walked.union_all(select(following).where(walked.c.user.is_not(None)))
    there = select(users.c.id).where(users.c.organisation_id == organisation)
    lost = connection.execute(select(walked.c.user).where(walked.c.user.not_in(there))).scalars().all()
    rows = select(func.count()).where(mine, table.c.user_id == bindparam("user"))
    return sum(connection.execute(rows, {"user": user}).scalar_one() for user in lost)
