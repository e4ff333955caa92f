"""The docs name what there is: every command, option group, error code, call, page and picture."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from tests.web.asked import asked_names
from timegrain import batches, entries, errors
from timegrain.api.envelope import COME_AGAIN
from timegrain.api.openapi import document
from timegrain.cli import timegrain
from timegrain.web.all_pages import PAGES
from timegrain.web.pages import Page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OPERATING = (ROOT / "docs" / "operating.md").read_text()
DASHBOARD = (ROOT / "docs" / "dashboard.md").read_text()


def commands(group: click.Group, before: str = "") -> list[str]:
    found = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if command.hidden:
            continue
        found += commands(command, f"{before}{name} ") if isinstance(command, click.Group) else [f"{before}{name}"]
    return found


@pytest.mark.parametrize("command", commands(timegrain))
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"`{re.escape(command)}\b", OPERATING) or re.search(
        rf"timegrain {re.escape(command)}\b", OPERATING
    )


@pytest.mark.parametrize("code", sorted({one.code for one in vars(errors).values() if hasattr(one, "code")}))
def test_every_error_code_is_documented(code: str) -> None:
    assert f"`{code}`" in OPERATING


def test_what_may_be_sent_again_is_told_to_callers() -> None:
    """Each code with its status, and no other."""
    told = re.findall(r"^\| `(\w+)` \| (\d+) \|", (DOCS / "api" / "errors.md").read_text(), re.MULTILINE)
    there_are = {
        one.code: one.status
        for one in vars(errors).values()
        if getattr(one, "status", 0) in (*COME_AGAIN, errors.RequestTimeout.status)
    }
    assert {code: int(status) for code, status in told} == there_are


def test_every_reason_of_a_refused_entry_is_documented() -> None:
    source = "".join(Path(str(one.__file__)).read_text() for one in (entries, batches))
    reasons = set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', source))
    assert reasons >= {"END_BEFORE_START", "TOO_LONG", "IN_THE_FUTURE", "TOO_OLD", "BAD_ENTRY", "CLOCK_SKEW"}
    assert not [reason for reason in reasons if f"`{reason}`" not in OPERATING]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_every_page_is_documented(page: Page) -> None:
    """With what its path begins with; of the settings each section too."""
    if page.name:
        assert f"\n### {page.name}\n" in DASHBOARD
    first, *rest = page.path.strip("/").split("/")
    assert f"`/{first}" in DASHBOARD
    if first == "settings" and rest:
        settings = DASHBOARD[DASHBOARD.index("\n### Settings\n") :].split("\n### ")[1]
        assert rest[0] in settings.lower()


@pytest.mark.parametrize("name", asked_names())
def test_every_name_in_an_address_is_documented(name: str) -> None:
    assert re.search(rf"`\??{name}\b", DASHBOARD)


@pytest.mark.parametrize(
    "file", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=lambda file: file.name
)
def test_every_link_of_the_docs_leads_somewhere(file: Path) -> None:
    for link in re.findall(r"\]\((?!https?:|mailto:)([^)#\s]+)", file.read_text()):
        assert (file.parent / link).exists(), link


def test_the_description_of_the_api_is_the_one_kept() -> None:
    """Where this fails on purpose: `python -m timegrain.api.openapi > docs/openapi.json`."""
    assert json.loads((ROOT / "docs" / "openapi.json").read_text()) == document()
