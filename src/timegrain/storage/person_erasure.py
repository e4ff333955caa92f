"""Everything that is stored of one person, removed for good."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update

from timegrain.storage import audit as trail
from timegrain.storage.schema import audit, keys, metadata, users


def erase_person(connection: Connection, organisation: int, user: int) -> None:
    """Every row that is theirs; entries of the audit trail stay, without them. The caller scrubs."""
    trail.forget(connection, organisation, user)
    own_keys = select(keys.c.id).where(keys.c.organisation_id == organisation, keys.c.user_id == user)
    connection.execute(
        update(audit).where(audit.c.organisation_id == organisation, audit.c.key_id.in_(own_keys)).values(key_id=None)
    )
    # In the order in which tables refer to one another, those that refer to others first.
    for table in reversed(metadata.sorted_tables):
        if table is not audit and "user_id" in table.c:
            connection.execute(delete(table).where(table.c.organisation_id == organisation, table.c.user_id == user))
    connection.execute(delete(users).where(users.c.organisation_id == organisation, users.c.id == user))
