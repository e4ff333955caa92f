"""What a person or a program reads from a page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE = Axe()
TAGS = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page: Page, *rules: str) -> list[str]:
    """What axe-core finds wrong, a line each; with `rules` by these alone."""
    only = {"type": "rule", "values": list(rules)} if rules else TAGS
    # What passes is not listed: axe would write a selector for each of thousands of elements.
    found = AXE.run(page, options={"runOnly": only, "resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]


def seconds_of(text: str) -> int:
    """`290:22:00` or `290:22`, of which the seconds are cut."""
    hours, minutes, *rest = text.strip().split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest[0] if rest else 0)
