"""`team`: teams, their members and leads."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import click
from sqlalchemy import Connection

from timegrain import clock
from timegrain.cli.answering import named, table
from timegrain.cli.days import DAY, first_day, last_day
from timegrain.cli.session import Session, command
from timegrain.counting.calendar import local_day
from timegrain.counting.memberships import ALWAYS, FOREVER, joined, left
from timegrain.recounting import change_memberships_in
from timegrain.storage import leads, people
from timegrain.storage.people import Organisation
from timegrain.storage.queries.teams_seen import SeenTeam, TeamDays, leads_seen, members_seen


@click.group()
def team() -> None:
    """Teams and their members, from day to day."""


@command(team, "add")
@click.argument("name", callback=named)
def team_add(session: Session, name: str) -> None:
    """Make a team."""
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            made = people.add_team(connection, organisation.id, name, clock.now())
            session.record(connection, organisation)
        session.answer({"teamId": str(made.uuid)}, f"Team {name}: {made.uuid}")


@command(team, "list")
def team_list(session: Session) -> None:
    """All teams."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            found = people.all_teams(connection, organisation.id)
        shown = table("Team", "Id")
        for one in found:
            shown.add_row(one.name, str(one.uuid))
        session.answer({"teams": [{"teamId": str(one.uuid), "name": one.name} for one in found]}, shown)


def _team_and_user(connection: Connection, organisation: Organisation, name: str, mail: str) -> tuple[int, int]:
    team_id = people.team_named(connection, organisation.id, name).id
    return team_id, people.user_by_email(connection, organisation.id, mail).id


@command(team, "rename")
@click.argument("name")
@click.argument("to", callback=named)
def team_rename(session: Session, name: str, to: str) -> None:
    """Give a team another name."""
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            found = people.team_named(connection, organisation.id, name)
            people.rename_team(connection, organisation.id, found.id, to)
            session.record(connection, organisation)
        session.answer({"teamId": str(found.uuid), "name": to}, f"{name} is {to} now.")


@command(team, "members")
@click.argument("team")
def team_members(session: Session, team: str) -> None:
    """Who belongs to a team and who leads it, from which day to which."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            found = people.team_named(connection, organisation.id, team)
            seen = SeenTeam(*found, whole=True)
            members = members_seen(connection, organisation.id, seen, None)
            leading = leads_seen(connection, organisation.id, seen, None)
        shown = table("Name", "From", "To", "")
        told = [(one, "primary" if one.primary else "") for one in members] + [(one, "lead") for one in leading]
        for one, what in told:
            shown.add_row(one.name, _written(first_day(one.first)), _written(last_day(one.end)), what)
        data = {
            "members": [{**_row(one), "primary": one.primary} for one in members],
            "leads": [_row(one) for one in leading],
        }
        session.answer(data, shown)


def _written(day: str | None) -> str:
    return day or "always"


def _row(one: TeamDays) -> dict[str, Any]:
    return {"userId": str(one.uuid), "name": one.name, "from": first_day(one.first), "to": last_day(one.end)}


@command(team, "join")
@click.argument("team")
@click.argument("mail")
@click.option("--primary", is_flag=True, help="The team whose rules go first for this person.")
@click.option("--from", "first", type=DAY, help="The first day; without it for all time.")
def team_join(session: Session, team: str, mail: str, primary: bool, first: datetime | None) -> None:
    """Make somebody a member."""
    with session.opened() as (database, organisation):
        day = first.toordinal() if first else ALWAYS
        with database.write(organisation.id, policy=True) as connection:
            team_id, user_id = _team_and_user(connection, organisation, team, mail)
            change_memberships_in(
                connection, organisation.id, user_id, lambda held: joined(held, team_id, day, primary)
            )
            session.record(connection, organisation, user_id)
        since = first.date().isoformat() if first else None
        session.answer({"team": team, "email": mail, "from": since}, f"{mail} is in {team}.")


@command(team, "leave")
@click.argument("team")
@click.argument("mail")
@click.option("--from", "first", type=DAY, help="The first day without; today unless told.")
def team_leave(session: Session, team: str, mail: str, first: datetime | None) -> None:
    """End a membership; what was before it stays."""
    with session.opened() as (database, organisation):
        day = first.toordinal() if first else local_day(organisation.zone, clock.now())
        with database.write(organisation.id, policy=True) as connection:
            team_id, user_id = _team_and_user(connection, organisation, team, mail)
            change_memberships_in(connection, organisation.id, user_id, lambda held: left(held, team_id, day))
            session.record(connection, organisation, user_id)
        since = date.fromordinal(day).isoformat()
        session.answer({"team": team, "email": mail, "from": since}, f"{mail} is not in {team} from {since} on.")


@command(team, "lead")
@click.argument("team")
@click.argument("mail")
@click.option("--from", "first", type=DAY, help="The first day; today unless told.")
def team_lead(session: Session, team: str, mail: str, first: datetime | None) -> None:
    """Let somebody see the members' time on their days in the team."""
    with session.opened() as (database, organisation):
        day = first.toordinal() if first else local_day(organisation.zone, clock.now())
        with database.write(organisation.id, policy=True) as connection:
            team_id, user_id = _team_and_user(connection, organisation, team, mail)
            leads.lead(connection, organisation.id, team_id, user_id, (day, FOREVER))
            session.record(connection, organisation, user_id)
        since = date.fromordinal(day).isoformat()
        session.answer({"team": team, "email": mail, "from": since}, f"{mail} leads {team} from {since} on.")


@command(team, "unlead")
@click.argument("team")
@click.argument("mail")
@click.option("--from", "first", type=DAY, help="The first day without; today unless told.")
def team_unlead(session: Session, team: str, mail: str, first: datetime | None) -> None:
    """Let somebody lead a team no more."""
    with session.opened() as (database, organisation):
        day = first.toordinal() if first else local_day(organisation.zone, clock.now())
        with database.write(organisation.id, policy=True) as connection:
            team_id, user_id = _team_and_user(connection, organisation, team, mail)
            leads.lead_no_more(connection, organisation.id, team_id, user_id, day)
            session.record(connection, organisation, user_id)
        since = date.fromordinal(day).isoformat()
        session.answer({"team": team, "email": mail, "from": since}, f"{mail} leads {team} no more from {since} on.")
