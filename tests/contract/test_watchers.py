"""ActivityWatch's watchers over HTTP: every call, error and form of the key, and what the heartbeats come to."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlalchemy import event as hook

from tests.contract.served import ACTIVITY, Office, bearing, failed, fields, serving
from tests.contract.watching import DAY, Watched, device_of, event, on
from timegrain.recounting import differences
from timegrain.storage.schema import buckets, devices, facts

WINDOW, PAGE, INPUT = "aw-watcher-window_X", "aw-watcher-web-firefox_X", "aw-watcher-afk_X"


def stored(watched: Watched) -> list[tuple[int, int, int]]:
    """Kind, start in seconds after Monday 08:00 and length in milliseconds of each fact of the user."""
    base = int(DAY.timestamp()) * 1000 + 8 * 3600_000
    with watched.office.database.read() as connection:
        rows = connection.execute(select(facts.c.kind, facts.c.start_ms, facts.c.length_ms).order_by(*facts.c))
        return [(row.kind, (row.start_ms - base) // 1000, row.length_ms) for row in rows]


# --- The calls


def test_info_needs_no_key_and_tells_nothing_of_the_machine(shared_office: Office) -> None:
    answer = shared_office.client.get("/api/0/info")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"hostname", "version", "testing", "device_id"}
    assert (body["hostname"], body["testing"]) == ("timegrain", False)
    assert shared_office.client.get("/api/0/info/").json() == body


def test_a_bucket_is_made_once(office: Office) -> None:
    laptop = device_of(office)
    body = {"client": "aw-watcher-window", "type": "currentwindow", "hostname": "elsewhere"}
    first = laptop.post(f"buckets/{WINDOW}", body)
    assert (first.status_code, first.json()) == (200, {})
    for again in (body, {**body, "type": "afkstatus"}):
        second = laptop.post(f"buckets/{WINDOW}/", again)
        assert (second.status_code, second.content) == (304, b"")
    assert laptop.beaten(WINDOW, event(0, 10, app="a")) == (0, 10)
    other = device_of(office, "desktop")
    assert other.post(f"buckets/{WINDOW}", body).status_code == 200
    with office.database.read() as connection:
        assert connection.execute(select(buckets.c.type)).scalars().all() == ["currentwindow"] * 2
        named = select(devices.c.name).join(facts, devices.c.id == facts.c.device_id)
        assert connection.execute(named).scalars().all() == ["laptop"]


def test_a_bucket_made_by_many_at_once_is_made_once(office: Office) -> None:
    laptop = device_of(office)
    statuses: list[int] = []

    def create() -> None:
        body = {"client": "c", "type": "currentwindow", "hostname": "h"}
        statuses.append(laptop.post(f"buckets/{WINDOW}", body).status_code)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [200] + [304] * 7


def test_ids_and_types_up_to_their_longest(office: Office) -> None:
    laptop = device_of(office)
    for bucket in ("b" * 255, "aw watcher é_Анна", "a.b~c", "a%25b"):
        laptop.create(bucket, "t" * 255)
        laptop.create(bucket)
        assert laptop.beaten(bucket, event(0, 1, x=1)) == (0, 1)
    body = {"client": "c", "type": "currentwindow", "hostname": "h"}
    for bucket in ("b" * 256, "a%00b"):
        assert fields(failed(laptop.post(f"buckets/{bucket}", body), 400, "VALIDATION_ERROR")) == ["bucket"]
        assert fields(failed(laptop.beat(bucket, event(0)), 400, "VALIDATION_ERROR")) == ["bucket"]
    for type_ in ("t" * 256, "", "a\0b"):
        answer = laptop.post("buckets/new", {**body, "type": type_})
        assert fields(failed(answer, 400, "VALIDATION_ERROR")) == ["type"]


@pytest.mark.parametrize("missing", ["client", "type", "hostname"])
def test_a_bucket_needs_each_of_its_fields(shared_office: Office, missing: str) -> None:
    laptop = device_of(shared_office, missing)
    body = {"client": "c", "type": "currentwindow", "hostname": "h"}
    del body[missing]
    assert fields(failed(laptop.post(f"buckets/{WINDOW}", body), 400, "VALIDATION_ERROR")) == [missing]
    for wrong in (b"[]", b"{", b"[" * 100_000):
        answer = shared_office.client.post(
            f"/api/0/buckets/{WINDOW}",
            content=wrong,
            headers={**bearing(laptop.token), "Content-Type": "application/json"},
        )
        failed(answer, 400, "VALIDATION_ERROR")


def test_every_form_of_the_key(office: Office) -> None:
    laptop = device_of(office)

    def basic(pair: str) -> str:
        return f"Basic {b64encode(pair.encode()).decode()}"

    token = laptop.token
    headers = (f"Bearer {token}", basic(token), basic(f"{token}:"), basic(f":{token}"), basic(f"watcher:{token}"))
    body = {"client": "c", "type": "currentwindow", "hostname": "h"}
    for place, header in enumerate(headers):
        assert laptop.post(f"buckets/b{place}", body, Authorization=header).status_code == 200
        beat = laptop.post(f"buckets/b{place}/heartbeat?pulsetime=1", event(place, app="a"), Authorization=header)
        assert beat.status_code == 200
        assert laptop.post(f"buckets/b{place}/events", [], Authorization=header).text == "null"
    # The password goes first, so that a `.netrc` may name any user.
    failed(laptop.post("buckets/b", body, Authorization=basic(f"{token}:x")), 401, "INVALID_API_KEY")
    for wrong in (basic("watcher:nope"), "Basic §".encode("latin-1").decode("latin-1"), "Bearer tg_1_nope"):
        answer = office.client.post("/api/0/buckets/b", json=body, headers=[("Authorization", wrong.encode("latin-1"))])
        failed(answer, 401, "INVALID_API_KEY")
    failed(laptop.post("buckets/b", body, Authorization=basic(":")), 401, "API_KEY_MISSING")
    failed(laptop.post("buckets/b", body, Authorization="Digest x"), 401, "INVALID_API_KEY_SCHEMA")
    failed(office.client.post("/api/0/buckets/b", json=body), 401, "AUTHORIZATION_HEADER_MISSING")


@pytest.mark.parametrize("path", [WINDOW, f"{WINDOW}/heartbeat?pulsetime=1", f"{WINDOW}/events"])
def test_only_the_token_of_a_device_may_send(shared_office: Office, path: str) -> None:
    for role in ("admin", "writer", "reader"):
        body = {"client": "c", "type": "currentwindow", "hostname": "h", **event(0, app="a")}
        headers = bearing(shared_office.key(role))
        answer = shared_office.client.post(f"/api/0/buckets/{path}", json=body, headers=headers)
        failed(answer, 403, "FORBIDDEN")


def test_buckets_that_there_are_not(office: Office) -> None:
    laptop, other = device_of(office), device_of(office, "desktop")
    other.create(WINDOW)
    for path in ("heartbeat?pulsetime=1", "events"):
        failed(laptop.post(f"buckets/{WINDOW}/{path}", event(0, app="a")), 404, "NOT_FOUND")
    failed(laptop.post(f"buckets/{WINDOW}/events", []), 404, "NOT_FOUND")


def test_nothing_is_read_back(office: Office) -> None:
    laptop = device_of(office)
    laptop.create(WINDOW)
    laptop.beat(WINDOW, event(0, 10, app="a"))
    for path in ("buckets/", "export", f"buckets/{WINDOW}/events/1", f"buckets/{WINDOW}/export", "settings"):
        failed(office.client.get(f"/api/0/{path}", headers=bearing(laptop.token)), 404, "NOT_FOUND")
    for path in (f"buckets/{WINDOW}/events", f"buckets/{WINDOW}/heartbeat", f"buckets/{WINDOW}"):
        failed(office.client.get(f"/api/0/{path}", headers=bearing(laptop.token)), 405, "METHOD_NOT_ALLOWED")
    failed(laptop.post("query/", {}), 404, "NOT_FOUND")


# --- Heartbeats


def test_the_known_vectors(office: Office) -> None:
    """Each on a day of its own, on a device that reaches nowhere: what the heartbeats become, and its seconds."""
    laptop = device_of(office, reach=0)
    laptop.create(WINDOW)
    vectors: list[tuple[tuple[float, float, str], tuple[float, float, str], float, tuple[float, float], int]] = [
        ((0, 10, "a"), (15, 0, "a"), 5, (0, 15), 15),
        ((0, 10, "a"), (15.001, 0, "a"), 5, (15.001, 0), 10),
        ((0, 10, "a"), (5, 1, "a"), 5, (0, 10), 10),
        ((0, 10, "a"), (-1, 0, "a"), 5, (-1, 0), 10),
        ((0, 10, "a"), (12, 30, "a"), 5, (0, 42), 42),
        ((0, 0, "a"), (0, 0, "a"), 0, (0, 0), 0),
        ((0, 10, "a"), (12, 0, "b"), 5, (12, 0), 10),
    ]
    expected = {}
    for day, (last, beat, pulse, became, seconds) in enumerate(vectors):
        first = laptop.beaten(WINDOW, event(last[0], last[1], day, app=last[2]), pulse)
        assert first == last[:2]
        assert laptop.beaten(WINDOW, event(beat[0], beat[1], day, app=beat[2]), pulse) == became, (last, beat)
        if seconds:
            expected[on(day)] = (seconds, 0)
    assert laptop.seconds(len(vectors)) == expected


def test_a_clock_set_back_costs_nothing(office: Office) -> None:
    """aw-server loses 8 s of the first and doubles the second here."""
    laptop = device_of(office)
    laptop.create(WINDOW)
    for at in (100, 104, 108):
        laptop.beat(WINDOW, event(at, app="a"))
    for at in (50, 52, 54):
        became = laptop.beaten(WINDOW, event(at, app="b"))
    assert became == (50, 4)
    for at in (112, 116):
        became = laptop.beaten(WINDOW, event(at, app="a"))
    assert became == (112, 4)
    assert stored(laptop) == [(0, 50, 4000), (0, 100, 8000), (0, 112, 4000)]
    assert laptop.seconds() == {on(0): (4 + 16, 0)}


def test_the_same_state_with_a_clock_set_back(office: Office) -> None:
    laptop = device_of(office)
    laptop.create(WINDOW)
    assert [laptop.beaten(WINDOW, event(at, app="a")) for at in (100, 104, 50, 52)] == [
        (100, 0),
        (100, 4),
        (50, 0),
        (50, 2),
    ]
    assert stored(laptop) == [(0, 50, 2000), (0, 100, 4000)]


def test_harmless_disorder_comes_to_what_the_real_server_keeps(office: Office) -> None:
    laptop = device_of(office)
    laptop.create(WINDOW)
    for at in (100, 104, 102, 106):
        laptop.beat(WINDOW, event(at, app="a"))
    for _ in range(3):
        laptop.beat(WINDOW, event(200, app="a"))
    laptop.beat(WINDOW, event(1000, 600, app="a"))
    for at, app in ((1010, "a"), (1020, "b"), (1030, "a")):
        laptop.beat(WINDOW, event(at, app=app))
    kept = [(start, length // 1000) for _, start, length in stored(laptop)]
    assert kept == [(100, 6), (200, 0), (1000, 600), (1020, 0), (1030, 0)]


def test_what_makes_data_the_same(office: Office) -> None:
    laptop = device_of(office)
    laptop.create(WINDOW)
    laptop.beat(WINDOW, {**event(0), "data": {"app": "a", "tabs": 1, "more": {"x": [1], "y": None}}})
    again = {**event(2), "data": {"more": {"y": None, "x": [1.0]}, "tabs": 1.0, "app": "a"}}
    assert laptop.beaten(WINDOW, again) == (0, 2)
    for other in ({"app": "a", "tabs": 2}, {"app": "a"}, {"app": "A"}, {}):
        assert laptop.beaten(WINDOW, {**event(2), "data": other}) == (2, 0)


def test_each_token_each_device_and_each_bucket_has_its_own_events(office: Office) -> None:
    laptop, desktop = device_of(office), device_of(office, "desktop")
    for device in (laptop, desktop):
        for bucket in ("one", "two"):
            device.create(bucket)
    assert laptop.beaten("one", event(0, app="a")) == (0, 0)
    assert laptop.beaten("two", event(1, app="a")) == (1, 0)
    assert desktop.beaten("one", event(2, app="a")) == (2, 0)
    assert laptop.beaten("one", event(3, app="a")) == (0, 3)


def test_the_kinds_of_facts(office: Office) -> None:
    laptop = device_of(office)
    for bucket, type_ in ((WINDOW, "currentwindow"), (PAGE, "web.tab.current"), (INPUT, "afkstatus"), ("x", "other")):
        laptop.create(bucket, type_)
    laptop.beat(WINDOW, event(0, 1200, app="firefox"))
    laptop.beat(PAGE, event(0, 1200, url="https://a.example/x", title="t", incognito=False))
    laptop.beat(INPUT, event(0, 300, status="not-afk"))
    laptop.beat(INPUT, event(300, 900, status="afk"))
    assert laptop.beaten("x", event(0, 900, app="a")) == (0, 900)
    assert laptop.beaten("x", event(901, app="a")) == (0, 901)
    assert [kind for kind, _, _ in stored(laptop)] == [0, 1, 3, 2]
    assert laptop.seconds() == {on(0): (1200, 900)}


def test_incognito_is_kept_nowhere_and_parts_what_it_stands_between(office: Office) -> None:
    laptop = device_of(office)
    laptop.create(PAGE, "web.tab.current")
    open_ = {"url": "https://a.example/", "title": "t", "incognito": False}
    assert laptop.beaten(PAGE, event(0, **open_), 60) == (0, 0)
    assert laptop.beaten(PAGE, event(10, **open_), 60) == (0, 10)
    assert laptop.beaten(PAGE, event(20, url="https://b.example/", title="u", incognito=True), 60) == (20, 0)
    assert laptop.beaten(PAGE, event(30, **open_), 60) == (30, 0)
    assert stored(laptop) == [(1, 0, 10_000), (1, 30, 0)]


def test_an_event_longer_than_a_day_grows_in_its_last_piece(office: Office) -> None:
    laptop = device_of(office)
    laptop.create(INPUT, "afkstatus")
    hours = 3600
    laptop.beat(INPUT, event(0, 20 * hours, status="afk"))
    for at in (23 * hours, 25 * hours, 28 * hours, 30 * hours):
        became = laptop.beaten(INPUT, event(at, 60, status="afk"), 3 * hours)
        assert became == (0, at + 60)
    assert stored(laptop) == [(2, 0, 24 * hours * 1000), (2, 24 * hours, (6 * hours + 60) * 1000)]


def test_bad_heartbeats_name_what_is_wrong(office: Office) -> None:
    laptop = device_of(office)
    laptop.create(WINDOW)
    laptop.create(INPUT, "afkstatus")
    laptop.beat(WINDOW, event(0, app="a"))
    long_ago = datetime(1999, 12, 31, tzinfo=UTC).isoformat()
    bad: list[tuple[object, str]] = [
        ({**event(1, app="a"), "timestamp": "yesterday"}, "timestamp"),
        ({**event(1, app="a"), "timestamp": 5}, "timestamp"),
        ({**event(1, app="a"), "timestamp": "0001-01-01T00:00:00+01:00"}, "timestamp"),
        ({**event(1, app="a"), "timestamp": "9999-12-31T23:59:59-01:00"}, "timestamp"),
        ({"duration": 1, "data": {"app": "a"}}, "timestamp"),
        ({**event(1, app="a"), "timestamp": long_ago}, "event"),
        (event(1, -1, app="a"), "duration"),
        ({**event(1, app="a"), "duration": "1"}, "duration"),
        (event(1, 400 * 24 * 3600.0, app="a"), "duration"),
        ({**event(1), "data": []}, "data"),
        (event(1, app=5), "data.app"),
        (event(1, app="a" * 256), "event"),
        ([event(1, app="a")], "event"),
        ("x", "event"),
    ]
    for written, field in bad:
        assert fields(failed(laptop.beat(WINDOW, written), 400, "VALIDATION_ERROR")) == [field], written
    assert fields(failed(laptop.beat(INPUT, event(1, status="?")), 400, "VALIDATION_ERROR")) == ["data.status"]
    for query in ("", "?pulsetime=", "?pulsetime=x", "?pulsetime=nan", "?pulsetime=inf", "?pulsetime=1e308"):
        answer = laptop.post(f"buckets/{WINDOW}/heartbeat{query}", event(1, app="a"))
        assert fields(failed(answer, 400, "VALIDATION_ERROR")) == ["pulsetime"], query
    assert laptop.beaten(WINDOW, event(2, app="a")) == (0, 2)


@pytest.mark.parametrize("timestamp", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_an_instant_beyond_all_calendars_is_refused_in_any_bucket(office: Office, timestamp: str) -> None:
    laptop = device_of(office)
    laptop.create("x", "other")
    laptop.create(PAGE, "web.tab.current")
    for bucket, data in (("x", {}), (PAGE, {"incognito": True})):
        written = {"timestamp": timestamp, "duration": 1, "data": data}
        for answer in (laptop.beat(bucket, written), laptop.post(f"buckets/{bucket}/events", written)):
            assert fields(failed(answer, 400, "VALIDATION_ERROR")) == ["timestamp"]


def test_a_heartbeat_needs_nothing_but_its_timestamp(office: Office) -> None:
    laptop = device_of(office)
    laptop.create(WINDOW)
    for at, duration in ((0, 0), (3, 3)):
        kept = laptop.beat(WINDOW, {"timestamp": event(at)["timestamp"]}).json()
        assert (kept["duration"], kept["data"]) == (duration, {})


def test_half_a_surrogate_pair_costs_one_character(office: Office) -> None:
    laptop = device_of(office)
    laptop.create(WINDOW)
    body = json.dumps(event(0, app="Chat", title="a \ud83d")).encode()
    headers = {**bearing(laptop.token), "Content-Type": "application/json"}
    answer = office.client.post(f"/api/0/buckets/{WINDOW}/heartbeat?pulsetime=1", content=body, headers=headers)
    assert (answer.status_code, answer.json()["data"]["title"]) == (200, "a ?")


def test_clocks_that_are_fast(office: Office) -> None:
    """Half a minute costs nothing; what is more than two minutes ahead is refused, and says why."""
    laptop = device_of(office, reach=0)
    laptop.create(WINDOW)

    def ahead(seconds: int, duration: float = 0) -> dict[str, Any]:
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        return {"timestamp": at.isoformat(), "duration": duration, "data": {"app": "a"}}

    first = ahead(30)
    assert laptop.beat(WINDOW, first).status_code == 200
    start = datetime.fromisoformat(first["timestamp"])
    later = {**first, "timestamp": (start + timedelta(seconds=4)).isoformat()}
    assert laptop.beat(WINDOW, later).json()["duration"] == 4
    assert [length for _, _, length in stored(laptop)] == [4000]
    body = failed(laptop.beat(WINDOW, ahead(600)), 400, "VALIDATION_ERROR")
    assert fields(body) == ["timestamp"]
    assert "clock" in body["error"]["message"]
    # Of one that ends far ahead there is only what is past, and two minutes; the next heartbeat makes it grow.
    assert laptop.beat(WINDOW, ahead(-60, 3600)).json()["duration"] == 3600
    kept = max(length for _, _, length in stored(laptop))
    assert 60_000 + 120_000 <= kept < 3_600_000


# --- Whole events


def test_whole_events(office: Office) -> None:
    laptop = device_of(office)
    laptop.create(WINDOW)
    one = event(0, 10, app="a")
    answer = laptop.post(f"buckets/{WINDOW}/events", one)
    assert (answer.status_code, answer.json()) == (200, {"id": None, **one, "duration": 10.0})
    for several in ([], [event(20, 10, app="a")], [event(40, 10, app="b"), event(60, 10, app="c")]):
        answer = laptop.post(f"buckets/{WINDOW}/events", several)
        assert (answer.status_code, answer.content) == (200, b"null")
    assert [start for _, start, _ in stored(laptop)] == [0, 20, 40, 60]
    # The one that begins last is the one that a heartbeat grows.
    assert laptop.beaten(WINDOW, event(72, app="c")) == (60, 12)
    laptop.post(f"buckets/{WINDOW}/events", [event(30, 1, app="d")])
    assert laptop.beaten(WINDOW, event(74, app="c")) == (60, 14)


def test_bad_events_in_a_list_are_left_out_and_a_single_one_is_refused(office: Office) -> None:
    laptop = device_of(office)
    laptop.create(WINDOW)
    good = event(0, 10, app="a")
    listed = [event(5, -1, app="a"), {}, 7, None, event(0, 1, app=5), event(9, 1, app="a" * 300), good]
    answer = laptop.post(f"buckets/{WINDOW}/events", listed)
    assert (answer.status_code, answer.content) == (200, b"null")
    assert stored(laptop) == [(0, 0, 10_000)]
    for written in listed[:2]:
        failed(laptop.post(f"buckets/{WINDOW}/events", written), 400, "VALIDATION_ERROR")
    for written in ("x", 7):
        failed(laptop.post(f"buckets/{WINDOW}/events", written), 400, "VALIDATION_ERROR")


def test_too_many_events(office: Office) -> None:
    laptop = device_of(office)
    laptop.create(WINDOW)
    failed(laptop.post(f"buckets/{WINDOW}/events", [{}] * 10_001), 413, "PAYLOAD_TOO_LARGE")
    year = {**event(0, 300 * 24 * 3600.0, app="a"), "timestamp": "2020-01-01T00:00:00Z"}
    failed(laptop.post(f"buckets/{WINDOW}/events", [year] * 40), 413, "PAYLOAD_TOO_LARGE")
    assert stored(laptop) == []


# --- Text, statements, many at once


def test_what_the_organisation_does_not_keep_never_reaches_the_disk(sqlite_url: str) -> None:
    with serving(sqlite_url) as office:
        laptop = device_of(office)
        laptop.create(WINDOW)
        laptop.create(PAGE, "web.tab.current")
        laptop.create("x", "other")
        for at in (0, 3, 6):
            laptop.beat(WINDOW, event(at, app="Writer", title="Secretwindow"))
            laptop.beat(PAGE, event(at, url="https://a.example/Secretpath?q=1", title="Secretpage"))
            laptop.beat(PAGE, event(at, url="https://b.example/", title="Secretmode", incognito=True))
            laptop.beat("x", event(at, note="Secretnote"))
        laptop.post(f"buckets/{WINDOW}/events", [event(20, 3, app="Writer", title="Secretevent")])
        path = Path(sqlite_url.removeprefix("sqlite:///"))
        written = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert b"Writer" in written
    assert b"a.example" in written
    assert b"Secret" not in written
    assert b"b.example" not in written


def test_no_log_line_tells_what_was_sent(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"), serving(sqlite_url) as office:
        laptop = device_of(office)
        laptop.create("Secretbucket")
        laptop.beat("Secretbucket", event(0, app="Secretapp", title="Secrettitle"))
        laptop.beat("Secretbucket", event(0, app="Secretapp" * 99))
        laptop.beat("Secretmissing", event(0, app="Secretapp"))
        laptop.post("buckets/Secretbucket/events", [event(0, 1, app="Secretapp")])
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("timegrain")]
    paths = [json.loads(line)["path"] for line in ours]
    assert paths.count("/api/0/buckets/{bucket}/heartbeat") == 3
    assert not [line for line in ours if "Secret" in line or laptop.token in line]


def test_what_a_heartbeat_costs_in_statements(office: Office) -> None:
    """Three more than the same fact as a batch: to find the bucket, to read its last event, and to write it."""
    laptop = device_of(office)
    laptop.create(WINDOW)
    statements: list[str] = []

    def count(_c: Connection, _k: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    def cost(send: Any) -> int:
        statements.clear()
        assert send().status_code == 200
        return len(statements)

    def batch(end: int) -> Any:
        start = event(0)["timestamp"].replace("08:", "10:")
        entry = {"start": start, "end": start.replace("00:00+", f"00:{end}+"), "app": "a"}
        return laptop.office.call(ACTIVITY, {"focus": [entry]}, laptop.token)

    hook.listen(office.database.engine, "before_cursor_execute", count)
    hook.listen(office.database.reader, "before_cursor_execute", count)
    for at in (0, 3):
        laptop.beat(WINDOW, event(at, app="a"))
        batch(10 + at)
    grown = cost(lambda: laptop.beat(WINDOW, event(6, app="a")))
    assert grown == cost(lambda: batch(16)) + 3
    unchanged = cost(lambda: laptop.beat(WINDOW, event(6, app="a")))
    assert unchanged == cost(lambda: batch(16)) + 2


Stream = tuple[Watched, str]


def streams(office: Office, *mails: str) -> list[Stream]:
    """Two buckets of each of two devices of people."""
    made: list[Stream] = []
    for mail in mails:
        for name in ("laptop", "desktop"):
            watched = device_of(office, name, mail)
            for bucket, type_ in ((WINDOW, "currentwindow"), (INPUT, "afkstatus")):
                watched.create(bucket, type_)
                made.append((watched, bucket))
    return made


def send(stream: Stream, offset: int) -> None:
    """Heartbeats that merge, hold several states and leave gaps, with bad ones between."""
    watched, bucket = stream
    for number in range(40):
        at = offset + number * 4 + (number // 9) * 7
        state = {"app": f"a{number // 6}"} if bucket == WINDOW else {"status": ("afk", "not-afk")[number // 20]}
        assert watched.beat(bucket, event(at, number % 3, **state)).status_code == 200
        if number % 8 == 0:
            assert watched.beat(bucket, event(at, -1, **state)).status_code == 400


@pytest.mark.slow
def test_many_watchers_at_once_come_to_what_they_do_one_by_one(office: Office) -> None:
    together = streams(office, "ben@example.com", "eve@example.com")
    alone = streams(office, "ann@example.org", "zoe@example.org")
    threads = [threading.Thread(target=send, args=(one, place)) for place, one in enumerate(together)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for place, one in enumerate(alone):
        send(one, place)
    for (watched, _), (other, _) in zip(together, alone, strict=True):
        assert watched.seconds() == other.seconds() != {}
    columns = (facts.c.device_id, facts.c.kind, facts.c.start_ms, facts.c.length_ms)
    kept: dict[int, list[tuple[int, ...]]] = {}
    with office.database.read() as connection:
        for user, *fact in connection.execute(select(facts.c.user_id, *columns).order_by(*columns)):
            kept.setdefault(user, []).append(tuple(fact))
    ben, eve, ann, zoe = (kept[user] for user in sorted(kept))
    assert (ben, eve) == (ann, zoe)
    for user in kept:
        assert differences(office.database, 1, user) == 0
