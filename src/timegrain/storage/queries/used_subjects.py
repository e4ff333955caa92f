"""Which subjects were really used since an instant, by whom and for how long: one statement."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, and_, bindparam, cast, func, select

from timegrain.counting.subjects import NameKind
from timegrain.storage.schema import names, slot_subjects, users


class UsedSubject(NamedTuple):
    """`seconds` are active; `spelling` is one of those in use."""

    kind: NameKind
    name: str
    spelling: str
    seconds: int
    people: int


_seconds = cast(func.sum(slot_subjects.c.seconds), BigInteger)
_USED = (
    select(
        names.c.kind, names.c.name, func.min(names.c.spelling), _seconds, func.count(slot_subjects.c.user_id.distinct())
    )
    .select_from(
        users.join(
            slot_subjects,
            and_(
                slot_subjects.c.organisation_id == users.c.organisation_id,
                slot_subjects.c.user_id == users.c.id,
                slot_subjects.c.generation == users.c.subject_generation,
            ),
        ).join(
            names,
            and_(
                names.c.organisation_id == slot_subjects.c.organisation_id,
                names.c.user_id == slot_subjects.c.user_id,
                names.c.id == slot_subjects.c.subject_id,
            ),
        )
    )
    .where(users.c.organisation_id == bindparam("organisation"), slot_subjects.c.slot >= bindparam("since"))
    .group_by(names.c.kind, names.c.name)
    .order_by(_seconds.desc(), names.c.name)
)


def used_subjects(connection: Connection, organisation: int, since: int) -> list[UsedSubject]:
    """The most used first; `since` is in seconds since the epoch."""
    rows = connection.execute(_USED, {"organisation": organisation, "since": since})
    return [UsedSubject(NameKind(kind), *row) for kind, *row in rows]
