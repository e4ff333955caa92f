"""A database of its own on a Citus cluster that is there already: `TIMEGRAIN_TEST_CITUS` names its coordinator."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url

COORDINATOR = os.environ.get("TIMEGRAIN_TEST_CITUS", "")
"""`postgresql://...` of a superuser on its coordinator, in a database that knows its workers; "": none."""

SHARDS = 8


def at(url: URL, host: str, port: int, database: str) -> URL:
    return url.set(drivername="postgresql+psycopg", host=host, port=port, database=database)


def run(url: URL, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def workers(connection: Connection) -> list[tuple[str, int]]:
    found = connection.execute(text("SELECT nodename, nodeport FROM pg_dist_node WHERE shouldhaveshards ORDER BY 1, 2"))
    return [(host, port) for host, port in found]


@contextmanager
def own_database(with_extension: bool = True) -> Iterator[str]:
    """Its URL; gone from every node afterwards."""
    given = make_url(COORDINATOR)
    name = f"test_{uuid4().hex}"
    here = _place(given)
    known = at(given, *here, given.database or "postgres")
    engine = create_engine(known)
    with engine.connect() as connection:
        nodes = [here, *workers(connection)]
    engine.dispose()
    for node in nodes:
        run(at(given, *node, known.database or ""), f"CREATE DATABASE {name}")
    try:
        if with_extension:
            extend(name)
        yield str(at(given, *here, name).set(drivername="postgresql").render_as_string(hide_password=False))
    finally:
        for node in nodes:
            run(at(given, *node, known.database or ""), f"DROP DATABASE {name} WITH (FORCE)")


def extend(name: str) -> None:
    """Make of a database by that name on every node a cluster's."""
    given = make_url(COORDINATOR)
    engine = create_engine(at(given, *_place(given), given.database or "postgres"))
    with engine.connect() as connection:
        others = workers(connection)
    engine.dispose()
    join(given.set(database=name), others)


def join(coordinator: URL, others: Sequence[tuple[str, int]]) -> None:
    """Make one cluster of the databases by that name on it and on the others."""
    here, name = _place(coordinator), coordinator.database or ""
    for node in [*others, here]:
        run(at(coordinator, *node, name), "CREATE EXTENSION IF NOT EXISTS citus")
    run(
        at(coordinator, *here, name),
        f"SELECT citus_set_coordinator_host('{here[0]}', {here[1]})",
        *(f"SELECT citus_add_node('{host}', {port})" for host, port in others),
        f"ALTER DATABASE {name} SET citus.shard_count = {SHARDS}",
    )


def _place(url: URL) -> tuple[str, int]:
    return (url.host or "localhost", url.port or 5432)
