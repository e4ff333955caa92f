"""`copy`."""

from __future__ import annotations

import click

from timegrain.checking import check
from timegrain.cli.answering import table
from timegrain.cli.checking import as_data, require_sound
from timegrain.cli.session import Session, command
from timegrain.copying import copy as copied_to
from timegrain.storage import people
from timegrain.storage.engine import Database


@command(None, "copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy(session: Session, source: str, target: str) -> None:
    """Copy a whole database into another that is empty or not there, of the same kind or not.

    Both are sqlite:///PATH or postgresql://...; what the server writes to FROM meanwhile is not in it.
    """
    session.url = source
    with session.database() as old, session.progress("Copying") as progress:
        copied = copied_to(old, target, session.by, progress)
    new = Database(target)
    try:
        with new.read() as connection:
            organisations = people.all_organisations(connection)
        with session.progress("Checking") as progress:
            found = check(new, organisations, progress=progress)
    finally:
        new.close()
    shown = table("Table", "Rows on both sides")
    for name, count in copied.tables.items():
        shown.add_row(name, str(count))
    shown.add_row(f"tracked seconds of {copied.people} people", str(copied.seconds))
    shown.add_row("people checked", str(found.people))
    data = {"tables": copied.tables, "people": copied.people, "seconds": copied.seconds, "check": as_data(found)}
    session.answer(data, shown)
    require_sound(found)
