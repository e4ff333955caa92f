"""`/v1/devices`: the computers that report, and what is known of their reports."""

from __future__ import annotations

from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from timegrain import clock
from timegrain.api.calls import Call, Given
from timegrain.api.paging import PageQuery, page_of, read_cursor
from timegrain.api.people_fields import Name, instant, person
from timegrain.api.routes import Route
from timegrain.counting.instants import LONGEST_REACH, LONGEST_TIMEOUT
from timegrain.errors import Forbidden, NameTaken, NotFound, wrong
from timegrain.recounting import change_device
from timegrain.storage import devices, keys
from timegrain.storage.devices import ListedDevice
from timegrain.storage.queries.people_meant import BEYOND, profiles_within
from timegrain.storage.queries.policy_shown import holds_from
from timegrain.storage.roles import Level

ReachSeconds = Annotated[int, msgspec.Meta(ge=0, le=LONGEST_REACH)]
TimeoutSeconds = Annotated[int, msgspec.Meta(ge=1, le=LONGEST_TIMEOUT)]


class Device(msgspec.Struct, rename="camel"):
    """`reportsInput`: whether away or present ever came; without, its time is never idle. `clockSkewSeconds` is
    how far its clock was ahead; null: unknown. `validTokens` 0: it cannot report by itself. `holdsFrom`, after a change
    where facts were retired: the day from which on it holds."""

    device_id: UUID
    user_id: UUID
    name: str
    reach_seconds: int
    timeout_seconds: int
    last_report: str | None
    clock_skew_seconds: int | None
    reports_input: bool
    valid_tokens: int
    holds_from: str | UnsetType = UNSET


class Devices(msgspec.Struct, rename="camel"):
    items: list[Device]
    next_cursor: str | None


class NewDevice(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """`editor`: its token in the form of a WakaTime key."""

    user_id: UUID
    name: Name
    editor: bool = False


class MadeDevice(msgspec.Struct, rename="camel"):
    """`deviceToken` is shown this once."""

    device_id: UUID
    user_id: UUID
    name: str
    device_token: str


class NewToken(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """`editor`: in the form of a WakaTime key."""

    editor: bool = False


class ChangedDevice(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """For all stored time; null: as it is."""

    reach_seconds: ReachSeconds | None = None
    timeout_seconds: TimeoutSeconds | None = None


class DevicesQuery(PageQuery, rename="camel", forbid_unknown_fields=True):
    """`userId`: those of one person."""

    user_id: UUID | None = None


class _PageAsked(NamedTuple):
    after: tuple[str, str, str] | None
    limit: int
    user: UUID | None


class _ChangeAsked(NamedTuple):
    device: UUID
    values: dict[str, int]


def _read_page(given: Given) -> _PageAsked:
    query: DevicesQuery = given.query
    return _PageAsked(read_cursor(query.cursor, tuple[str, str, str]), query.limit, query.user_id)


def _place(one: ListedDevice) -> tuple[str, str, str]:
    return one.user_name, str(one.user_uuid), one.name


def _within(call: Call) -> list[ListedDevice]:
    organisation = call.caller.organisation
    found = devices.all_devices(call.connection, organisation)
    if call.reach.level is Level.FULL:
        return found
    within = {one.user for one in profiles_within(call.connection, organisation, call.reach)}
    return [one for one in found if one.user in within]


def _list(call: Call, asked: _PageAsked) -> Devices:
    found = _within(call)
    if asked.user is not None:
        found = [one for one in found if one.user_uuid == asked.user]
    found.sort(key=_place)
    after = [one for one in found if asked.after is None or _place(one) > asked.after]
    items, following = page_of(after, asked.limit, _place)
    call.about.update(one.user for one in items)
    return Devices([_shown(one) for one in items], following)


def _one(call: Call, uuid: UUID) -> Device:
    found = _within(call)
    if call.reach.level is not Level.FULL and not any(one.uuid == uuid for one in found):
        raise Forbidden(BEYOND)
    one = _meant(found, uuid)
    call.about.add(one.user)
    return _shown(one)


def _shown(one: ListedDevice) -> Device:
    return Device(
        one.uuid,
        one.user_uuid,
        one.name,
        one.reach,
        one.timeout,
        instant(one.reported_at),
        one.clock_skew,
        one.input_at is not None,
        one.tokens,
    )


def _add(call: Call, asked: NewDevice) -> MadeDevice:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        user = person(connection, organisation, asked.user_id).id
        held = devices.devices_of(connection, organisation, user).values()
        if any(one.name == asked.name for one in held):
            raise NameTaken(f"there is a device named {asked.name!r} of this person already")
        now = clock.now()
        made = devices.add_device(connection, organisation, user, asked.name, now)
        token = keys.add_key(
            connection, organisation, asked.name, keys.DEVICE, now, user, made.id, for_editor=asked.editor
        )[1]
        uuid = next(one.uuid for one in devices.all_devices(connection, organisation, user) if one.id == made.id)
    call.about.add(user)
    return MadeDevice(uuid, asked.user_id, asked.name, token)


def _read_change(given: Given) -> _ChangeAsked:
    body: ChangedDevice = given.body
    asked = {"reach": body.reach_seconds, "timeout": body.timeout_seconds}
    values = {name: value for name, value in asked.items() if value is not None}
    if not values:
        raise wrong("reachSeconds", "reachSeconds or timeoutSeconds must be given")
    return _ChangeAsked(given.id("deviceId"), values)


def _meant(found: list[ListedDevice], uuid: UUID) -> ListedDevice:
    """Raises `NotFound`."""
    for one in found:
        if one.uuid == uuid:
            return one
    raise NotFound("There is no such device")


def _change(call: Call, asked: _ChangeAsked) -> Device:
    organisation, database = call.caller.organisation, call.house.database
    one = _meant(devices.all_devices(call.connection, organisation), asked.device)
    call.connection.rollback()
    change_device(database, organisation, one.user, one.id, asked.values)
    call.about.add(one.user)
    with database.read() as connection:
        since = holds_from(connection, organisation, one.user)
    shown = _shown(one._replace(**asked.values))  # type: ignore[arg-type]
    return msgspec.structs.replace(shown, holds_from=UNSET if since is None else since)


def _read_device(given: Given) -> UUID:
    return given.id("deviceId")


class _TokenAsked(NamedTuple):
    device: UUID
    editor: bool


def _read_token(given: Given) -> _TokenAsked:
    body: NewToken = given.body
    return _TokenAsked(given.id("deviceId"), body.editor)


def _add_token(call: Call, asked: _TokenAsked) -> MadeDevice:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        one = _meant(devices.all_devices(connection, organisation), asked.device)
        token = keys.add_key(
            connection, organisation, one.name, keys.DEVICE, clock.now(), one.user, one.id, for_editor=asked.editor
        )[1]
    call.about.add(one.user)
    return MadeDevice(one.uuid, one.user_uuid, one.name, token)


def _revoke(call: Call, uuid: UUID) -> None:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        one = _meant(devices.all_devices(connection, organisation), uuid)
        keys.revoke_device_tokens(connection, organisation, one.user, one.id, clock.now())
    call.about.add(one.user)


_ITEM = "/v1/devices/{deviceId}"
ROUTES = (
    Route(
        method="GET",
        path="/v1/devices",
        name="getDevices",
        summary="Devices, by the person's name: their last report, and whether they report input",
        message="Fetched devices successfully",
        query=DevicesQuery,
        read=_read_page,
        data=Devices,
        work=_list,
    ),
    Route(
        method="POST",
        path="/v1/devices",
        name="addDevice",
        summary="Make a device and its token",
        message="Added device successfully",
        body=NewDevice,
        data=MadeDevice,
        work=_add,
        status=201,
    ),
    Route(
        method="GET",
        path=_ITEM,
        name="getDevice",
        summary="One device",
        message="Fetched device successfully",
        read=_read_device,
        data=Device,
        work=_one,
    ),
    Route(
        method="PATCH",
        path=_ITEM,
        name="updateDevice",
        summary="Set how a device's facts are joined",
        message="Updated device successfully",
        body=ChangedDevice,
        read=_read_change,
        data=Device,
        work=_change,
    ),
    Route(
        method="POST",
        path=f"{_ITEM}/tokens",
        name="addDeviceToken",
        summary="Make one more token of a device, as after the last was lost",
        message="Added token successfully",
        body=NewToken,
        read=_read_token,
        data=MadeDevice,
        work=_add_token,
        status=201,
    ),
    Route(
        method="DELETE",
        path=_ITEM,
        name="revokeDevice",
        summary="Refuse all tokens of a device; what it reported stays",
        read=_read_device,
        work=_revoke,
        status=204,
    ),
)
