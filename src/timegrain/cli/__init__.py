"""The command line, one module a command group."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn

import click

from timegrain.cli.answering import Options, named
from timegrain.errors import TimegrainError

COMMANDS = {
    "init": "starting",
    "migrate": "starting",
    "team": "teams",
    "user": "users",
    "device": "devices",
    "key": "keys",
    "role": "roles",
    "rate": "rating",
    "policy": "policies",
    "holiday": "policies",
    "retention": "retiring",
    "audit": "trail",
    "job": "jobs",
    "recount": "figures",
    "check": "checking",
    "backup": "backing_up",
    "restore": "backing_up",
    "copy": "copying",
    "import": "importing",
    "export": "exporting",
    "agent": "agent",
    "summary": "figures",
    "timesheet": "reports",
    "apps": "reports",
    "month": "reports",
    "explain": "explaining",
    "serve": "running",
    "demo": "running",
}
"""Each command and its module, which is imported when it is wanted: the agent must not load the server."""


_IN_MODULE = {"import": "import_", "migrate": "migrate_"}
"""Where the name is Python's, or that of what the command calls."""

NO_UNICODE = "what was given is not valid Unicode"


class Imported(click.Group):
    """The commands of `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"timegrain.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, _IN_MODULE.get(cmd_name, cmd_name))
        return command


@click.group(cls=Imported, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="timegrain")
@click.option("--database", metavar="URL", envvar="TIMEGRAIN_DATABASE", help="sqlite:///PATH or postgresql://...")
@click.option("--organisation", callback=named, metavar="NAME", help="Which one, where the database holds several.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.pass_context
def timegrain(context: click.Context, database: str | None, organisation: str | None, as_json: bool) -> None:
    """Exact computer-time and productivity figures."""
    context.obj = Options(database, organisation, as_json)


def main() -> None:
    """Errors go to standard error in one line and exit with 1; wrong usage exits with 2."""
    try:
        timegrain(standalone_mode=False)
    except click.UsageError as error:
        click.echo(f"timegrain: {error.format_message()}", err=True)
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        click.echo(f"timegrain: {error.format_message()}", err=True)
        sys.exit(1)
    except TimegrainError as error:
        _failed(error.message)
    except UnicodeEncodeError:
        _failed(NO_UNICODE)
    except OSError as error:
        said = error.strerror or str(error)
        _failed(f"{error.filename}: {said}" if isinstance(error.filename, str) else said)


def _failed(message: str) -> NoReturn:
    """In one line, though what somebody gave may stand in it."""
    if any("\ud800" <= sign <= "\udfff" for sign in message):
        message = NO_UNICODE
    click.echo(f"timegrain: {' '.join(message.splitlines())}", err=True)
    sys.exit(1)
