"""docs/api has a section a call, whose request runs as it stands."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from tests.contract.served import Office, serving, succeeded
from tests.serving import unlimited
from timegrain.api.all_routes import ROUTES

FOLDER = Path(__file__).parents[2] / "docs" / "api"
HEADING = re.compile(r"^## `?(GET|POST|PUT|PATCH|DELETE) (/\S+?)`?$", re.MULTILINE)
FREE_DAYS = itertools.count(date(2000, 1, 1).toordinal())
REQUEST = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Section(NamedTuple):
    operation: str
    requests: list[str]


def sections() -> list[Section]:
    found = []
    for page in sorted(FOLDER.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        headings = list(HEADING.finditer(text))
        for heading, following in zip(headings, [*headings[1:], None], strict=False):
            part = text[heading.end() : following.start() if following else len(text)]
            found.append(Section(f"{heading[1]} {heading[2]}", REQUEST.findall(part)))
    return found


def test_every_call_has_one_section_with_a_request() -> None:
    """What trackers send is told in docs/trackers.md."""
    told = [section.operation for section in sections()]
    assert sorted(told) == sorted(route.operation for route in ROUTES if route.path.startswith("/v1/"))
    assert [section.operation for section in sections() if not section.requests] == []


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder: Path = tmp_path_factory.mktemp("docs")
    with serving(f"sqlite:///{folder}/timegrain.db") as office:
        unlimited(office.database)
        yield office


def added(office: Office, path: str, body: dict[str, Any], id_: str) -> str:
    answer = office.call(path, body).json()
    assert answer["success"], answer
    return str(answer["data"][id_])


def variables(office: Office) -> dict[str, str]:
    """What the sections name, made anew for each: removing one does not take it from another."""
    name = uuid4().hex
    team = added(office, "/v1/teams", {"name": name}, "teamId")
    user = added(office, "/v1/users", {"name": name, "email": f"{name}@example.com", "teams": [team]}, "userId")
    leads = f"/v1/teams/{team}/leads"
    assert office.call(leads, {"userId": user}).status_code == 201
    rated = office.call("/v1/ratings", {"ratings": [{"subject": name, "rating": "productive"}]}, method="PUT")
    assert rated.status_code in (200, 202)
    jobs = succeeded(office.call("/v1/jobs", None, method="GET"))["items"]
    entries = succeeded(office.call("/v1/audit?call=PUT /v1/ratings", None, method="GET"))["items"]
    day = date.fromordinal(next(FREE_DAYS)).isoformat()
    return {
        "TIMEGRAIN": str(office.client.base_url).rstrip("/"),
        "KEY": office.admin,
        "USER_ID": user,
        "TEAM_ID": team,
        "ROLE_ID": added(office, "/v1/access-management", {"roleName": name, "roleData": []}, "roleId"),
        "DEVICE_ID": added(office, "/v1/devices", {"userId": user, "name": "desktop"}, "deviceId"),
        "KEY_ID": added(office, "/v1/keys", {"name": name, "kind": "reader"}, "keyId"),
        "HOLIDAY_ID": added(office, "/v1/holidays", {"day": day, "name": name}, "holidayId"),
        "JOB_ID": jobs[0]["jobId"],
        "AUDIT_ID": entries[0]["id"],
    }


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.operation)
def test_the_request_runs(documented: Office, section: Section, tmp_path: Path) -> None:
    named = variables(documented)
    if section.operation == "DELETE /v1/teams/{teamId}":
        # One that has ever had members stays.
        named["TEAM_ID"] = added(documented, "/v1/teams", {"name": "empty"}, "teamId")
    for request in section.requests:
        ran = subprocess.run(
            ["bash", "-euc", request],
            cwd=tmp_path,
            env={**os.environ, **named},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert json.loads(ran.stdout or "{}").get("success", True), ran.stdout
        # Nothing answered: it was removed, or a file was written.
        assert ran.stdout or section.operation.startswith("DELETE") or list(tmp_path.iterdir())
