"""Links that let somebody set a password, once: made by an administrator or a command, shown to them alone."""

from __future__ import annotations

import hmac

from sqlalchemy import Connection, delete, insert, select

from timegrain.counting.instants import DAY
from timegrain.storage.schema import sign_in_links
from timegrain.storage.tokens import Token, new_token, read_token

VALID_S = DAY


def make_link(connection: Connection, organisation: int, user: int, now: int) -> str:
    """The token of a link that takes the place of the person's last one."""
    drop_link(connection, organisation, user)
    token, digest = new_token(organisation)
    connection.execute(
        insert(sign_in_links).values(
            organisation_id=organisation, user_id=user, digest=digest, created_at=now, expires_at=now + VALID_S
        )
    )
    return token


def user_of_link(connection: Connection, token: str, now: int) -> tuple[int, int] | None:
    """The organisation and user that a link is for; None for one that is unknown, used or too old."""
    known: Token | None = read_token(token)
    if known is None:
        return None
    table = sign_in_links.c
    row = connection.execute(
        select(table.user_id, table.digest, table.expires_at).where(
            table.organisation_id == known.organisation, table.digest == known.digest
        )
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.digest, known.digest) or row.expires_at <= now:
        return None
    return known.organisation, row.user_id


def drop_link(connection: Connection, organisation: int, user: int) -> None:
    connection.execute(
        delete(sign_in_links).where(sign_in_links.c.organisation_id == organisation, sign_in_links.c.user_id == user)
    )
