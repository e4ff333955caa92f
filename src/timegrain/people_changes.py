"""People over time: who comes, moves, leaves and comes back, and whom nothing is to be left of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from timegrain import clock
from timegrain.counting.memberships import ALWAYS, FOREVER, placed
from timegrain.recounting import change_memberships_in
from timegrain.signing_in import lock_out
from timegrain.storage import audit, employments, passwords, people, removals
from timegrain.storage.audit import Actor, Entry
from timegrain.storage.engine import Database
from timegrain.storage.people import Person
from timegrain.storage.person_erasure import erase_person
from timegrain.storage.policies import raise_version


class NewPerson(NamedTuple):
    """`teams` are ids, the first one primary; `joined` is the first day of employment and memberships."""

    name: str
    email: str
    role: int
    teams: Sequence[int] = ()
    work_mode: str = "office"
    password: str | None = None
    joined: int = ALWAYS


class PersonChange(NamedTuple):
    """What is to be otherwise; None: as it is. Teams hold from `today` on."""

    today: int
    values: dict[str, Any]
    """Columns of `users`."""
    teams: Sequence[int] | None = None
    joined: int | None = None
    """The first day of the first employment."""
    ends: int | None = None
    """The first day after the last employment."""
    active: bool | None = None


def add_person(connection: Connection, organisation: int, new: NewPerson) -> Person:
    """Within a transaction that may change the organisation's policy. Raises `EmailTaken`."""
    made = people.add_user(connection, organisation, new.name, new.email, clock.now(), new.role)
    # Another process may have recorded a look at somebody erased, whose number this was.
    audit.forget(connection, organisation, made.id)
    password = passwords.hashed(new.password) if new.password is not None else None
    people.set_user(connection, organisation, made.id, {"work_mode": new.work_mode, "password": password})
    people.set_memberships(connection, organisation, made.id, placed((), new.teams, new.joined))
    if new.joined != ALWAYS:
        employments.set_employments(connection, organisation, made.id, [(new.joined, FOREVER)])
    return made


def change_person(connection: Connection, organisation: int, user: int, change: PersonChange) -> None:
    """Within a transaction that may change the organisation's policy. Raises `EmailTaken`, `Refused`."""
    if "email" in change.values:
        people.require_free_email(connection, organisation, change.values["email"], user)
    values = dict(change.values)
    held = before = employments.of_user(connection, organisation, user)
    if change.joined is not None:
        held = employments.begun(held, change.joined)
    if change.active is not None:
        held = _activated(held, change.active, change.today)
        values["deactivated_at"] = None if change.active else clock.now()
    if change.ends is not None:
        held = employments.ended(held, change.ends)
    if held != before:
        employments.set_employments(connection, organisation, user, held)
    if values:
        people.set_user(connection, organisation, user, values)
    if "password" in values or change.active is False or (change.ends is not None and change.ends <= change.today):
        lock_out(connection, organisation, user)
    if change.teams is not None:
        teams = change.teams
        change_memberships_in(connection, organisation, user, lambda held: placed(held, teams, change.today))


def _activated(held: list[tuple[int, int]], active: bool, today: int) -> list[tuple[int, int]]:
    """Whoever is deactivated leaves today, unless still to come; whoever comes back is employed from today on."""
    if active:
        return employments.taken_up(held, today) if held and held[-1][1] != FOREVER else held
    first, end = held[-1] if held else (ALWAYS, FOREVER)
    return employments.ended(held, today + 1) if first <= today and end > today + 1 else held


def erase_person_for_good(database: Database, organisation: int, user: int, by: Actor | None = None) -> None:
    """Remove a person with all facts and figures; their text is overwritten on disk when this returns.

    Recorded with it where `by` is given, about nobody.
    """
    with database.write(organisation, policy=True) as connection:
        removals.note_person(connection, organisation, user)
        erase_person(connection, organisation, user)
        raise_version(connection, organisation)
        if by is not None:
            audit.record(connection, organisation, Entry(by))
    database.scrub()
