"""Roles: which pages they open, and whose data behind them. Four are there in every organisation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select

from timegrain.storage.schema import ADMIN, EMPLOYEE, MANAGER, NO_ACCESS, roles

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
