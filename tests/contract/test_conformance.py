"""Thousands of requests made from the served description: no answer may be one that it does not describe."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.served import Office
from tests.serving import unlimited
from timegrain.api.examples import example, rating
from timegrain.api.examples import people as example_people

CONFIG = Path(__file__).with_name("schemathesis.toml")
EVERYTHING = "examples,coverage,fuzzing,stateful"
EXAMPLES = {"sqlite": (10, EVERYTHING, 5000)}
"""By database, of each call and phase, in which phases, and how many cases these come to at least."""
ON_SERVERS = (5, "examples,fuzzing,stateful", 400)
"""How requests are read, of which coverage tries each edge, is the same on all of them; what they are answered from a
database is not.
"""


def filled(document: dict[str, Any], ids: dict[str, str], erased: str) -> str:
    """The description with ids of this organisation in its examples, so that they find something.

    Without the limits of requests: set at random they would refuse most of what follows.
    """
    for name in ("questionsAMinute", "batchesAMinute"):
        del document["components"]["schemas"]["PolicyToSet"]["properties"][name]
    for parameter in document["paths"]["/v1/users/{userId}"]["delete"]["parameters"]:
        # Whom the others ask for must stay.
        parameter["example"] = erased
    text = json.dumps(document)
    for given, real in ids.items():
        text = text.replace(given, real)
    return text


def added(office: Office, name: str) -> str:
    mail = f"{name}@example.com"
    return str(office.run("user", "add", "--name", name, "--email", mail, "--team", "Design")["userId"])


def ids_of(office: Office) -> dict[str, str]:
    """By the examples' ids, those of this organisation."""
    team = office.run("team", "add", "Design")["teamId"]
    roles = office.call("/v1/access-management", None, method="GET").json()["data"]
    employee = next(one["roleId"] for one in roles if one["roleName"] == "Employee")
    rated = {"ratings": [{"subject": "Code", "rating": "productive"}]}
    assert office.call("/v1/ratings", rated, method="PUT").status_code in (200, 202)
    job = office.call("/v1/jobs", None, method="GET").json()["data"]["items"][0]["jobId"]
    entry = office.call("/v1/audit?call=PUT /v1/ratings", None, method="GET").json()["data"]["items"][0]["id"]
    return {
        example.USER: added(office, "grace"),
        example.TEAM: team,
        example_people.ROLE: employee,
        rating.JOB: job,
        rating.AUDIT: entry,
    }


@pytest.mark.slow
def test_no_answer_is_other_than_described(office: Office, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    examples, phases, cases = EXAMPLES.get(request.node.callspec.params["database_url"], ON_SERVERS)
    unlimited(office.database)
    document = office.client.get("/schema/openapi.json").json()
    schema = tmp_path / "openapi.json"
    schema.write_text(filled(document, ids_of(office), added(office, "linus")), encoding="utf-8")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
        *("run", str(schema), "--url", str(office.client.base_url)),
        *("--header", f"Authorization: Bearer {office.admin}"),
        *("--checks", "all", "--continue-on-failure", "--max-examples", str(examples), "--seed", "1"),
        *("--phases", phases),
    ]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=1200, check=False)
    found = re.search(r"(\d[\d,]*) generated", ran.stdout)
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr
    assert found is not None
    assert int(found[1].replace(",", "")) >= cases, ran.stdout
