"""The command line, one module a command group."""

from __future__ import annotations

import sys

import click

from timegrain.cli.figures import policy, rate, recount, summary
from timegrain.cli.importing import import_
from timegrain.cli.people import init, key, team, user
from timegrain.cli.running import demo, serve
from timegrain.cli.session import Session
from timegrain.counted import collect_seldom
from timegrain.errors import TimegrainError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="timegrain")
@click.option("--database", metavar="URL", envvar="TIMEGRAIN_DATABASE", help="sqlite:///PATH or postgresql://...")
@click.option("--organisation", metavar="NAME", help="Which one, where the database holds several.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.pass_context
def timegrain(context: click.Context, database: str | None, organisation: str | None, as_json: bool) -> None:
    """Exact computer-time and productivity figures."""
    context.obj = Session(database, organisation, as_json)


for command in (init, team, user, key, rate, policy, recount, import_, summary, serve, demo):
    timegrain.add_command(command)


def main() -> None:
    """Errors go to standard error in one line and exit with 1; wrong usage exits with 2."""
    collect_seldom()
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
        click.echo(f"timegrain: {error.message}", err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"timegrain: {error.strerror or error}", err=True)
        sys.exit(1)
