"""A week as a grid of days and hours: how much of each hour somebody was active."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from timegrain.figures.hours import Hour
from timegrain.web.formats import hms
from timegrain.web.views import View, iso

HEIGHT = 34.0
"""Of a cell, in pixels: 60 minutes where bars are drawn."""
HOURS = range(24)


class Row(NamedTuple):
    day: int
    address: str
    cells: Markup
    seconds: Sequence[int | None]
    """Active, by hour; None: the clock skipped it."""
    clocks: str
    """What happened to the clock; empty: nothing."""


def heat(view: View, who: str, days: dict[int, list[Hour]]) -> list[Row]:
    return [_row(view, who, day, {one.hour: one for one in hours}) for day, hours in sorted(days.items())]


def _row(view: View, who: str, day: int, hours: dict[int, Hour]) -> Row:
    address = view.to("/day", who=who, week=None, date=iso(day))
    weekday = view.dates.weekday(day)
    cells = Markup("").join(
        _cell(f"{address}&hour={hour}&show=active", weekday, hour, hours.get(hour)) for hour in HOURS
    )
    seconds = [None if hour not in hours else hours[hour].tally.active for hour in HOURS]
    return Row(day, address, cells, seconds, _clocks(view.dates.day(day), hours))


def _cell(address: str, weekday: str, hour: int, it: Hour | None) -> Markup:
    if it is None:
        return Markup('<td><div class="cell gone"></div></td>')
    if not it.tally.active:
        return Markup('<td><div class="cell"></div></td>')
    minutes = it.tally.active // 60
    level = min(5, max(1, -(-minutes // 12)))
    height = min(1.0, it.tally.active / 3600) * HEIGHT
    said = f"{weekday} {hour:02d}:00 to {hour + 1:02d}:00: active {hms(it.tally.active)}"
    return Markup(
        '<td><a class="h{}" href="{}" title="{}"><svg aria-hidden="true">'
        '<rect x="4%" width="92%" y="{:.1f}" height="{:.1f}"/></svg><span>{}</span></a></td>'
    ).format(level, address, said, HEIGHT - height, height, minutes or "<1")


def _clocks(day: str, hours: dict[int, Hour]) -> str:
    seconds = sum(one.lasts for one in hours.values())
    changed = [hour for hour in HOURS if hour not in hours or hours[hour].lasts != 3600]
    if not changed:
        return ""
    at = f"{changed[0]:02d}:00"
    if seconds == 86400:
        return f"On {day} the clocks changed at {at}."
    way = "set back: the cell holds both times" if seconds > 86400 else "set forward: what they skipped is left out"
    return f"{day} has {hms(seconds)[:-3]} hours. At {at} the clocks were {way}."
