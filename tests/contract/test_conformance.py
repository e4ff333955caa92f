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
from timegrain.api.examples import example

CONFIG = Path(__file__).with_name("schemathesis.toml")
CASES = 5_000


def filled(document: dict[str, Any], ids: dict[str, str]) -> str:
    """The description with ids of this organisation in its examples, so that they find something.

    Without the limits of requests: set at random they would refuse most of what follows.
    """
    for name in ("questionsAMinute", "batchesAMinute"):
        del document["components"]["schemas"]["PolicyToSet"]["properties"][name]
    text = json.dumps(document)
    for given, real in ids.items():
        text = text.replace(given, real)
    return text


@pytest.mark.slow
def test_no_answer_is_other_than_described(office: Office, tmp_path: Path) -> None:
    unlimited(office.database)
    team = office.run("team", "add", "Design")["teamId"]
    document = office.client.get("/schema/openapi.json").json()
    schema = tmp_path / "openapi.json"
    schema.write_text(filled(document, {example.USER: office.user, example.TEAM: team}), encoding="utf-8")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
        *("run", str(schema), "--url", str(office.client.base_url)),
        *("--header", f"Authorization: Bearer {office.admin}"),
        *("--checks", "all", "--continue-on-failure", "--max-examples", "300", "--seed", "1"),
    ]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False)
    found = re.search(r"(\d[\d,]*) generated", ran.stdout)
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr
    assert found is not None
    assert int(found[1].replace(",", "")) >= CASES, ran.stdout
