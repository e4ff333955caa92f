"""What is not to come back with a backup: erased time and people, and rights that were taken away.

It is read from a database as it is now, by UUIDs alone, and made to hold again in one that is older.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

import msgspec
from sqlalchemy import Connection, and_, delete, func, or_, select, update

from timegrain.counting.instants import Range
from timegrain.storage import removals
from timegrain.storage.devices import Device, devices_of
from timegrain.storage.policies import ALL_DEVICES
from timegrain.storage.removals import Removal
from timegrain.storage.schema import (
    audit,
    devices,
    employments,
    erasures,
    keys,
    organisations,
    roles,
    sessions,
    sign_in_links,
    users,
)


class ErasedRange(msgspec.Struct, frozen=True):
    """`device` is None for every device. Its name is known where the database itself is at hand."""

    user: UUID
    device: UUID | None
    start: int
    end: int
    device_name: str | None = None


class Standing(msgspec.Struct, frozen=True):
    """How a person stands: what lets them in. `ends` is the first day after the last employment."""

    user: UUID
    role: UUID | None
    deactivated_at: int | None
    ends: int | None
    password_mark: str | None
    password: str | None = None
    """Of argon2; None in a file."""


class OfOrganisation(msgspec.Struct, frozen=True):
    organisation: UUID
    last_at: int
    """The last entry of its audit trail, in seconds."""
    ranges: list[ErasedRange]
    removals: list[Removal]
    revoked: list[UUID]
    """Keys and tokens."""
    people: list[Standing]


class Withdrawn(msgspec.Struct, frozen=True):
    at: int
    """When it was read, in seconds."""
    organisations: list[OfOrganisation]


def read(connection: Connection, now: int) -> Withdrawn:
    found = connection.execute(select(organisations.c.id, organisations.c.uuid)).all()
    return Withdrawn(now, [_of(connection, id_, uuid) for id_, uuid in found])


def _of(connection: Connection, organisation: int, uuid: UUID) -> OfOrganisation:
    return OfOrganisation(
        uuid,
        last_at(connection, organisation),
        _ranges(connection, organisation),
        removals.all_of(connection, organisation),
        list(
            connection.execute(
                select(keys.c.uuid).where(keys.c.organisation_id == organisation, keys.c.revoked_at.is_not(None))
            ).scalars()
        ),
        _standings(connection, organisation),
    )


def last_at(connection: Connection, organisation: int) -> int:
    statement = select(func.coalesce(func.max(audit.c.last_at), 0)).where(audit.c.organisation_id == organisation)
    return int(connection.execute(statement).scalar_one())


def _ranges(connection: Connection, organisation: int) -> list[ErasedRange]:
    of_user = and_(users.c.organisation_id == erasures.c.organisation_id, users.c.id == erasures.c.user_id)
    of_device = and_(
        devices.c.organisation_id == erasures.c.organisation_id,
        devices.c.user_id == erasures.c.user_id,
        devices.c.id == erasures.c.device_id,
    )
    joined = erasures.join(users, of_user).outerjoin(devices, of_device)
    columns = users.c.uuid, devices.c.uuid, erasures.c.start_s, erasures.c.end_s, devices.c.name
    mine = erasures.c.organisation_id == organisation, or_(erasures.c.device_id == ALL_DEVICES, devices.c.id > 0)
    return [ErasedRange(*row) for row in connection.execute(select(*columns).select_from(joined).where(*mine))]


def _standings(connection: Connection, organisation: int) -> list[Standing]:
    ends = (
        select(func.max(employments.c.end_day))
        .where(employments.c.organisation_id == organisation, employments.c.user_id == users.c.id)
        .scalar_subquery()
    )
    of_role = and_(roles.c.organisation_id == users.c.organisation_id, roles.c.id == users.c.role_id)
    columns = users.c.uuid, roles.c.uuid.label("role"), users.c.deactivated_at, ends.label("ends"), users.c.password
    statement = (
        select(*columns).select_from(users.outerjoin(roles, of_role)).where(users.c.organisation_id == organisation)
    )
    return [
        Standing(row.uuid, row.role, row.deactivated_at, row.ends, mark(row.password), row.password)
        for row in connection.execute(statement)
    ]


def mark(password: str | None) -> str | None:
    """Tells one kept password from another, and lets nobody try any out: what is kept has a salt of its own."""
    return None if password is None else sha256(password.encode()).hexdigest()


def written(withdrawn: Withdrawn) -> bytes:
    """As a file: UUIDs, instants and marks; no name, mail or password."""
    bare = [
        msgspec.structs.replace(
            one,
            ranges=[msgspec.structs.replace(range_, device_name=None) for range_ in one.ranges],
            people=[msgspec.structs.replace(person, password=None) for person in one.people],
        )
        for one in withdrawn.organisations
    ]
    return msgspec.json.encode(msgspec.structs.replace(withdrawn, organisations=bare))


def from_file(content: bytes) -> Withdrawn:
    """Raises `msgspec.MsgspecError` for anything else."""
    return msgspec.json.decode(content, type=Withdrawn)


def revoke(connection: Connection, organisation: int, uuids: Sequence[UUID], now: int) -> int:
    """Refuse these keys and tokens; returns how many were valid."""
    statement = update(keys).where(keys.c.organisation_id == organisation, keys.c.revoked_at.is_(None))
    return sum(
        connection.execute(statement.where(keys.c.uuid == uuid).values(revoked_at=now)).rowcount for uuid in uuids
    )


def end_all_sessions(connection: Connection, organisation: int) -> int:
    """And links: whose was ended since the backup is not told by what is left of them."""
    connection.execute(delete(sign_in_links).where(sign_in_links.c.organisation_id == organisation))
    return connection.execute(delete(sessions).where(sessions.c.organisation_id == organisation)).rowcount


def role_of(connection: Connection, organisation: int, uuid: UUID | None) -> int | None:
    found: int | None = connection.execute(
        select(roles.c.id).where(roles.c.organisation_id == organisation, roles.c.uuid == uuid)
    ).scalar_one_or_none()
    return found


def device_with(connection: Connection, organisation: int, user: int, uuid: UUID | None) -> Device | None:
    """None where the person has none with this UUID."""
    mine = devices.c.organisation_id == organisation, devices.c.user_id == user, devices.c.uuid == uuid
    id_ = connection.execute(select(devices.c.id).where(*mine)).scalar_one_or_none()
    return None if id_ is None else devices_of(connection, organisation, user)[id_]


def holds_range(connection: Connection, organisation: int, user: int, within: Range, device: int) -> bool:
    mine = and_(erasures.c.organisation_id == organisation, erasures.c.user_id == user)
    same = and_(erasures.c.start_s == within[0], erasures.c.end_s == within[1], erasures.c.device_id == device)
    return connection.execute(select(erasures.c.user_id).where(mine, same)).first() is not None
