"""`user`: people over time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
from sqlalchemy import Connection

from timegrain import clock
from timegrain.cli.answering import named, table
from timegrain.cli.days import DAY, first_day, last_day
from timegrain.cli.session import Session, command, seen_at
from timegrain.counting.calendar import local_day
from timegrain.counting.memberships import ALWAYS
from timegrain.people_changes import NewPerson, PersonChange, add_person, change_person, erase_person_for_good
from timegrain.signing_in import link_address, make_sign_in_link
from timegrain.storage import devices, keys, people, roles
from timegrain.storage.people import Organisation
from timegrain.storage.queries.accounts import Account, accounts
from timegrain.storage.sign_in_links import VALID_S


@click.group()
def user() -> None:
    """People whose time is counted."""


@command(user, "add")
@click.option("--name", callback=named, required=True)
@click.option("--email", callback=named, required=True, metavar="MAIL")
@click.option("--team", "teams", multiple=True, metavar="NAME", help="May be repeated; the first is primary.")
@click.option("--role", default="Employee", show_default=True, metavar="NAME")
@click.option("--joined", type=DAY, help="The first day of employment and memberships; without it for all time.")
def user_add(
    session: Session, name: str, email: str, teams: tuple[str, ...], role: str, joined: datetime | None
) -> None:
    """Add a person, with a first device named `default` and its token."""
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            now = clock.now()
            team_ids = [people.team_named(connection, organisation.id, one).id for one in teams]
            role_id = roles.role_named(roles.all_roles(connection, organisation.id), role).id
            first = joined.toordinal() if joined else ALWAYS
            made = add_person(connection, organisation.id, NewPerson(name, email, role_id, team_ids, joined=first))
            device = devices.add_device(connection, organisation.id, made.id, "default", now)
            _, token = keys.add_key(connection, organisation.id, "default", keys.DEVICE, now, made.id, device.id)
            session.record(connection, organisation, made.id)
        session.answer(
            {"userId": str(made.uuid), "deviceToken": token},
            f"{name}: {made.uuid}\nThe token of the device `default`, shown this once:\n{token}",
        )


@command(user, "list")
def user_list(session: Session) -> None:
    """All people."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            found = people.all_users(connection, organisation.id)
        shown = table("Name", "Mail", "Id")
        for one in found:
            shown.add_row(one.name, one.email, str(one.uuid))
        rows = [{"userId": str(one.uuid), "name": one.name, "email": one.email} for one in found]
        session.answer({"users": rows}, shown)


@command(user, "show")
@click.argument("mail")
def user_show(session: Session, mail: str) -> None:
    """One person: role, employment, teams over time."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            found = people.user_by_email(connection, organisation.id, mail)
            (one,) = accounts(connection, organisation.id, [found.id])
        data = _shown(one, local_day(organisation.zone, clock.now()))
        shown = table("", "")
        for name in ("name", "email", "userId", "role", "workMode", "active"):
            shown.add_row(name, str(data[name]))
        for days in data["employments"]:
            shown.add_row("employed", f"{days['from'] or 'always'} to {days['to'] or 'always'}")
        for team in data["teams"]:
            primary = ", primary" if team["primary"] else ""
            shown.add_row(team["name"], f"{team['from'] or 'always'} to {team['to'] or 'always'}{primary}")
        session.answer(data, shown)


def _shown(one: Account, today: int) -> dict[str, Any]:
    return {
        "userId": str(one.uuid),
        "name": one.name,
        "email": one.email,
        "active": one.active(today),
        "role": one.role_name,
        "workMode": one.work_mode,
        "employments": [{"from": first_day(first), "to": last_day(end)} for first, end in one.employments],
        "teams": [
            {
                "name": held.name,
                "from": first_day(held.days.first),
                "to": last_day(held.days.end),
                "primary": held.days.primary,
            }
            for held in one.teams
        ],
    }


@command(user, "set")
@click.argument("mail")
@click.option("--name", callback=named)
@click.option("--email", callback=named, metavar="MAIL")
@click.option("--role", metavar="NAME")
@click.option("--work-mode", type=click.Choice(["remote", "office", "hybrid"]))
@click.option("--joined", type=DAY, help="The first day of the first employment.")
@click.option("--left", type=DAY, help="The last day of the last employment.")
def user_set(
    session: Session,
    mail: str,
    name: str | None,
    email: str | None,
    role: str | None,
    work_mode: str | None,
    joined: datetime | None,
    left: datetime | None,
) -> None:
    """Change a person; `team join` and `team leave` change their teams."""
    given = {"name": name, "email": email, "work_mode": work_mode}
    values: dict[str, Any] = {column: value for column, value in given.items() if value is not None}
    if not values and role is None and joined is None and left is None:
        raise click.UsageError("give what is to be changed")
    with session.opened() as (database, organisation), database.write(organisation.id, policy=True) as connection:
        if role is not None:
            values["role_id"] = roles.role_named(roles.all_roles(connection, organisation.id), role).id
        _changed(
            session,
            connection,
            organisation,
            mail,
            values,
            joined=joined.toordinal() if joined else None,
            ends=left.toordinal() + 1 if left else None,
        )


@command(user, "deactivate")
@click.argument("mail")
def user_deactivate(session: Session, mail: str) -> None:
    """Refuse a person's tokens and keys at once; employment ends with today, past sums stay."""
    with session.opened() as (database, organisation), database.write(organisation.id, policy=True) as connection:
        _changed(session, connection, organisation, mail, {}, active=False)


@command(user, "activate")
@click.argument("mail")
def user_activate(session: Session, mail: str) -> None:
    """Bring a person back: another employment begins today."""
    with session.opened() as (database, organisation), database.write(organisation.id, policy=True) as connection:
        _changed(session, connection, organisation, mail, {}, active=True)


def _changed(
    session: Session, connection: Connection, organisation: Organisation, mail: str, values: dict[str, Any], **how: Any
) -> None:
    today = local_day(organisation.zone, clock.now())
    found = people.user_by_email(connection, organisation.id, mail)
    change_person(connection, organisation.id, found.id, PersonChange(today, values, **how))
    session.record(connection, organisation, found.id)
    (one,) = accounts(connection, organisation.id, [found.id])
    state = "active" if one.active(today) else "not active"
    session.answer(_shown(one, today), f"{one.name} <{one.email}>: {one.role_name}, {state}.")


@command(user, "reset")
@click.argument("mail")
@seen_at
def user_reset(session: Session, mail: str, url: str) -> None:
    """Make a link that lets a person set a password, once."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            found = people.user_by_email(connection, organisation.id, mail)
        token = make_sign_in_link(database, organisation.id, found.id, session.by)
    address = link_address(url, token)
    session.answer(
        {"userId": str(found.uuid), "url": address},
        f"{found.name} <{found.email}> sets a password here, once and within {VALID_S // 3600} hours:\n{address}",
    )


@command(user, "erase")
@click.argument("mail")
@click.option("--confirm", required=True, metavar="MAIL", help="The mail once more: nothing comes back.")
def user_erase(session: Session, mail: str, confirm: str) -> None:
    """Erase a person with all facts, figures, tokens and names, for good."""
    if confirm != mail:
        raise click.UsageError("--confirm must be the mail of the person once more")
    with session.opened() as (database, organisation):
        with database.read() as connection:
            found = people.user_by_email(connection, organisation.id, mail)
        erase_person_for_good(database, organisation.id, found.id, session.by)
        session.answer({"userId": str(found.uuid), "erased": True}, "Nothing is left of this person.")
