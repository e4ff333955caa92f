"""What PostgreSQL takes back, or does not answer, is begun anew; what takes too long is said so."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from tests.contract.served import bearing, failed, succeeded, timegrain
from tests.serving import served
from timegrain.recounting import differences
from timegrain.storage import postgresql
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate, newest

pytestmark = pytest.mark.slow

FAILING = """CREATE SEQUENCE tries;
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF nextval('tries') <= {times} THEN {how} END IF; RETURN NULL; END $$;
CREATE TRIGGER fail AFTER INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION fail();"""
TAKEN_BACK = "RAISE EXCEPTION 'taken back' USING ERRCODE = '{}';"
LOST = "PERFORM pg_terminate_backend(pg_backend_pid());"
FOCUS = [{"start": "2026-02-03T09:00:00Z", "end": "2026-02-03T09:10:00Z", "app": "Code"}]
WEEK = {"startDate": "2026-02-03 00:00:00", "endDate": "2026-02-03 23:59:59", "timeZone": "UTC"}


class House:
    """A served organisation on PostgreSQL, and its owner's own connection."""

    def __init__(
        self, database: Database, client: httpx.Client, owner: psycopg.Connection, made: dict[str, str]
    ) -> None:
        self.database, self.client, self.owner = database, client, owner
        self.key, self.user = bearing(made["apiKey"]), made["userId"]

    def fail(self, table: str, how: str, times: int) -> None:
        self.owner.execute(FAILING.format(table=table, how=how, times=times))

    def tries(self) -> int:
        return self.owner.execute("SELECT last_value FROM tries").fetchall()[0][0]

    def send(self) -> httpx.Response:
        batch = {"userId": self.user, "device": "d", "focus": FOCUS}
        return self.client.post("/v1/activity", json=batch, headers=self.key)


@pytest.fixture
def house(postgres_url: str) -> Iterator[House]:
    made = timegrain(postgres_url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
    database = Database(postgres_url, pool_size=2)
    with served(database) as client, psycopg.connect(postgres_url, autocommit=True) as owner:
        yield House(database, client, owner, made)
    database.close()


@pytest.mark.parametrize(
    "how", [TAKEN_BACK.format("40001"), TAKEN_BACK.format("40P01"), LOST], ids=["40001", "40P01", "lost"]
)
def test_a_batch_is_begun_anew(house: House, how: str) -> None:
    house.fail("facts", how, times=2)
    assert succeeded(house.send())["stored"] == 1
    assert house.tries() == 3
    assert differences(house.database, 1, 1) == 0


def test_what_fails_for_good_is_given_up_and_kept_by_nobody(house: House) -> None:
    house.fail("facts", TAKEN_BACK.format("40001"), times=1000)
    assert failed(house.send(), 503, "UNAVAILABLE")
    assert house.tries() == 6
    assert house.owner.execute("SELECT count(*) FROM facts").fetchall() == [(0,)]


def test_a_change_of_policy_and_its_job_are_brought_to_their_end(house: House) -> None:
    assert succeeded(house.send())["stored"] == 1
    house.fail("day_totals", TAKEN_BACK.format("40P01"), times=2)
    rating = {"ratings": [{"subject": "Code", "rating": "productive", "kind": "application"}]}
    assert succeeded(house.client.put("/v1/ratings", json=rating, headers=house.key))["seconds"] == 600
    assert house.tries() >= 3


def test_limits_are_those_of_each_connection(house: House) -> None:
    for engine, statement in ((house.database.reader, postgresql.READ_S), (house.database.engine, postgresql.WRITE_S)):
        with engine.connect() as connection:
            held = {
                name: connection.exec_driver_sql(f"SHOW {name}").scalar_one()
                for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
            }
            assert connection.exec_driver_sql("SHOW application_name").scalar_one() == "timegrain"
        assert held["lock_timeout"] == f"{postgresql.LOCK_S}s"
        assert held["statement_timeout"] in (f"{statement}s", f"{statement // 60}min")
        assert held["idle_in_transaction_session_timeout"] in (f"{postgresql.IDLE_S}s", f"{postgresql.IDLE_S // 60}min")


def test_each_limit_is_told_as_what_it_is(house: House) -> None:
    """With shorter ones, so that nobody waits."""
    question = {**WEEK, "userId": [house.user]}
    with psycopg.connect(house.database.url.set(drivername="postgresql").render_as_string(hide_password=False)) as busy:
        busy.execute("SELECT pg_advisory_xact_lock(1, 1)")
        with house.database.engine.connect() as first, house.database.engine.connect() as second:
            for connection in (first, second):
                connection.exec_driver_sql("SET lock_timeout = 50")
                connection.commit()
        told = failed(house.send(), 503, "UNAVAILABLE")
        assert "busy with another change" in told["error"]["message"]
        busy.execute("LOCK TABLE day_totals IN ACCESS EXCLUSIVE MODE")
        with house.database.reader.connect() as first, house.database.reader.connect() as second:
            for connection in (first, second):
                connection.exec_driver_sql("SET statement_timeout = 50")
                connection.commit()
        answer = house.client.post("/v1/dashboard/weekly-summary", json=question, headers=house.key)
        failed(answer, 503, "TOOK_TOO_LONG")
        assert int(answer.headers["Retry-After"]) > 0


def test_connections_that_ended_while_they_rested_are_noticed(house: House) -> None:
    with house.database.read(), house.database.read(), house.database.write(1):
        pass
    others = (
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
    )
    ended = house.owner.execute(f"{others} current_database()").fetchall()
    assert len(ended) >= 3
    assert all(gone for (gone,) in ended)
    house.database.ping()
    assert succeeded(house.send())["stored"] == 1


def test_no_connection_left(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.database.reader.pool, "_timeout", 0.05)
    with house.database.read(), house.database.read():
        answer = house.client.get("/health")
    failed(answer, 503, "UNAVAILABLE")
    assert "in use" in answer.json()["error"]["message"]
    assert house.client.get("/health").status_code == 200


def test_who_waits_for_a_user_holds_no_reader(house: House) -> None:
    """As many batches as there are connections wait, and questions are answered all the same."""
    answers: list[int] = []
    url = house.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as busy:
        busy.execute("SELECT pg_advisory_xact_lock(1, 1)")
        senders = [threading.Thread(target=lambda: answers.append(house.send().status_code)) for _ in range(2)]
        for sender in senders:
            sender.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
        while house.owner.execute(waiting).fetchall() != [(2,)]:
            assert all(sender.is_alive() for sender in senders)
        question = {**WEEK, "userId": [house.user]}
        asked = house.client.post("/v1/dashboard/weekly-summary", json=question, headers=house.key)
        assert asked.status_code == 200
        busy.rollback()
    for sender in senders:
        sender.join(30)
    assert answers == [200, 200]


def test_several_that_start_together_migrate_once(postgres_url: str) -> None:
    databases = [Database(postgres_url) for _ in range(4)]
    failures: list[Exception] = []

    def start(database: Database) -> None:
        try:
            migrate(database)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=start, args=(one,)) for one in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    with psycopg.connect(postgres_url) as owner:
        assert owner.execute("SELECT version_num FROM alembic_version").fetchall() == [(newest(),)]
    for one in databases:
        one.close()
