"""`policy` and `holiday`: what holds for the organisation, or for one person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TextIO

import click

from timegrain import clock
from timegrain.cli.answering import named, table
from timegrain.cli.days import DAY, FOR_EVER, KeptDays
from timegrain.cli.session import Session, command
from timegrain.cli.starting import known_zone
from timegrain.counting.calendar import date_at, local_day
from timegrain.errors import Refused
from timegrain.policy_changes import LONGEST_NOTICE, OWN_FIELDS, as_columns, as_fields, change_policy
from timegrain.scheduling import WEEKDAYS, ScheduleChange, as_bits, change_schedule, hours, weekdays
from timegrain.storage import audit, people, schedules
from timegrain.storage.audit import Actor, Entry
from timegrain.storage.queries.policy_shown import policy_shown
from timegrain.storage.schedules import OF_ORGANISATION, Holiday

_FIELDS = {
    "idle": "idleCounting",
    "idle_minutes": "idleMinutes",
    "away_limit_minutes": "awayLimitMinutes",
    "unattended_limit_minutes": "unattendedLimitMinutes",
    "week_start": "weekStart",
    "zone": "timeZone",
    "titles": "titles",
    "urls": "urls",
    "notice": "notice",
    "own_erasure": "ownErasure",
    "questions_a_minute": "questionsAMinute",
    "batches_a_minute": "batchesAMinute",
    "audit_days": "auditDays",
    "facts_days": "factsDays",
    "titles_days": "titlesDays",
    "slots_days": "slotsDays",
}
_MINUTES = click.IntRange(1, 1440)
_A_MINUTE = click.IntRange(0, 1_000_000)
_ON_OFF = click.Choice(["on", "off"])


def _work_days(_context: click.Context, _option: click.Parameter, given: str | None) -> int | None:
    """`mon,tue` or whole names; an empty text is no day."""
    if given is None:
        return None
    words = [one for one in given.lower().split(",") if one]
    days = [day for one in words for day in WEEKDAYS if len(one) >= 3 and day.startswith(one)]
    if len(days) != len(words):
        raise click.BadParameter("days such as mon,tue,wed")
    return as_bits(days)


@command(None, "policy")
@click.option("--idle", type=_ON_OFF, help="Whether idle is counted.")
@click.option("--idle-minutes", type=_MINUTES, metavar="N")
@click.option("--away-limit-minutes", type=_MINUTES, metavar="N")
@click.option("--unattended-limit-minutes", type=_MINUTES, metavar="N")
@click.option("--week-start", type=click.Choice(["monday", "sunday", "saturday"]))
@click.option("--zone", metavar="ZONE", help="The home zone.")
@click.option("--titles", type=click.Choice(["none", "self", "managers"]))
@click.option("--urls", type=click.Choice(["host", "full"]))
@click.option(
    "--notice", type=click.File(encoding="utf-8-sig"), metavar="FILE", help="What people are told; - reads it."
)
@click.option("--own-erasure", type=_ON_OFF, help="Whether people may erase their own time.")
@click.option("--questions-a-minute", type=_A_MINUTE, metavar="N", help="Of one key; 0 for as many as come.")
@click.option("--batches-a-minute", type=_A_MINUTE, metavar="N", help="Of one device; 0 for as many as come.")
@click.option("--audit-days", type=click.IntRange(1, 36_525), metavar="N", help="How long the audit trail is kept.")
@click.option("--facts-days", type=KeptDays(), metavar="N", help="How long facts are kept: days, or forever.")
@click.option("--titles-days", type=KeptDays(), metavar="N", help="Titles and whole URLs; forever: as long as facts.")
@click.option("--slots-days", type=KeptDays(), metavar="N", help="Figures; not shorter than facts.")
@click.option("--work-days", callback=_work_days, metavar="DAYS", help="mon,tue,...")
@click.option("--expected-hours", type=click.FloatRange(0, 24), metavar="N")
@click.option("--from", "first", type=DAY, help="The first day of work days and hours; today unless told.")
@click.option("--user", "mail", metavar="MAIL", help="Set the idle ones, work days and hours for one person.")
def policy(
    session: Session,
    mail: str | None,
    work_days: int | None,
    expected_hours: float | None,
    first: datetime | None,
    **given: Any,
) -> None:
    """Show or set policies; limits, idle counting and zone hold for all stored time."""
    fields = {_FIELDS[name]: _value(name, value) for name, value in given.items() if value is not None}
    if mail and fields.keys() - set(OWN_FIELDS):
        raise click.UsageError("--user takes the idle policies, work days and hours alone")
    if first and work_days is None and expected_hours is None:
        raise click.UsageError("--from goes with --work-days or --expected-hours")
    by = Actor("timegrain policy")
    with session.opened() as (database, organisation):
        with database.read() as connection:
            person = people.user_by_email(connection, organisation.id, mail) if mail else None
        if fields:
            with session.progress("Counting") as progress:
                user = person.id if person else None
                change_policy(database, organisation.id, as_columns(fields), user, progress, by)
        today = local_day(fields.get("timeZone", organisation.zone), clock.now())
        user = person.id if person else OF_ORGANISATION
        if work_days is not None or expected_hours is not None:
            expected = None if expected_hours is None else round(expected_hours * 3600)
            change = ScheduleChange(first.toordinal() if first else today, work_days, expected)
            change_schedule(database, organisation.id, change, by, user)
        with database.read() as connection:
            held = policy_shown(connection, organisation.id, user)
    data = as_fields(held.limits if mail else held.general)
    data = {"idle": "on" if data.pop("idleCounting") else "off", **data}
    if not mail:
        data["zone"] = data.pop("timeZone")
    day = held.terms.on(today)
    data |= {"workDays": weekdays(day.work_days), "expectedHours": hours(day.expected)}
    zone, kept = held.general["zone"], held.kept_from
    data["factsFrom"] = None if kept.facts is None else date_at(zone, kept.facts)
    data["holdsFrom"] = None if kept.holds is None else date_at(zone, kept.holds)
    shown = table("Policy", "")
    for name, value in data.items():
        if value is not None or not name.endswith("From"):
            shown.add_row(name, _shown(name, value))
    session.answer(data, shown)


def _value(name: str, value: Any) -> Any:
    if name in ("idle", "own_erasure"):
        return value == "on"
    if name == "zone":
        known_zone(value)
    if name.endswith("_days") and value == FOR_EVER:
        return None
    return _notice(value) if name == "notice" else value


def _shown(name: str, value: Any) -> str:
    if name == "notice":
        return "the organisation's own" if value else "what is kept, no more"
    if value is None:
        return FOR_EVER
    return ", ".join(value) if isinstance(value, list) else str(value)


def _notice(file: TextIO) -> str | None:
    """The text to show; an empty file takes it away."""
    try:
        text = file.read().strip()
    except UnicodeDecodeError:
        raise Refused("--notice: the file is not text in UTF-8") from None
    if len(text) > LONGEST_NOTICE or "\0" in text:
        raise Refused(f"--notice: at most {LONGEST_NOTICE} characters of text")
    return text or None


@click.group()
def holiday() -> None:
    """Days on which nobody is expected to work."""


def _data(one: Holiday) -> dict[str, str]:
    return {"holidayId": str(one.uuid), "day": date.fromordinal(one.day).isoformat(), "name": one.name}


def _fields(one: Holiday) -> dict[str, str]:
    return {"day": date.fromordinal(one.day).isoformat(), "name": one.name}


@command(holiday, "list")
@click.option("--year", type=click.IntRange(2000, 2037), metavar="YEAR")
def holiday_list(session: Session, year: int | None) -> None:
    """All holidays, or those of a year."""
    first, end = (date(year, 1, 1), date(year + 1, 1, 1)) if year else (date.min, date.max)
    with session.opened() as (database, organisation), database.read() as connection:
        found = schedules.holidays_between(connection, organisation.id, first.toordinal(), end.toordinal())
    shown = table("Day", "Name")
    for one in found:
        shown.add_row(date.fromordinal(one.day).isoformat(), one.name)
    session.answer({"holidays": [_data(one) for one in found]}, shown)


@command(holiday, "add")
@click.argument("day", type=DAY)
@click.argument("name", callback=named)
def holiday_add(session: Session, day: datetime, name: str) -> None:
    """Add a holiday."""
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            made = schedules.add_holiday(connection, organisation.id, day.toordinal(), name)
            entry = Entry(Actor("timegrain holiday add"), after=_fields(made))
            audit.record(connection, organisation.id, entry)
        session.answer(_data(made), f"{day.date()} is a holiday: {name}.")


@command(holiday, "remove")
@click.argument("day", type=DAY)
def holiday_remove(session: Session, day: datetime) -> None:
    """Take a holiday away."""
    first = day.toordinal()
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            found = schedules.holidays_between(connection, organisation.id, first, first + 1)
            if not found:
                raise Refused(f"{day.date()} is no holiday")
            was = schedules.remove_holiday(connection, organisation.id, found[0].uuid)
            entry = Entry(Actor("timegrain holiday remove"), before=_fields(was))
            audit.record(connection, organisation.id, entry)
        session.answer(_data(was), f"{day.date()} is no holiday any more.")
