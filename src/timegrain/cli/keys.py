"""`key`: API keys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import click

from timegrain import clock
from timegrain.cli.answering import named, table
from timegrain.cli.days import DAY, at
from timegrain.cli.session import Session, command
from timegrain.counting.calendar import day_start, written_instant
from timegrain.storage import keys, people, roles


@click.group()
def key() -> None:
    """API keys."""


@command(key, "add")
@click.option("--name", callback=named, required=True)
@click.option("--role", default="reader", show_default=True, metavar="ROLE", help="admin, writer, reader or a role.")
@click.option("--user", "mail", metavar="MAIL", help="For whom it acts.")
@click.option("--expires", type=DAY, help="The first day, in the home zone, on which it is refused.")
def key_add(session: Session, name: str, role: str, mail: str | None, expires: datetime | None) -> None:
    """Make a key; it is shown this once."""
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            role_id = None
            if role not in keys.ROLES:
                found = roles.all_roles(connection, organisation.id)
                if role.lower() not in {one.name.lower() for one in found}:
                    known = ", ".join((*keys.ROLES, *(one.name for one in found)))
                    raise click.UsageError(f"there is no role {role!r}; there are: {known}")
                role_id = roles.role_named(found, role).id
            user = people.user_by_email(connection, organisation.id, mail).id if mail else None
            expires_at = day_start(organisation.zone, expires.toordinal()) if expires else None
            kind = role if role_id is None else keys.OF_ROLE
            now = clock.now()
            uuid, token = keys.add_key(
                connection, organisation.id, name, kind, now, user, role_id=role_id, expires_at=expires_at
            )
            session.record(connection, organisation, *([user] if user else []))
        session.answer({"keyId": str(uuid), "apiKey": token, "role": role}, f"Key {uuid}, shown this once:\n{token}")


@command(key, "list")
def key_list(session: Session) -> None:
    """All keys, without their secrets."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            found = keys.all_keys(connection, organisation.id)
        shown = table("Name", "Role", "Mail", "Expires", "Last use", "Id", "")
        for one in found:
            times, revoked = (at(one.expires_at), at(one.used_at)), "revoked" if one.revoked_at else ""
            shown.add_row(one.name, one.role_name or one.role, one.email or "", *times, str(one.uuid), revoked)
        rows = [
            {
                "keyId": str(one.uuid),
                "name": one.name,
                "role": one.role_name or one.role,
                "email": one.email,
                "expiresAt": written_instant(one.expires_at),
                "lastUsed": written_instant(one.used_at),
                "revoked": one.revoked_at is not None,
            }
            for one in found
        ]
        session.answer({"keys": rows}, shown)


@command(key, "revoke")
@click.argument("id", type=click.UUID)
def key_revoke(session: Session, id: UUID) -> None:  # noqa: A002 - the contract's word
    """Refuse a key from now on."""
    with session.opened() as (database, organisation):
        with database.write(organisation.id, policy=True) as connection:
            user = keys.revoke_key(connection, organisation.id, id, clock.now())
            session.record(connection, organisation, *([user] if user else []))
        session.answer({"keyId": str(id), "revoked": True}, f"Key {id} is refused from now on.")
