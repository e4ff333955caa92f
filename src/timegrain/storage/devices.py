"""The devices of users: made, found, changed, and what is known of their reports.

Their small integer ids are given out under the user's lock, one above the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, and_, bindparam, case, func, insert, select, update

from timegrain.counting.instants import DEFAULT_REACH, DEFAULT_TIMEOUT
from timegrain.errors import Refused
from timegrain.storage.schema import devices, keys, users


class Device(NamedTuple):
    """What counting needs of one. `reach` and `timeout` are seconds."""

    id: int
    name: str
    reach: int
    timeout: int
    batches: int = 0
    """Grows with each: while it stays, so do the facts."""


class ListedDevice(NamedTuple):
    """What an administrator sees of one. Instants are seconds; `clock_skew` is how far its clock was ahead."""

    user: int
    user_uuid: UUID
    user_name: str
    email: str
    id: int
    uuid: UUID
    name: str
    reach: int
    timeout: int
    reported_at: int | None
    input_at: int | None
    clock_skew: int | None
    tokens: int
    """Those that are valid: without one it cannot report by itself."""


class Reported(NamedTuple):
    """That a device's facts arrived. `skew` is None where nothing tells it."""

    organisation: int
    user: int
    device: int
    at: int
    with_input: bool
    skew: int | None


_OF_USER = and_(devices.c.organisation_id == bindparam("organisation"), devices.c.user_id == bindparam("user"))
_DEVICES = select(*(devices.c[name] for name in Device._fields)).where(_OF_USER)
_REPORTED = (
    update(devices)
    .where(
        devices.c.organisation_id == bindparam("b_organisation"),
        devices.c.user_id == bindparam("b_user"),
        devices.c.id == bindparam("b_device"),
    )
    .values(
        reported_at=bindparam("at"),
        input_at=func.coalesce(bindparam("b_input_at", type_=devices.c.input_at.type), devices.c.input_at),
        # Without a `Date` no report tells of a slow clock: none is known to be right again by one that has none.
        clock_skew=func.coalesce(
            bindparam("skew", type_=devices.c.clock_skew.type),
            case((devices.c.clock_skew <= 0, devices.c.clock_skew)),
        ),
        batches=devices.c.batches + 1,
    )
)
_VALID_TOKENS = (
    select(func.count())
    .where(
        keys.c.organisation_id == bindparam("organisation"),
        keys.c.user_id == devices.c.user_id,
        keys.c.device_id == devices.c.id,
        keys.c.revoked_at.is_(None),
    )
    .scalar_subquery()
)


def devices_of(connection: Connection, organisation: int, user: int) -> dict[int, Device]:
    rows = connection.execute(_DEVICES, {"organisation": organisation, "user": user})
    return {row.id: Device(*row) for row in rows}


def device_named(connection: Connection, organisation: int, user: int, name: str) -> Device:
    """Raises `Refused` where the user has none of that name."""
    for device in devices_of(connection, organisation, user).values():
        if device.name == name:
            return device
    raise Refused(f"there is no device named {name!r}")


def all_devices(connection: Connection, organisation: int, user: int | None = None) -> list[ListedDevice]:
    """By the user's name, then the device's."""
    columns = (
        devices.c.user_id,
        users.c.uuid,
        users.c.name,
        users.c.email,
        *(devices.c[name] for name in ("id", "uuid", "name", "reach", "timeout")),
        *(devices.c[name] for name in ("reported_at", "input_at", "clock_skew")),
        _VALID_TOKENS,
    )
    of_user = (users.c.organisation_id == devices.c.organisation_id) & (users.c.id == devices.c.user_id)
    statement = select(*columns).select_from(devices.join(users, of_user))
    statement = statement.where(devices.c.organisation_id == bindparam("organisation"))
    if user is not None:
        statement = statement.where(devices.c.user_id == user)
    found = [ListedDevice(*row) for row in connection.execute(statement, {"organisation": organisation})]
    return sorted(found, key=lambda one: (one.user_name, one.user, one.name))


def add_device(connection: Connection, organisation: int, user: int, name: str, now: int) -> Device:
    """Under the user's lock."""
    whom = {"organisation": organisation, "user": user}
    last = connection.execute(select(func.coalesce(func.max(devices.c.id), 0)).where(_OF_USER), whom).scalar_one()
    made = Device(last + 1, name, DEFAULT_REACH, DEFAULT_TIMEOUT)
    connection.execute(
        insert(devices).values(
            organisation_id=organisation,
            user_id=user,
            id=made.id,
            uuid=uuid4(),
            name=name,
            reach=made.reach,
            timeout=made.timeout,
            created_at=now,
        )
    )
    return made


def set_device(connection: Connection, organisation: int, user: int, device: int, values: dict[str, Any]) -> None:
    """Set `reach` or `timeout`, in seconds."""
    connection.execute(
        update(devices)
        .where(devices.c.organisation_id == organisation, devices.c.user_id == user, devices.c.id == device)
        .values(**values)
    )


def note_reports(connection: Connection, reports: Iterable[Reported]) -> None:
    """Say of each device when it last reported; of several of one device the last counts."""
    rows = [
        {
            "b_organisation": one.organisation,
            "b_user": one.user,
            "b_device": one.device,
            "at": one.at,
            "b_input_at": one.at if one.with_input else None,
            "skew": one.skew,
        }
        for one in reports
    ]
    if rows:
        connection.execute(_REPORTED, rows)
