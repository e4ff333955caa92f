"""`recount` and `summary`."""

from __future__ import annotations

from datetime import date, datetime

import click
import msgspec

from timegrain import clock
from timegrain.cli.answering import table
from timegrain.cli.days import DAY
from timegrain.cli.session import Session, command
from timegrain.cli.starting import known_zone
from timegrain.counting.calendar import local_day
from timegrain.errors import Refused
from timegrain.recounting import differences, recount_everything
from timegrain.storage import people
from timegrain.storage.queries.people_meant import Meant, people_meant
from timegrain.summary import asked, weekly_summary


@command(None, "recount")
@click.option("--user", "mail", metavar="MAIL")
@click.option("--check", is_flag=True, help="Only compare; exit with 1 where a figure differs.")
def recount(session: Session, mail: str | None, check: bool) -> None:
    """Count everything under the facts again."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            one = people.user_by_email(connection, organisation.id, mail) if mail else None
            users = [one.id] if one else [p.id for p in people.all_users(connection, organisation.id)]
        with session.progress("Counting") as progress:
            if not check:
                with database.write(organisation.id) as connection:
                    session.record(connection, organisation, *users)
                recount_everything(database, organisation.id, users, progress)
                session.answer({"users": len(users)}, f"Counted {len(users)} people again.")
                return
            different = 0
            for done, user in enumerate(users, 1):
                different += differences(database, organisation.id, user)
                progress(done, len(users))
        session.answer(
            {"users": len(users), "differences": different},
            f"{len(users)} people compared: {different} figures differ.",
        )
    if different:
        raise Refused(f"{different} figures differ from what the facts give")


@command(None, "summary")
@click.option("--user", "mails", multiple=True, metavar="MAIL")
@click.option("--team", "teams", multiple=True, metavar="NAME")
@click.option("--date", "day", type=DAY, help="A day of the week; today unless told.")
@click.option("--zone", metavar="ZONE", help="The home zone unless told.")
def summary(
    session: Session, mails: tuple[str, ...], teams: tuple[str, ...], day: datetime | None, zone: str | None
) -> None:
    """The weekly summary: of everybody, or of the people and teams named."""
    with session.opened() as (database, organisation), database.read() as connection:
        zone = known_zone(zone or organisation.zone)
        row = people.organisation_row(connection, organisation.id)
        users = [people.user_by_email(connection, organisation.id, mail).uuid for mail in mails]
        team_ids = [people.team_named(connection, organisation.id, name).uuid for name in teams]
        if not users and not team_ids:
            users = [one.uuid for one in people.all_users(connection, organisation.id)]
        meant: list[Meant] = people_meant(connection, organisation.id, users, team_ids) if users or teams else []
        chosen = date.fromordinal(day.toordinal() if day else local_day(zone, clock.now())).isoformat()
        range_ = asked(f"{chosen} 00:00:00", f"{chosen} 23:59:59", zone)
        data = weekly_summary(connection, organisation.id, row.zone, row.week_start, meant, range_, zone)
    shown = table("Day", "Date", "Total", "Active", "Idle", "Productive", "Neutral", "Unproductive")
    for one in data.breakdown_summary:
        m = one.metrics
        shown.add_row(one.day, one.date[:10], *map(_written, msgspec.structs.astuple(m)))
    all_ = data.overall_summary
    order = (
        all_.total_time_spend_seconds,
        all_.total_active_time_spend_seconds,
        all_.total_idle_time_spend_seconds,
        all_.total_productive_time_spend_seconds,
        all_.total_neutral_time_spend_seconds,
        all_.total_unproductive_time_spend_seconds,
    )
    shown.add_row("Week", "", *map(_written, order))
    session.answer(msgspec.to_builtins(data), shown)


def _written(seconds: int) -> str:
    """h:mm, minutes cut."""
    return f"{seconds // 3600}:{seconds % 3600 // 60:02d}"
