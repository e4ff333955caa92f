"""Files that are there whole or not at all: written beside their place under another name, and then moved there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp

from timegrain.errors import Refused

SIDES = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database."""


@contextmanager
def unfinished(place: Path, prefix: str = ".timegrain-") -> Iterator[Path]:
    """An empty file in the folder of `place` that only who runs this can read; gone at the end, unless moved."""
    try:
        descriptor, name = mkstemp(dir=place.parent, prefix=prefix)
    except OSError as error:
        # Its own name would say nothing to whoever named the place.
        raise OSError(error.errno, error.strerror, str(place.parent)) from error
    os.close(descriptor)
    made = Path(name)
    try:
        yield made
    finally:
        for suffix in ("", *SIDES):
            Path(f"{made}{suffix}").unlink(missing_ok=True)


def move(made: Path, place: Path, replace: bool = True) -> None:
    """Put a file that is whole in its place, so that it is there after a power cut.

    Without `replace` it raises `Refused` where another is there.
    """
    flush(made)
    if replace:
        made.replace(place)
    else:
        try:
            os.link(made, place)
        except FileExistsError:
            raise Refused(f"{place} is there already") from None
        made.unlink()
    flush(place.parent)


def flush(path: Path) -> None:
    """A file or a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
