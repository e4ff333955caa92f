"""`export`: what is stored, to a file."""

from __future__ import annotations

import gzip
import os
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO

import click

from timegrain.cli.session import Session, command
from timegrain.storage import people
from timegrain.transfer import export_facts


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
    to_output = str(file) == "-"
    if to_output and session.as_json:
        raise click.UsageError("--json needs a FILE: the facts would stand in its place")
    counts: Counter[str] = Counter()
    with session.opened() as (database, organisation), database.read() as connection:
        person = people.user_by_email(connection, organisation.id, mail)
        lines = export_facts(connection, organisation.id, person.id, counts)
        if to_output:
            sys.stdout.buffer.writelines(lines)
            return
        _write(file, lines)
    data = {"file": str(file), **{name: counts[name] for name in ("facts", "devices", "erasedRanges")}}
    session.answer(data, f"{counts['facts']} facts of {mail} are in {file}.")


def _write(file: Path, lines: Iterable[bytes]) -> None:
    """Whole or not at all: written beside and renamed. Only who runs this can read it.

    A pipe or a terminal is written to as it is: a file in its place would reach nobody.
    """
    if file.exists() and not file.is_file():
        with file.open("wb") as raw:
            _write_to(raw, file, lines)
        return
    place = file.resolve()
    descriptor, name = mkstemp(dir=place.parent, prefix=".timegrain-")
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            _write_to(raw, file, lines)
            raw.flush()
            os.fsync(raw.fileno())
        unfinished.replace(place)
    except BaseException:
        unfinished.unlink()
        raise


def _write_to(raw: BinaryIO, file: Path, lines: Iterable[bytes]) -> None:
    packed = gzip.GzipFile(fileobj=raw, mode="wb", filename="") if file.suffix == ".gz" else nullcontext(raw)
    with packed as target:
        target.writelines(lines)
