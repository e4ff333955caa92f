"""Roles: which pages they open, and whose data behind them. Four are there in every organisation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, exists, insert, select, update

from timegrain.errors import BuiltInRole, Detail, NameTaken, RoleInUse, RoleNotFound
from timegrain.storage.schema import ADMIN, EMPLOYEE, MANAGER, NO_ACCESS, keys, roles, users

SETTINGS = "/settings"
PAGES = (
    "/",
    "/insights/productivity-analysis",
    "/my-team",
    "/proof-of-work/timesheet",
    "/proof-of-work/timeline",
    "/proof-of-work/app-usage",
    "/proof-of-work/screenshot",
    "/report-analysis",
    SETTINGS,
)
"""Those that open something. Any other path is kept and given back, and opens nothing."""


class Level(StrEnum):
    """Whose data a page shows."""

    FULL = "Full Access"
    TEAM = "Team Data"
    OWN = "Own Data"


class Page(NamedTuple):
    path: str
    access: Level


class Role(NamedTuple):
    id: int
    uuid: UUID
    name: str
    pages: tuple[Page, ...]


class Reach(NamedTuple):
    """Whom a caller may see: at `level`, as this user (None: a key of nobody), on this day of the home zone."""

    level: Level
    user: int | None
    uuid: UUID | None
    today: int


BUILT_IN: dict[int, tuple[str, tuple[Page, ...]]] = {
    ADMIN: ("Admin", tuple(Page(path, Level.FULL) for path in PAGES)),
    MANAGER: ("Manager", tuple(Page(path, Level.TEAM) for path in PAGES if path != SETTINGS)),
    EMPLOYEE: ("Employee", tuple(Page(path, Level.OWN) for path in PAGES)),
    NO_ACCESS: ("No Access", ()),
}


def written(pages: Sequence[Page]) -> str:
    return json.dumps([page._asdict() for page in pages], ensure_ascii=False)


@lru_cache(maxsize=256)
def read(pages: str) -> tuple[Page, ...]:
    return tuple(Page(one["path"], Level(one["access"])) for one in json.loads(pages))


def add_built_in(connection: Connection, organisation: int, now: int) -> None:
    """For an organisation that has just been made."""
    connection.execute(
        insert(roles),
        [
            {
                "organisation_id": organisation,
                "id": id_,
                "uuid": uuid4(),
                "name": name,
                "pages": written(pages),
                "created_at": now,
            }
            for id_, (name, pages) in BUILT_IN.items()
        ],
    )


def all_roles(connection: Connection, organisation: int) -> list[Role]:
    """In the order in which they were made."""
    columns = (roles.c.id, roles.c.uuid, roles.c.name, roles.c.pages)
    found = connection.execute(select(*columns).where(roles.c.organisation_id == organisation).order_by(roles.c.id))
    return [Role(id_, uuid, name, read(pages)) for id_, uuid, name, pages in found]


def role_of(found: Sequence[Role], uuid: UUID) -> Role:
    """Raises `RoleNotFound`."""
    for role in found:
        if role.uuid == uuid:
            return role
    raise RoleNotFound("no such role in this organisation", [Detail("roleId", str(uuid))])


def role_named(found: Sequence[Role], name: str) -> Role:
    """Raises `RoleNotFound`."""
    for role in found:
        if role.name.lower() == name.lower():
            return role
    raise RoleNotFound(f"there is no role named {name!r}")


def add_role(connection: Connection, organisation: int, name: str, pages: Sequence[Page], now: int) -> Role:
    """Raises `NameTaken`."""
    found = all_roles(connection, organisation)
    _require_free_name(found, name)
    made = Role(max(role.id for role in found) + 1, uuid4(), name, tuple(pages))
    connection.execute(
        insert(roles).values(
            organisation_id=organisation,
            id=made.id,
            uuid=made.uuid,
            name=name,
            pages=written(pages),
            created_at=now,
        )
    )
    return made


def set_role(connection: Connection, organisation: int, uuid: UUID, name: str, pages: Sequence[Page] | None) -> Role:
    """Rename a role and, unless None, give it other pages. Raises `RoleNotFound`, `BuiltInRole`, `NameTaken`."""
    found = all_roles(connection, organisation)
    before = _changeable(found, uuid)
    _require_free_name(found, name, before.id)
    after = before._replace(name=name, pages=before.pages if pages is None else tuple(pages))
    connection.execute(
        update(roles)
        .where(roles.c.organisation_id == organisation, roles.c.id == before.id)
        .values(name=after.name, pages=written(after.pages))
    )
    return after


def remove_role(connection: Connection, organisation: int, uuid: UUID) -> Role:
    """Raises `RoleNotFound`, `BuiltInRole`, `RoleInUse`."""
    role = _changeable(all_roles(connection, organisation), uuid)
    of_people = select(users.c.id).where(users.c.organisation_id == organisation, users.c.role_id == role.id)
    of_keys = select(keys.c.id).where(
        keys.c.organisation_id == organisation, keys.c.role_id == role.id, keys.c.revoked_at.is_(None)
    )
    if connection.execute(select(exists(of_people) | exists(of_keys))).scalar_one():
        raise RoleInUse(f"people or keys have the role {role.name!r}")
    connection.execute(delete(roles).where(roles.c.organisation_id == organisation, roles.c.id == role.id))
    return role


def _changeable(found: Sequence[Role], uuid: UUID) -> Role:
    role = role_of(found, uuid)
    if role.id in BUILT_IN:
        raise BuiltInRole(f"the role {role.name!r} is built in: make another beside it")
    return role


def _require_free_name(found: Sequence[Role], name: str, but: int | None = None) -> None:
    if any(role.name.lower() == name.lower() and role.id != but for role in found):
        raise NameTaken(f"there is a role named {name!r} already")
