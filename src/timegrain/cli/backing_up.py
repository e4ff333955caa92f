"""`backup` and `restore`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from timegrain.backing_up import back_up, write_withdrawn
from timegrain.checking import SAMPLE
from timegrain.cli.checking import as_data
from timegrain.cli.session import Session, command
from timegrain.restoring import Wanted
from timegrain.restoring import restore as restored_from
from timegrain.storage.engine import Database
from timegrain.storage.migrations import is_current, require_current

A_FILE = click.Path(dir_okay=False, path_type=Path)
pg_bin = click.option(
    "--pg-bin",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    envvar="PGBIN",
    help="The folder of pg_dump and pg_restore; the PATH unless told.",
)


@command(None, "backup")
@click.argument("file", type=A_FILE, required=False)
@click.option("--erasures", type=A_FILE, metavar="FILE", help="Write what a restored backup must not bring back.")
@click.option("--force", is_flag=True, help="Take the place of a FILE that is there.")
@pg_bin
def backup(session: Session, file: Path | None, erasures: Path | None, force: bool, pg_bin: Path | None) -> None:
    """Write the whole database to FILE, while a server runs; packed where it ends in .gz.

    With --erasures alone only what was erased and revoked is written: small enough for every few minutes.
    """
    if file is None and erasures is None:
        raise click.UsageError("Missing argument 'FILE'.")
    if file is not None and erasures is not None and file.resolve() == erasures.resolve():
        raise click.UsageError("--erasures needs a file of its own")
    data: dict[str, Any] = {}
    lines = []
    with session.database(current=False, there=True) as database:
        if file is not None:
            _record(session, database)
            with session.progress("Backing up") as progress:
                made = back_up(database, file, force, pg_bin, progress)
            data = {"file": str(file), **made._asdict()}
            lines.append(
                f"{file}: {made.size} bytes, {made.facts} facts of {made.people} people, schema {made.revision}."
            )
        if erasures is not None:
            require_current(database)
            data |= {"erasures": str(erasures), "erasuresSize": write_withdrawn(database, erasures)}
            lines.append(f"{erasures}: what was erased and revoked until now.")
    session.answer(data, "\n".join(lines))


def _record(session: Session, database: Database) -> None:
    """A backup made before an update is of a database that this program does not write to."""
    if is_current(database):
        for one in session.organisations(database):
            with database.write(one.id) as connection:
                session.record(connection, one)


@command(None, "restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Take the place of a database that is there; it is kept aside.")
@click.option("--erasures", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--without-erasures", is_flag=True, help="Though what was erased since may come back.")
@click.option("--whole", is_flag=True, help="Check everybody, not only some.")
@pg_bin
def restore(
    session: Session,
    file: Path,
    replace: bool,
    erasures: Path | None,
    without_erasures: bool,
    whole: bool,
    pg_bin: Path | None,
) -> None:
    """Put a backup into the place of --database, without what was erased or revoked since.

    Nothing has changed unless it ends well. The server must not run.
    """
    with session.progress("Restoring") as progress:
        wanted = Wanted(session.by, replace, erasures, without_erasures, None if whole else SAMPLE, pg_bin, progress)
        done = restored_from(session.url, file, wanted)
    known = None if done.known_at is None else datetime.fromtimestamp(done.known_at, UTC).isoformat()
    lines = [f"Restored {done.facts} facts of {done.people} people; {done.checked.people} checked, nothing wrong."]
    lines += [f"Gone again: {count} {what}." for what, count in done.again.items() if count]
    lines.append(
        f"Withdrawn is what was until {known}."
        if known
        else "WARNING: erasures since the backup are not known: erase and revoke again by hand."
    )
    if done.aside:
        lines.append(f"The database that was there is kept as {done.aside}: remove it when it is not needed.")
    data = {
        "facts": done.facts,
        "people": done.people,
        "again": dict(done.again),
        "knownUntil": known,
        "keptAside": done.aside,
        "check": as_data(done.checked),
    }
    session.answer(data, "\n".join(lines))
