"""Nothing that timegrain does on PostgreSQL stops those who read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from tests.contract.served import bearing, succeeded, timegrain
from tests.serving import served, unlimited
from timegrain.journal import Journal
from timegrain.recounting import recount_everything
from timegrain.storage import people
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate, newest

START = datetime(2026, 2, 2, 9, tzinfo=UTC)
DAYS = 12
EXCLUSIVE = """SELECT DISTINCT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND l.mode = 'AccessExclusiveLock'
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
WAITING = """SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
MOST_LOOKS = 100_000


@contextmanager
def until_over(*works: object) -> Iterator[list[threading.Thread]]:
    """Each over and over in a thread of its own."""
    over = threading.Event()

    def repeat(work: object) -> None:
        while not over.is_set():
            work()  # type: ignore[operator]

    threads = [threading.Thread(target=repeat, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        over.set()
        for thread in threads:
            thread.join(60)


@pytest.mark.slow
def test_questions_go_on(postgres_url: str) -> None:
    made = timegrain(postgres_url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
    database = Database(postgres_url)
    unlimited(database)
    key, user = bearing(made["apiKey"]), made["userId"]
    week = {"startDate": "2026-02-02 00:00:00", "endDate": "2026-02-08 23:59:59", "timeZone": "UTC", "userId": [user]}
    stopping: set[str] = set()
    answered: list[int] = []
    with served(database) as client, psycopg.connect(postgres_url, autocommit=True) as watching:

        def look() -> None:
            stopping.update(name for (name,) in watching.execute(EXCLUSIVE))

        def ask() -> None:
            answer = client.post("/v1/dashboard/weekly-summary", json=week, headers=key)
            answered.append(answer.status_code)

        with until_over(look, ask):
            for day in range(DAYS):
                send(client, key, user, day)
                rating = {"subject": "app 1", "rating": ("productive", "neutral")[day % 2], "kind": "application"}
                succeeded(client.put("/v1/ratings", json={"ratings": [rating]}, headers=key))
                limit = {"idleMinutes": 3 + day % 2}
                succeeded(client.patch("/v1/policy", json=limit, headers=key))
            erasure = {**week, "endDate": "2026-02-04 23:59:59", "userId": user}
            succeeded(client.request("DELETE", "/v1/activity", json=erasure, headers=key))
            with database.read() as connection:
                users = [one.id for one in people.all_users(connection, 1)]
            recount_everything(database, 1, users)
            Journal(database).prune()
            migrate(database)
    database.close()
    assert stopping == set()
    assert set(answered) == {200}


def send(client: httpx.Client, key: dict[str, str], user: str, day: int) -> None:
    starts = [START + timedelta(days=day % 6, minutes=part) for part in range(200)]
    focus = [
        {"start": f"{at:%FT%T}Z", "end": f"{at + timedelta(seconds=50):%FT%T}Z", "app": f"app {day % 3}"}
        for at in starts
    ]
    succeeded(client.post("/v1/activity", json={"userId": user, "device": f"d{day}", "focus": focus}, headers=key))


@pytest.mark.slow
def test_a_migration_lets_go_of_what_is_in_use(empty_postgres_url: str) -> None:
    """Whoever came after it would wait too; so it tries again, until it gets what it needs."""
    database = Database(empty_postgres_url)
    migrate(database, "0003")
    with psycopg.connect(empty_postgres_url) as using, psycopg.connect(empty_postgres_url, autocommit=True) as watching:
        using.execute("LOCK TABLE users IN SHARE MODE")
        migrating = threading.Thread(target=migrate, args=(database,))
        migrating.start()
        for waited in (1, 0):
            for _ in range(MOST_LOOKS):
                if watching.execute(WAITING).fetchall() == [(waited,)]:
                    break
            else:
                raise AssertionError("it does not wait" if waited else "it does not let go")
        using.rollback()
        migrating.join(60)
        assert watching.execute("SELECT version_num FROM alembic_version").fetchall() == [(newest(),)]
    database.close()
