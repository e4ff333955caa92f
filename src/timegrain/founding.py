"""An organisation with its first administrator: from the command line, or from the page at the server itself."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from timegrain import clock, signing_in
from timegrain.errors import NotFound
from timegrain.storage import people, ratings
from timegrain.storage.engine import Database
from timegrain.storage.people import Organisation, Person
from timegrain.storage.schema import ADMIN
from timegrain.zonedata import version

FIRST_RUN = "POST /first-run"
NEW = 0
"""The lock under which organisations are made."""


class Founding(NamedTuple):
    name: str
    zone: str
    """An IANA name, which the caller has checked."""
    admin_name: str
    admin_email: str
    starter_ratings: bool


def found(connection: Connection, new: Founding) -> tuple[Organisation, Person]:
    """Within a transaction that holds the lock `NEW`. Raises `Refused` where the name is taken."""
    now = clock.now()
    made = people.add_organisation(connection, new.name, new.zone, version(), now)
    admin = people.add_user(connection, made.id, new.admin_name, new.admin_email, now, ADMIN)
    if new.starter_ratings:
        ratings.put(connection, made.id, ratings.of_the_catalogue())
    return made, admin


def found_first(database: Database, new: Founding, password: str, address: str) -> str:
    """The only organisation; the cookie of its administrator's session.

    Raises `NotFound` where there is one already, `ValidationFailed` for a password that may not be set.
    """
    kept = signing_in.hashed(password)
    with database.write(NEW, policy=True) as connection:
        if people.all_organisations(connection):
            raise NotFound("There is an organisation already")
        made, admin = found(connection, new)
        return signing_in.put_password(connection, signing_in.Person(made.id, admin.id, address), kept, FIRST_RUN)
