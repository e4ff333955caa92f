"""Store the sample organisation: its people and rules, and its facts as a device's batches are stored."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from sqlalchemy import Connection

from timegrain import clock
from timegrain.counting.calendar import local_day
from timegrain.counting.memberships import ALWAYS, FOREVER, Membership, settled
from timegrain.counting.ratings import Rating, rule_name
from timegrain.counting.subjects import NameKind
from timegrain.recording import record_in_bulk
from timegrain.recounting import Progress
from timegrain.sample.catalogue import SampleRating
from timegrain.sample.organisation import SampleOrganisation
from timegrain.sample.people import SamplePerson
from timegrain.storage import keys, leads, passwords, people, ratings
from timegrain.storage.engine import Database
from timegrain.storage.people import Person
from timegrain.storage.ratings import StoredRule
from timegrain.storage.schema import ADMIN, EMPLOYEE, MANAGER
from timegrain.zonedata import version


def store_sample(
    database: Database, sample: SampleOrganisation, progress: Progress, starter: bool = False
) -> dict[str, Any]:
    """Store the sample's people, rules and facts, through the recording code of a device's batch.

    With `starter` the starter catalogue rates what the sample's own rules do not.
    """
    now = clock.now()
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, sample.name, sample.zone, version(), now)
        teams = {name: people.add_team(connection, organisation.id, name, now) for name in sample.teams}
        users = {
            one.email: people.add_user(connection, organisation.id, one.name, one.email, now, _role(one))
            for one in sample.people
        }
        for one in sample.people:
            held = _memberships(one, {name: team.id for name, team in teams.items()})
            people.set_memberships(connection, organisation.id, users[one.email].id, held)
            if one.lead:
                team = next(member for member in held if member.primary).team
                leads.lead(connection, organisation.id, team, users[one.email].id, (ALWAYS, FOREVER))
        rules = [_rule(one, teams[one.team].id if one.team else ratings.ORGANISATION) for one in sample.ratings]
        ratings.put(connection, organisation.id, [*rules, *(ratings.of_the_catalogue() if starter else ())])
        sign_ins = [
            _let_in(connection, organisation.id, users[one.email], role) for role, one in _examples(sample).items()
        ]
        _, api_key = keys.add_key(connection, organisation.id, "demo", "admin", now)
    for done, one in enumerate(sample.people, 1):
        for _ in record_in_bulk(database, organisation.id, users[one.email].id, sample.reports(one)):
            pass  # nothing of a sample is refused
        progress(done, len(sample.people))
    today = local_day(sample.zone, sample.now)
    return {
        "organisationId": str(organisation.uuid),
        "apiKey": api_key,
        "signIns": sign_ins,
        "userIds": [str(one.uuid) for one in users.values()],
        "teamIds": [str(one.uuid) for one in teams.values()],
        "zone": sample.zone,
        "weekAgo": date.fromordinal(today - 7).isoformat(),
        "date": date.fromordinal(today).isoformat(),
    }


def _examples(sample: SampleOrganisation) -> dict[str, SamplePerson]:
    """Somebody of each role."""
    found: dict[str, SamplePerson] = {}
    for one in sample.people:
        found.setdefault("administrator" if one.admin else "team lead" if one.lead else "employee", one)
    return found


def _let_in(connection: Connection, organisation: int, person: Person, role: str) -> dict[str, str]:
    """What somebody signs in with: a password that was never used before, and is shown this once."""
    password = f"{secrets.token_urlsafe(9)}-aA1"
    people.set_user(connection, organisation, person.id, {"password": passwords.hashed(password)})
    return {"role": role, "email": person.email, "password": password}


def _role(person: SamplePerson) -> int:
    if person.admin:
        return ADMIN
    return MANAGER if person.lead else EMPLOYEE


def _memberships(person: SamplePerson, teams: dict[str, int]) -> list[Membership]:
    return settled(
        Membership(
            teams[one.team],
            one.first_day.toordinal() if one.first_day else ALWAYS,
            one.last_day.toordinal() if one.last_day else FOREVER,
            one.primary,
        )
        for one in person.teams
    )


def _rule(one: SampleRating, team: int) -> StoredRule:
    kind = NameKind.APPLICATION if one.kind == "application" else NameKind.SITE
    ignored = (True if one.ignore_idle else None) if team else one.ignore_idle
    return StoredRule(team, kind, rule_name(kind, one.subject), one.subject, Rating[one.rating.upper()], ignored)
