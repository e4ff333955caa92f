"""What a key is told of itself: its role's name, its user and the teams that they lead. One statement."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from timegrain.storage.schema import keys, leads, roles, teams, users


class OwnRights(NamedTuple):
    role_name: str | None
    user: tuple[UUID, str] | None
    led: list[tuple[UUID, str]]


_RIGHTS = (
    select(roles.c.name, users.c.uuid, users.c.name, teams.c.uuid, teams.c.name)
    .select_from(
        keys.outerjoin(roles, (roles.c.organisation_id == keys.c.organisation_id) & (roles.c.id == keys.c.role_id))
        .outerjoin(users, (users.c.organisation_id == keys.c.organisation_id) & (users.c.id == keys.c.user_id))
        .outerjoin(
            leads,
            (leads.c.organisation_id == keys.c.organisation_id)
            & (leads.c.user_id == keys.c.user_id)
            & (leads.c.first_day <= bindparam("today"))
            & (leads.c.end_day > bindparam("today")),
        )
        .outerjoin(teams, (teams.c.organisation_id == leads.c.organisation_id) & (teams.c.id == leads.c.team_id))
    )
    .where(keys.c.organisation_id == bindparam("organisation"), keys.c.id == bindparam("key"))
)


def own_rights(connection: Connection, organisation: int, key: int, today: int) -> OwnRights:
    rows = connection.execute(_RIGHTS, {"organisation": organisation, "key": key, "today": today}).all()
    role_name, uuid, name = rows[0][:3]
    led = sorted(((row[3], row[4]) for row in rows if row[3] is not None), key=lambda one: (one[1], str(one[0])))
    return OwnRights(role_name, None if uuid is None else (uuid, name), led)
