"""PostgreSQL's own programs for dumps, and databases as wholes: made, exchanged, dropped.

A password goes to the programs in their environment, which the list of processes does not show.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError

from timegrain.errors import Refused, Unavailable

LONGEST_NAME = 63
"""Bytes."""

MAINTENANCE = "postgres"
"""The database from which others are made and renamed."""


def tool(name: str, folder: Path | None, server: int) -> str:
    """The path of `pg_dump` or `pg_restore`, of at least the server's major version. Raises `Refused`."""
    found = shutil.which(name, path=str(folder) if folder else None)
    if found is None:
        where = f"in {folder}" if folder else "on the PATH"
        raise Refused(f"there is no {name} {where}: install PostgreSQL's client programs, or name their --pg-bin")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"(\d+)(?:\.|\D*$)", said)
    if version is None or int(version[1]) < server:
        raise Refused(f"{found} is {said.strip() or 'unknown'}, and the server is PostgreSQL {server}: take one as new")
    return found


def server_version(connection: Connection) -> int:
    """The major one."""
    return int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10000


def export_snapshot(connection: Connection) -> str:
    """The name of what this transaction sees, for `dump`."""
    name: str = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
    return name


def dump(program: str, url: URL, file: Path, snapshot: str) -> None:
    """Without extensions, such as amcheck: they are the server's, and not everybody may make them."""
    options = ("--format=custom", "--extension=plpgsql", f"--file={file}", f"--snapshot={snapshot}")
    _run(url, program, *options, f"--dbname={_conninfo(url)}")


def require_whole(program: str, file: Path) -> None:
    """Read all of a dump. Raises `Refused` where it is cut or damaged."""
    _run(None, program, f"--file={os.devnull}", str(file))


def load(program: str, url: URL, file: Path) -> None:
    options = ("--no-owner", "--exit-on-error", "--single-transaction")
    _run(url, program, *options, f"--dbname={_conninfo(url)}", str(file))


def _conninfo(url: URL) -> str:
    _, given = url.get_dialect()().create_connect_args(url.set(password=None))
    return make_conninfo(**given)


def _run(url: URL | None, *command: str) -> None:
    environment = dict(os.environ)
    if url is not None and url.password is not None:
        environment["PGPASSWORD"] = str(url.password)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()] or done.stderr.splitlines()
        raise Refused(lines[0] if lines else f"{Path(command[0]).name} ended with {done.returncode}")


@contextmanager
def maintaining(url: URL) -> Iterator[Connection]:
    """A connection beside the database of `url`, each statement a transaction of its own."""
    engine = create_engine(url.set(database=MAINTENANCE), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        raise Unavailable("the server of the database cannot be reached") from error
    except DBAPIError as error:
        raise Refused(f"the server refused: {str(error.orig).splitlines()[0]}") from error
    finally:
        engine.dispose()


def _quoted(connection: Connection, name: str | None) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name or "")


def exists(url: URL) -> bool:
    with maintaining(url) as connection:
        found = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": url.database})
        return found.first() is not None


def sessions(url: URL) -> int:
    """How many are connected to the database."""
    with maintaining(url) as connection:
        statement = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND backend_type = 'client backend'"
        )
        return int(connection.execute(statement, {"name": url.database}).scalar_one())


def name_beside(url: URL, ending: str) -> str:
    """The database's name with something behind it, within what PostgreSQL does not cut."""
    return (url.database or "").encode()[: LONGEST_NAME - len(ending)].decode(errors="ignore") + ending


@contextmanager
def unfinished(url: URL) -> Iterator[URL]:
    """A new empty database beside the one of `url`; gone at the end, unless renamed."""
    name = name_beside(url, f"_unfinished_{secrets.token_hex(4)}")
    made = url.set(database=name)
    with maintaining(url) as connection:
        connection.execute(
            text(f"CREATE DATABASE {_quoted(connection, name)} TEMPLATE template0 {_locale(connection, url)}")
        )
    try:
        yield made
    finally:
        with maintaining(url) as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {_quoted(connection, name)}"))


def _locale(connection: Connection, url: URL) -> str:
    """As the database of `url` has it, if it is there."""
    statement = text(
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = :name"
    )
    row = connection.execute(statement, {"name": url.database}).one_or_none()
    encoding, collate, ctype = row or ("UTF8", None, None)
    given = {"ENCODING": encoding, "LC_COLLATE": collate, "LC_CTYPE": ctype}
    return " ".join(f"{name} {_literal(value)}" for name, value in given.items() if value is not None)


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def drop(url: URL, name: str) -> None:
    with maintaining(url) as connection:
        connection.execute(text(f"DROP DATABASE {_quoted(connection, name)}"))


def exchange(url: URL, made: URL, aside: str | None) -> None:
    """Give the made database the name of `url`, and what has it now the name `aside`; both or neither."""
    with maintaining(url) as connection, connection.execution_options(isolation_level="READ COMMITTED").begin():
        renamed: Sequence[tuple[str | None, str | None]] = [(url.database, aside)] if aside else []
        for old, new in (*renamed, (made.database, url.database)):
            before, after = _quoted(connection, old), _quoted(connection, new)
            connection.execute(text(f"ALTER DATABASE {before} RENAME TO {after}"))
