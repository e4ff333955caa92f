"""Attempts to sign in that failed: after a few, a mail and an address have to wait."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import Connection, delete, insert, select, update

from timegrain.storage.schema import sign_in_failures

FREE = 5
"""Failures of one mail from one address before it waits; a mail from anywhere, and an address with any mail, have
`FREE_ANYWHERE`: so that somebody who guesses does not keep the person out."""

FREE_ANYWHERE = 50
FORGOTTEN_S = 15 * 60
"""After the last failure."""


def _watched(email: str, address: str) -> dict[bytes, int]:
    """What is counted, with how many failures are free."""
    mail = email.strip().lower()
    texts = {f"mail {mail} from {address}": FREE, f"mail {mail}": FREE_ANYWHERE, f"from {address}": FREE_ANYWHERE}
    return {sha256(text.encode()).digest(): free for text, free in texts.items()}


def seconds_to_wait(connection: Connection, organisation: int, email: str, address: str, now: int) -> int:
    """0: the next attempt is looked at."""
    watched = _watched(email, address)
    table = sign_in_failures.c
    rows = connection.execute(
        select(table.digest, table.failures, table.last_at).where(
            table.organisation_id == organisation, table.digest.in_(list(watched))
        )
    )
    until = [int(last_at) + FORGOTTEN_S for digest, failures, last_at in rows if failures >= watched[bytes(digest)]]
    return max([now, *until]) - now


def note_failure(connection: Connection, organisation: int, email: str, address: str, now: int) -> None:
    """One more; what is old is forgotten."""
    mine = sign_in_failures.c.organisation_id == organisation
    connection.execute(delete(sign_in_failures).where(mine, sign_in_failures.c.last_at <= now - FORGOTTEN_S))
    for digest in _watched(email, address):
        counted = connection.execute(
            update(sign_in_failures)
            .where(mine, sign_in_failures.c.digest == digest)
            .values(failures=sign_in_failures.c.failures + 1, last_at=now)
        ).rowcount
        if not counted:
            connection.execute(
                insert(sign_in_failures).values(organisation_id=organisation, digest=digest, failures=1, last_at=now)
            )


def forget_failures(connection: Connection, organisation: int, email: str, address: str) -> None:
    """Of a mail from an address that got in."""
    connection.execute(
        delete(sign_in_failures).where(
            sign_in_failures.c.organisation_id == organisation,
            sign_in_failures.c.digest == next(iter(_watched(email, address))),
        )
    )
