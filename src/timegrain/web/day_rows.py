"""The list of a day's spans, each with why it counts as it does. Written by hand: a page may have hundreds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from timegrain.web.charts import FILLS
from timegrain.web.formats import exact, hm
from timegrain.web.spans import UNTRACKED, Row

SWATCHES = {
    **{
        name: f'<svg class="sw" aria-hidden="true"><rect width="12" height="12" fill="url(#{fill})"/></svg>'
        for name, fill in FILLS.items()
    },
    UNTRACKED: '<svg class="sw" aria-hidden="true"><rect class="hatch-none" width="12" height="12"/></svg>',
}
_STATES = {name: f'<span class="cls">{swatch}{name.capitalize()}</span>' for name, swatch in SWATCHES.items()}


class Item(NamedTuple):
    """A row as the list has it."""

    row: Row
    anchor: str
    clock: str
    name: str
    """The subject or, of a gap, its reason."""
    title: str
    why: Sequence[str]
    alone: str
    """The address of its subject alone, where it can be rated; "" of a gap."""


def listed(items: Iterable[Item]) -> Markup:
    return Markup("".join(map(_listed, items)))  # noqa: S704  # what is not ours is escaped


def _listed(one: Item) -> str:
    row = one.row
    gap = ' class="gap-row"' if row.name == UNTRACKED else ""
    title = f' <span class="quiet">{escape(one.title)}</span>' if one.title else ""
    alone = f'<p><a href="{escape(one.alone)}">Only {escape(one.name)}</a></p>' if one.alone else ""
    return (
        f'<li id="{one.anchor}"{gap} data-seconds="{row.seconds}" data-class="{row.name}">'
        f'<span class="when">{one.clock}</span>'
        f'<span class="len" title="{exact(row.seconds)}">{hm(row.seconds)}'
        f'<span class="quiet">:{row.seconds % 60:02d}</span></span>'
        f'<span class="state">{_STATES[row.name]}</span>'
        f'<span class="what"><details><summary>{escape(one.name)}{title}</summary>'
        f"<p>{escape(' '.join(one.why))}</p>{alone}</details></span>"
        f'<span class="dev">{escape(row.device)}</span></li>\n'
    )
