"""`retention`: what is older than the organisation keeps it."""

from __future__ import annotations

from typing import Any

import click

from timegrain import clock
from timegrain.cli.answering import table
from timegrain.cli.days import FOR_EVER, KeptDays
from timegrain.cli.session import Session, command
from timegrain.policy_changes import SHARED_PAUSE_S
from timegrain.retention import Retention, as_dates
from timegrain.storage.engine import Database
from timegrain.storage.policies import require_order_of_days
from timegrain.storage.retention import Days, Retired, boundaries, days_kept, last_run, would_go


@click.group()
def retention() -> None:
    """What is older than `timegrain policy` says that it is kept."""


@command(retention, "run")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--scrub", is_flag=True, help="Then write the SQLite file anew: smaller, while batches wait.")
@click.option("--facts-days", type=KeptDays(), metavar="N", help="With --dry-run: if facts were kept so long.")
@click.option("--titles-days", type=KeptDays(), metavar="N", help="The same of titles and whole URLs.")
@click.option("--slots-days", type=KeptDays(), metavar="N", help="The same of figures.")
def retention_run(
    session: Session,
    dry_run: bool,
    scrub: bool,
    facts_days: int | str | None,
    titles_days: int | str | None,
    slots_days: int | str | None,
) -> None:
    """Remove now what a server would remove within an hour."""
    given = {"facts": facts_days, "titles": titles_days, "slots": slots_days}
    given = {name: value for name, value in given.items() if value is not None}
    if given and not dry_run:
        raise click.UsageError("days go with --dry-run; timegrain policy sets them")
    if scrub and dry_run:
        raise click.UsageError("--scrub does not go with --dry-run")
    with session.opened() as (database, organisation):
        if dry_run:
            _tell(session, database, organisation.id, organisation.zone, given)
            return
        with session.progress("Removing") as progress:
            Retention(database, pause_s=SHARED_PAUSE_S).run(organisation.id, progress)
        if scrub:
            database.scrub()
        with database.read() as connection:
            run = last_run(connection, organisation.id)
            to = boundaries(connection, organisation.id, clock.now())
        gone = Retired() if run is None else Retired(run.facts, run.texts, run.slots)
        data = {**as_dates(organisation.zone, to), **_counts(gone)}
        session.answer(data, f"The last run removed {_said(gone)}.")


def _tell(session: Session, database: Database, organisation: int, zone: str, given: dict[str, Any]) -> None:
    with database.read() as connection:
        days = days_kept(connection, organisation)
        days = days._replace(**{name: None if value == FOR_EVER else value for name, value in given.items()})
        require_order_of_days(*days)
        to = boundaries(connection, organisation, clock.now(), Days(*days))
        going = would_go(connection, organisation, to, zone)
    shown = table("Kept", "From")
    dates = as_dates(zone, to)
    for name, date in dates.items():
        shown.add_row(name.removesuffix("From"), date or "the beginning")
    shown.add_row("would go", _said(going) + f", {going.days} days of people")
    session.answer({"dryRun": True, **dates, **_counts(going), "days": going.days}, shown)


def _counts(gone: Retired) -> dict[str, int]:
    return {"facts": gone.facts, "titles": gone.texts, "quarterHours": gone.slots}


def _said(gone: Retired) -> str:
    return f"{gone.facts} facts, the text of {gone.texts} more, {gone.slots} quarter hours"
