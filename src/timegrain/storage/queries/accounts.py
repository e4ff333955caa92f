"""People as administrators see them: role, work mode, employment and teams over time. One statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    Connection,
    Integer,
    bindparam,
    literal_column,
    select,
    union_all,
)

from timegrain.counting.instants import Range
from timegrain.counting.memberships import Membership
from timegrain.storage.given import numbers
from timegrain.storage.schema import employments, memberships, organisations, roles, teams, users


class TeamDays(NamedTuple):
    """A membership with what answers tell of the team."""

    team: UUID
    name: str
    days: Membership


class Account(NamedTuple):
    """Days are ordinals, half-open; no employment means at all times. Idle values are the person's or the
    organisation's, in seconds."""

    id: int
    uuid: UUID
    name: str
    email: str
    role: UUID
    role_name: str
    work_mode: str
    deactivated_at: int | None
    created_at: int
    idle_counting: bool
    idle_threshold: int
    employments: tuple[Range, ...]
    teams: tuple[TeamDays, ...]

    def active(self, today: int) -> bool:
        """Whether what they sign in with is taken."""
        return self.deactivated_at is None and (not self.employments or self.employments[-1][1] > today)

    def teams_on(self, day: int) -> list[TeamDays]:
        """The primary one first, the others by name."""
        held = [one for one in self.teams if one.days.first <= day < one.days.end]
        return sorted(held, key=lambda one: (not one.days.primary, one.name))


_EMPLOYMENT, _MEMBERSHIP = 0, 1
_given = numbers("users")
_PARTS = union_all(
    select(
        employments.c.user_id,
        literal_column(str(_EMPLOYMENT), Integer).label("kind"),
        employments.c.first_day,
        employments.c.end_day,
        literal_column("0", Integer).label("is_primary"),
        literal_column("0", Integer).label("team_id"),
    ).where(employments.c.organisation_id == bindparam("organisation")),
    select(
        memberships.c.user_id,
        literal_column(str(_MEMBERSHIP), Integer),
        memberships.c.first_day,
        memberships.c.end_day,
        memberships.c.is_primary.cast(Integer),
        memberships.c.team_id,
    ).where(memberships.c.organisation_id == bindparam("organisation")),
).subquery("parts")
_ACCOUNTS = (
    select(
        users.c.id,
        users.c.uuid,
        users.c.name,
        users.c.email,
        roles.c.uuid.label("role_uuid"),
        roles.c.name.label("role_name"),
        users.c.work_mode,
        users.c.deactivated_at,
        users.c.created_at,
        users.c.idle_counting,
        users.c.idle_threshold,
        organisations.c.idle_counting.label("general_counting"),
        organisations.c.idle_threshold.label("general_threshold"),
        _PARTS.c.kind,
        _PARTS.c.first_day,
        _PARTS.c.end_day,
        _PARTS.c.is_primary,
        _PARTS.c.team_id,
        teams.c.uuid.label("team_uuid"),
        teams.c.name.label("team_name"),
    )
    .select_from(
        users.join(organisations, organisations.c.id == users.c.organisation_id)
        .join(roles, (roles.c.organisation_id == users.c.organisation_id) & (roles.c.id == users.c.role_id))
        .outerjoin(_PARTS, _PARTS.c.user_id == users.c.id)
        .outerjoin(teams, (teams.c.organisation_id == users.c.organisation_id) & (teams.c.id == _PARTS.c.team_id))
    )
    .where(users.c.organisation_id == bindparam("organisation"), users.c.id.in_(select(_given.c.c0)))
    .order_by(_PARTS.c.first_day, _PARTS.c.team_id)
)


def accounts(connection: Connection, organisation: int, user_ids: Iterable[int]) -> list[Account]:
    """In the order in which they are named."""
    wanted = list(user_ids)
    rows = connection.execute(_ACCOUNTS, {"organisation": organisation, "users": wanted}).all()
    employed: dict[int, list[Range]] = {}
    member: dict[int, list[TeamDays]] = {}
    for row in rows:
        if row.kind == _EMPLOYMENT:
            employed.setdefault(row.id, []).append((row.first_day, row.end_day))
        elif row.kind == _MEMBERSHIP:
            days = Membership(row.team_id, row.first_day, row.end_day, bool(row.is_primary))
            member.setdefault(row.id, []).append(TeamDays(row.team_uuid, row.team_name, days))
    by_id = {row.id: row for row in rows}
    return [
        Account._make(
            (
                *row[:9],
                row.general_counting if row.idle_counting is None else row.idle_counting,
                row.general_threshold if row.idle_threshold is None else row.idle_threshold,
                tuple(employed.get(user, ())),
                tuple(member.get(user, ())),
            )
        )
        for user, row in ((user, by_id[user]) for user in wanted if user in by_id)
    ]
