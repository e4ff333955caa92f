"""Which reports there are, each as the rows of a sheet. The numbers are those of the API: the same functions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple

from timegrain.counting.calendar import Asked, weekday_name
from timegrain.exporting.sheets import Cell, Column, Kind, Sheet
from timegrain.figures.attendance import attended_days, whole_months
from timegrain.figures.parts import in_groups
from timegrain.figures.pieces import Asker, own_seconds
from timegrain.figures.timesheet import timesheet_rows
from timegrain.figures.usage import place_of, shown, used
from timegrain.storage.facts import FactKind
from timegrain.storage.queries.facts_between import TextFact, Window, facts_between
from timegrain.storage.queries.people_meant import Profile

ReportName = Literal["timesheet", "app-usage", "monthly", "facts"]
Rows = Iterator[tuple[Cell, ...]]

DAYS_OF_FACTS = 250
"""Of people, whose facts are sorted by one statement."""

_EPOCH = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)
_KINDS = {kind: kind.name.lower() for kind in FactKind}


class Wanted(NamedTuple):
    """What is reported: people, a range, whose days, and as it is at `now`."""

    asker: Asker
    profiles: Sequence[Profile]
    range: Asked
    zone: str
    now: int
    titles_of: Collection[int]
    """The users whose titles the reader may see."""


_TEXT, _SECONDS = Kind.TEXT, Kind.DURATION
PERSON = (Column("name", "Name", _TEXT), Column("emailId", "Mail", _TEXT), Column("userId", "User", _TEXT))
DATE = (Column("date", "Date", Kind.DAY), Column("day", "Day", _TEXT))
_TOTAL = (
    Column("totalSeconds", "Total", _SECONDS),
    Column("activeSeconds", "Active", _SECONDS),
    Column("idleSeconds", "Idle", _SECONDS),
)
_CLASSES = (
    Column("productiveSeconds", "Productive", _SECONDS),
    Column("neutralSeconds", "Neutral", _SECONDS),
    Column("unproductiveSeconds", "Unproductive", _SECONDS),
)

COLUMNS: dict[ReportName, tuple[Column, ...]] = {
    "timesheet": (
        *PERSON,
        *DATE,
        Column("inTime", "In", Kind.CLOCK),
        Column("outTime", "Out", Kind.CLOCK),
        *_TOTAL,
        *_CLASSES,
    ),
    "app-usage": (
        Column("subject", "Subject", _TEXT),
        Column("type", "Type", _TEXT),
        Column("category", "Category", _TEXT),
        Column("rating", "Rating", _TEXT),
        Column("activeSeconds", "Active", _SECONDS),
        *_CLASSES,
        Column("share", "Share", Kind.SHARE),
        Column("people", "People", Kind.COUNT),
    ),
    "monthly": (
        *PERSON,
        *DATE,
        Column("attendanceStatus", "Attendance", _TEXT),
        *_TOTAL,
        Column("extraHoursSeconds", "Extra", _SECONDS),
    ),
    "facts": (
        *PERSON,
        Column("device", "Device", _TEXT),
        Column("kind", "Kind", _TEXT),
        Column("start", "Start (UTC)", Kind.INSTANT),
        Column("end", "End (UTC)", Kind.INSTANT),
        Column("application", "Application", _TEXT),
        Column("browser", "Browser", _TEXT),
        Column("host", "Host", _TEXT),
        Column("url", "URL", _TEXT),
        Column("title", "Title", _TEXT),
    ),
}


def report(name: ReportName, wanted: Wanted) -> Sheet:
    """The rows are made while they are read, on the asker's transaction; one statement."""
    return Sheet(name, COLUMNS[name], _ROWS[name](wanted))


def _person(one: Profile) -> tuple[str, str, str]:
    return one.name, one.email, str(one.uuid)


def _timesheet(wanted: Wanted) -> Rows:
    rows = timesheet_rows(wanted.asker, wanted.profiles, wanted.range, wanted.zone)
    for one, row in zip(wanted.profiles, rows, strict=True):
        for day in row.daily_summary:
            yield (
                *_person(one),
                date.fromisoformat(day.date[:10]),
                day.day,
                _wall(day.in_time),
                _wall(day.out_time),
                day.total_time_spend_seconds,
                day.active_time_spend_seconds,
                day.idle_time_spend_seconds,
                day.productive_time_spend_seconds,
                day.neutral_time_spend_seconds,
                day.unproductive_time_spend_seconds,
            )


def _wall(written: str | None) -> datetime | None:
    """A wall clock is written with a Z."""
    return None if written is None else datetime.fromisoformat(written).replace(tzinfo=None)


def _app_usage(wanted: Wanted) -> Rows:
    uses, book, tally = used(wanted.asker, wanted.profiles, (wanted.range.start, wanted.range.end))
    for subject, use in sorted(uses.items(), key=place_of):
        one = shown(subject, use, book, tally.active)
        yield (
            one.name,
            one.type,
            one.category,
            one.rating,
            one.active_seconds,
            one.productive_seconds,
            one.neutral_seconds,
            one.unproductive_seconds,
            one.share,
            one.people,
        )


def _monthly(wanted: Wanted) -> Rows:
    days = whole_months(wanted.range.first_day, wanted.range.last_day)
    for month in attended_days(wanted.asker, wanted.profiles, days, wanted.zone, wanted.now):
        for one in month.days:
            yield (
                *_person(month.profile),
                date.fromordinal(one.day),
                weekday_name(one.day),
                one.status.value,
                one.tally.total,
                one.tally.active,
                one.tally.idle,
                one.extra,
            )


def _facts(wanted: Wanted) -> Rows:
    """A few people a statement: the database sorts the facts of one, and what they need goes with them."""
    asker, days = wanted.asker, wanted.range.last_day - wanted.range.first_day + 1
    for group in in_groups(wanted.profiles, days, DAYS_OF_FACTS):
        people = [_person(one) for one in group]
        windows = [
            Window(place, one.user, one.user in wanted.titles_of, start, end)
            for place, one in enumerate(group)
            for start, end in own_seconds(one, (wanted.range.start, wanted.range.end), asker.home_zone)
        ]
        yield from _told(people, facts_between(asker.connection, asker.organisation, windows))


def _told(people: Sequence[tuple[str, str, str]], facts: Iterable[TextFact]) -> Rows:
    for fact in facts:
        yield (
            *people[fact.key],
            fact.device,
            _KINDS[fact.kind],
            _instant(fact.start),
            _instant(fact.end),
            fact.app,
            fact.browser,
            fact.host,
            fact.url,
            fact.title,
        )


def _instant(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


_ROWS: dict[ReportName, Callable[[Wanted], Rows]] = {
    "timesheet": _timesheet,
    "app-usage": _app_usage,
    "monthly": _monthly,
    "facts": _facts,
}
