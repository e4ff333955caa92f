"""The zone data that home-zone days are counted with, and what follows from a newer one."""

from __future__ import annotations

from importlib.metadata import version as package_version

from timegrain.recounting import resum_days
from timegrain.storage import people
from timegrain.storage.engine import Database


def version() -> str:
    return package_version("tzdata")


def bring_up_to_date(database: Database) -> None:
    """Sum the home-zone days again of organisations whose days were counted with other zone data."""
    with database.read() as connection:
        stale = [one for one in people.all_organisations(connection) if one.tzdata != version()]
    for one in stale:
        with database.write(one.id, policy=True) as connection:
            resum_days(connection, one.id)
            people.set_organisation_policy(connection, one.id, {"tzdata": version()})
