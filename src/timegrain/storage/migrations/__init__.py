"""One history of the schema for all databases, run by `init` and `serve`."""

from __future__ import annotations

import logging
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from timegrain.errors import Refused
from timegrain.storage.distribution import distributing
from timegrain.storage.engine import Database

_LOCK = 7_461_676
"""An advisory lock of PostgreSQL, so that of several servers that start together one migrates."""

# It tells of each look at the revision, and `/ready` looks often.
logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "timegrain.storage:migrations")
    return config


@cache
def newest() -> str:
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the schema up to date, in one transaction. Raises `Refused` for a newer database's."""
    with database.engine.connect() as connection, connection.begin():
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _refuse_newer(connection)
        config = _config()
        config.attributes["connection"] = connection
        with distributing(connection):
            command.upgrade(config, revision)


def require_current(database: Database) -> None:
    """Raises `Refused` where there is no schema, or an older or newer one, and says what to do."""
    with database.read() as connection:
        if "organisations" not in inspect(connection).get_table_names():
            raise Refused("there is no timegrain database there yet: run `timegrain init`")
        _refuse_newer(connection)
        if current(connection) != newest():
            raise Refused("the database is older than this program: `timegrain serve` brings it up to date")


def current(connection: Connection) -> str | None:
    """The revision of a database's schema."""
    return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Database) -> bool:
    with database.read() as connection:
        return current(connection) == newest()


def revision_of(connection: Connection) -> str:
    """Raises `Refused` where there is no schema."""
    revision = current(connection)
    if revision is None:
        raise Refused("there is no timegrain database there yet: run `timegrain init`")
    return revision


def _refuse_newer(connection: Connection) -> None:
    found = current(connection)
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise Refused(f"the database is newer than this program (revision {found}): update timegrain")
