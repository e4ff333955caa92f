"""What a device reports, as plain values.

Instants are integer milliseconds since 1970-01-01T00:00:00Z. An interval is half-open, `[start, end)`,
and may be empty. Nothing here is checked: `timegrain.batches` decides what is admitted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

LONGEST_NAME = 255
"""Characters of an application's, a browser's or a device's name, and of whatever else is named."""


class Focus(NamedTuple):
    """This application was in front. `host` is the site's where it is known without its URL."""

    start: int
    end: int
    app: str
    url: str = ""
    title: str = ""
    host: str = ""


class Page(NamedTuple):
    """This was the page in the active tab of this browser. `host` as of a focus."""

    start: int
    end: int
    browser: str
    url: str = ""
    title: str = ""
    host: str = ""


class Away(NamedTuple):
    """There was no keyboard or mouse input."""

    start: int
    end: int


class Present(NamedTuple):
    """There was input."""

    start: int
    end: int


class Heartbeat(NamedTuple):
    """This was at work in this editor, at one instant. `app` is what was in front: the editor, or another."""

    start: int
    editor: str
    app: str
    url: str = ""
    title: str = ""
    host: str = ""

    @property
    def end(self) -> int:
        return self.start


Fact = Focus | Page | Away | Present | Heartbeat


@dataclass(frozen=True, slots=True)
class Report:
    """What one device of one user reports at once, in the order in which it was reported."""

    device: str
    focus: Sequence[Focus] = field(default_factory=list)
    pages: Sequence[Page] = field(default_factory=list)
    away: Sequence[Away] = field(default_factory=list)
    present: Sequence[Present] = field(default_factory=list)
    heartbeats: Sequence[Heartbeat] = field(default_factory=list)

    def __len__(self) -> int:
        lists = (self.focus, self.pages, self.away, self.present, self.heartbeats)
        return sum(map(len, lists))


def report_of(device: str, facts: Iterable[Fact]) -> Report:
    """The facts of one device told apart by their kind, each kind in the order given."""
    of_kind: dict[type[Fact], list[Any]] = {Focus: [], Page: [], Away: [], Present: [], Heartbeat: []}
    for fact in facts:
        of_kind[type(fact)].append(fact)
    return Report(device, *of_kind.values())
