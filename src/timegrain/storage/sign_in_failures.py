"""Attempts to sign in that failed: after a few, a mail and an address have to wait.

An attempt counts as failed from its start and is forgiven when it succeeds, so that many made at once are no more.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from timegrain.storage.schema import sign_in_failures

FREE = 5
"""Failures of one mail from one address before it waits."""

FREE_OF_MAIL = 50
"""Of one mail from anywhere: so that somebody who guesses does not soon keep the person out."""

FREE_OF_ADDRESS = 200
"""Of one address with any mail: an office may have but one."""

FORGOTTEN_S = 15 * 60
"""After the last failure."""


class Attempt(NamedTuple):
    organisation: int
    email: str
    address: str
    """Of the computer that asks."""

    def watched(self) -> dict[bytes, int]:
        """What is counted, with how many failures are free."""
        mail = self.email.strip().lower()
        texts = {
            f"mail {mail} from {self.address}": FREE,
            f"mail {mail}": FREE_OF_MAIL,
            f"from {self.address}": FREE_OF_ADDRESS,
        }
        return {sha256(text.encode()).digest(): free for text, free in texts.items()}


def count_attempt(connection: Connection, attempt: Attempt, now: int) -> int:
    """0, and it counts; or for how many seconds it has to wait, and it does not. What is old is forgotten.

    Within a transaction that holds the lock of sign-ins, or of the organisation's policy.
    """
    mine = sign_in_failures.c.organisation_id == attempt.organisation
    connection.execute(delete(sign_in_failures).where(mine, sign_in_failures.c.last_at <= now - FORGOTTEN_S))
    table, watched = sign_in_failures.c, attempt.watched()
    rows = connection.execute(
        select(table.digest, table.failures, table.last_at).where(mine, table.digest.in_(list(watched)))
    )
    found = {bytes(digest): (int(failures), int(last_at)) for digest, failures, last_at in rows}
    until = [last_at + FORGOTTEN_S for digest, (failures, last_at) in found.items() if failures >= watched[digest]]
    if until:
        return max(until) - now
    for digest in watched:
        if digest in found:
            _add(connection, attempt, digest, 1, now)
        else:
            connection.execute(
                insert(sign_in_failures).values(
                    organisation_id=attempt.organisation, digest=digest, failures=1, last_at=now
                )
            )
    return 0


def forgive(connection: Connection, attempt: Attempt) -> None:
    """It succeeded: failures of this mail from this address are forgotten, of the others it is not counted."""
    both, *others = attempt.watched()
    for digest in others:
        _add(connection, attempt, digest, -1)
    mine = sign_in_failures.c.organisation_id == attempt.organisation
    connection.execute(delete(sign_in_failures).where(mine, sign_in_failures.c.digest == both))


def _add(connection: Connection, attempt: Attempt, digest: bytes, more: int, last_at: int | None = None) -> None:
    table = sign_in_failures.c
    values = {"failures": table.failures + more} | ({} if last_at is None else {"last_at": last_at})
    mine = table.organisation_id == attempt.organisation
    connection.execute(update(sign_in_failures).where(mine, table.digest == digest).values(values))
