"""How every command answers: one JSON object, or text for people. Imports nothing that is slow to start."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, Generic, TypeVar

import click
from rich.console import Console, RenderableType
from rich.progress import Progress
from rich.table import Column, Table

from timegrain.counting.facts import LONGEST_NAME


@dataclass(frozen=True, slots=True)
class Options:
    """What stands before the command."""

    database: str | None = None
    organisation: str | None = None
    as_json: bool = False


_UNBROKEN = 100_000
"""Columns of a file or a pipe, in which a row is a line."""


class Answering:
    """One run of a command."""

    def __init__(self, options: Options) -> None:
        self.as_json = options.as_json

    def answer(self, data: dict[str, Any], text: RenderableType) -> None:
        """Print the JSON object, or the text or table for people."""
        if self.as_json:
            click.echo(json.dumps(data, ensure_ascii=False))
        elif isinstance(text, str):
            click.echo(text)
        else:
            # Names are people's: what looks like markup in them is none.
            console = Console(markup=False, emoji=False)
            if not console.is_terminal:
                console.width = _UNBROKEN
            console.print(text)

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """A bar on a terminal, on standard error; silent elsewhere."""
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=self.as_json or not console.is_terminal) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)


Run = TypeVar("Run", bound=Answering)


@dataclass(frozen=True, slots=True)
class Commands(Generic[Run]):
    """Makes commands that take `--json` themselves too, and get what `start` makes of the options first."""

    start: Callable[[Options], Run]

    def __call__(
        self, parent: click.Group | None, name: str, **settings: Any
    ) -> Callable[[Callable[..., None]], click.Command]:
        def decorate(function: Callable[..., None]) -> click.Command:
            def run(as_json: bool, **values: Any) -> None:
                given = click.get_current_context().find_object(Options) or Options()
                started = self.start(given)
                started.as_json = started.as_json or as_json
                function(started, **values)

            flag = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
            command = click.command(name, cls=click.Command, **settings)
            made: click.Command = command(flag(update_wrapper(run, function)))
            if parent is not None:
                parent.add_command(made)
            return made

        return decorate


def named(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    """For options and arguments that name something: no more than the database takes."""
    if name is not None and len(name) > LONGEST_NAME:
        raise click.BadParameter(f"more than {LONGEST_NAME} characters")
    return name


def table(*columns: str) -> Table:
    """On a terminal that is too narrow what is long goes on below; nothing is cut off."""
    return Table(*(Column(one, overflow="fold") for one in columns), box=None, pad_edge=False)
