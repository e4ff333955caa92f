"""What every command works with: the database it means, and how it answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import update_wrapper
from pathlib import Path
from typing import Any

import click
from platformdirs import user_data_path
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from timegrain.errors import Refused
from timegrain.storage import people
from timegrain.storage.engine import Database
from timegrain.storage.migrations import require_current
from timegrain.storage.people import Organisation


def default_path(name: str) -> Path:
    return user_data_path("timegrain", appauthor=False) / name


class Session:
    """One run of the program."""

    def __init__(self, url: str | None, organisation: str | None, as_json: bool) -> None:
        self.url = url or f"sqlite:///{default_path('timegrain.db')}"
        self.named = bool(url)
        self.organisation_name = organisation
        self.as_json = as_json

    @contextmanager
    def database(self, current: bool = True) -> Iterator[Database]:
        """Raises `Refused` where the schema is not `current`."""
        database = Database(self.url)
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

    def answer(self, data: dict[str, Any], text: str | Table) -> None:
        """Print the JSON object, or the text or table for people."""
        if self.as_json:
            click.echo(json.dumps(data, ensure_ascii=False))
        elif isinstance(text, str):
            click.echo(text)
        else:
            Console().print(text)

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """A bar on a terminal, on standard error; silent elsewhere."""
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=self.as_json or not console.is_terminal) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)


def command(parent: click.Group | None, name: str, **settings: Any) -> Callable[[Callable[..., None]], click.Command]:
    """A command that takes `--json` itself too, and gets the session first."""

    def decorate(function: Callable[..., None]) -> click.Command:
        def run(as_json: bool, **values: Any) -> None:
            session: Session = click.get_current_context().find_object(Session) or Session(None, None, False)
            session.as_json = session.as_json or as_json
            function(session, **values)

        flag = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
        made: click.Command = click.command(name, cls=click.Command, **settings)(flag(update_wrapper(run, function)))
        if parent is not None:
            parent.add_command(made)
        return made

    return decorate


def table(*columns: str) -> Table:
    return Table(*columns, box=None, pad_edge=False)
