"""Who may look at one person's time today: by a role that shows everybody's, as the lead of a team, with a key."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BindParameter, Connection, Integer, and_, bindparam, func, literal, null, or_, select, union_all

from timegrain.storage.keys import OF_ROLE
from timegrain.storage.roles import SETTINGS, Level, read
from timegrain.storage.schema import employments, keys, leads, memberships, roles, teams, users


class Seer(NamedTuple):
    """`team` is one that they lead and the person belongs or belonged to; None: everybody's time is shown to them."""

    name: str
    role: str
    team: str | None
    is_key: bool


_ORGANISATION: BindParameter[int] = bindparam("organisation", type_=Integer)
_TODAY: BindParameter[int] = bindparam("today", type_=Integer)
_employed_until = (
    select(func.max(employments.c.end_day))
    .where(employments.c.organisation_id == _ORGANISATION, employments.c.user_id == users.c.id)
    .correlate(users)
    .scalar_subquery()
)
_COME_IN = and_(
    users.c.organisation_id == _ORGANISATION,
    users.c.id != bindparam("user"),
    users.c.deactivated_at.is_(None),
    or_(_employed_until.is_(None), _employed_until > _TODAY),
)
_OF_ROLE = and_(roles.c.organisation_id == users.c.organisation_id, roles.c.id == users.c.role_id)


_LED = (
    select(leads.c.user_id, teams.c.name)
    .select_from(
        leads.join(teams, and_(teams.c.organisation_id == leads.c.organisation_id, teams.c.id == leads.c.team_id)).join(
            memberships,
            and_(
                memberships.c.organisation_id == leads.c.organisation_id,
                memberships.c.team_id == leads.c.team_id,
                memberships.c.user_id == bindparam("user"),
            ),
        )
    )
    .where(leads.c.organisation_id == _ORGANISATION, leads.c.first_day <= _TODAY, leads.c.end_day > _TODAY)
    .subquery()
)
_PEOPLE = (
    select(users.c.name, roles.c.name.label("role"), roles.c.pages, _LED.c.name.label("team"), literal(0).label("key"))
    .select_from(users.join(roles, _OF_ROLE).outerjoin(_LED, _LED.c.user_id == users.c.id))
    .where(_COME_IN)
)
_KEYS = (
    select(keys.c.name, func.coalesce(roles.c.name, keys.c.role), roles.c.pages, null(), literal(1))
    .select_from(
        keys.outerjoin(roles, and_(roles.c.organisation_id == keys.c.organisation_id, roles.c.id == keys.c.role_id))
    )
    .where(
        keys.c.organisation_id == _ORGANISATION,
        or_(keys.c.user_id.is_(None), keys.c.user_id != bindparam("user")),
        keys.c.role.in_(("admin", "reader", OF_ROLE)),
        keys.c.revoked_at.is_(None),
        or_(keys.c.expires_at.is_(None), keys.c.expires_at > bindparam("now")),
    )
)
_SEERS = union_all(_PEOPLE, _KEYS)


def who_sees(connection: Connection, organisation: int, user: int, today: int, now: int) -> list[Seer]:
    """People by name, then keys by theirs. One statement."""
    given = {"organisation": organisation, "user": user, "today": today, "now": now}
    found = set()
    for name, role, pages, team, is_key in connection.execute(_SEERS, given):
        # A key of a fixed role shows everybody's time.
        levels = {Level.FULL} if pages is None else {page.access for page in read(pages) if page.path != SETTINGS}
        if Level.FULL in levels:
            found.add(Seer(name, role, None, bool(is_key)))
        elif Level.TEAM in levels and team is not None:
            found.add(Seer(name, role, team, False))
    return sorted(found, key=lambda one: (one.is_key, one.name, one.team or ""))
