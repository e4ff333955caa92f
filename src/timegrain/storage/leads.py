"""Who leads which team when. Days are ordinals, half-open."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from timegrain.counting.instants import Range, union
from timegrain.storage.schema import leads, teams


def of_team(connection: Connection, organisation: int, team: int) -> list[tuple[int, Range]]:
    """User and days, the earliest first."""
    rows = connection.execute(
        select(leads.c.user_id, leads.c.first_day, leads.c.end_day)
        .where(leads.c.organisation_id == organisation, leads.c.team_id == team)
        .order_by(leads.c.first_day, leads.c.user_id)
    )
    return [(user, (first, end)) for user, first, end in rows]


def of_user(connection: Connection, organisation: int, user: int) -> list[tuple[str, Range]]:
    """The team's name and days, the earliest first."""
    rows = connection.execute(
        select(teams.c.name, leads.c.first_day, leads.c.end_day)
        .select_from(
            leads.join(teams, (teams.c.organisation_id == leads.c.organisation_id) & (teams.c.id == leads.c.team_id))
        )
        .where(leads.c.organisation_id == organisation, leads.c.user_id == user)
        .order_by(leads.c.first_day, teams.c.name)
    )
    return [(name, (first, end)) for name, first, end in rows]


def lead(connection: Connection, organisation: int, team: int, user: int, days: Range) -> None:
    """Lead a team on some days more."""
    held = [one for by, one in of_team(connection, organisation, team) if by == user]
    _set_leads(connection, organisation, team, user, union([*held, days]))


def lead_no_more(connection: Connection, organisation: int, team: int, user: int, first: int) -> None:
    """Lead a team no more from the day `first` on."""
    held = [one for by, one in of_team(connection, organisation, team) if by == user]
    kept = [(begins, min(end, first)) for begins, end in held if begins < first]
    _set_leads(connection, organisation, team, user, kept)


def _set_leads(connection: Connection, organisation: int, team: int, user: int, held: Iterable[Range]) -> None:
    connection.execute(
        delete(leads).where(leads.c.organisation_id == organisation, leads.c.team_id == team, leads.c.user_id == user)
    )
    rows = [
        {"organisation_id": organisation, "team_id": team, "user_id": user, "first_day": first, "end_day": end}
        for first, end in held
    ]
    if rows:
        connection.execute(insert(leads), rows)
