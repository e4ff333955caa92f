"""`explain`: why a second, or a day, was counted as it was."""

from __future__ import annotations

from datetime import date, datetime

import click
import msgspec

from timegrain import clock
from timegrain.cli.answering import table
from timegrain.cli.days import DAY
from timegrain.cli.session import Session, command
from timegrain.cli.starting import known_zone
from timegrain.counting.calendar import local_day, zone_named
from timegrain.figures import explain as explaining
from timegrain.figures.explain import Explained
from timegrain.figures.pieces import asker_of
from timegrain.figures.story import story
from timegrain.storage import people
from timegrain.storage.queries.people_meant import profiles_meant
from timegrain.summary import asked


@command(None, "explain")
@click.option("--user", "mail", required=True, metavar="MAIL")
@click.option("--at", metavar="TIME", help='One second, such as "2026-02-03 09:41:00", told in a sentence.')
@click.option("--date", "day", type=DAY, help="A day, as a table; today unless told.")
@click.option("--zone", metavar="ZONE", help="Whose clocks are meant; the home zone unless told.")
def explain(session: Session, mail: str, at: str | None, day: datetime | None, zone: str | None) -> None:
    """Why somebody's second, or day, was counted as it was."""
    if at and day:
        raise click.UsageError("--at and --date exclude each other")
    with session.opened() as (database, organisation):
        zone = known_zone(zone or organisation.zone)
        chosen = date.fromordinal(day.toordinal() if day else local_day(zone, clock.now()))
        range_ = asked(at, at, zone) if at else asked(f"{chosen} 00:00:00", f"{chosen} 23:59:59", zone)
        with database.read() as connection:
            row = people.organisation_row(connection, organisation.id)
            user = people.user_by_email(connection, organisation.id, mail)
            (profile,) = profiles_meant(connection, organisation.id, [user.uuid], [])
            teams = {one.id: one.uuid for one in people.all_teams(connection, organisation.id)}
            asker = asker_of(connection, organisation.id)
            within = range_.start, range_.end
            explanation = explaining.explain(asker, profile, within, teams, row.titles == "managers")
        told = story(explanation, zone) if at else ""
        shown = table("From", "To", "State", "Rating", "Subject", "Device", "Why")
        for one in explanation.spans:
            subject = one.subject.name if one.subject else ""
            times = _clock(one.start, zone), _clock(one.end, zone)
            shown.add_row(*times, one.state, one.rating or "", subject, one.device, _why(one))
        data = msgspec.to_builtins(explanation) | ({"story": told} if at else {})
        session.answer(data, told or shown)


def _clock(written: str, zone: str) -> str:
    return datetime.fromisoformat(written).astimezone(zone_named(zone)).strftime("%H:%M:%S")


def _why(one: Explained) -> str:
    if one.reason:
        return one.reason
    if one.stretch is not None:
        return f"{one.stretch.seconds} s without input"
    return "" if one.rule is None else f"{one.rule.owner}: {one.rule.subject}"
