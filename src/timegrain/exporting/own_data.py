"""Everything about one person in one ZIP: their facts, timesheet, account, and who did or looked at what about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any, BinaryIO, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec

from timegrain.counting.attendance import AS_GENERAL
from timegrain.counting.calendar import Asked, day_at, day_start, written_instant
from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.exporting.reports import Wanted, report
from timegrain.exporting.writing import write
from timegrain.figures.pieces import Asker
from timegrain.scheduling import weekdays
from timegrain.storage import audit, leads, slots
from timegrain.storage.devices import all_devices
from timegrain.storage.keys import all_keys
from timegrain.storage.people import organisation_row, user_row
from timegrain.storage.queries.accounts import accounts
from timegrain.storage.queries.people_meant import Profile
from timegrain.storage.schedules import schedules_of
from timegrain.storage.sessions import sessions_of
from timegrain.storage.slots import Owner
from timegrain.transfer import export_facts

README = """\
What timegrain holds about {name} <{email}> at {organisation}, as of {now}.

account.json     who you are here, your teams over time, your devices, sessions and keys, what holds for you alone,
                 what text is kept
facts.jsonl      what your devices reported, as kept: `timegrain import facts` reads it
timesheet.csv    your days in {zone}: from when to when, and the seconds of each class
audit.jsonl      what you did here, and who did or looked at what is about you, the newest first
"""
MEDIA_TYPE = "application/zip"


class Whose(NamedTuple):
    """The person, and the present."""

    profile: Profile
    now: int


def write_own_data(asker: Asker, whose: Whose, file: BinaryIO) -> None:
    """Fact by fact and entry by entry: it needs no more memory for a long history, but for the days."""
    organisation = organisation_row(asker.connection, asker.organisation)
    one = whose.profile
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        about = {"name": one.name, "email": one.email, "organisation": organisation.name, "zone": asker.home_zone}
        archive.writestr("README.txt", README.format(now=written_instant(whose.now), **about))
        archive.writestr("account.json", msgspec.json.format(msgspec.json.encode(_account(asker, whose, organisation))))
        with archive.open("facts.jsonl", "w", force_zip64=True) as part:
            part.writelines(export_facts(asker.connection, asker.organisation, one.user, Counter()))
        with archive.open("timesheet.csv", "w", force_zip64=True) as part:
            write(report("timesheet", _all_days(asker, whose)), "csv", part)  # type: ignore[arg-type]
        with archive.open("audit.jsonl", "w", force_zip64=True) as part:
            part.writelines(msgspec.json.encode(entry) + b"\n" for entry in _trail(asker, one))


def _account(asker: Asker, whose: Whose, organisation: Any) -> dict[str, Any]:
    one = whose.profile
    (account,) = accounts(asker.connection, asker.organisation, [one.user])
    return {
        "userId": one.uuid,
        "name": one.name,
        "email": one.email,
        "role": account.role_name,
        "workMode": account.work_mode,
        "createdAt": written_instant(account.created_at),
        "employments": [_days(*days) for days in account.employments],
        "teams": [
            {"name": team.name, "primary": team.days.primary, **_days(team.days.first, team.days.end)}
            for team in account.teams
        ],
        "devices": [
            {"name": device.name, "reportedAt": written_instant(device.reported_at), "reachSeconds": device.reach}
            for device in all_devices(asker.connection, asker.organisation, one.user)
        ],
        "leads": [
            {"team": team, **_days(*days)}
            for team, days in leads.of_user(asker.connection, asker.organisation, one.user)
        ],
        "own": _own(asker, one),
        "factsFrom": written_instant(one.facts_from),
        **_ways_in(asker, whose),
        "organisation": {
            "name": organisation.name,
            "timeZone": organisation.zone,
            "titles": organisation.titles,
            "urls": organisation.urls,
            "notice": organisation.notice,
            "auditDays": organisation.audit_days,
            "factsDays": organisation.facts_days,
            "titlesDays": organisation.titles_days,
            "slotsDays": organisation.slots_days,
        },
    }


def _own(asker: Asker, one: Profile) -> dict[str, Any]:
    """What holds for them alone; null: as for the organisation."""
    row = user_row(asker.connection, asker.organisation, one.user)
    schedules = schedules_of(asker.connection, asker.organisation, [one.user]).get(one.user, [])
    return {
        "idleCounting": row.idle_counting,
        "idleThresholdSeconds": row.idle_threshold,
        "awayLimitSeconds": row.away_limit,
        "unattendedLimitSeconds": row.unattended_limit,
        "schedules": [
            {
                "from": date.fromordinal(held.first),
                "workDays": weekdays(held.work_days),
                "expectedSeconds": None if held.expected == AS_GENERAL else held.expected,
            }
            for held in schedules
        ],
    }


def _ways_in(asker: Asker, whose: Whose) -> dict[str, Any]:
    """Where they are signed in, and the keys that are theirs; nothing with which anybody could sign in."""
    connection, organisation, user = asker.connection, asker.organisation, whose.profile.user
    return {
        "sessions": [
            {"createdAt": written_instant(held.created_at), "usedAt": written_instant(held.used_at)}
            for held in sessions_of(connection, organisation, user, whose.now)
        ],
        "keys": [
            {
                "name": held.name,
                "createdAt": written_instant(held.created_at),
                "usedAt": written_instant(held.used_at),
                "expiresAt": written_instant(held.expires_at),
                "revokedAt": written_instant(held.revoked_at),
            }
            for held in all_keys(connection, organisation)
            if held.user == user
        ],
    }


def _days(first: int, end: int) -> dict[str, Any]:
    return {
        "from": None if first == ALWAYS else date.fromordinal(first),
        "to": None if end == FOREVER else date.fromordinal(end - 1),
    }


def _all_days(asker: Asker, whose: Whose) -> Wanted:
    """From the first to the last day with any second."""
    one = whose.profile
    owner = Owner(asker.organisation, one.user, one.generation, one.subject_generation, one.subject_difference)
    days = slots.days(asker.connection, owner)
    today = day_at(asker.home_zone, whose.now)
    first, last = min(days, default=today), max(days, default=today)
    range_ = Asked(day_start(asker.home_zone, first), day_start(asker.home_zone, last + 1), first, last)
    return Wanted(asker, [one], range_, asker.home_zone, whose.now, [one.user])


def _trail(asker: Asker, one: Profile) -> Iterator[dict[str, Any]]:
    """Other people are in it as far as they acted, not as those whom an entry is about as well."""
    for entry in audit.some(asker.connection, asker.organisation, audit.Wanted(concerning=one.user)):
        yield {
            "at": written_instant(entry.at),
            "lastAt": written_instant(entry.last_at),
            "times": entry.times,
            "by": _actor(entry),
            "call": entry.call,
            "address": entry.address,
            "before": entry.before,
            "after": entry.after,
        }


def _actor(entry: audit.Listed) -> str:
    if entry.user:
        return entry.user[1]
    if entry.key:
        return f"key {entry.key[1]}"
    return "command line" if entry.is_command else "somebody who is no more"
