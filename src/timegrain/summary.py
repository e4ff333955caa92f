"""The weekly summary, the same for HTTP and the command line: asked, summed, shaped."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from timegrain.counting.calendar import (
    Asked,
    RangeError,
    UnknownZoneError,
    asked_range,
    instant,
    weekday_name,
    whole_weeks,
    written_day,
    zone_named,
)
from timegrain.counting.tallies import Tally, summed
from timegrain.errors import Detail, InvalidDateRange, InvalidTimeZone, wrong
from timegrain.storage.queries.daily_totals import daily_totals
from timegrain.storage.queries.people_meant import Meant


class DayMetrics(msgspec.Struct, rename="camel"):
    """Seconds. total = active + idle, active = productive + neutral + unproductive."""

    total_time_spend_seconds: int
    active_time_spend_seconds: int
    idle_time_spend_seconds: int
    productive_time_spend_seconds: int
    neutral_time_spend_seconds: int
    unproductive_time_spend_seconds: int


class DayRow(msgspec.Struct):
    """`date` is the calendar day written as if it were UTC."""

    date: str
    day: str
    metrics: DayMetrics


class OverallMetrics(msgspec.Struct, rename="camel"):
    """The sums of the rows, in seconds."""

    total_active_time_spend_seconds: int
    total_idle_time_spend_seconds: int
    total_time_spend_seconds: int
    total_productive_time_spend_seconds: int
    total_neutral_time_spend_seconds: int
    total_unproductive_time_spend_seconds: int


class Summary(msgspec.Struct, rename="camel"):
    breakdown_summary: list[DayRow]
    overall_summary: OverallMetrics


def asked(start: str, end: str, zone: str) -> Asked:
    """Raises `InvalidTimeZone`, `ValidationFailed` naming the date, `InvalidDateRange`."""
    for name, text in (("startDate", start), ("endDate", end)):
        try:
            instant(text, "UTC")
        except ValueError as error:
            raise wrong(name, str(error)) from None
    try:
        zone_named(zone)
        return asked_range(start, end, zone)
    except UnknownZoneError:
        raise invalid_zone() from None
    except RangeError as error:
        raise InvalidDateRange(str(error)) from None
    except (ValueError, OverflowError):
        raise InvalidDateRange("the range is outside the years 2000 to 2037") from None


def invalid_zone() -> InvalidTimeZone:
    message = "not an IANA time zone name"
    return InvalidTimeZone(f"timeZone: {message}", [Detail("timeZone", message)])


def weekly_summary(
    connection: Connection,
    organisation: int,
    home_zone: str,
    week_start: str,
    people: Sequence[Meant],
    range_: Asked,
    zone: str,
) -> Summary:
    """The whole weeks that the range touches, one row a local day of `zone`."""
    first, last = whole_weeks(range_.first_day, range_.last_day, week_start)
    days = daily_totals(connection, organisation, home_zone, people, zone, first, last)
    return Summary(
        [DayRow(written_day(day), weekday_name(day), day_metrics(tally)) for day, tally in days],
        overall_metrics(summed(tally for _, tally in days)),
    )


def overall_metrics(tally: Tally) -> OverallMetrics:
    return OverallMetrics(tally.active, tally.idle, tally.total, tally.productive, tally.neutral, tally.unproductive)


def day_metrics(tally: Tally) -> DayMetrics:
    return DayMetrics(tally.total, tally.active, tally.idle, tally.productive, tally.neutral, tally.unproductive)
