"""What a command on a database works with: the database and the organisation that it means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from platformdirs import user_data_path
from sqlalchemy import Connection

from timegrain.cli.answering import Answering, Commands, Options
from timegrain.counted import collect_seldom
from timegrain.errors import Refused
from timegrain.storage import audit, people
from timegrain.storage.audit import Actor, Entry
from timegrain.storage.engine import Database
from timegrain.storage.migrations import NO_DATABASE, require_current
from timegrain.storage.people import Organisation
from timegrain.storage.placing import file_of
from timegrain.storage.postgresql import POOL_SIZE


def default_path(name: str) -> Path:
    return user_data_path("timegrain", appauthor=False) / name


class Session(Answering):
    """One run of a command that works on a database."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        collect_seldom()
        self.url = options.database or f"sqlite:///{default_path('timegrain.db')}"
        self.named = bool(options.database)
        self.organisation_name = options.organisation

    @contextmanager
    def database(self, current: bool = True, pool_size: int = POOL_SIZE, there: bool = False) -> Iterator[Database]:
        """Raises `Refused` where the schema is not `current`, or there is no file that is to be `there`."""
        # To look into a file that is not there would make an empty one.
        place = file_of(self.url) if current or there else None
        if place is not None and not place.exists():
            raise Refused(NO_DATABASE)
        database = Database(self.url, pool_size)
        try:
            if current:
                require_current(database)
            yield database
        finally:
            database.close()

    @contextmanager
    def opened(self) -> Iterator[tuple[Database, Organisation]]:
        """The database and the organisation meant."""
        with self.database() as database:
            with database.read() as connection:
                found = people.all_organisations(connection)
            yield database, self._chosen(found)

    def organisations(self, database: Database, one: bool = False) -> list[Organisation]:
        """Every one, unless `one` must be meant or --organisation names it."""
        with database.read() as connection:
            found = people.all_organisations(connection)
        return [self._chosen(found)] if one or self.organisation_name is not None else found

    @property
    def by(self) -> Actor:
        """The command that runs, as entries of the audit trail name it: `timegrain user add`."""
        words: list[str] = []
        context = click.get_current_context()
        # The first word is how the program was started, which differs.
        while context.parent is not None:
            words.insert(0, context.info_name or "")
            context = context.parent
        return Actor(" ".join(("timegrain", *words)))

    def record(self, connection: Connection, organisation: Organisation, *about: int) -> None:
        """Put this command into the audit trail; `about` are the users concerned."""
        audit.record(connection, organisation.id, Entry(self.by, about))

    def _chosen(self, found: Sequence[Organisation]) -> Organisation:
        names = ", ".join(one.name for one in found)
        if self.organisation_name is not None:
            for one in found:
                if one.name == self.organisation_name:
                    return one
            raise Refused(f"there is no organisation named {self.organisation_name!r}; there are: {names}")
        if len(found) != 1:
            raise Refused(f"--organisation says which one: {names or 'there is none, run `timegrain init`'}")
        return found[0]


command = Commands(Session)


def base_address(_context: click.Context, _option: click.Parameter, given: str) -> str:
    """For options that say where people see the server: without a slash at the end."""
    if given and not re.fullmatch(r"https?://[^/\s]+(/\S*)?", given):
        raise click.BadParameter(f"{given!r} is not an address such as https://time.example.com")
    return given.rstrip("/")


seen_at = click.option(
    "--url",
    callback=base_address,
    default="http://127.0.0.1:8600",
    show_default=True,
    envvar="TIMEGRAIN_PUBLIC_URL",
    metavar="BASE",
    help="Where people see the server.",
)
"""For commands that print an address of it."""
