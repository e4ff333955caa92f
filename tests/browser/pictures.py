"""`make screenshots`: each page of the sample organisation as a picture for the docs, the same ones each time."""

from __future__ import annotations

import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import OPTIONS, chromium, sign_in
from tests.browser.sample import Sample, serving_sample
from tests.browser.walking import client_of, walk
from timegrain import clock

NOW = int(datetime.fromisoformat("2026-02-05T15:42:20+05:30").timestamp())
SIZE = {"width": 1280, "height": 900}
LARGEST = 300 * 1024


class Picture(NamedTuple):
    name: str
    path: str
    """As `PAGES` has it."""
    role: str
    scheme: str = "light"


PICTURES = (
    Picture("week", "/week", "administrator"),
    Picture("week-dark", "/week", "administrator", "dark"),
    Picture("person", "/person", "team lead"),
    Picture("day", "/day", "employee"),
    Picture("subjects", "/subjects", "administrator"),
    Picture("live", "/live", "administrator"),
    Picture("reports", "/reports", "administrator"),
    Picture("settings", "/settings/policy", "administrator"),
    Picture("my-data", "/my-data", "employee"),
    Picture("counting", "/counting", "employee"),
    Picture("sign-in", "/sign-in", ""),
)
_BARE = ("/week", "/subjects", "/live", "/reports", "/settings/policy", "/my-data", "/counting", "/sign-in")
"""Pages that are pictured as they open."""


def take(sample: Sample, browser: Browser, folder: Path) -> None:
    states, addresses = {}, {}
    for one in PICTURES:
        context = browser.new_context(
            base_url=sample.base_url,
            locale="en-GB",
            viewport=SIZE,
            color_scheme=one.scheme,
            reduced_motion="reduce",
            storage_state=states.get(one.role),
        )
        page = context.new_page()
        if one.role and one.role not in states:
            sign_in(page, sample.sign_in(one.role))
            states[one.role] = context.storage_state()
            with client_of(sample, one.role) as client:
                addresses[one.role] = walk(client).addresses
        answer = page.goto(one.path if one.path in _BARE else addresses[one.role][one.path])
        if answer is None or not answer.ok:
            sys.exit(f"{one.path}: {answer and answer.status}")
        file = folder / f"{one.name}.png"
        page.screenshot(path=file)
        if file.stat().st_size > LARGEST:
            sys.exit(f"{file} has more than {LARGEST} bytes")
        context.close()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (
        patch.object(clock, "now_ms", lambda: NOW * 1000),
        tempfile.TemporaryDirectory() as scratch,
        serving_sample(f"sqlite:///{scratch}/sample.db") as sample,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(OPTIONS))
        take(sample, browser, folder)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
