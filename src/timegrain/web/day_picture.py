"""The timeline of a day as SVG, to scale: across in percent of a window, up in pixels; and the window itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup, escape

from timegrain.counting.instants import SLOT, Range
from timegrain.counting.tallies import Tally
from timegrain.errors import wrong
from timegrain.web.charts import CLASSES, FILLS
from timegrain.web.formats import hm, hms
from timegrain.web.local_day import LocalDay
from timegrain.web.spans import UNTRACKED, Row
from timegrain.web.visits import Fields

TOP, GROUND = 30, 104
"""Pixels from the top; what is idle is half as high."""
SHORTEST = 300
"""Seconds that a window has at least."""
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180)
"""Minutes between the lines."""
_MOST_LINES = 12
_SEAM, _ROOM = 0.5, 7.0
"""Percent that a span needs to be parted from its neighbours by a seam, and a gap for words in it."""


@dataclass(frozen=True, slots=True)
class Window:
    """Seconds of a day that are looked at; `ranges` are those whose spans are listed."""

    day: LocalDay
    start: int
    end: int
    ranges: tuple[Range, ...]

    @property
    def length(self) -> int:
        return self.end - self.start

    def across(self, second: int) -> float:
        """In percent."""
        return (second - self.start) * 100 / self.length if self.length else 0.0

    def zoomed(self, times: float) -> Range:
        """Around the same middle."""
        return self._kept(self.start + self.length / 2, self.length / times)

    def moved(self, part: float) -> Range:
        """By a part of its length."""
        return self._kept(self.start + self.length * (part + 0.5), self.length)

    def _kept(self, middle: float, length: float) -> Range:
        """Whole minutes of the day."""
        whole = self.day.end - self.day.start
        size = max(SHORTEST, min(whole, round(length / 60) * 60))
        start = self.day.start + round((middle - size / 2 - self.day.start) / 60) * 60
        start = max(self.day.start, min(start, self.day.end - size))
        return start, min(start + size, self.day.end)


def window_of(query: Fields, day: LocalDay, tracked: Range | None) -> Window:
    """As the address says; else what was tracked, widened to half hours. Raises `ValidationFailed`."""
    if text := query.one("hour"):
        if not (text.isascii() and text.isdigit() and int(text) < 24):
            raise wrong("hour", "not an hour from 0 to 23")
        ranges = tuple(day.hour(int(text)))
        if ranges:
            return Window(day, ranges[0][0], ranges[-1][1], ranges)
        return Window(day, day.start, day.end, ())
    start, end = query.one("from"), query.one("to")
    if start or end:
        low = day.read(start, "from") if start else day.start
        high = day.read(end, "to") if end else day.end
        if high <= low:
            raise wrong("to", "must be later than from")
        return Window(day, low, high, ((low, high),))
    low, high = tracked or (day.start, day.end)
    low, high = max(day.start, low - low % 1800), min(day.end, high + -high % 1800)
    return Window(day, low, high, ((day.start, day.end),))


class Line(NamedTuple):
    """On the clock."""

    at: float
    text: str
    spare: bool
    """Whether its text is left out where there is little room."""


def lines(window: Window) -> list[Line]:
    step = next((step for step in _STEPS if window.length <= step * 60 * _MOST_LINES), _STEPS[-1]) * 60
    day = window.day
    found = [
        second
        for second in range(window.start + -window.start % 60, window.end, 60)
        if day.wall(second) % step == 0 and second > window.start
    ]
    return [Line(window.across(second), day.written(second)[:5], n % 2 == 1) for n, second in enumerate(found)]


def drawn(rows: Iterable[tuple[Row, str, str]], window: Window) -> Markup:
    """What rows look like; each comes with where its click leads ("" for one that is not listed) and a name.

    Written by hand: there may be more than a thousand.
    """
    return Markup("".join(_drawn(row, address, name, window) for row, address, name in rows))  # noqa: S704  # escaped


def _drawn(row: Row, address: str, name: str, window: Window) -> str:
    at, size = window.across(row.start), row.seconds * 100 / window.length
    if row.name == UNTRACKED:
        look = _gap(at, size, row)
    else:
        top = (TOP + GROUND) // 2 if row.name == "idle" else TOP
        seam = ' class="seg"' if size >= _SEAM else ""
        look = (
            f'<rect{seam} x="{at:.3f}%" y="{top}" width="{size:.3f}%" height="{GROUND - top}"'
            f' fill="url(#{FILLS[row.name]})"/>'
        )
    if not address:
        return f'<g class="faint">{look}</g>'
    clock = window.day.clock
    told = f"{row.name.capitalize()} {clock(row.start)} to {clock(row.end)} ({hms(row.seconds)}) {escape(name)}"
    hit = f'<rect class="hit" x="{at:.3f}%" y="{TOP}" width="{size:.3f}%" height="{GROUND - TOP}"/>'
    # The list has the same rows: none is a stop of the tab key twice.
    return f'<a href="{escape(address)}" tabindex="-1"><title>{told}</title>{look}{hit}</a>'


def _gap(at: float, size: float, row: Row) -> str:
    text = ""
    if size >= _ROOM:
        middle = f'class="soft hide-s" x="{at + size / 2:.3f}%" text-anchor="middle"'
        text = f'<text {middle} y="66">untracked</text><text {middle} y="81">{hm(row.seconds)}</text>'
    return f'<line class="gap" x1="{at:.3f}%" x2="{at + size:.3f}%" y1="{GROUND - 0.5}" y2="{GROUND - 0.5}"/>{text}'


def strip(rows: Iterable[tuple[int, int, str]], within: Range) -> Markup:
    """A small picture of spans (start, end, class), a path a class; patterns are left out, figures stand beside it."""
    paths = dict.fromkeys(CLASSES, "")
    for start, end, name in rows:
        if name in paths:
            paths[name] += f"M{start - within[0]} 0h{end - start}v1h-{end - start}z"
    return _small(paths, within, 1)


def quarters(slots: Mapping[int, Tally], within: Range) -> Markup:
    """A small picture of a day: a bar a quarter of an hour, as high as much of it is tracked."""
    paths = dict.fromkeys(CLASSES, "")
    for slot, tally in sorted(slots.items()):
        at = SLOT
        for name in CLASSES:
            if seconds := getattr(tally, name):
                at -= seconds
                paths[name] += f"M{slot - within[0]} {at}h{SLOT}v{seconds}h-{SLOT}z"
    return _small(paths, within, SLOT)


def _small(paths: Mapping[str, str], within: Range, height: int) -> Markup:
    ways = "".join(f'<path class="d-{name[0]}" d="{path}"/>' for name, path in paths.items() if path)
    box = f'viewBox="0 0 {max(1, within[1] - within[0])} {height}" preserveAspectRatio="none"'
    return Markup(f'<svg class="strip" {box} aria-hidden="true">{ways}</svg>')  # noqa: S704  # numbers, our own words


def devices_drawn(rows: Sequence[Row], window: Window) -> list[tuple[str, Markup]]:
    """Where each of several devices was the one that counted."""
    names = sorted({row.device for row in rows if row.name != UNTRACKED})
    if len(names) < 2:
        return []
    found = []
    for name in names:
        bars = "".join(
            f'<rect class="hours" x="{window.across(row.start):.3f}%" width="{row.seconds * 100 / window.length:.3f}%"'
            ' height="6"/>'
            for row in rows
            if row.device == name and row.name != UNTRACKED
        )
        found.append((name, Markup(bars)))  # noqa: S704  # numbers
    return found
