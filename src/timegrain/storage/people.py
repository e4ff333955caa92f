"""Organisations, users, teams and memberships: made, found, changed.

Their small integer ids are given out under the organisation's policy lock, one above the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from timegrain.counting.memberships import Membership
from timegrain.errors import EmailTaken, NameTaken, Refused
from timegrain.storage import roles
from timegrain.storage.schema import ADMIN, EMPLOYEE, leads, memberships, organisations, rules, teams, users


@dataclass(frozen=True, slots=True)
class Organisation:
    id: int
    uuid: UUID
    name: str
    zone: str
    week_start: str
    tzdata: str


class Person(NamedTuple):
    id: int
    uuid: UUID
    name: str
    email: str


class Team(NamedTuple):
    id: int
    uuid: UUID
    name: str


_ORGANISATION_COLUMNS = tuple(organisations.c[name] for name in Organisation.__dataclass_fields__)
_PERSON = (users.c.id, users.c.uuid, users.c.name, users.c.email)
_TEAM = (teams.c.id, teams.c.uuid, teams.c.name)


def _next_id(connection: Connection, table: Table, *where: ColumnElement[bool]) -> int:
    last = connection.execute(select(func.coalesce(func.max(table.c.id), 0)).where(*where)).scalar_one()
    return int(last) + 1


def all_organisations(connection: Connection) -> list[Organisation]:
    rows = connection.execute(select(*_ORGANISATION_COLUMNS).order_by(organisations.c.name))
    return [Organisation(*row) for row in rows]


def add_organisation(connection: Connection, name: str, zone: str, tzdata: str, now: int) -> Organisation:
    """Raises `Refused` where the name is taken."""
    if any(one.name == name for one in all_organisations(connection)):
        raise Refused(f"there is an organisation named {name!r} already")
    made = Organisation(_next_id(connection, organisations), uuid4(), name, zone, "monday", tzdata)
    connection.execute(
        insert(organisations).values(id=made.id, uuid=made.uuid, name=name, zone=zone, tzdata=tzdata, created_at=now)
    )
    roles.add_built_in(connection, made.id, now)
    return made


def add_user(
    connection: Connection, organisation: int, name: str, email: str, now: int, role: int = EMPLOYEE
) -> Person:
    """Raises `EmailTaken`."""
    require_free_email(connection, organisation, email)
    made = Person(_next_id(connection, users, users.c.organisation_id == organisation), uuid4(), name, email)
    connection.execute(
        insert(users).values(
            organisation_id=organisation,
            id=made.id,
            uuid=made.uuid,
            name=name,
            email=email,
            role_id=role,
            created_at=now,
        )
    )
    return made


def require_free_email(connection: Connection, organisation: int, email: str, but: int | None = None) -> None:
    """Raises `EmailTaken` where another than the user `but` has it."""
    found = _with_email(connection, organisation, email)
    if any(one.id != but for one in found):
        raise EmailTaken(f"there is a user with the mail {email} already")


def all_users(connection: Connection, organisation: int) -> list[Person]:
    return _users_where(connection, organisation)


def user_by_email(connection: Connection, organisation: int, email: str) -> Person:
    """Raises `Refused` where there is none."""
    found = _with_email(connection, organisation, email)
    if not found:
        raise Refused(f"there is no user with the mail {email}")
    return found[0]


_ADMINISTRATOR_WITH_PASSWORD = (
    select(users.c.id)
    .where(
        users.c.organisation_id == bindparam("organisation"), users.c.role_id == ADMIN, users.c.password.is_not(None)
    )
    .limit(1)
)


class SignInRow(NamedTuple):
    user: int
    password: str | None
    """Of argon2."""


def sign_in_row(connection: Connection, organisation: int, email: str) -> SignInRow | None:
    """What somebody who gives this mail is compared with."""
    found = _with_email(connection, organisation, email.strip())
    if not found:
        return None
    mine = users.c.organisation_id == organisation, users.c.id == found[0].id
    return SignInRow(found[0].id, connection.execute(select(users.c.password).where(*mine)).scalar_one())


def an_administrator_signs_in(connection: Connection) -> bool:
    """Whether one of any organisation has a password."""
    return any(
        connection.execute(_ADMINISTRATOR_WITH_PASSWORD, {"organisation": one}).first() is not None
        for one in connection.execute(select(organisations.c.id).order_by(organisations.c.id)).scalars()
    )


def user_by_uuid(connection: Connection, organisation: int, uuid: UUID) -> Person | None:
    return next(iter(_users_where(connection, organisation, users.c.uuid == uuid)), None)


def _users_where(connection: Connection, organisation: int, *where: ColumnElement[bool]) -> list[Person]:
    statement = select(*_PERSON).where(users.c.organisation_id == organisation, *where)
    return [Person(*row) for row in connection.execute(statement.order_by(users.c.name, users.c.id))]


def _with_email(connection: Connection, organisation: int, email: str) -> list[Person]:
    """In whatever case. SQLite folds the case of ASCII alone, so that other mails are compared here."""
    narrowed = [func.lower(users.c.email) == email.lower()] if email.isascii() else []
    found = _users_where(connection, organisation, *narrowed)
    return [one for one in found if one.email.lower() == email.lower()]


def set_user(connection: Connection, organisation: int, user: int, values: dict[str, Any]) -> None:
    connection.execute(
        update(users).where(users.c.organisation_id == organisation, users.c.id == user).values(**values)
    )


def set_organisation_policy(connection: Connection, organisation: int, values: dict[str, Any]) -> None:
    connection.execute(update(organisations).where(organisations.c.id == organisation).values(**values))


def organisation_row(connection: Connection, organisation: int) -> Row[Any]:
    return connection.execute(select(organisations).where(organisations.c.id == organisation)).one()


def user_row(connection: Connection, organisation: int, user: int) -> Row[Any]:
    return connection.execute(select(users).where(users.c.organisation_id == organisation, users.c.id == user)).one()


def add_team(connection: Connection, organisation: int, name: str, now: int) -> Team:
    """Raises `NameTaken`."""
    _require_free_name(connection, organisation, name)
    made = Team(_next_id(connection, teams, teams.c.organisation_id == organisation), uuid4(), name)
    connection.execute(
        insert(teams).values(organisation_id=organisation, id=made.id, uuid=made.uuid, name=name, created_at=now)
    )
    return made


def rename_team(connection: Connection, organisation: int, team: int, name: str) -> None:
    """Raises `NameTaken`."""
    _require_free_name(connection, organisation, name, team)
    connection.execute(
        update(teams).where(teams.c.organisation_id == organisation, teams.c.id == team).values(name=name)
    )


def remove_team(connection: Connection, organisation: int, team: int) -> None:
    """With its rules and leads. Raises `Refused` where it has or had members: their past sums need it."""
    of_team = [(table.c.organisation_id == organisation) & (table.c.team_id == team) for table in (memberships, leads)]
    if connection.execute(select(func.count()).select_from(memberships).where(of_team[0])).scalar_one():
        raise Refused("the team has or had members, and their past sums stay: it can be renamed")
    connection.execute(delete(leads).where(of_team[1]))
    connection.execute(delete(rules).where(rules.c.organisation_id == organisation, rules.c.team_id == team))
    connection.execute(delete(teams).where(teams.c.organisation_id == organisation, teams.c.id == team))


def _require_free_name(connection: Connection, organisation: int, name: str, but: int | None = None) -> None:
    if any(one.name == name and one.id != but for one in all_teams(connection, organisation)):
        raise NameTaken(f"there is a team named {name!r} already")


def all_teams(connection: Connection, organisation: int) -> list[Team]:
    statement = select(*_TEAM).where(teams.c.organisation_id == organisation).order_by(teams.c.name)
    return [Team(*row) for row in connection.execute(statement)]


def team_named(connection: Connection, organisation: int, name: str) -> Team:
    """Raises `Refused` where there is none."""
    found = next((team for team in all_teams(connection, organisation) if team.name == name), None)
    if found is None:
        raise Refused(f"there is no team named {name!r}")
    return found


def memberships_of(connection: Connection, organisation: int, user: int) -> list[Membership]:
    columns = (
        memberships.c.team_id,
        memberships.c.first_day,
        memberships.c.end_day,
        memberships.c.is_primary,
    )
    rows = connection.execute(
        select(*columns).where(memberships.c.organisation_id == organisation, memberships.c.user_id == user)
    )
    return sorted(Membership(*row) for row in rows)


def set_memberships(connection: Connection, organisation: int, user: int, held: Iterable[Membership]) -> None:
    connection.execute(
        delete(memberships).where(memberships.c.organisation_id == organisation, memberships.c.user_id == user)
    )
    rows = [
        {
            "organisation_id": organisation,
            "team_id": one.team,
            "user_id": user,
            "first_day": one.first,
            "end_day": one.end,
            "is_primary": one.primary,
        }
        for one in held
    ]
    if rows:
        connection.execute(insert(memberships), rows)


def teams_with_rules(connection: Connection, organisation: int) -> set[int]:
    statement = select(rules.c.team_id).where(rules.c.organisation_id == organisation, rules.c.team_id > 0)
    return set(connection.execute(statement.distinct()).scalars())
