"""Cells of tables whose figures are links to what is behind them. Written by hand: a page may have thousands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from markupsafe import Markup, escape

from timegrain.counting.tallies import Tally
from timegrain.web.formats import exact, hm, hms

IN_ROWS = ("total", "active", "productive", "neutral", "unproductive", "idle")
"""The order of the six figures in a table."""


class Row(NamedTuple):
    """Of one person or one day. `note` says what the cells cannot, or why there are none."""

    name: str
    address: str
    cells: Markup
    note: str = ""


def six(tally: Tally, address: str, mark: str = "", write: Callable[[int], str] = hms) -> Markup:
    """The six figures; `show` is added to the address, and the mark of a place in the page."""
    start = f"{escape(address)}&amp;show="
    cells = []
    for name in IN_ROWS:
        seconds = getattr(tally, name)
        link = f'<a href="{start}{name}{mark}" title="{exact(seconds)}">{write(seconds)}</a>'
        cells.append(f'<td role="cell" data-l="{name.capitalize()}">{link}</td>')
    return Markup("".join(cells))  # noqa: S704  # the address is escaped, the rest are numbers and our own words


def six_to_the_minute(tally: Tally, address: str, mark: str = "") -> Markup:
    return six(tally, address, mark, hm)


def none_of_six(instead: str) -> Markup:
    """What stands in the place of the six figures."""
    cell = '<td role="cell" class="nodata l full" colspan="{}">{}</td>'
    return Markup(cell).format(len(IN_ROWS), instead)  # noqa: S704  # our own


def to_the_second(found: Iterable[tuple[int | None, str]]) -> Markup:
    """Seconds with their addresses; or None with what there is instead."""
    cells = [
        f'<td role="cell" class="nodata">{escape(there)}</td>'
        if seconds is None
        else f'<td role="cell"><a href="{escape(there)}">{hms(seconds)}</a></td>'
        for seconds, there in found
    ]
    return Markup("".join(cells))  # noqa: S704  # as above
