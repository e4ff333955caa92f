"""What is gone for good without an erased range of its own: people, and what was corrected."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, inspect, select

from timegrain.counting.instants import Range
from timegrain.storage.policies import ALL_DEVICES
from timegrain.storage.schema import devices, removals, users


class Removal(NamedTuple):
    """Of a person: all of them (`within` None), or what began in these seconds, on a device or (None) on all."""

    uuid: UUID
    user: UUID
    device: UUID | None = None
    within: Range | None = None


def all_of(connection: Connection, organisation: int) -> list[Removal]:
    if not inspect(connection).has_table(removals.name):
        return []  # of an older schema
    rows = connection.execute(
        select(
            removals.c.uuid, removals.c.user_uuid, removals.c.device_uuid, removals.c.start_s, removals.c.end_s
        ).where(removals.c.organisation_id == organisation)
    )
    return [
        Removal(uuid, user, device, None if start is None else (start, end)) for uuid, user, device, start, end in rows
    ]


def keep(connection: Connection, organisation: int, removal: Removal) -> None:
    """The same is kept once."""
    known = select(removals.c.uuid).where(removals.c.organisation_id == organisation, removals.c.uuid == removal.uuid)
    if connection.execute(known).first() is None:
        start, end = removal.within or (None, None)
        connection.execute(
            insert(removals).values(
                organisation_id=organisation,
                uuid=removal.uuid,
                user_uuid=removal.user,
                device_uuid=removal.device,
                start_s=start,
                end_s=end,
            )
        )


def note_person(connection: Connection, organisation: int, user: int) -> None:
    """Before their row goes."""
    keep(connection, organisation, Removal(uuid4(), _uuid(connection, organisation, user)))


def note_correction(connection: Connection, organisation: int, user: int, within: Range, device: int) -> None:
    of_device = None
    if device != ALL_DEVICES:
        mine = devices.c.organisation_id == organisation, devices.c.user_id == user, devices.c.id == device
        of_device = connection.execute(select(devices.c.uuid).where(*mine)).scalar_one()
    keep(connection, organisation, Removal(uuid4(), _uuid(connection, organisation, user), of_device, within))


def _uuid(connection: Connection, organisation: int, user: int) -> UUID:
    found: UUID = connection.execute(
        select(users.c.uuid).where(users.c.organisation_id == organisation, users.c.id == user)
    ).scalar_one()
    return found
