"""How many requests a key may send, what is logged of slow ones, and which pages of others may ask."""

from __future__ import annotations

import json
import logging

import pytest

from tests.contract.served import Office, bearing, failed, succeeded
from tests.contract.test_policy import POLICY, patched
from tests.serving import served
from timegrain.api import rates
from timegrain.api.rates import Rates
from timegrain.errors import RateLimited
from timegrain.storage.keys import caller

ORIGIN = "https://dashboard.example.com"


def test_a_key_is_let_in_again_when_it_was_told(office: Office) -> None:
    other = office.key("reader")
    token = str(office.run("user", "add", "--name", "b", "--email", "b@example.com")["deviceToken"])
    patched(office, POLICY, questionsAMinute=2, batchesAMinute=1)
    statuses = [office.ask(other).status_code for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    refused = office.ask(other)
    failed(refused, 429, "RATE_LIMITED")
    assert 1 <= int(refused.headers["Retry-After"]) <= 30
    huge = {"content": b"x" * (8 * 1024 * 1024 + 1), "headers": {**bearing(other), "Content-Type": "application/json"}}
    failed(office.client.post("/v1/activity", **huge), 429, "RATE_LIMITED")
    failed(office.ask("tg_1_unknown"), 401, "INVALID_API_KEY")
    assert [office.call("/v1/activity", {"focus": []}, token).status_code for _ in range(2)] == [200, 429]
    assert office.client.get("/health").status_code == 200
    succeeded(office.call(POLICY, {"questionsAMinute": 0}, method="PATCH"))
    assert {office.ask(other).status_code for _ in range(5)} == {200}


def test_buckets_fill_by_the_clock_and_stay_few(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with office.database.read() as connection:
        who = caller(connection, office.admin, 0)._replace(questions_a_minute=30)
    now = 0.0
    limited = Rates(lambda: now)
    for _ in range(30):
        limited.count(who)
    with pytest.raises(RateLimited) as refused:
        limited.count(who)
    now = refused.value.retry_after - 0.01
    with pytest.raises(RateLimited):
        limited.count(who)
    now = refused.value.retry_after
    limited.count(who)
    with pytest.raises(RateLimited):
        limited.count(who)
    monkeypatch.setattr(rates, "MOST_KEYS", 10)
    for key in range(100):
        limited.count(who._replace(key=1000 + key))
        assert len(limited) <= 10


def test_slow_requests_are_warnings_without_content(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "timegrain.requests"), served(office.database, slow_ms=0) as client:
        asked = client.get(f"/v1/users/{office.user}/policy", headers=bearing(office.admin))
        succeeded(asked)
    [warned] = [one for one in caplog.records if one.levelno == logging.WARNING]
    line = json.loads(warned.getMessage())
    assert line.pop("ms") > 0
    told = {"method": "GET", "path": "/v1/users/{userId}/policy", "status": 200, "slow": True}
    assert line == {"request": asked.headers["X-Request-Id"], **told}
    caplog.clear()
    with caplog.at_level(logging.INFO, "timegrain.requests"):
        office.client.get("/health")
    assert {one.levelno for one in caplog.records} == {logging.INFO}


def test_only_named_origins_may_ask_from_a_page(office: Office) -> None:
    preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "PATCH"}
    preflight["Access-Control-Request-Headers"] = "authorization,content-type"
    closed = office.client.options(POLICY, headers=preflight)
    assert "access-control-allow-origin" not in closed.headers
    with served(office.database, cors_origins=[ORIGIN]) as client:
        opened = client.options(POLICY, headers=preflight)
        assert opened.status_code == 204
        assert opened.headers["access-control-allow-origin"] == ORIGIN
        assert "PATCH" in opened.headers["access-control-allow-methods"]
        assert "authorization" in opened.headers["access-control-allow-headers"].lower()
        asked = client.get(POLICY, headers={**bearing(office.admin), "Origin": ORIGIN})
        assert asked.headers["access-control-allow-origin"] == ORIGIN
        assert {"x-request-id", "retry-after", "content-disposition"} <= set(
            asked.headers["access-control-expose-headers"].lower().replace(" ", "").split(",")
        )
        refused = client.get(POLICY, headers={"Origin": ORIGIN})
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, ORIGIN)
        stranger = client.get(POLICY, headers={**bearing(office.admin), "Origin": "https://evil.example.com"})
        assert "access-control-allow-origin" not in stranger.headers
