"""What a file holds, whatever its format: columns of a kind, and rows that are made as they are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """What the cells of a column are: a `str`, `date`, naive `datetime`, `int` or `float`; or None."""

    TEXT = auto()
    DAY = auto()
    CLOCK = auto()
    """A local wall clock."""
    INSTANT = auto()
    """UTC, to the millisecond."""
    DURATION = auto()
    """Seconds; a spreadsheet totals them."""
    COUNT = auto()
    SHARE = auto()
    """From 0 to 1."""


class Column(NamedTuple):
    """`name` is that of CSV and JSON, `title` what a spreadsheet shows."""

    name: str
    title: str
    kind: Kind


Cell = str | date | datetime | int | float | None


class Sheet(NamedTuple):
    name: str
    columns: Sequence[Column]
    rows: Iterator[tuple[Cell, ...]]
