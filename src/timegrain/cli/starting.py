"""`init`: an organisation and its first administrator."""

from __future__ import annotations

import click

from timegrain import clock
from timegrain.cli.answering import named
from timegrain.cli.session import Session, command, seen_at
from timegrain.counting.calendar import UnknownZoneError, zone_named
from timegrain.errors import Refused
from timegrain.founding import NEW, Founding, found
from timegrain.signing_in import link_address
from timegrain.storage import keys
from timegrain.storage.migrations import migrate, newest
from timegrain.storage.sign_in_links import make_link


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
@seen_at
def init(
    session: Session,
    name: str | None,
    zone: str,
    admin_email: str,
    admin_name: str | None,
    starter_ratings: bool,
    url: str,
) -> None:
    """Create the schema where there is none, an organisation, its administrator and a key."""
    name = name or session.organisation_name
    if not name:
        raise click.UsageError("Missing option '--organisation'.")
    with session.database(current=False) as database:
        known_zone(zone)
        migrate(database)
        new = Founding(name, zone, admin_name or admin_email, admin_email, starter_ratings)
        with database.write(NEW, policy=True) as connection:
            made, admin = found(connection, new)
            _, api_key = keys.add_key(connection, made.id, "first", "admin", clock.now())
            sign_in = link_address(url, make_link(connection, made.id, admin.id, clock.now()))
            session.record(connection, made, admin.id)
    data = {"organisationId": str(made.uuid), "userId": str(admin.uuid), "apiKey": api_key, "signInUrl": sign_in}
    session.answer(
        data,
        f"Organisation {name} is there. Its key, shown this once:\n{api_key}\n\n"
        f"While `timegrain serve` runs, {admin.name} sets a password here, once and within 24 hours:\n{sign_in}",
    )


@command(None, "migrate")
def migrate_(session: Session) -> None:
    """Bring the schema up to date, as its owner, where the server's own role may not."""
    with session.database(current=False) as database:
        migrate(database)
    session.answer({"revision": newest()}, f"The schema is up to date (revision {newest()}).")
