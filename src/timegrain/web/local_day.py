"""The clock of one local day: what it shows at each second, and which second an address means by it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from timegrain.counting.calendar import day_start, offset_at, zone_named
from timegrain.counting.instants import DAY, SLOT, Range, union
from timegrain.errors import wrong

HOUR = 3600
AGAIN = "b"
"""Follows a time of the clock that comes a second time on a day on which the clock is set back."""
_WRITTEN = re.compile(rf"(\d\d):([0-5]\d)({AGAIN}?)", re.ASCII)


class Run(NamedTuple):
    """Seconds `[start, end)` in which the clock runs on; it shows UTC and `offset` seconds."""

    start: int
    end: int
    offset: int


@dataclass(frozen=True, slots=True)
class LocalDay:
    """Seconds `[start, end)`."""

    zone: str
    day: int
    start: int
    end: int
    runs: tuple[Run, ...]
    """Several where the clock is changed."""

    def wall(self, second: int) -> int:
        """What the clock shows, in seconds since its midnight; at the end of the day 24:00."""
        if second == self.end:
            return DAY
        return (second + self._at(second).offset) % DAY

    def clock(self, second: int) -> str:
        """`09:40:00`."""
        wall = self.wall(second)
        return f"{wall // 3600:02d}:{wall // 60 % 60:02d}:{wall % 60:02d}"

    def written(self, second: int) -> str:
        """A minute, as addresses have it: `09:40`."""
        wall = self.wall(second)
        return f"{wall // 3600:02d}:{wall // 60 % 60:02d}{self._again(second)}"

    def anchor(self, second: int) -> str:
        """The id of what begins then: `t094000`."""
        return f"t{self.clock(second).replace(':', '')}{self._again(second)}"

    def read(self, text: str, field: str) -> int:
        """The second that `written` writes so; a time that a clock change skips is the end of what it skips.

        Raises `ValidationFailed` for anything else.
        """
        found = _WRITTEN.fullmatch(text)
        hours, minutes = (int(found[1]), int(found[2])) if found else (DAY, 0)
        wall = hours * 3600 + minutes * 60
        if found is None or wall > DAY:
            raise wrong(field, "not a time of the form HH:MM")
        if wall == DAY:
            return self.end
        shown = [second for one in self.runs if (second := _when(one, wall)) is not None]
        if len(shown) > 1 and found[3]:
            return shown[-1]
        if shown:
            return shown[0]
        return next((one.start for one in self.runs if self.wall(one.start) > wall), self.end)

    def hour(self, hour: int) -> list[Range]:
        """The seconds in which the clock shows an hour: two hours where it is set back, none where it is skipped."""
        slots = ((second, min(second + SLOT, self.end)) for second in range(self.start, self.end, SLOT))
        return union([one for one in slots if self.wall(one[0]) // 3600 == hour])

    def _at(self, second: int) -> Run:
        return next((one for one in self.runs if second < one.end), self.runs[-1])

    def _again(self, second: int) -> str:
        wall = self.wall(second)
        before = (one for one in self.runs if one.end <= second)
        return AGAIN if any(_when(one, wall) is not None for one in before) else ""


def _when(run: Run, wall: int) -> int | None:
    second = run.start + (wall - run.start - run.offset) % DAY
    return second if second < run.end else None


def local_day_of(zone: str, day: int) -> LocalDay:
    """`day` is an ordinal."""
    start, end, named = day_start(zone, day), day_start(zone, day + 1), zone_named(zone)
    found: list[Run] = []
    for low, high in _steady(named, start, end):
        offset = offset_at(named, low)
        if found and found[-1].offset == offset:
            found[-1] = found[-1]._replace(end=high)
        else:
            found.append(Run(low, high, offset))
    return LocalDay(zone, day, start, end, tuple(found) or (Run(start, end, offset_at(named, start)),))


def _steady(zone: ZoneInfo, start: int, end: int) -> Iterator[Range]:
    """Seconds in which no clock is changed: hours and, where one is, minutes."""
    for low in range(start, end, HOUR):
        high = min(low + HOUR, end)
        if offset_at(zone, low) == offset_at(zone, high):
            yield low, high
        else:
            yield from ((at, min(at + 60, high)) for at in range(low, high, 60))
