"""One history of the schema for all databases, run by `init`, `migrate` and `serve`."""

from __future__ import annotations

import logging
import random
import time
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from timegrain.errors import Refused, Unavailable
from timegrain.storage import sqlite_statistics
from timegrain.storage.distribution import distributing, is_distributed
from timegrain.storage.engine import Database
from timegrain.storage.postgresql import is_locked

NO_DATABASE = "there is no timegrain database there yet: run `timegrain init`"

MOST_TRIES = 60
"""Of a migration that meets tables in use: some minutes."""

_UNFINISHED = "unfinished-"
"""Before the revision of a database that is being filled: no program takes it for its own."""

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
    """Bring the schema up to date, in one transaction. Raises `Refused` for a newer database's.

    On PostgreSQL it never waits long for a table that is in use, since all others would wait behind it: it lets go,
    and tries again.
    """
    for _ in range(MOST_TRIES):
        try:
            return _migrate(database, revision)
        except Unavailable as error:
            if not is_locked(error.__cause__):
                raise
        time.sleep(random.uniform(0.5, 2))  # noqa: S311
    raise Unavailable("the tables are in use for too long: the schema is as it was, try again")


def _migrate(database: Database, revision: str) -> None:
    with database.change_schema() as connection:
        _refuse_newer(connection)
        _upgrade(connection, revision)


def _upgrade(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    with distributing(connection):
        command.upgrade(config, revision)
    if connection.dialect.name == "sqlite":
        sqlite_statistics.tell(connection)


def begin_filling(connection: Connection) -> None:
    """Make the schema, or bring it up to date, of a database that nobody may use until `end_filling`.

    One that an earlier filling left is taken up again.
    """
    revision = current(connection) or ""
    if revision.startswith(_UNFINISHED):
        _stamp(connection, revision.removeprefix(_UNFINISHED))
    _refuse_newer(connection)
    _upgrade(connection, "head")
    _stamp(connection, f"{_UNFINISHED}{newest()}")


def end_filling(connection: Connection) -> None:
    _stamp(connection, newest())


def _stamp(connection: Connection, revision: str) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def ensure_current(database: Database) -> None:
    """Migrate where that is needed: a role that may not change tables serves a schema that is current."""
    with database.read() as connection:
        _refuse_newer(connection)
        if current(connection) == newest() and is_distributed(connection):
            return
    migrate(database)


def require_current(database: Database) -> None:
    """Raises `Refused` where there is no schema, or an older or newer one, and says what to do."""
    with database.read() as connection:
        if "organisations" not in inspect(connection).get_table_names():
            raise Refused(NO_DATABASE)
        _refuse_newer(connection)
        if current(connection) != newest():
            raise Refused("the database is older than this program: `timegrain migrate` brings it up to date")


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
        raise Refused(NO_DATABASE)
    return revision


def _refuse_newer(connection: Connection) -> None:
    found = current(connection)
    if found is not None and found.startswith(_UNFINISHED):
        raise Refused("a copy into this database has not ended: where it was broken off, run `timegrain copy` again")
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise Refused(f"the database is newer than this program (revision {found}): update timegrain")
