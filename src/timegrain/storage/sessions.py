"""Sessions of people who signed in: a cookie of 256 random bits, stored as SHA-256, that ends when it is not used."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from timegrain.counting.calendar import local_day
from timegrain.counting.instants import DAY
from timegrain.storage.keys import OF_ROLE, Caller, has_left
from timegrain.storage.roles import Level, read
from timegrain.storage.schema import (
    devices,
    employments,
    leads,
    memberships,
    organisations,
    roles,
    sessions,
    users,
)
from timegrain.storage.tokens import new_token, read_token

UNUSED_S = 14 * DAY
"""How long a session lives after it was last used."""

LONGEST_S = 90 * DAY
"""How long it lives at most."""

NOTED_S = 3600
"""Its last use is written this seldom."""


class SignedIn(NamedTuple):
    """Who looks at a page, and what every page tells of their organisation."""

    caller: Caller
    session: UUID
    name: str
    email: str
    organisation_name: str
    role_name: str
    idle_threshold: int
    away_limit: int
    unattended_limit: int
    idle_counting: bool
    notice: str | None
    facts_from: int | None
    """From when facts of them are kept; None: all there ever were."""
    rolls: bool
    """Whether its last use is to be written, and the cookie to be sent anew."""
    reported: Mapping[Level, int | None]
    """When a device of those whom a level shows now last reported, None: never; empty where it was not asked for."""


_OF_USER = (users.c.organisation_id == sessions.c.organisation_id) & (users.c.id == sessions.c.user_id)
_EMPLOYED_UNTIL = (
    select(func.max(employments.c.end_day))
    .where(employments.c.organisation_id == bindparam("organisation"), employments.c.user_id == sessions.c.user_id)
    .scalar_subquery()
)
# From the teams that one leads to their members to the devices of these. Before the row is read its zone is not
# known: a day begins up to a day sooner or later than in UTC.
_OF_LED = leads.join(
    memberships,
    (memberships.c.organisation_id == leads.c.organisation_id) & (memberships.c.team_id == leads.c.team_id),
).join(
    devices,
    (devices.c.organisation_id == memberships.c.organisation_id) & (devices.c.user_id == memberships.c.user_id),
)
_ON_DAY = [
    (days.c.first_day <= bindparam("utc_day") + 1) & (days.c.end_day > bindparam("utc_day") - 1)
    for days in (leads, memberships)
]
_REPORTED = {
    Level.FULL: select(func.max(devices.c.reported_at)).where(devices.c.organisation_id == bindparam("organisation")),
    Level.TEAM: select(func.max(devices.c.reported_at))
    .select_from(_OF_LED)
    .where(leads.c.organisation_id == bindparam("organisation"), leads.c.user_id == sessions.c.user_id, *_ON_DAY),
    Level.OWN: select(func.max(devices.c.reported_at)).where(
        devices.c.organisation_id == bindparam("organisation"), devices.c.user_id == sessions.c.user_id
    ),
}
_COLUMNS = (
    sessions.c.digest,
    sessions.c.uuid,
    sessions.c.used_at,
    sessions.c.expires_at,
    users.c.id.label("user"),
    users.c.uuid.label("user_uuid"),
    users.c.name.label("user_name"),
    users.c.email,
    users.c.deactivated_at,
    _EMPLOYED_UNTIL.label("employed_until"),
    roles.c.name.label("role_name"),
    roles.c.pages,
    organisations.c.name.label("organisation_name"),
    *(
        organisations.c[name]
        for name in (
            "zone",
            "week_start",
            "policy_version",
            "titles",
            "own_erasure",
            "questions_a_minute",
            "batches_a_minute",
            "notice",
        )
    ),
    users.c.facts_from,
    func.coalesce(users.c.idle_threshold, organisations.c.idle_threshold).label("idle_threshold"),
    func.coalesce(users.c.away_limit, organisations.c.away_limit).label("away_limit"),
    func.coalesce(users.c.unattended_limit, organisations.c.unattended_limit).label("unattended_limit"),
    func.coalesce(users.c.idle_counting, organisations.c.idle_counting).label("idle_counting"),
)
_FROM = (
    sessions.join(users, _OF_USER)
    .join(organisations, organisations.c.id == sessions.c.organisation_id)
    .join(roles, (roles.c.organisation_id == users.c.organisation_id) & (roles.c.id == users.c.role_id))
)
_WHERE = sessions.c.organisation_id == bindparam("organisation"), sessions.c.digest == bindparam("digest")
_FIND = select(*_COLUMNS).select_from(_FROM).where(*_WHERE)
_FIND_GROWING = (
    select(
        *_COLUMNS,
        *(of.correlate(sessions).scalar_subquery().label(f"reported_{level.name}") for level, of in _REPORTED.items()),
    )
    .select_from(_FROM)
    .where(*_WHERE)
)


def signed_in(connection: Connection, cookie: str, now: int, growing: bool = False) -> SignedIn | None:
    """Whose session a cookie is; None for one that is unknown, ended, or of somebody who left.

    `growing` asks for `reported` too. One statement.
    """
    known = read_token(cookie)
    asked = known and {**known._asdict(), **({"utc_day": local_day("UTC", now)} if growing else {})}
    row = asked and connection.execute(_FIND_GROWING if growing else _FIND, asked).one_or_none()
    if not known or not row or not hmac.compare_digest(row.digest, known.digest):
        return None
    today = local_day(row.zone, now)
    if has_left(row.deactivated_at, row.employed_until, today) or _ended(row.used_at, row.expires_at, now):
        return None
    who = Caller(
        known.organisation,
        None,
        OF_ROLE,
        read(row.pages),
        row.user,
        row.user_uuid,
        None,
        row.zone,
        row.week_start,
        row.policy_version,
        row.titles,
        row.own_erasure,
        row.questions_a_minute,
        row.batches_a_minute,
        today,
    )
    return SignedIn(
        who,
        row.uuid,
        row.user_name,
        row.email,
        row.organisation_name,
        row.role_name,
        row.idle_threshold,
        row.away_limit,
        row.unattended_limit,
        row.idle_counting,
        row.notice,
        row.facts_from,
        now - row.used_at >= NOTED_S,
        _reported(row) if growing else {},
    )


def _reported(row: Row[Any]) -> dict[Level, int | None]:
    everybody, led, own = (getattr(row, f"reported_{level.name}") for level in _REPORTED)
    known = [at for at in (led, own) if at is not None]
    return {Level.FULL: everybody, Level.TEAM: max(known, default=None), Level.OWN: own}


def _ended(used_at: int, expires_at: int, now: int) -> bool:
    return expires_at <= now or used_at + UNUSED_S <= now


def begin(connection: Connection, organisation: int, user: int, now: int) -> str:
    """What the cookie holds, which nobody can show again. Sessions that ended are removed meanwhile."""
    mine = sessions.c.organisation_id == organisation
    connection.execute(
        delete(sessions).where(mine, (sessions.c.expires_at <= now) | (sessions.c.used_at <= now - UNUSED_S))
    )
    last = connection.execute(select(func.coalesce(func.max(sessions.c.id), 0)).where(mine)).scalar_one()
    cookie, digest = new_token(organisation)
    connection.execute(
        insert(sessions).values(
            organisation_id=organisation,
            id=last + 1,
            uuid=uuid4(),
            digest=digest,
            user_id=user,
            created_at=now,
            used_at=now,
            expires_at=now + LONGEST_S,
        )
    )
    return cookie


def note_used(connection: Connection, organisation: int, session: UUID, now: int) -> None:
    connection.execute(
        update(sessions)
        .where(sessions.c.organisation_id == organisation, sessions.c.uuid == session)
        .values(used_at=now)
    )


class ListedSession(NamedTuple):
    """Instants are seconds."""

    uuid: UUID
    created_at: int
    used_at: int


def sessions_of(connection: Connection, organisation: int, user: int, now: int) -> list[ListedSession]:
    """Those that live, the last used first."""
    rows = connection.execute(
        select(sessions.c.uuid, sessions.c.created_at, sessions.c.used_at, sessions.c.expires_at)
        .where(sessions.c.organisation_id == organisation, sessions.c.user_id == user)
        .order_by(sessions.c.used_at.desc(), sessions.c.id)
    )
    return [ListedSession(*row[:3]) for row in rows if not _ended(row.used_at, row.expires_at, now)]


def end(connection: Connection, organisation: int, user: int, session: UUID | None = None) -> int:
    """Ends one session of a person, or all of them; returns how many there were."""
    one = [] if session is None else [sessions.c.uuid == session]
    return connection.execute(
        delete(sessions).where(sessions.c.organisation_id == organisation, sessions.c.user_id == user, *one)
    ).rowcount
