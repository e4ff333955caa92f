"""docs/api has a section a call, whose request runs as it stands."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.contract.served import Office, serving, succeeded
from timegrain.api.all_routes import ROUTES

FOLDER = Path(__file__).parents[2] / "docs" / "api"
HEADING = re.compile(r"^## `?(GET|POST|PUT|PATCH|DELETE) (/\S+?)`?$", re.MULTILINE)
REQUEST = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Section(NamedTuple):
    operation: str
    requests: list[str]


def sections() -> list[Section]:
    found = []
    for page in sorted(FOLDER.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        headings = list(HEADING.finditer(text))
        for heading, following in zip(headings, [*headings[1:], None], strict=True):
            part = text[heading.end() : following.start() if following else len(text)]
            found.append(Section(f"{heading[1]} {heading[2]}", REQUEST.findall(part)))
    return found


def test_every_call_has_one_section_with_a_request() -> None:
    """What trackers send is told in docs/trackers.md."""
    told = [section.operation for section in sections()]
    assert sorted(told) == sorted(route.operation for route in ROUTES if route.path.startswith("/v1/"))
    assert [section.operation for section in sections() if not section.requests] == []


@pytest.fixture(scope="module")
def served_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, dict[str, str]]]:
    folder: Path = tmp_path_factory.mktemp("docs")
    with serving(f"sqlite:///{folder}/timegrain.db") as office:
        yield office, variables(office)


def made(office: Office, path: str, body: dict[str, Any], id_: str) -> str:
    answer = office.call(path, body).json()
    assert answer["success"], answer
    return str((answer.get("data") or answer["response"])[id_])


def variables(office: Office) -> dict[str, str]:
    """What the sections name: each of its own, so that removing one does not take it from another."""
    rated = office.call("/v1/ratings", {"ratings": [{"subject": "Code", "rating": "productive"}]}, method="PUT")
    assert rated.status_code in (200, 202)
    jobs = succeeded(office.call("/v1/jobs", None, method="GET"))["items"]
    return {
        "TIMEGRAIN": str(office.client.base_url).rstrip("/"),
        "KEY": office.admin,
        "USER_ID": office.user,
        "TEAM_ID": office.run("team", "add", "Docs")["teamId"],
        "JOB_ID": jobs[0]["jobId"],
    }


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.operation)
def test_the_request_runs(served_office: tuple[Office, dict[str, str]], section: Section) -> None:
    _, named = served_office
    for request in section.requests:
        ran = subprocess.run(
            ["bash", "-euc", request],
            env={**os.environ, **named},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        if ran.stdout.startswith("{"):
            assert json.loads(ran.stdout).get("success", True), ran.stdout
