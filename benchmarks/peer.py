"""One person's week, beside aw-server answering its canonical query on the same events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from tests.peers.aw_server import installed, running

from benchmarks.engines import Engine
from benchmarks.measuring import Point, Row, in_turns, until_met
from benchmarks.questions import SUMMARY, asked
from benchmarks.serving import child
from timegrain.batches import Batch
from timegrain.counting.facts import Away, Focus, Present, Report
from timegrain.recording import record_all
from timegrain.sample.organisation import sample_organisation
from timegrain.storage import keys, people
from timegrain.storage.policies import Policies

MONDAY = datetime(2026, 2, 9, tzinfo=UTC)
NOW = int(MONDAY.timestamp()) + 7 * 86_400
WINDOW, AFK = "aw-watcher-window_bench", "aw-watcher-afk_bench"
QUERY = [
    f'events = flood(query_bucket("{WINDOW}"));',
    f'not_afk = flood(query_bucket("{AFK}"));',
    'not_afk = filter_keyvals(not_afk, "status", ["not-afk"]);',
    "events = filter_period_intersect(events, not_afk);",
    'RETURN = {"events": events, "duration": sum_durations(events)};',
]


def measure(engine: Engine, quick: bool) -> Iterator[Row | Point]:
    person = (sample := sample_organisation(1, 1, now=NOW)).people[0]
    main = person.devices[0].name
    reports = [report for report in sample.reports(person) if report.device == main]
    url, user, key = _stored(engine, reports)
    with (
        TemporaryDirectory() as home,
        running(installed(), Path(home)) as address,
        httpx.Client(base_url=f"{address}/api/0", timeout=60, trust_env=False) as client,
        child(url, key, engine.folder) as server,
    ):
        _fill(client, reports)
        period = f"{MONDAY.isoformat()}/{(MONDAY + timedelta(days=7)).isoformat()}"

        def query() -> None:
            client.post("/query/", json={"timeperiods": [period], "query": QUERY}).raise_for_status()

        question = server.asking(SUMMARY, asked([user], "UTC"))
        facts = sum(map(len, reports))
        yield until_met(partial(_beside, facts, question, query, 5 if quick else 15))


def _beside(facts: int, question: Callable[[], object], query: Callable[[], object], rounds: int) -> Row:
    ours, theirs = in_turns([question, query], rounds)
    return Row(
        f"one person's week ({facts:,} facts)",
        f"{ours:.2f} ms",
        f"aw-server {theirs:.0f} ms: {theirs / ours:.0f} ×",
        "≥ 100 × faster",
        theirs >= 100 * ours,
    )


def _stored(engine: Engine, reports: list[Report]) -> tuple[str, str, str]:
    database = engine.new("peer")
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "bench", "UTC", "bench", 0).id
        user = people.add_user(connection, organisation, "u", "u@example.com", 0)
        _, key = keys.add_key(connection, organisation, "bench", "admin", 0)
    with database.write(organisation, [user.id]) as connection:
        record_all(connection, Policies(), [Batch(organisation, user.id, report) for report in reports])
    database.close()
    return engine.address(database), str(user.uuid), key


def _fill(client: httpx.Client, reports: list[Report]) -> None:
    for bucket, type_ in ((WINDOW, "currentwindow"), (AFK, "afkstatus")):
        client.post(f"/buckets/{bucket}", json={"client": "bench", "type": type_, "hostname": "bench"})
    for report in reports:
        windows = [_event(one, {"app": one.app, "title": one.title}) for one in report.focus]
        afk = [_event(one, {"status": "afk"}) for one in report.away]
        afk += [_event(one, {"status": "not-afk"}) for one in report.present]
        client.post(f"/buckets/{WINDOW}/events", json=windows).raise_for_status()
        client.post(f"/buckets/{AFK}/events", json=afk).raise_for_status()


def _event(fact: Focus | Away | Present, data: dict[str, str]) -> dict[str, object]:
    begun = datetime.fromtimestamp(fact.start / 1000, UTC).isoformat()
    return {"timestamp": begun, "duration": (fact.end - fact.start) / 1000, "data": data}
