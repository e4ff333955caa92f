"""The audit trail: who did or looked at what, about whom, when, from where.

An entry's id is its millisecond with 20 random bits behind it: so entries lie in the order of their time, and
transactions that write some beside one another need no lock between them.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select, update

from timegrain import clock
from timegrain.storage.given import numbers
from timegrain.storage.schema import audit, audit_people, keys, organisations, users

LONGEST_ADDRESS = 64
MOST_SHOWN = 100
"""People whom a listed entry names; it says how many there are."""

_RANDOM_BITS = 20


class Actor(NamedTuple):
    """Who acts, with which call, from where. On the command line there is neither user nor key nor address."""

    call: str
    user: int | None = None
    key: int | None = None
    address: str | None = None


class Entry(NamedTuple):
    """What is recorded. `before` and `after`, of a change of policy or ratings, are whatever JSON can hold."""

    by: Actor
    about: Sequence[int] = ()
    """The users concerned."""
    before: Any = None
    after: Any = None
    at: int | None = None
    """In seconds; None: now."""
    last_at: int | None = None
    times: int = 1


def record(connection: Connection, organisation: int, entry: Entry) -> int:
    """Write an entry in a transaction that may write; its id."""
    return record_all(connection, organisation, [entry])[0]


def record_all(connection: Connection, organisation: int, entries: Sequence[Entry]) -> list[int]:
    """Write entries; their ids."""
    if not entries:
        return []
    rows = [_row(organisation, entry) for entry in entries]
    connection.execute(insert(audit), rows)
    about = [
        {"organisation_id": organisation, "user_id": user, "audit_id": row["id"]}
        for row, entry in zip(rows, entries, strict=True)
        for user in sorted(set(entry.about))
    ]
    if about:
        connection.execute(insert(audit_people), about)
    return [row["id"] for row in rows]


def _row(organisation: int, entry: Entry) -> dict[str, Any]:
    now_ms = clock.now_ms()
    at = now_ms // 1000 if entry.at is None else entry.at
    by = entry.by
    return {
        "organisation_id": organisation,
        "id": _id_from(at) + (now_ms % 1000 << _RANDOM_BITS) + secrets.randbits(_RANDOM_BITS),
        "uuid": uuid4(),
        "at": at,
        "last_at": at if entry.last_at is None else entry.last_at,
        "times": entry.times,
        "user_id": by.user,
        "key_id": by.key,
        "call": by.call,
        "address": None if by.address is None else by.address[:LONGEST_ADDRESS],
        "before": None if entry.before is None else json.dumps(entry.before, ensure_ascii=False),
        "after": None if entry.after is None else json.dumps(entry.after, ensure_ascii=False),
    }


def _id_from(second: int) -> int:
    """The least id of an entry of this second or later."""
    return second * 1000 << _RANDOM_BITS


_REPEAT = (
    update(audit)
    .where(audit.c.organisation_id == bindparam("organisation"), audit.c.id == bindparam("entry"))
    .values(times=audit.c.times + bindparam("more"), last_at=bindparam("again_at"))
)


def repeat_all(connection: Connection, organisation: int, repeated: Iterable[tuple[int, int, int]]) -> None:
    """Entries that happened again: id, how many times more, and when last."""
    rows = [
        {"organisation": organisation, "entry": entry, "more": more, "again_at": last_at}
        for entry, more, last_at in repeated
    ]
    if rows:
        connection.execute(_REPEAT, rows)


class Wanted(NamedTuple):
    """Which entries: of a user as actor or as subject, of a call, of the seconds `[start, end)`."""

    concerning: int | None = None
    """All of an answer are about this user, and name no other as the subject."""
    user: UUID | None = None
    call: str | None = None
    start: int | None = None
    end: int | None = None


class Listed(NamedTuple):
    id: int
    uuid: UUID
    at: int
    last_at: int
    times: int
    user: tuple[UUID, str] | None
    key: tuple[UUID, str] | None
    is_command: bool
    call: str
    address: str | None
    before: Any
    after: Any


_given = numbers("entries")
_USER = and_(users.c.organisation_id == audit.c.organisation_id, users.c.id == audit.c.user_id)
_KEY = and_(keys.c.organisation_id == audit.c.organisation_id, keys.c.id == audit.c.key_id)
_LIST = (
    select(
        audit.c.id,
        audit.c.uuid,
        audit.c.at,
        audit.c.last_at,
        audit.c.times,
        audit.c.user_id,
        audit.c.key_id,
        audit.c.call,
        audit.c.address,
        audit.c.before,
        audit.c.after,
        users.c.uuid.label("user_uuid"),
        users.c.name.label("user_name"),
        keys.c.uuid.label("key_uuid"),
        keys.c.name.label("key_name"),
    )
    .select_from(audit.outerjoin(users, _USER).outerjoin(keys, _KEY))
    .where(audit.c.organisation_id == bindparam("organisation"), audit.c.id < bindparam("before_id"))
    .order_by(audit.c.id.desc())
    .limit(bindparam("most"))
)
_NEWEST = (1 << 63) - 1
_PLACE = func.row_number().over(partition_by=audit_people.c.audit_id, order_by=(users.c.name, users.c.id))
_HOW_MANY = func.count().over(partition_by=audit_people.c.audit_id)
_ABOUT = (
    select(audit_people.c.audit_id, users.c.uuid, users.c.name, _HOW_MANY.label("people"), _PLACE.label("place"))
    .select_from(
        audit_people.join(
            users, and_(users.c.organisation_id == audit_people.c.organisation_id, users.c.id == audit_people.c.user_id)
        )
    )
    .where(
        audit_people.c.organisation_id == bindparam("organisation"),
        audit_people.c.audit_id.in_(select(_given.c.c0)),
        or_(bindparam("only") == 0, audit_people.c.user_id == bindparam("only")),
    )
    .subquery()
)
_SHOWN = select(_ABOUT).where(_ABOUT.c.place <= MOST_SHOWN).order_by(_ABOUT.c.audit_id, _ABOUT.c.place)


def _concerns(user: Any) -> Any:
    """Whether an entry is by or about a user, given as an id or as a subquery for one."""
    about = select(audit_people.c.audit_id).where(
        audit_people.c.organisation_id == bindparam("organisation"), audit_people.c.user_id == user
    )
    return or_(audit.c.user_id == user, audit.c.id.in_(about))


def some(
    connection: Connection, organisation: int, wanted: Wanted, before: int | None = None, most: int | None = None
) -> list[Listed]:
    """The newest first, those before an entry's id."""
    statement, given = (
        _LIST,
        {"organisation": organisation, "before_id": _NEWEST if before is None else before, "most": most or _NEWEST},
    )
    if wanted.concerning is not None:
        statement = statement.where(_concerns(bindparam("concerning")))
        given["concerning"] = wanted.concerning
    if wanted.user is not None:
        named = select(users.c.id).where(users.c.organisation_id == bindparam("organisation"))
        statement = statement.where(_concerns(named.where(users.c.uuid == wanted.user).scalar_subquery()))
    if wanted.call is not None:
        statement = statement.where(audit.c.call == wanted.call)
    if wanted.start is not None:
        statement = statement.where(audit.c.id >= _id_from(wanted.start))
    if wanted.end is not None:
        statement = statement.where(audit.c.id < _id_from(wanted.end))
    return [
        Listed(
            row.id,
            row.uuid,
            row.at,
            row.last_at,
            row.times,
            (row.user_uuid, row.user_name) if row.user_uuid else None,
            (row.key_uuid, row.key_name) if row.key_uuid else None,
            row.call.startswith("timegrain "),
            row.call,
            row.address,
            None if row.before is None else json.loads(row.before),
            None if row.after is None else json.loads(row.after),
        )
        for row in connection.execute(statement, given)
    ]


class RatingsChanged(NamedTuple):
    """Rules before and after a change, the same rule at the same place."""

    uuid: UUID
    before: list[Any]
    after: list[Any]


_RATINGS = (
    select(audit.c.uuid, audit.c.before, audit.c.after)
    # A change of ratings holds a list of rules, one of policy an object.
    .where(audit.c.organisation_id == bindparam("organisation"), audit.c.before.startswith("["))
    .order_by(audit.c.id.desc())
    .limit(1)
)


def ratings_changed(connection: Connection, organisation: int, entry: UUID | None) -> RatingsChanged | None:
    """What an entry says of ratings, or (None) the newest that says any; None where there is no such."""
    statement = _RATINGS if entry is None else _RATINGS.where(audit.c.uuid == entry)
    row = connection.execute(statement, {"organisation": organisation}).one_or_none()
    return None if row is None else RatingsChanged(row.uuid, json.loads(row.before), json.loads(row.after))


def holds(connection: Connection, organisation: int, entry: UUID) -> bool:
    """Whether there is such an entry at all."""
    statement = select(audit.c.id).where(audit.c.organisation_id == organisation, audit.c.uuid == entry)
    return connection.execute(statement).one_or_none() is not None


class Subjects(NamedTuple):
    """Whom an entry is about: how many, and the first of them by name."""

    people: int
    shown: list[tuple[UUID, str]]


def subjects(
    connection: Connection, organisation: int, entries: Sequence[int], only: int | None = None
) -> dict[int, Subjects]:
    """By the ids of entries, whom each is about; of one user alone where `only` says so."""
    found: dict[int, Subjects] = {}
    given = {"organisation": organisation, "entries": entries, "only": only or 0}
    for entry, uuid, name, people, _ in connection.execute(_SHOWN, given):
        found.setdefault(entry, Subjects(people, [])).shown.append((uuid, name))
    return found


def forget(connection: Connection, organisation: int, user: int) -> None:
    """Take a person out of all entries, whose calls and times stay."""
    connection.execute(
        delete(audit_people).where(audit_people.c.organisation_id == organisation, audit_people.c.user_id == user)
    )
    connection.execute(
        update(audit)
        .where(audit.c.organisation_id == organisation, audit.c.user_id == user)
        .values(user_id=None, address=None)
    )


def kept_days(connection: Connection) -> dict[int, int]:
    """For how many days each organisation keeps its trail."""
    return dict(connection.execute(select(organisations.c.id, organisations.c.audit_days)).all())


def drop_before(connection: Connection, organisation: int, second: int) -> None:
    """Remove what is older."""
    first = _id_from(second)
    connection.execute(
        delete(audit_people).where(audit_people.c.organisation_id == organisation, audit_people.c.audit_id < first)
    )
    connection.execute(delete(audit).where(audit.c.organisation_id == organisation, audit.c.id < first))
