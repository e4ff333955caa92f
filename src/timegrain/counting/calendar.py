"""Local days and weeks of a zone, and the ranges that requests ask for. The only place where zones enter.

The local day D runs from the first instant whose local date is D or later to the first whose local date is
D+1 or later (T9), so around a clock change it has other than 24 hours, and every instant is in exactly one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo

from timegrain.counting.instants import DAY, SLOT

FIRST_YEAR, LAST_YEAR = 2000, 2037
LONGEST_RANGE = timedelta(days=366)
WEEK_STARTS = {"monday": 0, "saturday": 5, "sunday": 6}
_EPOCH = date(1970, 1, 1).toordinal()
WRITTEN = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


class UnknownZoneError(ValueError):
    """The name is not one of the IANA's."""


class RangeError(ValueError):
    """The end is before the start, the range too long, or outside the years that are counted."""


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """All IANA names, aliases included, of the pinned tzdata."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("utf-8").split())


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """Raises `UnknownZoneError`. Read from the pinned tzdata, not from the system's."""
    if name not in zone_names():
        raise UnknownZoneError(name)
    with resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


@lru_cache(maxsize=131_072)
def day_start(zone: str, day: int) -> int:
    """The second at which the local day with the ordinal `day` begins."""
    named = zone_named(zone)
    midnight = (day - _EPOCH) * DAY
    # Offsets lie between −12 and +14 hours: the day begins in here, whatever the clocks do.
    low, high = midnight - 15 * 3600, midnight + 13 * 3600
    offset = offset_at(named, low - DAY)
    if all(offset_at(named, at) == offset for at in (low, midnight, high, high + DAY)):
        return midnight - offset
    return next(at for at in range(low - DAY, high + DAY, SLOT) if local_day(zone, at) >= day)


def offset_at(zone: ZoneInfo, second: int) -> int:
    """What its clock shows more than UTC, in seconds."""
    shift = datetime.fromtimestamp(second, zone).utcoffset()
    return int(shift.total_seconds()) if shift else 0


def local_day(zone: str, second: int) -> int:
    """The ordinal of the local date at an instant."""
    return datetime.fromtimestamp(second, zone_named(zone)).toordinal()


def date_at(zone: str, second: int) -> str:
    """The local date, as YYYY-MM-DD."""
    return date.fromordinal(local_day(zone, second)).isoformat()


def hour_at(zone: str, second: int) -> int:
    """The hour that the zone's clock shows, from 0 to 23."""
    return datetime.fromtimestamp(second, zone_named(zone)).hour


def day_at(zone: str, second: int) -> int:
    """The ordinal of the local day that holds an instant: not always its date, where a clock is set back
    over midnight."""
    day = local_day(zone, second)
    while day_start(zone, day + 1) <= second:
        day += 1
    return day


def day_edges(zone: str, first: int, last: int) -> list[int]:
    """The seconds at which the days `first` to `last` begin, and the one at which `last` ends."""
    return [day_start(zone, day) for day in range(first, last + 2)]


class Edge(NamedTuple):
    """An instant beside the beginning of the nearest local day of some zone, `day`.

    The seconds `[start, end)` between the two, all of the local day `within`, are before the instant if it `is_after`
    the beginning, and from it on otherwise.
    """

    day: int
    within: int
    start: int
    end: int
    is_after: bool


def nearest_day(zone: str, second: int) -> Edge:
    within = day_at(zone, second)
    start, end = day_start(zone, within), day_start(zone, within + 1)
    if second - start <= end - second:
        return Edge(within, within, start, second, True)
    return Edge(within + 1, within, second, end, False)


def whole_weeks(first: int, last: int, week_start: str) -> tuple[int, int]:
    """The days `first` to `last` widened to whole weeks."""
    start = WEEK_STARTS[week_start]
    return first - (date.fromordinal(first).weekday() - start) % 7, last + (
        start - 1 - date.fromordinal(last).weekday()
    ) % 7


@dataclass(frozen=True, slots=True)
class Asked:
    """A range as a request means it: seconds `[start, end)`, and the local days it touches."""

    start: int
    end: int
    first_day: int
    last_day: int


def asked_range(start: str, end: str, zone: str) -> Asked:
    """A request's two dates, the end inclusive to the second.

    Raises `UnknownZoneError`, `ValueError` for what is not a date, `RangeError`.
    """
    first = instant(start, zone)
    last = instant(end, zone)
    named = zone_named(zone)
    walls = [datetime.fromtimestamp(at, named).replace(tzinfo=None) for at in (first, last)]
    if last < first:
        raise RangeError("endDate is before startDate")
    if any(not FIRST_YEAR <= wall.year <= LAST_YEAR for wall in walls):
        raise RangeError(f"the range is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    if walls[1] - walls[0] >= LONGEST_RANGE:
        raise RangeError(f"the range is longer than {LONGEST_RANGE.days} days")
    return Asked(first, last + 1, day_at(zone, first), day_at(zone, last))


def instant(text: str, zone: str) -> int:
    """A written date to a second: wall-clock time of the zone, unless it has a Z or an offset of its own.

    One that occurs twice means its first occurrence; one that a clock change skips is read with the
    offset before the change. Raises `ValueError` for anything else.
    """
    found = WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"not a date of the form YYYY-MM-DD HH:MM:SS: {text[:40]!r}")
    day, clock, offset = found.groups()
    written = datetime.fromisoformat(f"{day}T{clock}{offset or ''}")
    if written.tzinfo is None:
        written = written.replace(tzinfo=zone_named(zone))  # fold=0: first occurrence, offset before a gap
    try:
        return int(written.astimezone(UTC).timestamp())
    except OverflowError as error:
        raise ValueError("the year is out of range") from error


def written_instant(second: int | None) -> str | None:
    """As answers write it: `2026-02-12T04:32:01.000Z`."""
    return None if second is None else f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.000Z"


def written_in(zone: str, second: int) -> str:
    """As requests may write it, by the zone's clock: `2026-02-12T10:02:01+05:30`."""
    return datetime.fromtimestamp(second, zone_named(zone)).isoformat()


def written_day(day: int) -> str:
    """As answers write it: the calendar day as if it were UTC."""
    return f"{date.fromordinal(day).isoformat()}T00:00:00.000Z"


def weekday_name(day: int) -> str:
    names: Sequence[str] = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return names[date.fromordinal(day).weekday()]
