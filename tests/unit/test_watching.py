"""Heartbeats inside one transaction: each sees the one before it, and one that fails leaves nothing."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from timegrain.clock import now_ms
from timegrain.errors import ValidationFailed
from timegrain.recording import Recorder, record_all
from timegrain.storage import people
from timegrain.storage.buckets import BucketKey, add_bucket, last_event
from timegrain.storage.devices import add_device
from timegrain.storage.engine import Database
from timegrain.storage.policies import Policies
from timegrain.storage.schema import facts
from timegrain.trackers.heartbeats import key_of
from timegrain.watching import Bucket, Heartbeat, sent

PULSE = 5_000_000


@pytest.fixture
def bucket(database: Database) -> Bucket:
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "o", "UTC", "test", 0).id
        user = people.add_user(connection, organisation, "u", "u@example.com", 0).id
        device = add_device(connection, organisation, user, "laptop", 0)
        key = BucketKey(organisation, user, device.id, "windows")
        assert add_bucket(connection, key, "currentwindow", 0)
    return Bucket(key, "laptop", "currentwindow", key_of("tg_1_a"))


def beat(bucket: Bucket, second: int, app: str = "a") -> Heartbeat:
    written = {"timestamp": f"2026-02-02T08:00:{second:02}+00:00", "data": {"app": app}}
    return Heartbeat(bucket, sent(bucket, written, now_ms()), PULSE)


def lengths(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(select(facts.c.length_ms).order_by(facts.c.start_ms)).scalars())


def test_those_of_one_commit_see_each_other(database: Database, bucket: Bucket) -> None:
    beats = [beat(bucket, 0), beat(bucket, 4), beat(bucket, 9), beat(bucket, 10, "b"), beat(bucket, 12, "b")]
    with database.write(bucket.key.organisation, [bucket.key.user]) as connection:
        record_all(connection, Policies(), beats)
    became = [(one.became.end - one.became.start) // 1_000_000 for one in beats if one.became]
    assert became == [0, 4, 9, 0, 2]
    assert lengths(database) == [9000, 2000]


def test_one_that_fails_takes_no_other_along_and_leaves_nothing(database: Database, bucket: Bucket) -> None:
    recorder = Recorder(database)
    unknown = replace(bucket, key=bucket.key._replace(name="unknown"))
    beats = [beat(bucket, 0), beat(unknown, 2), beat(bucket, 4, "b")]
    failures: list[int] = []

    def record(place: int) -> None:
        try:
            recorder.record(beats[place])
        except Exception:
            failures.append(place)

    threads = [threading.Thread(target=record, args=(place,)) for place in range(3)]
    with database.write(bucket.key.organisation, [bucket.key.user]):  # they wait, on SQLite in groups
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join(60)
    recorder.close()
    assert failures == [1]
    assert lengths(database) == [0, 0]


def test_a_server_clock_that_was_set_back(database: Database, bucket: Bucket) -> None:
    """What was let in a moment ago now lies in the future: refused, with the bucket as it was."""
    late = beat(bucket, 30)
    with (
        pytest.raises(ValidationFailed, match="timestamp"),
        database.write(bucket.key.organisation, [bucket.key.user]) as connection,
    ):
        late.batch(connection, 0)
    with database.read() as connection:
        assert last_event(connection, bucket.key) is None
    assert lengths(database) == []
