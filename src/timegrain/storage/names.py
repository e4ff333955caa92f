"""The names and texts of a user's facts, each stored once: applications, sites, browsers; titles and URLs.

Both are the user's own, so that the user's lock guards them and an erasure can be complete. A text's id is a
digest of it, which needs no look-up; its `uses` count the facts that hold it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, func, select

from timegrain.counting.subjects import NameKind, application
from timegrain.storage.dialect import near_each, store
from timegrain.storage.given import numbers, once, pairs, spellings
from timegrain.storage.schema import facts, names, slot_subjects, texts, users

_wanted = once(spellings("wanted"), "wanted")
_whose = numbers("users")
_wanted_ids = numbers("ids")
_OF_USER = (names.c.organisation_id == bindparam("organisation"), names.c.user_id == bindparam("user"))
_BY_SPELLING = near_each(
    _wanted,
    names,
    (names.c.user_id, names.c.kind, names.c.spelling, names.c.id),
    and_(
        names.c.organisation_id == bindparam("organisation"),
        names.c.user_id == _wanted.c.c0,
        names.c.kind == _wanted.c.c1,
        names.c.spelling == _wanted.c.c2,
    ),
)
_numbered = once(pairs("wanted"), "wanted")
_BY_ID = near_each(
    _numbered,
    names,
    (names.c.user_id, names.c.id, names.c.kind, names.c.name, names.c.spelling),
    and_(
        names.c.organisation_id == bindparam("organisation"),
        names.c.user_id == _numbered.c.c0,
        names.c.id == _numbered.c.c1,
    ),
)
_ALL = select(names.c.id, names.c.kind, names.c.name, names.c.spelling).where(*_OF_USER)
_DISTINCT = select(names.c.kind, names.c.name).where(names.c.organisation_id == bindparam("organisation")).distinct()
_LAST = select(
    _whose.c.c0,
    select(func.coalesce(func.max(names.c.id), 0))
    .where(names.c.organisation_id == bindparam("organisation"), names.c.user_id == _whose.c.c0)
    .scalar_subquery(),
)
_TEXTS_OF_USER = (texts.c.organisation_id == bindparam("organisation"), texts.c.user_id == bindparam("user"))
_TEXTS = select(texts.c.id, texts.c.text).where(*_TEXTS_OF_USER, texts.c.id.in_(select(_wanted_ids.c.c0)))
_FACTS_OF_USER = (facts.c.organisation_id == bindparam("organisation"), facts.c.user_id == bindparam("user"))
_USED = (
    *(
        select(column).where(*_FACTS_OF_USER).distinct()
        for column in (facts.c.app_id, facts.c.site_id, facts.c.browser_id)
    ),
    select(slot_subjects.c.subject_id)
    .where(
        slot_subjects.c.organisation_id == bindparam("organisation"),
        slot_subjects.c.user_id == bindparam("user"),
        slot_subjects.c.generation
        >= select(users.c.subject_generation)
        .where(users.c.organisation_id == bindparam("organisation"), users.c.id == bindparam("user"))
        .scalar_subquery(),
    )
    .distinct(),
)
_DROP = delete(names).where(*_OF_USER, names.c.id.in_(select(_wanted_ids.c.c0)))
_UNUSED_TEXTS = delete(texts).where(*_TEXTS_OF_USER, texts.c.id.in_(select(_wanted_ids.c.c0)), texts.c.uses <= 0)

Key = tuple[int, NameKind, str]
"""User, kind and spelling."""


class Name(NamedTuple):
    kind: NameKind
    name: str
    spelling: str

    @property
    def shown(self) -> str:
        """As people read it: as it was reported, or (of none) as it is compared."""
        return self.spelling.strip() or self.name


def name_of(kind: NameKind, spelling: str) -> str:
    """What a stored name is compared by; a site's spelling is its host already."""
    return spelling if kind is NameKind.SITE else application(spelling)


def name_ids(connection: Connection, organisation: int, wanted: Iterable[Key]) -> dict[Key, int]:
    """The ids of names of some users, made where they are new."""
    keys = set(wanted)
    found: dict[Key, int] = {}
    if keys:
        given = {"organisation": organisation, "wanted": list(keys)}
        for user, kind, spelling, id_ in _BY_SPELLING.rows(connection, given):
            found[user, NameKind(kind), spelling] = id_
    new = sorted(keys - found.keys())
    if new:
        whose = {"organisation": organisation, "users": list({user for user, _, _ in new})}
        last: dict[int, int] = dict(map(tuple, connection.execute(_LAST, whose)))
        rows = []
        for user, kind, spelling in new:
            last[user] += 1
            found[user, kind, spelling] = last[user]
            rows.append((organisation, user, last[user], int(kind), spelling, name_of(kind, spelling)))
        store(connection, names, rows, new=True)
    return found


def names_by_id_of_each(
    connection: Connection, organisation: int, ids: Mapping[int, Iterable[int]]
) -> dict[int, dict[int, Name]]:
    """Names of some users, by user and id."""
    found: dict[int, dict[int, Name]] = {user: {} for user in ids}
    wanted = [(user, id_) for user, of in ids.items() for id_ in of]
    if wanted:
        for user, id_, kind, name, spelling in _BY_ID.rows(
            connection, {"organisation": organisation, "wanted": wanted}
        ):
            found[user][id_] = Name(NameKind(kind), name, spelling)
    return found


def all_names(connection: Connection, organisation: int, user: int) -> dict[int, Name]:
    return _named(connection.execute(_ALL, {"organisation": organisation, "user": user}))


def distinct_names(connection: Connection, organisation: int) -> list[tuple[int, str]]:
    """Kind and name of all that is stored of anybody."""
    return [(kind, name) for kind, name in connection.execute(_DISTINCT, {"organisation": organisation})]


def _named(rows: Iterable[tuple[int, int, str, str]]) -> dict[int, Name]:
    return {id_: Name(NameKind(kind), name, spelling) for id_, kind, name, spelling in rows}


def text_id(text: str) -> int | None:
    """63 bits of a digest; an empty text is none. Among a million texts of one person the chance that two
    share an id is one in 18 million, and then one title would be shown for the other: no figure changes."""
    if not text:
        return None
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def keep_texts(
    connection: Connection, organisation: int, held: Iterable[tuple[int, str]], dropped: Iterable[tuple[int, int]]
) -> None:
    """Count the facts that hold each text of a user: one more for each of `held`, one less for each id of `dropped`."""
    more = Counter(held)
    less = Counter(dropped)
    rows = [(organisation, user, text_id(text), text, count) for (user, text), count in more.items() if text]
    store(connection, texts, rows, add=("uses",))
    store(connection, texts, [(organisation, *one, "", -count) for one, count in less.items()], add=("uses",))
    ids: dict[int, list[int]] = {}
    for user, id_ in less:
        ids.setdefault(user, []).append(id_)
    for user, dropped_ in ids.items():
        connection.execute(_UNUSED_TEXTS, {"organisation": organisation, "user": user, "ids": dropped_})


def texts_by_id(connection: Connection, organisation: int, user: int, ids: Iterable[int]) -> Mapping[int, str]:
    parameters = {"organisation": organisation, "user": user, "ids": sorted(ids)}
    return {row.id: row.text for row in connection.execute(_TEXTS, parameters)}


def drop_unused_names(connection: Connection, organisation: int, user: int) -> int:
    """Names that no fact and no slot of the user holds any more go; so do, with an erasure, their last traces."""
    return drop_names(connection, organisation, user, unused_names(connection, organisation, user))


def unused_names(connection: Connection, organisation: int, user: int) -> set[int]:
    """Those that no fact holds, and no slot that answers or is about to: a frozen slot has no facts any more."""
    whom = {"organisation": organisation, "user": user}
    used = {id_ for statement in _USED for id_ in connection.execute(statement, whom).scalars()}
    return all_names(connection, organisation, user).keys() - used


def drop_names(connection: Connection, organisation: int, user: int, unused: Iterable[int]) -> int:
    ids = sorted(unused)
    return connection.execute(_DROP, {"organisation": organisation, "user": user, "ids": ids}).rowcount
