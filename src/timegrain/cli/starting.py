"""`init`: an organisation and its first administrator."""

from __future__ import annotations

import click

from timegrain import clock
from timegrain.cli.answering import named
from timegrain.cli.session import Session, command
from timegrain.counting.calendar import UnknownZoneError, zone_named
from timegrain.errors import Refused
from timegrain.storage import keys, people, ratings
from timegrain.storage.migrations import migrate
from timegrain.storage.schema import ADMIN
from timegrain.zonedata import version


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
