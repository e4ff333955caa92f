"""`timesheet`, `apps` and `month`: the reports of everybody, or of the people and teams named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, NamedTuple

import click
import msgspec

from timegrain import clock
from timegrain.cli.answering import table
from timegrain.cli.days import DAY
from timegrain.cli.session import Session, command
from timegrain.cli.starting import known_zone
from timegrain.counting.calendar import Asked, local_day
from timegrain.figures.attendance import monthly_summary, months
from timegrain.figures.pieces import Asker, asker_of
from timegrain.figures.timesheet import timesheets
from timegrain.figures.usage import place_of, shown, used
from timegrain.storage import people
from timegrain.storage.engine import Database
from timegrain.storage.people import Organisation
from timegrain.storage.queries.people_meant import Profile, profiles_meant
from timegrain.summary import asked


class Asking(NamedTuple):
    """Who is asked about, in which zone, on an open read transaction, as it is at `now`."""

    database: Database
    organisation: Organisation
    asker: Asker
    profiles: list[Profile]
    zone: str
    now: int
    titles: str
    """The policy."""

    def days(self, begin: datetime | None, end: datetime | None) -> Asked:
        """Whole days; today unless told, one day where only the last is."""
        last = date.fromordinal(end.toordinal() if end else local_day(self.zone, self.now))
        first = begin.date() if begin else last
        return asked(f"{first} 00:00:00", f"{last} 23:59:59", self.zone)


def of_people(function: Callable[..., None]) -> Callable[..., None]:
    """The options that `asking` takes."""
    for option in (
        click.option("--zone", metavar="ZONE", help="Whose days are meant; the home zone unless told."),
        click.option("--team", "teams", multiple=True, metavar="NAME"),
        click.option("--user", "mails", multiple=True, metavar="MAIL"),
    ):
        function = option(function)
    return function


def of_days(function: Callable[..., None]) -> Callable[..., None]:
    """The options that `Asking.days` takes."""
    for option in (
        click.option("--to", "end", type=DAY, help="The last day; today unless told."),
        click.option("--from", "begin", type=DAY, help="The first day; the last one unless told."),
    ):
        function = option(function)
    return function


@contextmanager
def asking(session: Session, mails: tuple[str, ...], teams: tuple[str, ...], zone: str | None) -> Iterator[Asking]:
    """Everybody where nobody is named."""
    with session.opened() as (database, organisation), database.read() as connection:
        zone = known_zone(zone or organisation.zone)
        row = people.organisation_row(connection, organisation.id)
        users = [people.user_by_email(connection, organisation.id, mail).uuid for mail in mails]
        team_ids = [people.team_named(connection, organisation.id, name).uuid for name in teams]
        if not users and not team_ids:
            users = [one.uuid for one in people.all_users(connection, organisation.id)]
        profiles = profiles_meant(connection, organisation.id, users, team_ids) if users or team_ids else []
        asker = asker_of(connection, organisation.id)
        yield Asking(database, organisation, asker, profiles, zone, clock.now(), row.titles)


@command(None, "timesheet")
@of_people
@of_days
def timesheet(session: Session, begin: datetime | None, end: datetime | None, **whom: Any) -> None:
    """When each person came and went, and what they did, day by day."""
    with asking(session, **whom) as about:
        rows = timesheets(about.asker, about.profiles, about.days(begin, end), about.zone).rows
    told = table("Name", "Date", "In", "Out", "Total", "Active", "Idle", "Productive", "Neutral", "Unproductive")
    for row in rows:
        for day in row.daily_summary:
            seconds = (
                day.total_time_spend_seconds,
                day.active_time_spend_seconds,
                day.idle_time_spend_seconds,
                day.productive_time_spend_seconds,
                day.neutral_time_spend_seconds,
                day.unproductive_time_spend_seconds,
            )
            times = _clock(day.in_time), _clock(day.out_time)
            told.add_row(row.user.name, day.date[:10], *times, *map(_written, seconds))
    session.answer({"timesheet": msgspec.to_builtins(rows)}, told)


@command(None, "apps")
@of_people
@of_days
def apps(session: Session, begin: datetime | None, end: datetime | None, **whom: Any) -> None:
    """The applications and websites used, the most used first."""
    with asking(session, **whom) as about:
        range_ = about.days(begin, end)
        uses, book, tally = used(about.asker, about.profiles, (range_.start, range_.end))
    items = [shown(*one, book, tally.active) for one in sorted(uses.items(), key=place_of)]
    told = table("Name", "Type", "Category", "Rating", "Active", "Share", "People")
    for one in items:
        figures = _written(one.active_seconds), f"{one.share:.1%}", str(one.people)
        told.add_row(one.name, one.type, one.category or "", one.rating, *figures)
    session.answer({"items": msgspec.to_builtins(items), "activeSeconds": tally.active}, told)


@command(None, "month")
@of_people
@click.option("--month", "day", type=click.DateTime(["%Y-%m"]), help="Such as 2026-02; this one unless told.")
def month(session: Session, day: datetime | None, **whom: Any) -> None:
    """Attendance and extra time in a month."""
    with asking(session, **whom) as about:
        chosen = day.date() if day else date.fromordinal(local_day(about.zone, about.now))
        found = list(months(about.asker, about.profiles, chosen.year, chosen.month, about.zone, about.now))
    told = table("Name", "Working", "Present", "Absent", "To come", "Off but worked", "Total", "Extra")
    for one in found:
        counts = one.counts
        days = (counts.working, counts.present, counts.absent, counts.upcoming, counts.week_off_worked)
        seconds = sum(each.tally.total for each in one.days), sum(each.extra for each in one.days)
        told.add_row(one.profile.name, *map(str, days), *map(_written, seconds))
    session.answer({"months": msgspec.to_builtins([monthly_summary(one) for one in found])}, told)


def _clock(written: str | None) -> str:
    return "" if written is None else written[11:16]


def _written(seconds: int) -> str:
    """h:mm, minutes cut."""
    return f"{seconds // 3600}:{seconds % 3600 // 60:02d}"
