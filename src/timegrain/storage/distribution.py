"""Citus: where the extension is in the database, its tables are spread over the cluster by `organisation_id`.

All rows of an organisation lie together on one worker, so that a statement on one organisation goes to one place.
What has no organisation is a reference table, whole on every node.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, ForeignKeyConstraint, Table, event, inspect, text
from sqlalchemy.schema import AddConstraint, DropConstraint

from timegrain.storage.schema import DISTRIBUTED, metadata

BY = "organisation_id"

_IS_THERE = text("SELECT count(*) FROM pg_extension WHERE extname = 'citus'")
# Citus runs statements on shards of several tables in one transaction only one after the other.
_IN_TURN = text("SET LOCAL citus.multi_shard_modify_mode TO 'sequential'")
_PLACED = text(
    "SELECT c.relname, p.partmethod = 'h' AS by_key FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid "
    "WHERE c.relnamespace = to_regnamespace(current_schema()) AND (p.partmethod = 'h' OR p.repmodel = 't')"
)
_REFERENCE = text("SELECT create_reference_table(:name)")
_DISTRIBUTE = text("SELECT create_distributed_table(:name, :by, colocate_with => :beside)")
# What was in a table when it was distributed stays on the coordinator's disk until then, unseen.
_EMPTY_LOCAL = text("SELECT truncate_local_data_after_distributing_table(:name)")

_DISTRIBUTED = frozenset(table.name for table in DISTRIBUTED)


def is_cluster(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql" and bool(connection.execute(_IS_THERE).scalar_one())


def is_distributed(connection: Connection) -> bool:
    """Whether every table is where it belongs; also where there is no Citus."""
    return not is_cluster(connection) or not _misplaced(connection)


@contextmanager
def distributing(connection: Connection) -> Iterator[None]:
    """A transaction that alters the schema: each table that it creates is distributed at once, and at its end each
    that was there. Nothing where there is no Citus. Either all of it comes to be or none.
    """
    if not is_cluster(connection):
        yield
        return
    connection.execute(_IN_TURN)
    held_back: dict[str, list[ForeignKeyConstraint]] = {}

    def before(table: Table, within: Connection, **_: Any) -> None:
        # Citus takes foreign keys only between tables that are distributed already.
        if within is connection and BY in table.c:
            held_back[table.name] = list(table.foreign_key_constraints)
            table.constraints -= set(held_back[table.name])

    def after(table: Table, within: Connection, **_: Any) -> None:
        if within is connection and (BY in table.c or table.name in metadata.tables):
            _place(connection, table.name, BY in table.c)
            for one in held_back.pop(table.name, ()):
                table.append_constraint(one)
                connection.execute(AddConstraint(one))

    event.listen(Table, "before_create", before)
    event.listen(Table, "after_create", after)
    try:
        yield
    finally:
        event.remove(Table, "before_create", before)
        event.remove(Table, "after_create", after)
    _distribute(connection)


def _distribute(connection: Connection) -> None:
    """Move the tables that are only on this node, with their rows, to where they belong."""
    missing = _misplaced(connection)
    if not missing:
        return
    held_back = [one for one in _foreign_keys(connection) if {one.table.name, one.referred_table.name} & set(missing)]
    for one in held_back:
        connection.execute(DropConstraint(one))
    for name in sorted(missing, key=lambda name: (name in _DISTRIBUTED, name)):
        _place(connection, name, name in _DISTRIBUTED)
        connection.execute(_EMPTY_LOCAL, {"name": name})
    for one in held_back:
        connection.execute(AddConstraint(one))


def _misplaced(connection: Connection) -> list[str]:
    """Tables that are not where they belong."""
    placed = _placed(connection)
    tables = inspect(connection).get_table_names()
    return [name for name in tables if name in metadata.tables and placed.get(name) != (name in _DISTRIBUTED)]


def _foreign_keys(connection: Connection) -> list[ForeignKeyConstraint]:
    from sqlalchemy import MetaData

    found = MetaData()
    found.reflect(connection)
    return [one for table in found.sorted_tables for one in table.foreign_key_constraints]


def _placed(connection: Connection) -> dict[str, bool]:
    """Tables that are where they belong: whether by their key, else everywhere."""
    return dict(connection.execute(_PLACED).all())


def _place(connection: Connection, name: str, by_key: bool) -> None:
    if not by_key:
        connection.execute(_REFERENCE, {"name": name})
        return
    beside = next((other for other, is_by_key in sorted(_placed(connection).items()) if is_by_key), "none")
    connection.execute(_DISTRIBUTE, {"name": name, "by": BY, "beside": beside})
