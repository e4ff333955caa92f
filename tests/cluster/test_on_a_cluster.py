"""On a Citus cluster: where tables and rows lie, and that questions and batches go to one shard."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine import make_url

from tests.cluster import SHARDS, extend, own_database, workers
from tests.contract.served import bearing, serving, succeeded
from tests.contract.test_roles import ABOUT, CHANGE, DEVICE, SEND, _cast, asked
from tests.scoping import TABLES
from tests.serving import unlimited
from tests.upgrade.test_upgrade import FOLDER, fill, held
from timegrain.api.all_routes import ROUTES
from timegrain.recounting import differences
from timegrain.storage import people
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate
from timegrain.storage.schema import DISTRIBUTED

pytestmark = pytest.mark.slow

_TABLES = text("SELECT table_name::text, citus_table_type, distribution_column, colocation_id FROM citus_tables")
_FOREIGN_KEYS = text(
    "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY(:names)"
)
NAMES = [table.name for table in DISTRIBUTED]


def require_placed(connection: Connection) -> None:
    placed = {name: (kind, by, group) for name, kind, by, group in connection.execute(_TABLES)}
    assert placed.keys() == {*NAMES, "organisations"}
    assert placed["organisations"][0] == "reference"
    assert {placed[name][:2] for name in NAMES} == {("distributed", "organisation_id")}
    assert len({placed[name][2] for name in NAMES}) == 1
    keys = sum(len(table.foreign_key_constraints) for table in DISTRIBUTED)
    assert connection.execute(_FOREIGN_KEYS, {"names": NAMES}).scalar_one() == keys


def test_a_new_database_is_spread_over_the_workers(citus_url: str) -> None:
    database = Database(citus_url)
    for _ in range(2):
        migrate(database)
        with database.read() as connection:
            require_placed(connection)
            shards = connection.execute(
                text(
                    "SELECT nodename, nodeport, count(*) FROM citus_shards WHERE table_name = 'facts'::regclass "
                    "GROUP BY 1, 2 ORDER BY 1, 2"
                )
            ).all()
            assert [(host, port) for host, port, _ in shards] == workers(connection)
            assert sum(count for _, _, count in shards) == SHARDS
    database.close()


def test_a_database_with_data_is_distributed_whole_or_not_at_all() -> None:
    tables: dict[str, Any] = json.loads((FOLDER / "0001.json").read_text(encoding="utf-8"))
    with own_database(with_extension=False) as url:
        database = Database(url)
        migrate(database, "0001")
        with database.engine.begin() as connection:
            fill(connection, tables)
        migrate(database)
        with database.read() as connection:
            before = {name: held(connection, name, ["*"]) for name in NAMES}
        database.close()
        extend(str(make_url(url).database))
        database = Database(url)
        with broken_off(database, "names"), pytest.raises(RuntimeError):
            migrate(database)
        with database.read() as connection:
            assert connection.execute(_TABLES).all() == []
            assert {name: held(connection, name, ["*"]) for name in NAMES} == before
        for _ in range(2):
            migrate(database)
        with database.read() as connection:
            require_placed(connection)
            assert {name: held(connection, name, ["*"]) for name in NAMES} == before
            # Nothing of them stays on the coordinator, where no erasure would find it.
            left = connection.execute(
                text("SELECT sum(pg_relation_size(name::regclass)) FROM unnest(CAST(:names AS text[])) AS name"),
                {"names": NAMES},
            )
            assert left.scalar_one() == 0
            (organisation,) = people.all_organisations(connection)
            users = people.all_users(connection, organisation.id)
        assert [differences(database, organisation.id, user.id) for user in users] == [0, 0]
        database.close()


@contextmanager
def broken_off(database: Database, at: str) -> Iterator[None]:
    """What distributes that table fails."""

    def fail(_connection: Any, _cursor: Any, sql: str, given: Any, *_: Any) -> None:
        if "create_distributed_table" in sql and given["name"] == at:
            raise RuntimeError("broken off")

    event.listen(database.engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", fail)


@contextmanager
def plans(url: str) -> Iterator[dict[str, str]]:
    """By statement on distributed tables, as executed, with its parameters: how the cluster goes about it."""
    found: dict[str, str] = {}
    asking = threading.Lock()

    def explain(connection: Any, cursor: Any, sql: str, given: Any, _context: Any, many: bool) -> None:
        if sql not in found and not sql.startswith("VACUUM") and any(name in sql for name in TABLES):
            # Beside the transaction: what it does first decides in Citus what it may do after.
            with asking:
                rows = beside.execute(f"EXPLAIN (COSTS OFF) {sql}".encode(), given[0] if many else given).fetchall()
            found[sql] = "\n".join(line for (line,) in rows)

    with psycopg.connect(url, autocommit=True) as beside:
        event.listen(Engine, "before_cursor_execute", explain)
        try:
            yield found
        finally:
            event.remove(Engine, "before_cursor_execute", explain)


FOCUS = [
    {
        "start": f"2026-02-03T09:{minute:02d}:00Z",
        "end": f"2026-02-03T09:{minute:02d}:50Z",
        "app": app,
        "url": "https://github.com/pulls" if app == "Chrome" else "",
        "title": f"title {minute}",
    }
    for minute, app in enumerate(["Code", "Chrome"] * 10)
]
LISTS = {
    "focus": FOCUS,
    "pages": [
        {
            "start": "2026-02-03T09:01:00Z",
            "end": "2026-02-03T09:02:00Z",
            "browser": "Chrome",
            "url": "https://example.com/a",
        }
    ],
    "away": [{"start": "2026-02-03T09:03:00Z", "end": "2026-02-03T09:12:00Z"}],
    "present": [{"start": "2026-02-03T09:05:00Z", "end": "2026-02-03T09:06:00Z"}],
}


def test_questions_and_batches_go_to_one_shard(citus_url: str) -> None:
    with serving(citus_url) as office:
        unlimited(office.database)
        everybody = _cast(office)
        office.run("policy", "--titles", "managers", "--urls", "full")
        with plans(citus_url) as found:
            for longer in (False, True):
                lists = LISTS | (
                    {"focus": [{**one, "end": f"{one['end'][:-3]}55Z"} for one in FOCUS]} if longer else {}
                )
                assert office.send(**lists)["stored"] > 0
            for route in ROUTES:
                if route.method == "GET" or ABOUT[route.operation] not in (CHANGE, DEVICE, SEND):
                    for role in ("Admin", "Employee"):
                        own = everybody.users[role]["own"]
                        asked(everybody, route, role, **{"userId": [own], "teamId": [], "userId in path": own})
            erased = {
                "userId": office.user,
                "startDate": "2026-02-03 09:00:00",
                "endDate": "2026-02-03 09:10:00",
                "timeZone": "UTC",
            }
            succeeded(office.client.request("DELETE", "/v1/activity", json=erased, headers=bearing(office.admin)))
        assert len(found) > 60
        elsewhere = {
            sql: plan
            for sql, plan in found.items()
            if not (plan.startswith("Custom Scan (Citus Adaptive)") and plan.count("Task Count: 1\n") == 1)
        }
        assert not elsewhere, "\n\n".join(f"{sql}\n{plan}" for sql, plan in elsewhere.items())
