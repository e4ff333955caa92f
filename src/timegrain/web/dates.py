"""Dates and times as people of the reader's region write them, in English.

The words are English, so of what a browser asks for its region alone is taken: `de-AT` writes `3 Feb 2026`
as English is written in Austria, `en-US` writes `Feb 3, 2026`.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton

from timegrain.counting.calendar import zone_named

ENGLISH = Locale("en", "001")


@lru_cache(maxsize=256)
def locale_of(accepted: str) -> Locale:
    """Of an `Accept-Language` header: English of the first region that is named and known."""
    for one in accepted.split(","):
        tag = one.partition(";")[0].strip().replace("_", "-")
        language, *rest = tag.split("-")
        region = next((part.upper() for part in rest if len(part) == 2 and part.isalpha()), "")
        region = region or {"en": "US"}.get(language.lower(), language.upper() if len(language) == 2 else "")
        try:
            return Locale("en", region)
        except (UnknownLocaleError, ValueError):
            continue
    return ENGLISH


class Dates:
    """Writes local days (ordinals) and instants (seconds) for one reader in one zone."""

    def __init__(self, locale: Locale, zone: str) -> None:
        self.locale, self.zone = locale, zone

    def day(self, day: int) -> str:
        """`Thursday 5 February 2026`."""
        return format_date(date.fromordinal(day), "full", self.locale)

    def short(self, day: int) -> str:
        """`Thu 5`."""
        return f"{self.brief(day)} {date.fromordinal(day).day}"

    def brief(self, day: int) -> str:
        """`Thu`."""
        return str(format_date(date.fromordinal(day), "EEE", self.locale))

    def in_year(self, day: int) -> str:
        """`4 Feb`, where the year is known."""
        return str(format_skeleton("MMMd", date.fromordinal(day), locale=self.locale))

    def weekday(self, day: int) -> str:
        return format_date(date.fromordinal(day), "EEEE", self.locale)

    def date(self, day: int) -> str:
        """`5 Feb 2026`."""
        return format_date(date.fromordinal(day), "medium", self.locale)

    def month(self, day: int) -> str:
        """`February 2026`."""
        return format_date(date.fromordinal(day), "MMMM y", self.locale)

    def days(self, first: int, last: int) -> str:
        """`2 – 8 February 2026`; both are in it, and they differ."""
        days = date.fromordinal(first), date.fromordinal(last)
        differs = "y" if days[0].year < days[1].year else "M" if days[0].month < days[1].month else "d"
        # Intervals are known with short months alone.
        halves = self.locale.interval_formats["yMMMd"][differs]
        return "".join(
            format_date(day, half.replace("MMM", "MMMM"), self.locale) for day, half in zip(days, halves, strict=True)
        )

    def clock(self, second: int, seconds: bool = False) -> str:
        """`15:42`, in 24 hours in every region."""
        return self._at(second).strftime("%H:%M:%S" if seconds else "%H:%M")

    def instant(self, second: int) -> str:
        """`Thu, 5 Feb 2026, 15:42`."""
        at = self._at(second)
        return (
            f"{format_date(at.date(), 'EEE', self.locale)}, {format_date(at.date(), 'medium', self.locale)}, {at:%H:%M}"
        )

    def told(self, instant: str) -> str:
        """The same of an instant as the API writes it, `2026-02-05T10:12:00.000Z`."""
        return self.instant(int(datetime.fromisoformat(instant).timestamp()))

    def offset(self, second: int) -> str:
        """`UTC+05:30`."""
        text = self._at(second).strftime("%z")
        return f"UTC{text[:3]}:{text[3:5]}"

    def _at(self, second: int) -> datetime:
        return datetime.fromtimestamp(second, zone_named(self.zone))
