"""`/v1/access-management`: roles and the pages that they open, in TrackPilots' shape."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from timegrain import clock
from timegrain.api.calls import Call
from timegrain.api.people_fields import Name, TrackPilotsBody
from timegrain.api.routes import Route, nothing
from timegrain.storage.roles import Level, Page, Role, add_role, all_roles, remove_role, set_role

Path = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\0]*$")]


class PageAccess(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    path: Path
    access: Level


Pages = list[PageAccess | list[PageAccess]]
"""Read where it is nested once too deep too, as TrackPilots' own sample has it."""


class NewRole(TrackPilotsBody, rename="camel", forbid_unknown_fields=True):
    role_name: Name
    role_data: Pages


class ChangedRole(TrackPilotsBody, rename="camel", forbid_unknown_fields=True):
    """`roleData` null: as it is."""

    role_id: UUID
    role_name: Name
    role_data: Pages | None = None


class RoleMeant(TrackPilotsBody, rename="camel", forbid_unknown_fields=True):
    role_id: UUID


class ShownRole(msgspec.Struct, rename="camel"):
    role_id: UUID
    role_name: str
    role_data: list[PageAccess]


class RemovedRole(msgspec.Struct, rename="camel"):
    role_id: UUID


def _flat(given: Pages) -> list[Page]:
    return [Page(one.path, one.access) for entry in given for one in (entry if isinstance(entry, list) else [entry])]


def _shown(role: Role) -> ShownRole:
    return ShownRole(role.uuid, role.name, [PageAccess(page.path, page.access) for page in role.pages])


def _list(call: Call, _asked: None) -> list[ShownRole]:
    return [_shown(role) for role in all_roles(call.connection, call.caller.organisation)]


def _add(call: Call, asked: NewRole) -> ShownRole:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        return _shown(add_role(connection, organisation, asked.role_name, _flat(asked.role_data), clock.now()))


def _update(call: Call, asked: ChangedRole) -> ShownRole:
    organisation = call.caller.organisation
    pages = None if asked.role_data is None else _flat(asked.role_data)
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        return _shown(set_role(connection, organisation, asked.role_id, asked.role_name, pages))


def _remove(call: Call, asked: RoleMeant) -> RemovedRole:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        return RemovedRole(remove_role(connection, organisation, asked.role_id).uuid)


_PATH = "/v1/access-management"
ROUTES = (
    Route(
        method="GET",
        path=_PATH,
        name="getRoles",
        summary="The roles, built in and own",
        message="Role management retrieved successfully",
        read=nothing,
        data=list[ShownRole],
        work=_list,
    ),
    Route(
        method="POST",
        path=_PATH,
        name="addRole",
        summary="Make a role",
        message="Page-level access permissions have been successfully assigned to the role.",
        body=NewRole,
        changes=True,
        data=ShownRole,
        work=_add,
    ),
    Route(
        method="PATCH",
        path=_PATH,
        name="updateRole",
        summary="Rename a role, or give it other pages",
        message="Role management updated successfully.",
        body=ChangedRole,
        data=ShownRole,
        work=_update,
    ),
    Route(
        method="DELETE",
        path=_PATH,
        name="deleteRole",
        summary="Remove a role that nobody has",
        message="Role deleted successfully.",
        body=RoleMeant,
        data=RemovedRole,
        work=_remove,
    ),
)
