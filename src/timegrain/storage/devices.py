"""The devices of users: made, found, changed, and what is known of their reports.

Their small integer ids are given out under the user's lock, one above the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Update,
    and_,
    bindparam,
    case,
    func,
    insert,
    select,
    update,
)

from timegrain.counting.instants import DEFAULT_REACH, DEFAULT_TIMEOUT
from timegrain.errors import Refused
from timegrain.storage.dialect import is_sqlite, near_each
from timegrain.storage.given import numbers, once, sextuples
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
    """That facts of a device arrived. `skew` is None where nothing tells it."""

    user: int
    device: int
    with_input: bool
    skew: int | None


_OF_USER = and_(devices.c.organisation_id == bindparam("organisation"), devices.c.user_id == bindparam("user"))
_asked = once(numbers("users"), "asked")
_DEVICES = near_each(
    _asked,
    devices,
    (devices.c.user_id, *(devices.c[name] for name in Device._fields)),
    and_(devices.c.organisation_id == bindparam("organisation"), devices.c.user_id == _asked.c.c0),
)


class _Skew(IntEnum):
    """What some reports tell of a device's clock."""

    NOTHING = 0
    """Not even that it is right again: what is known of a slow one stays."""
    KNOWN = 1
    RIGHT_AGAIN = 2
    """It was ahead, and is no more."""


def _reported(
    user: ColumnElement[int],
    device: ColumnElement[int],
    batches: ColumnElement[int],
    with_input: ColumnElement[int],
    tells: ColumnElement[int],
    skew: ColumnElement[int],
) -> Update:
    return (
        update(devices)
        .where(
            devices.c.organisation_id == bindparam("b_organisation"),
            devices.c.user_id == user,
            devices.c.id == device,
        )
        .values(
            reported_at=bindparam("at"),
            input_at=case((with_input > 0, bindparam("at", type_=devices.c.input_at.type)), else_=devices.c.input_at),
            clock_skew=case(
                (tells == int(_Skew.KNOWN), skew),
                (and_(tells == int(_Skew.NOTHING), devices.c.clock_skew <= 0), devices.c.clock_skew),
            ),
            batches=devices.c.batches + batches,
        )
    )


_TOLD = ("b_user", "b_device", "b_batches", "with_input", "tells", "skew")
_REPORTED_EACH = _reported(*(bindparam(name, type_=Integer) for name in _TOLD))
_REPORTED = _reported(*sextuples("reported").c)
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
    return devices_of_each(connection, organisation, [user])[user]


def devices_of_each(connection: Connection, organisation: int, users: Iterable[int]) -> dict[int, dict[int, Device]]:
    found: dict[int, dict[int, Device]] = {user: {} for user in users}
    given = {"organisation": organisation, "users": list(found)}
    for user, *row in _DEVICES.rows(connection, given):
        found[user][row[0]] = Device(*row)
    return found


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


def note_reports(connection: Connection, organisation: int, at: int, reports: Iterable[Reported]) -> None:
    """Say of each device that it reported; of several reports of one device in their order."""
    by_device: dict[tuple[int, int], list[Reported]] = {}
    for one in reports:
        by_device.setdefault((one.user, one.device), []).append(one)
    if not by_device:
        return
    rows = [
        (*device, len(told), int(any(one.with_input for one in told)), *_told_of_clock(told))
        for device, told in by_device.items()
    ]
    given = {"b_organisation": organisation, "at": at}
    if is_sqlite(connection):
        connection.execute(_REPORTED, {**given, "reported": rows})
    else:
        # One by one they are found by their key, however little it knows of the table.
        connection.execute(_REPORTED_EACH, [{**given, **dict(zip(_TOLD, row, strict=True))} for row in rows])


def _told_of_clock(reports: Iterable[Reported]) -> tuple[_Skew, int]:
    tells, skew = _Skew.NOTHING, 0
    for one in reports:
        if one.skew is not None:
            tells, skew = _Skew.KNOWN, one.skew
        elif tells is _Skew.KNOWN and skew > 0:
            tells = _Skew.RIGHT_AGAIN
    return tells, skew
