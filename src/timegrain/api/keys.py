"""`/v1/keys`: API keys, their role, expiry and last use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

import msgspec

from timegrain import clock
from timegrain.api.calls import Call, Given
from timegrain.api.paging import PageQuery, page_of, read_cursor
from timegrain.api.people_fields import Name, instant, person
from timegrain.api.routes import Route
from timegrain.errors import NotFound, Refused, wrong
from timegrain.storage import keys
from timegrain.storage.keys import ListedKey
from timegrain.storage.queries.people_meant import profiles_within
from timegrain.storage.roles import Level, all_roles, role_of

Kind = Literal["admin", "writer", "reader"]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
"""Later ones may have no date in UTC."""


class RoleOfKey(msgspec.Struct, rename="camel"):
    role_id: UUID
    name: str


class Key(msgspec.Struct, rename="camel"):
    """`kind` is null for a key with a `role`. `userId`: for whom it acts. `lastUsed` is true to the minute."""

    key_id: UUID
    name: str
    kind: str | None
    role: RoleOfKey | None
    user_id: UUID | None
    created_at: str | None
    expires_at: str | None
    revoked_at: str | None
    last_used: str | None


class Keys(msgspec.Struct, rename="camel"):
    items: list[Key]
    next_cursor: str | None


class NewKey(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Either `kind` or `roleId`."""

    name: Name
    kind: Kind | None = None
    role_id: UUID | None = None
    user_id: UUID | None = None
    expires_at: Instant | None = None


class MadeKey(msgspec.Struct, rename="camel"):
    """`apiKey` is shown this once."""

    key_id: UUID
    api_key: str


class _PageAsked(NamedTuple):
    after: int | None
    limit: int


def _read_page(given: Given) -> _PageAsked:
    query: PageQuery = given.query
    return _PageAsked(read_cursor(query.cursor, int), query.limit)


def _list(call: Call, asked: _PageAsked) -> Keys:
    organisation = call.caller.organisation
    found = keys.all_keys(call.connection, organisation)
    if call.reach.level is not Level.FULL:
        within = {one.user for one in profiles_within(call.connection, organisation, call.reach)}
        found = [one for one in found if one.user in within]
    after = [one for one in found if asked.after is None or one.id > asked.after]
    items, following = page_of(after, asked.limit, lambda one: one.id)
    call.about.update(one.user for one in items if one.user is not None)
    return Keys([_shown(one) for one in items], following)


def _shown(one: ListedKey) -> Key:
    role = RoleOfKey(one.role_uuid, one.role_name) if one.role_uuid and one.role_name else None
    return Key(
        one.uuid,
        one.name,
        None if one.role == keys.OF_ROLE else one.role,
        role,
        one.user_uuid,
        instant(one.created_at),
        instant(one.expires_at),
        instant(one.revoked_at),
        instant(one.used_at),
    )


def _read_new(given: Given) -> NewKey:
    body: NewKey = given.body
    if (body.kind is None) == (body.role_id is None):
        raise wrong("roleId", "either kind or roleId must be given")
    if body.expires_at is not None and not clock.now() < body.expires_at.timestamp() < _LATEST:
        raise wrong("expiresAt", "must be in the future, and before the year 9999")
    return body


def _add(call: Call, asked: NewKey) -> MadeKey:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        user = None if asked.user_id is None else person(connection, organisation, asked.user_id).id
        role = None
        if asked.role_id is not None:
            role = role_of(all_roles(connection, organisation), asked.role_id).id
        expires = None if asked.expires_at is None else int(asked.expires_at.timestamp())
        uuid, token = keys.add_key(
            connection,
            organisation,
            asked.name,
            asked.kind or keys.OF_ROLE,
            clock.now(),
            user,
            role_id=role,
            expires_at=expires,
        )
    if user is not None:
        call.about.add(user)
    return MadeKey(uuid, token)


def _read_key(given: Given) -> UUID:
    return given.id("keyId")


def _revoke(call: Call, uuid: UUID) -> None:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        try:
            keys.revoke_key(connection, organisation, uuid, clock.now())
        except Refused:
            raise NotFound("There is no such valid key") from None


ROUTES = (
    Route(
        method="GET",
        path="/v1/keys",
        name="getKeys",
        summary="Keys, without their secrets, in the order in which they were made",
        message="Fetched keys successfully",
        query=PageQuery,
        read=_read_page,
        data=Keys,
        work=_list,
    ),
    Route(
        method="POST",
        path="/v1/keys",
        name="addKey",
        summary="Make a key",
        message="Added key successfully",
        body=NewKey,
        read=_read_new,
        data=MadeKey,
        work=_add,
        status=201,
    ),
    Route(
        method="DELETE",
        path="/v1/keys/{keyId}",
        name="revokeKey",
        summary="Refuse a key from now on",
        read=_read_key,
        work=_revoke,
        status=204,
    ),
)
