"""API keys and device tokens: stored as digests (`tokens.py`), shown once."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, bindparam, func, insert, select, update

from timegrain.counting.calendar import local_day
from timegrain.errors import InvalidApiKey, Refused
from timegrain.storage.roles import BUILT_IN, SETTINGS, Page, read
from timegrain.storage.schema import ADMIN, devices, employments, keys, organisations, roles, users
from timegrain.storage.tokens import new_token, read_token

ROLES = ("admin", "writer", "reader")
"""Kinds of keys that need no role of the organisation's."""
DEVICE = "device"
OF_ROLE = "role"

_PAGES: dict[str, tuple[Page, ...]] = {
    "admin": BUILT_IN[ADMIN][1],
    "reader": tuple(page for page in BUILT_IN[ADMIN][1] if page.path != SETTINGS),
}

_EMPLOYED_UNTIL = (
    select(func.max(employments.c.end_day))
    .where(employments.c.organisation_id == bindparam("organisation"), employments.c.user_id == keys.c.user_id)
    .scalar_subquery()
)
_FIND = (
    select(
        keys.c.digest,
        keys.c.role,
        keys.c.user_id,
        keys.c.device_id,
        keys.c.expires_at,
        keys.c.revoked_at,
        users.c.uuid.label("user_uuid"),
        devices.c.name.label("device_name"),
        organisations.c.zone,
        organisations.c.week_start,
        organisations.c.policy_version,
        organisations.c.titles,
        organisations.c.own_erasure,
        organisations.c.questions_a_minute,
        organisations.c.batches_a_minute,
        keys.c.id.label("key_id"),
        roles.c.pages,
        users.c.deactivated_at,
        _EMPLOYED_UNTIL.label("employed_until"),
    )
    .select_from(
        keys.join(organisations, organisations.c.id == keys.c.organisation_id)
        .outerjoin(roles, (roles.c.organisation_id == keys.c.organisation_id) & (roles.c.id == keys.c.role_id))
        .outerjoin(users, (users.c.organisation_id == keys.c.organisation_id) & (users.c.id == keys.c.user_id))
        .outerjoin(
            devices,
            (devices.c.organisation_id == keys.c.organisation_id)
            & (devices.c.user_id == keys.c.user_id)
            & (devices.c.id == keys.c.device_id),
        )
    )
    .where(keys.c.organisation_id == bindparam("organisation"), keys.c.digest == bindparam("digest"))
)


class Caller(NamedTuple):
    """Who asks, and what a question needs to know of their organisation."""

    organisation: int
    key: int | None
    """None: a person who signed in."""
    role: str
    pages: tuple[Page, ...]
    user: int | None
    user_uuid: UUID | None
    device: str | None
    zone: str
    week_start: str
    policy_version: int
    titles: str
    own_erasure: bool
    questions_a_minute: int
    batches_a_minute: int
    today: int
    """The day in the home zone."""


def caller(connection: Connection, token: str, now: int) -> Caller:
    """Raises `InvalidApiKey`, whatever the reason."""
    known = read_token(token)
    row = known and connection.execute(_FIND, known._asdict()).one_or_none()
    if not known or not row or not hmac.compare_digest(row.digest, known.digest):
        raise InvalidApiKey
    today = local_day(row.zone, now)
    ended = row.expires_at is not None and row.expires_at <= now
    if row.revoked_at is not None or ended or has_left(row.deactivated_at, row.employed_until, today):
        raise InvalidApiKey
    return Caller(
        known.organisation,
        row.key_id,
        row.role,
        _PAGES.get(row.role, ()) if row.pages is None else read(row.pages),
        row.user_id,
        row.user_uuid,
        row.device_name,
        row.zone,
        row.week_start,
        row.policy_version,
        row.titles,
        row.own_erasure,
        row.questions_a_minute,
        row.batches_a_minute,
        today,
    )


def has_left(deactivated_at: int | None, employed_until: int | None, today: int) -> bool:
    """Whether a person's keys and sessions are refused. Days are of the home zone, the last one is exclusive."""
    return deactivated_at is not None or (employed_until is not None and employed_until <= today)


def add_key(
    connection: Connection,
    organisation: int,
    name: str,
    role: str,
    now: int,
    user: int | None = None,
    device: int | None = None,
    for_editor: bool = False,
    role_id: int | None = None,
    expires_at: int | None = None,
) -> tuple[UUID, str]:
    """Its id, and the key itself, which nobody can show again; `for_editor` in the form of a WakaTime key."""
    last = connection.execute(
        select(func.coalesce(func.max(keys.c.id), 0)).where(keys.c.organisation_id == organisation)
    ).scalar_one()
    uuid = uuid4()
    token, digest = new_token(organisation, for_editor)
    connection.execute(
        insert(keys).values(
            organisation_id=organisation,
            id=last + 1,
            uuid=uuid,
            digest=digest,
            name=name,
            role=role,
            role_id=role_id,
            user_id=user,
            device_id=device,
            created_at=now,
            expires_at=expires_at,
        )
    )
    return uuid, token


class ListedKey(NamedTuple):
    """What an administrator sees of one. Instants are seconds."""

    id: int
    uuid: UUID
    name: str
    role: str
    role_uuid: UUID | None
    role_name: str | None
    user: int | None
    user_uuid: UUID | None
    email: str | None
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    used_at: int | None


def all_keys(connection: Connection, organisation: int) -> list[ListedKey]:
    """Without device tokens, in the order in which they were made."""
    columns = (
        *(keys.c[name] for name in ("id", "uuid", "name", "role")),
        roles.c.uuid,
        roles.c.name,
        keys.c.user_id,
        users.c.uuid,
        users.c.email,
        *(keys.c[name] for name in ("created_at", "expires_at", "revoked_at", "used_at")),
    )
    joined = keys.outerjoin(
        roles, (roles.c.organisation_id == keys.c.organisation_id) & (roles.c.id == keys.c.role_id)
    ).outerjoin(users, (users.c.organisation_id == keys.c.organisation_id) & (users.c.id == keys.c.user_id))
    statement = select(*columns).select_from(joined)
    statement = statement.where(keys.c.organisation_id == organisation, keys.c.role != DEVICE)
    return [ListedKey(*row) for row in connection.execute(statement.order_by(keys.c.id))]


def revoke_key(connection: Connection, organisation: int, uuid: UUID, now: int) -> int | None:
    """Refused from the next request on; returns for whom it acted. Raises `Refused` where there is no such key."""
    found = connection.execute(
        update(keys)
        .where(keys.c.organisation_id == organisation, keys.c.uuid == uuid, keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(keys.c.user_id)
    ).one_or_none()
    if found is None:
        raise Refused(f"there is no valid key with the id {uuid}")
    user: int | None = found.user_id
    return user


def revoke_device_tokens(connection: Connection, organisation: int, user: int, device: int, now: int) -> int:
    """Refuse all tokens of a device from the next request on; returns how many were valid."""
    return connection.execute(
        update(keys)
        .where(
            keys.c.organisation_id == organisation,
            keys.c.user_id == user,
            keys.c.device_id == device,
            keys.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    ).rowcount


_USED = (
    update(keys)
    .where(
        keys.c.organisation_id == bindparam("organisation"),
        keys.c.id == bindparam("used"),
        keys.c.used_at.is_(None) | (keys.c.used_at < bindparam("at")),
    )
    .values(used_at=bindparam("at"))
)


def note_used(connection: Connection, organisation: int, used: Mapping[int, int]) -> None:
    """By key, the second of its last use."""
    rows = [{"organisation": organisation, "used": key, "at": at} for key, at in sorted(used.items())]
    if rows:
        connection.execute(_USED, rows)
