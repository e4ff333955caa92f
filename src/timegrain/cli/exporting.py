"""`export`: what is stored, to a file."""

from __future__ import annotations

import gzip
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, get_args

import click

from timegrain.cli.reports import asking, of_days, of_people
from timegrain.cli.session import Session, command
from timegrain.exporting.reports import ReportName, Wanted, report
from timegrain.exporting.writing import FileFormat, write
from timegrain.storage import people
from timegrain.transfer import export_facts
from timegrain.whole_files import move, unfinished


@click.group()
def export() -> None:
    """Write what is stored to a file."""


@command(export, "facts")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
@click.option("--user", "mail", required=True, metavar="MAIL")
def facts(session: Session, file: Path, mail: str) -> None:
    """One person's facts, as `timegrain import facts` reads them; packed where FILE ends in .gz.

    Without FILE they go to standard output.
    """
    _require_file(session, file)
    counts: Counter[str] = Counter()
    with session.opened() as (database, organisation), database.read() as connection:
        person = people.user_by_email(connection, organisation.id, mail)
        with database.write(organisation.id) as writing:
            session.record(writing, organisation, person.id)
        lines = export_facts(connection, organisation.id, person.id, counts)
        _put(file, lambda target: target.writelines(lines))
    if str(file) == "-":
        return
    data = {"file": str(file), **{name: counts[name] for name in ("facts", "devices", "erasedRanges")}}
    session.answer(data, f"{counts['facts']} facts of {mail} are in {file}.")


@command(export, "report")
@click.argument("name", type=click.Choice(get_args(ReportName)), metavar="REPORT")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
@click.option("--format", "format_", type=click.Choice(get_args(FileFormat)), help="As FILE ends, else csv.")
@of_people
@of_days
def report_(
    session: Session,
    name: ReportName,
    file: Path,
    format_: FileFormat | None,
    begin: datetime | None,
    end: datetime | None,
    **whom: Any,
) -> None:
    """A timesheet, app-usage, monthly or facts report, of everybody unless told.

    Without FILE it goes to standard output.
    """
    _require_file(session, file)
    format_ = format_ or _format_of(file)
    with asking(session, **whom) as about:
        with about.database.write(about.organisation.id) as writing:
            session.record(writing, about.organisation, *(one.user for one in about.profiles))
        titles_of = [one.user for one in about.profiles] if about.titles == "managers" else []
        wanted = Wanted(about.asker, about.profiles, about.days(begin, end), about.zone, about.now, titles_of)
        _put(file, lambda target: write(report(name, wanted), format_, target))
    if str(file) == "-":
        return
    data = {"file": str(file), "report": name, "format": format_, "people": len(about.profiles)}
    session.answer(data, f"The {name} report of {len(about.profiles)} people is in {file}.")


def _format_of(file: Path) -> FileFormat:
    endings: dict[str, FileFormat] = {f".{one}": one for one in get_args(FileFormat)}
    return next((endings[ending] for ending in file.suffixes[-2:] if ending in endings), "csv")


def _require_file(session: Session, file: Path) -> None:
    if str(file) == "-" and session.as_json:
        raise click.UsageError("--json needs a FILE: what is exported would stand in its place")


def _put(file: Path, fill: Callable[[BinaryIO], None]) -> None:
    if str(file) == "-":
        fill(sys.stdout.buffer)
    else:
        _write(file, fill)


def _write(file: Path, fill: Callable[[BinaryIO], None]) -> None:
    """Whole or not at all: written beside and renamed. Only who runs this can read it.

    A pipe or a terminal is written to as it is: a file in its place would reach nobody.
    """
    if file.exists() and not file.is_file():
        with file.open("wb") as raw:
            _write_to(raw, file, fill)
        return
    place = file.resolve()
    with unfinished(place) as made:
        with made.open("wb") as raw:
            _write_to(raw, file, fill)
        move(made, place)


def _write_to(raw: BinaryIO, file: Path, fill: Callable[[BinaryIO], None]) -> None:
    packed: Any = gzip.GzipFile(fileobj=raw, mode="wb", filename="") if file.suffix == ".gz" else nullcontext(raw)
    with packed as target:
        fill(target)
