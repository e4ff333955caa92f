"""Bodies of the API's questions about what a page shows: whole local days, whole months."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from timegrain.counting.calendar import FIRST_YEAR, LAST_YEAR, Asked, day_start, written_in
from timegrain.errors import wrong


def days_asked(zone: str, first: int, last: int) -> Asked:
    """The days `first` to `last`; both are in it."""
    return Asked(day_start(zone, first), day_start(zone, last + 1), first, last)


def about_days(zone: str, first: int, last: int, users: Sequence[str], teams: Sequence[str] = ()) -> dict[str, Any]:
    """A body with a range. Its ends have offsets: a clock that is set back may show 23:59:59 twice."""
    asked = days_asked(zone, first, last)
    return {
        "startDate": written_in(zone, asked.start),
        "endDate": written_in(zone, asked.end - 1),
        "timeZone": zone,
        "userId": list(users),
        "teamId": list(teams),
    }


def about_month(zone: str, month: int, users: Sequence[str], teams: Sequence[str] = ()) -> dict[str, Any]:
    """A body with the month that begins on the day `month`."""
    begun = date.fromordinal(month)
    return {
        "year": begun.year,
        "month": begun.month,
        "timeZone": zone,
        "userId": list(users),
        "teamId": list(teams),
    }


def month_of(day: int) -> int:
    """The first day of its month."""
    return date.fromordinal(day).replace(day=1).toordinal()


def month_after(month: int, months: int = 1) -> int:
    """The first day of the month so many months after the one that begins on the day `month`."""
    begun = date.fromordinal(month)
    count = begun.year * 12 + begun.month - 1 + months
    return date(count // 12, count % 12 + 1, 1).toordinal()


def read_month(text: str) -> int:
    """Of `YYYY-MM`, its first day. Raises `ValidationFailed`."""
    try:
        begun = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise wrong("month", "not a month of the form YYYY-MM") from None
    if not FIRST_YEAR <= begun.year <= LAST_YEAR:
        raise wrong("month", f"outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return begun.toordinal()


def written_month(month: int) -> str:
    """`2026-02`."""
    return date.fromordinal(month).isoformat()[:7]
