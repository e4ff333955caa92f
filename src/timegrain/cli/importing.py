"""`import`: facts from another program's file."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, BinaryIO, cast

import click

from timegrain import clock
from timegrain.cli.session import Session, command
from timegrain.counting.facts import Report
from timegrain.errors import Refused
from timegrain.recording import record_in_bulk
from timegrain.storage import people
from timegrain.storage.engine import Database
from timegrain.trackers.activitywatch import read_export
from timegrain.trackers.buckets import ActivityWatchFormatError
from timegrain.transfer import Imported, import_facts


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
        with database.write(organisation.id) as connection:
            session.record(connection, organisation, person.id)
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


@command(import_, "facts")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--user", "mail", required=True, metavar="MAIL")
@click.option("--dry-run", is_flag=True, help="Only say what would become of it.")
def facts(session: Session, file: Path, mail: str, dry_run: bool) -> None:
    """Read what `timegrain export facts` wrote, of this person or another; a second import changes nothing."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            person = people.user_by_email(connection, organisation.id, mail)
        with _plain(file) as lines, session.progress("Importing") as progress:
            imported = import_facts(database, organisation.id, person.id, lines, session.by, dry_run, progress)
    data = {
        "dryRun": dry_run,
        "facts": imported.facts,
        "stored": imported.stored,
        "unchanged": imported.unchanged,
        "erased": imported.erased,
        "refused": dict(imported.refused),
        "newDevices": imported.new_devices,
        "keptSettings": imported.kept_settings,
        "erasedRanges": imported.erased_ranges,
        "removedFacts": imported.removed_facts,
    }
    session.answer(data, _report_of(imported, dry_run))


def _plain(file: Path) -> BinaryIO:
    """The lines of a file, unpacked where it is packed. Raises `OSError`."""
    opened: BinaryIO = file.open("rb")
    if opened.read(2) != b"\x1f\x8b":
        opened.seek(0)
        return opened
    opened.close()
    return cast("BinaryIO", gzip.open(file, "rb"))


def _report_of(imported: Imported, dry_run: bool) -> str:
    would = "would be" if dry_run else "are"
    lines = [
        f"{imported.facts} facts: {imported.stored} {would} stored, {imported.unchanged} held already, "
        f"{imported.erased} kept out as erased, {imported.refused.total()} refused."
    ]
    lines += [f"Refused: {count} {reason}." for reason, count in imported.refused.items()]
    if imported.new_devices:
        lines.append(f"New devices: {', '.join(imported.new_devices)}.")
    lines += [f"{name} has another reach or timeout here, which stays." for name in imported.kept_settings]
    if imported.erased_ranges:
        lines.append(
            f"{imported.erased_ranges} erased ranges {would} taken over; "
            f"{imported.removed_facts} facts that were here {would} gone with them."
        )
    return "\n".join(lines)
