"""Pictures as SVG, to scale: across in percent of the width, up in pixels, so that nothing is stretched.

The order is productive, neutral, unproductive, idle everywhere, from the ground up and from left to right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from timegrain.counting.tallies import Tally
from timegrain.web.formats import hms

CLASSES = ("productive", "neutral", "unproductive", "idle")
FILLS = {"productive": "fp", "neutral": "fn", "unproductive": "fu", "idle": "fi"}
"""The patterns that every page defines."""
GROUND, CEILING = 248.0, 28.0
"""Of the plate with a column a day, in pixels from the top."""
_LEFT, _STEPS = (
    8.0,
    (0.25, 0.5, 1, 2, 4, 6, 8, 10, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500, 1000, 2000, 5000, 10_000),
)
_MINI_HEIGHT = 24


class Segment(NamedTuple):
    """From `at`, `size` long, in percent or pixels."""

    name: str
    at: float
    size: float
    seconds: int

    @property
    def fill(self) -> str:
        return FILLS[self.name]


class Column(NamedTuple):
    """Of a day. Across in percent, up in pixels."""

    label: str
    address: str
    tally: Tally
    left: float
    width: float
    top: float
    segments: tuple[Segment, ...]

    @property
    def middle(self) -> float:
        return self.left + self.width / 2


class Columns(NamedTuple):
    columns: tuple[Column, ...]
    lines: tuple[tuple[float, str], ...]
    """Of hours: where, and what is written on them."""


def columns(days: Sequence[Tally], labels: Sequence[str], addresses: Sequence[str]) -> Columns:
    """One bar a day on one scale, which begins at zero."""
    most = max([day.total for day in days] or [0]) / 3600
    step = next((step for step in _STEPS if most <= 5 * step), _STEPS[-1])
    scale = (GROUND - CEILING) / (5 * step * 3600)
    width = (100 - _LEFT) / len(days)
    found = []
    for place, (day, label, address) in enumerate(zip(days, labels, addresses, strict=True)):
        at, segments = GROUND, []
        for name in CLASSES:
            seconds = getattr(day, name)
            if seconds:
                at -= seconds * scale
                segments.append(Segment(name, at, seconds * scale, seconds))
        found.append(Column(label, address, day, _LEFT + place * width, width, at, tuple(segments)))
    lines = tuple((GROUND - n * step * 3600 * scale, _hours(n * step) + (" h" if n == 5 else "")) for n in range(1, 6))
    return Columns(tuple(found), lines)


def _hours(hours: float) -> str:
    return f"{hours:g}"


def stacked(tally: Tally, whole: int) -> list[Segment]:
    """One bar from left to right; `whole` seconds would fill it."""
    at, segments = 0.0, []
    for name in CLASSES:
        seconds = getattr(tally, name)
        if seconds and whole:
            size = seconds * 100 / whole
            segments.append(Segment(name, at, size, seconds))
            at += size
    return segments


def shares(tally: Tally, whole: int) -> Markup:
    """The bar of a row. Made by hand: there may be hundreds."""
    drawn = "".join(
        f'<rect class="seg" x="{one.at:.2f}%" width="{one.size:.2f}%" height="12" y="1" fill="url(#{one.fill})">'
        f"<title>{one.name.capitalize()} {hms(one.seconds)}</title></rect>"
        for one in stacked(tally, whole)
    )
    return Markup(f'<svg class="x" aria-hidden="true">{drawn}</svg>')  # noqa: S704  # numbers and our own words


def minis(days: Sequence[Tally], most: int) -> Markup:
    """A small week, 12 px a day; one path a class. Patterns are left out, figures stand beside it."""
    paths = dict.fromkeys(CLASSES, "")
    ground = ""
    for place, day in enumerate(days):
        at = float(_MINI_HEIGHT)
        x = place * 12
        ground += f"M{x} 25.5h9"
        for name in CLASSES:
            seconds = getattr(day, name)
            if seconds:
                size = seconds * _MINI_HEIGHT / most
                at -= size
                paths[name] += f"M{x} {at:.1f}h9v{size:.1f}h-9z"
    drawn = "".join(f'<path class="m-{name[0]}" d="{path}"/>' for name, path in paths.items() if path)
    return Markup(f'<svg class="mini" aria-hidden="true"><path class="m-base" d="{ground}"/>{drawn}</svg>')  # noqa: S704
