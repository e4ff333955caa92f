"""`import`: facts from another program's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from timegrain import clock
from timegrain.cli.session import Session, command
from timegrain.counting.facts import Report
from timegrain.errors import Refused
from timegrain.recording import record_in_bulk
from timegrain.storage import people
from timegrain.storage.engine import Database
from timegrain.trackers.activitywatch import ActivityWatchFormatError, read_export


@click.group("import")
def import_() -> None:
    """Read another program's file."""


@command(import_, "activitywatch")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--user", "mail", required=True, metavar="MAIL")
@click.option("--device", metavar="NAME", help="For browser buckets that do not say their computer.")
def activitywatch(session: Session, file: Path, mail: str, device: str | None) -> None:
    """Read an ActivityWatch export; a second import of the same file changes nothing."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            person = people.user_by_email(connection, organisation.id, mail)
        try:
            export = read_export(file.read_bytes(), now_ms=clock.now_ms(), device=device)
        except ActivityWatchFormatError as error:
            raise Refused(str(error)) from None
        counts = _record(session, database, organisation.id, person.id, export.reports)
        suspicious = [{"device": one.device, "start": one.start_ms, "end": one.end_ms} for one in export.suspicious]
        data = {
            "events": export.events,
            **counts,
            "leftOut": export.left_out,
            "cutAtNow": export.cut_at_now,
            "split": export.split,
            "suspicious": suspicious,
        }
        left_out = ", ".join(f"{count} {reason}" for reason, count in export.left_out.items()) or "nothing"
        lines = [
            f"{export.events} events: {counts['stored']} facts stored, {counts['unchanged']} held already, "
            f"{counts['erased']} erased, {counts['rejected']} refused. Left out: {left_out}."
        ]
        lines += [
            f"Suspicious: on {one['device']} there was input for over 4 hours, but the window never changed."
            for one in suspicious
        ]
        session.answer(data, "\n".join(lines))


def _record(
    session: Session, database: Database, organisation: int, user: int, reports: list[Report]
) -> dict[str, Any]:
    counts = dict.fromkeys(("stored", "unchanged", "erased", "rejected"), 0)
    done = 0
    with session.progress("Importing") as progress:
        for outcomes in record_in_bulk(database, organisation, user, reports):
            for outcome in outcomes:
                for name in ("stored", "unchanged", "erased"):
                    counts[name] += getattr(outcome, name)
                counts["rejected"] += len(outcome.rejected)
            done += len(outcomes)
            progress(done, len(reports))
    return counts
