"""`init`, `team`, `user` and `key`."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import click
from sqlalchemy import Connection

from timegrain import clock
from timegrain.cli.answering import named, table
from timegrain.cli.session import Session, command
from timegrain.counting.calendar import UnknownZoneError, local_day, zone_named
from timegrain.counting.memberships import ALWAYS, Membership, joined, left
from timegrain.errors import Refused
from timegrain.recounting import change_memberships
from timegrain.storage import devices, keys, people, ratings
from timegrain.storage.migrations import migrate
from timegrain.storage.people import Organisation
from timegrain.storage.schema import ADMIN
from timegrain.zonedata import version

DAY = click.DateTime(["%Y-%m-%d"])


def known_zone(name: str) -> str:
    """Raises `Refused` for what is no IANA name."""
    try:
        zone_named(name)
    except UnknownZoneError:
        raise Refused(f"{name!r} is not an IANA time zone name") from None
    return name


@command(None, "init")
@click.option("--organisation", "name", callback=named, metavar="NAME")
@click.option("--zone", required=True, metavar="ZONE", help="The home zone, an IANA name.")
@click.option("--admin-email", callback=named, required=True, metavar="MAIL")
@click.option("--admin-name", callback=named, metavar="NAME")
@click.option("--starter-ratings", is_flag=True, help="Rate well-known applications and sites from the start.")
def init(
    session: Session, name: str | None, zone: str, admin_email: str, admin_name: str | None, starter_ratings: bool
) -> None:
    """Create the schema where there is none, an organisation, its administrator and a key."""
    name = name or session.organisation_name
    if not name:
        raise click.UsageError("Missing option '--organisation'.")
    with session.database(current=False) as database:
        known_zone(zone)
        migrate(database)
        with database.write(0, policy=True) as connection:
            now = clock.now()
            made = people.add_organisation(connection, name, zone, version(), now)
            admin = people.add_user(connection, made.id, admin_name or admin_email, admin_email, now, ADMIN)
            if starter_ratings:
                ratings.put(connection, made.id, ratings.of_the_catalogue())
            _, api_key = keys.add_key(connection, made.id, "first", "admin", now)
    data = {"organisationId": str(made.uuid), "userId": str(admin.uuid), "apiKey": api_key}
    session.answer(data, f"Organisation {name} is there. Its key, shown this once:\n{api_key}")


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


@command(team, "join")
@click.argument("team")
@click.argument("mail")
@click.option("--primary", is_flag=True, help="The team whose rules go first for this person.")
@click.option("--from", "first", type=DAY, help="The first day; without it for all time.")
def team_join(session: Session, team: str, mail: str, primary: bool, first: datetime | None) -> None:
    """Make somebody a member."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            team_id, user_id = _team_and_user(connection, organisation, team, mail)
        day = first.toordinal() if first else ALWAYS
        change_memberships(database, organisation.id, user_id, lambda held: joined(held, team_id, day, primary))
        since = first.date().isoformat() if first else None
        session.answer({"team": team, "email": mail, "from": since}, f"{mail} is in {team}.")


@command(team, "leave")
@click.argument("team")
@click.argument("mail")
@click.option("--from", "first", type=DAY, help="The first day without; today unless told.")
def team_leave(session: Session, team: str, mail: str, first: datetime | None) -> None:
    """End a membership; what was before it stays."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            team_id, user_id = _team_and_user(connection, organisation, team, mail)
        day = first.toordinal() if first else local_day(organisation.zone, clock.now())
        change_memberships(database, organisation.id, user_id, lambda held: left(held, team_id, day))
        since = date.fromordinal(day).isoformat()
        session.answer({"team": team, "email": mail, "from": since}, f"{mail} is not in {team} from {since} on.")


@click.group()
def user() -> None:
    """People whose time is counted."""


@command(user, "add")
@click.option("--name", callback=named, required=True)
@click.option("--email", callback=named, required=True, metavar="MAIL")
@click.option("--team", "teams", multiple=True, metavar="NAME", help="May be repeated; the first is primary.")
def user_add(session: Session, name: str, email: str, teams: tuple[str, ...]) -> None:
    """Add a person, with a first device named `default` and its token."""
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            now = clock.now()
            team_ids = [people.team_named(connection, organisation.id, one).id for one in teams]
            made = people.add_user(connection, organisation.id, name, email, now)
            held: list[Membership] = []
            for place, team_id in enumerate(team_ids):
                held = joined(held, team_id, ALWAYS, primary=place == 0)
            people.set_memberships(connection, organisation.id, made.id, held)
            device = devices.add_device(connection, organisation.id, made.id, "default", now)
            _, token = keys.add_key(connection, organisation.id, "default", keys.DEVICE, now, made.id, device.id)
        session.answer(
            {"userId": str(made.uuid), "deviceToken": token},
            f"{name}: {made.uuid}\nThe token of the device `default`, shown this once:\n{token}",
        )


@command(user, "list")
def user_list(session: Session) -> None:
    """All people."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            found = people.all_users(connection, organisation.id)
        shown = table("Name", "Mail", "Id")
        for one in found:
            shown.add_row(one.name, one.email, str(one.uuid))
        rows = [{"userId": str(one.uuid), "name": one.name, "email": one.email} for one in found]
        session.answer({"users": rows}, shown)


@click.group()
def key() -> None:
    """API keys."""


@command(key, "add")
@click.option("--name", callback=named, required=True)
@click.option("--role", type=click.Choice(keys.ROLES), default="reader", show_default=True)
def key_add(session: Session, name: str, role: str) -> None:
    """Make a key; it is shown this once."""
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            uuid, token = keys.add_key(connection, organisation.id, name, role, clock.now())
        session.answer({"keyId": str(uuid), "apiKey": token, "role": role}, f"Key {uuid}, shown this once:\n{token}")


@command(key, "list")
def key_list(session: Session) -> None:
    """All keys, without their secrets."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            found = keys.all_keys(connection, organisation.id)
        shown = table("Name", "Role", "Id", "")
        for one in found:
            shown.add_row(one.name, one.role, str(one.uuid), "revoked" if one.revoked_at else "")
        rows = [
            {
                "keyId": str(one.uuid),
                "name": one.name,
                "role": one.role,
                "revoked": one.revoked_at is not None,
            }
            for one in found
        ]
        session.answer({"keys": rows}, shown)


@command(key, "revoke")
@click.argument("id", type=click.UUID)
def key_revoke(session: Session, id: UUID) -> None:  # noqa: A002 - the contract's word
    """Refuse a key from now on."""
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            keys.revoke_key(connection, organisation.id, id, clock.now())
        session.answer({"keyId": str(id), "revoked": True}, f"Key {id} is refused from now on.")
