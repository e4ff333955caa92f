"""What `GET /metrics` tells, to whom, and that it tells nothing of anybody."""

from __future__ import annotations

import asyncio
import queue
import re
from pathlib import Path
from threading import Event

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.contract.served import Office, bearing, failed, run_to_end, succeeded
from tests.serving import served
from timegrain.api.admission import Lane
from timegrain.api.metrics import Meters
from timegrain.errors import Overloaded
from timegrain.retention import Retention
from timegrain.storage.engine import Database

ROOT = Path(__file__).parents[2]
OPERATING, DEPLOY = ROOT / "docs" / "operating.md", ROOT / "deploy"
DAY = "2026-02-08"


def told(answer: httpx.Response) -> dict[str, float]:
    """Each sample by its name and labels."""
    assert answer.status_code == 200, answer.text
    return {
        f"{one.name}{sorted(one.labels.items())}" if one.labels else one.name: one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


def counted(samples: dict[str, float], name: str, **labels: str) -> float:
    return samples.get(f"{name}{sorted(labels.items())}" if labels else name, 0.0)


def test_what_happens_is_counted(office: Office) -> None:
    before = told(office.client.get("/metrics"))
    fact = {"start": f"{DAY}T10:00:00Z", "end": f"{DAY}T10:01:00Z", "app": "Code"}
    backwards = {"start": f"{DAY}T10:00:00Z", "end": f"{DAY}T09:00:00Z", "app": "Code"}
    office.send(focus=[fact, backwards])
    office.send(focus=[fact])
    failed(office.ask("tg_1_unknown"), 401, "INVALID_API_KEY")
    succeeded(office.call("/v1/policy", {"idleMinutes": 7}, method="PATCH"))
    after = told(office.client.get("/metrics"))

    def more(name: str, **labels: str) -> float:
        return counted(after, name, **labels) - counted(before, name, **labels)

    outcomes = [more("timegrain_facts_total", outcome=one) for one in ("stored", "unchanged", "rejected", "erased")]
    assert outcomes == [1, 1, 1, 0]
    assert more("timegrain_batch_seconds_count") == 2
    assert more("timegrain_commit_seconds_count") == more("timegrain_commit_batches_sum") == 2
    assert more("timegrain_failures_total", code="INVALID_API_KEY") == 1
    assert more("timegrain_requests_total", method="POST", path="/v1/activity", status="200") == 2
    assert more("timegrain_jobs", state="done") == 1
    assert counted(after, "timegrain_database_up") == 1
    kind, pool = ("sqlite", "write") if office.database.is_sqlite else ("postgresql", "all")
    assert more("timegrain_database_statement_seconds_count", pool=pool) > 10
    [build] = [name for name in after if name.startswith("timegrain_build_info")]
    assert f"'{kind}'" in build
    sizes = [value for name, value in after.items() if name.startswith("timegrain_database_file_bytes")]
    assert (len(sizes), min(sizes, default=1) > 0) == ((2, True) if office.database.is_sqlite else (0, True))
    [memory] = [value for name, value in after.items() if name.startswith("process_resident_memory_bytes")]
    assert memory > 10_000_000


def test_names_are_prometheus_own_way_and_documented(office: Office) -> None:
    documented = OPERATING.read_text()
    families = list(text_string_to_metric_families(office.client.get("/metrics").text))
    ours = [one for one in families if one.name.startswith("timegrain_")]
    assert len(ours) >= 14
    for family in ours:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert f"`{name}`" in documented, name
        assert family.documentation
        assert not name.endswith(("_ms", "_kb", "_mb", "_minutes"))


def test_lanes_pages_and_retention_are_counted(office: Office) -> None:
    before = told(office.client.get("/metrics"))
    assert office.client.post("/sign-in", data={"mail": "a@example.com", "password": "wrong"}).status_code == 422
    after = told(office.client.get("/metrics"))

    def more(name: str, **labels: str) -> float:
        return counted(after, name, **labels) - counted(before, name, **labels)

    assert more("timegrain_failures_total", code="SIGN_IN_FAILED") == 1
    for lane in ("batches", "large_batches", "questions", "long_questions"):
        for state in ("working", "waiting"):
            assert after[f"timegrain_lane_requests{sorted({'lane': lane, 'state': state}.items())}"] == 0


def test_what_a_lane_does_is_told() -> None:
    run_to_end(one_after_another())


async def one_after_another() -> None:
    meters, lane = Meters(), Lane("long questions", 1, 0, 1)
    lane.observer = meters

    def told_of(state: str) -> float | None:
        labels = {"lane": "long_questions", "state": state}
        return meters.registry.get_sample_value("timegrain_lane_requests", labels)

    async def nothing() -> None:
        await asyncio.Event().wait()

    async with lane.place(nothing):
        assert (told_of("working"), told_of("waiting")) == (1, 0)
        with pytest.raises(Overloaded):
            lane.require_room()
    assert told_of("working") == 0
    assert meters.registry.get_sample_value("timegrain_lane_refused_total", {"lane": "long_questions"}) == 1


def test_a_run_of_retention_is_told(sqlite_database: Database) -> None:
    ran: queue.SimpleQueue[bool] = queue.SimpleQueue()
    retention = Retention(sqlite_database, ran=ran.put)
    retention.start()
    assert ran.get(timeout=60)
    retention.close()


def test_nothing_names_anybody(office: Office) -> None:
    secret = "zanzibar"
    office.run("team", "add", f"{secret} t")
    made = office.run(
        "user", "add", "--name", f"{secret} n", "--email", f"{secret}@example.com", "--team", f"{secret} t"
    )
    fact = {"start": f"{DAY}T10:00:00Z", "end": f"{DAY}T10:01:00Z", "app": f"{secret} a", "title": f"{secret} x"}
    office.client.post("/v1/activity", json={"focus": [fact]}, headers=bearing(made["deviceToken"]))
    office.client.get(f"/{secret}/{secret}?{secret}={secret}")
    office.client.request(secret.upper(), f"/{secret}")
    office.client.get(f"/v1/users/{secret}/policy", headers=bearing(office.admin))
    office.client.post(f"/api/0/buckets/{secret}", json={"client": secret, "type": secret, "hostname": secret})
    office.client.post("/sign-in", data={"mail": f"{secret}@example.com", "password": secret})
    text = office.client.get("/metrics").text
    assert secret not in text.lower()
    assert made["userId"] not in text
    assert not re.search(r"[\w.]+@[\w.]+", text)


def test_they_are_for_this_computer_unless_there_is_a_token(office: Office) -> None:
    for name in ("X-Forwarded-For", "Forwarded", "Via"):
        failed(office.client.get("/metrics", headers={name: "192.0.2.1"}), 403, "FORBIDDEN")
    failed(office.client.get("/metrics", headers={"Host": "time.example.com"}), 403, "FORBIDDEN")
    with served(office.database, metrics_token="s3cret") as client:
        failed(client.get("/metrics"), 401, "AUTHORIZATION_HEADER_MISSING")
        failed(client.get("/metrics", headers=bearing("other")), 401, "INVALID_API_KEY")
        failed(client.get("/metrics", headers=bearing(office.admin)), 401, "INVALID_API_KEY")
        through = {**bearing("s3cret"), "X-Forwarded-For": "192.0.2.1"}
        assert counted(told(client.get("/metrics", headers=through)), "timegrain_database_up") == 1


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_who_is_about_to_end_says_so(office: Office, path: str) -> None:
    draining = Event()
    with served(office.database, draining=draining) as client:
        succeeded(client.get(path))
        draining.set()
        refused = client.get(path)
        failed(refused, 503, "UNAVAILABLE")
        assert refused.headers["connection"] == "close"
        assert succeeded(client.get("/v1/me", headers=bearing(office.admin)))


def test_the_rules_ask_for_what_there_is(sqlite_database: Database) -> None:
    known = {
        f"{one}{end}" for one in family_names(sqlite_database) for end in ("", "_total", "_bucket", "_sum", "_count")
    }
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 8
    for rule in rules:
        asked = set(re.findall(r"\b(?:timegrain|process)_\w+", rule["expr"])) or {"up"}
        assert asked - {"up"} <= known, rule["alert"]
        assert rule["annotations"]["summary"]
    [scraped] = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"]
    assert all(f'job="{scraped["job_name"]}"' in rule["expr"] for rule in rules if "job=" in rule["expr"])


def family_names(database: Database) -> set[str]:
    with served(database) as client:
        return {one.name for one in text_string_to_metric_families(client.get("/metrics").text)}
