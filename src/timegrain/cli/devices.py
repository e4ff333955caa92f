"""`device`: the computers that report, their tokens, and what is known of their reports."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click
from rich.console import Group
from sqlalchemy import Connection

from timegrain import clock
from timegrain.cli.answering import table
from timegrain.cli.days import at
from timegrain.cli.session import Session, command
from timegrain.counting.calendar import written_instant
from timegrain.counting.facts import LONGEST_NAME
from timegrain.counting.instants import LONGEST_REACH, LONGEST_TIMEOUT
from timegrain.errors import Refused
from timegrain.recounting import change_device_in
from timegrain.storage import devices, keys, people
from timegrain.storage.devices import ListedDevice
from timegrain.storage.queries.policy_shown import holds_from

EDITOR = click.option("--editor", is_flag=True, help="In the form of a WakaTime key, which editors' plugins insist on.")
OWNER = click.option("--user", "mail", metavar="MAIL", help="Whose it is, where the name alone does not say.")


@click.group()
def device() -> None:
    """Computers that report, and their tokens."""


def _named(connection: Connection, organisation: int, name: str, mail: str | None) -> ListedDevice:
    """By id or by name. Raises `Refused` where there is none, or more than one."""
    user = people.user_by_email(connection, organisation, mail).id if mail else None
    found = devices.all_devices(connection, organisation, user)
    try:
        by_id = UUID(name)
    except ValueError:
        by_id = None
    meant = [one for one in found if one.uuid == by_id or one.name == name]
    if not meant:
        raise Refused(f"there is no device {name!r}" + (f" of {mail}" if mail else ""))
    if len(meant) > 1:
        raise Refused(f"{len(meant)} people have a device named {name!r}: --user says whose is meant")
    return meant[0]


@command(device, "list")
@click.option("--user", "mail", metavar="MAIL")
def device_list(session: Session, mail: str | None) -> None:
    """All devices: when they last reported, how far their clock is off, whether they report input."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            user = people.user_by_email(connection, organisation.id, mail).id if mail else None
            found = devices.all_devices(connection, organisation.id, user)
        shown = table("Mail", "Device", "Last report", "Clock", "Input", "Token")
        for one in found:
            input_ = "" if one.reported_at is None else "yes" if one.input_at else "no"
            skew = "" if one.clock_skew is None else f"{one.clock_skew:+d} s"
            shown.add_row(one.email, one.name, at(one.reported_at), skew, input_, "yes" if one.tokens else "no")
        silent = [
            f"{one.name} of {one.email} reports no input: its time is never idle."
            for one in found
            if one.reported_at is not None and one.input_at is None
        ]
        session.answer({"devices": [_row(one) for one in found]}, Group(shown, *silent))


def _row(one: ListedDevice) -> dict[str, Any]:
    return {
        "deviceId": str(one.uuid),
        "name": one.name,
        "email": one.email,
        "reachSeconds": one.reach,
        "timeoutSeconds": one.timeout,
        "lastReport": written_instant(one.reported_at),
        "clockSkewSeconds": one.clock_skew,
        "reportsInput": one.input_at is not None,
        "lastInput": written_instant(one.input_at),
        "validTokens": one.tokens,
    }


@command(device, "add")
@click.argument("name")
@click.option("--user", "mail", required=True, metavar="MAIL")
@EDITOR
def device_add(session: Session, name: str, mail: str, editor: bool) -> None:
    """Make a device of a person; its token is shown this once."""
    with session.opened() as (database, organisation):
        if not 0 < len(name) <= LONGEST_NAME or "\0" in name:
            raise Refused(f"a device's name has 1 to {LONGEST_NAME} characters")
        with database.write(organisation.id, policy=True) as connection:
            user = people.user_by_email(connection, organisation.id, mail).id
            if any(one.name == name for one in devices.devices_of(connection, organisation.id, user).values()):
                raise Refused(
                    f"{mail} has a device named {name!r} already: `timegrain device token` makes a token for it"
                )
            now = clock.now()
            made = devices.add_device(connection, organisation.id, user, name, now)
            token = keys.add_key(connection, organisation.id, name, keys.DEVICE, now, user, made.id, editor)[1]
            one = _named(connection, organisation.id, name, mail)
            session.record(connection, organisation, user)
        data = {"deviceId": str(one.uuid), "deviceToken": token}
        session.answer(data, f"Device {name}: {one.uuid}\nIts token, shown this once:\n{token}")


@command(device, "token")
@click.argument("name", metavar="DEVICE")
@OWNER
@EDITOR
def device_token(session: Session, name: str, mail: str | None, editor: bool) -> None:
    """Make one more token for a device that is there; it is shown this once."""
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            one = _named(connection, organisation.id, name, mail)
            made = keys.add_key(
                connection, organisation.id, one.name, keys.DEVICE, clock.now(), one.user, one.id, editor
            )
            session.record(connection, organisation, one.user)
        data = {"deviceId": str(one.uuid), "deviceToken": made[1]}
        session.answer(data, f"A token of {one.name}, shown this once:\n{made[1]}")


@command(device, "revoke")
@click.argument("name", metavar="DEVICE")
@OWNER
def device_revoke(session: Session, name: str, mail: str | None) -> None:
    """Refuse all tokens of a device from now on; what it reported stays."""
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            one = _named(connection, organisation.id, name, mail)
            revoked = keys.revoke_device_tokens(connection, organisation.id, one.user, one.id, clock.now())
            session.record(connection, organisation, one.user)
        data = {"deviceId": str(one.uuid), "revokedTokens": revoked}
        session.answer(data, f"{one.name} is refused from now on: {revoked} tokens were valid.")


@command(device, "set")
@click.argument("name", metavar="DEVICE")
@OWNER
@click.option("--reach", type=click.IntRange(0, LONGEST_REACH), metavar="SECONDS", help="Longest hole that is filled.")
@click.option(
    "--timeout",
    type=click.IntRange(1, LONGEST_TIMEOUT),
    metavar="SECONDS",
    help="How close editors' heartbeats join.",
)
def device_set(session: Session, name: str, mail: str | None, reach: int | None, timeout: int | None) -> None:
    """Set how a device's facts are joined; holds for all stored time."""
    values = {name: value for name, value in (("reach", reach), ("timeout", timeout)) if value is not None}
    if not values:
        raise click.UsageError("give --reach or --timeout")
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            one = _named(connection, organisation.id, name, mail)
            change_device_in(connection, organisation.id, one.user, one.id, values)
            session.record(connection, organisation, one.user)
            one = _named(connection, organisation.id, str(one.uuid), None)
            since = holds_from(connection, organisation.id, one.user)
        held = "" if since is None else f" It holds from {since}: the facts before are gone."
        text = f"{one.name}: reach {one.reach} s, timeout {one.timeout} s, counted again.{held}"
        session.answer(_row(one) | ({} if since is None else {"holdsFrom": since}), text)
