"""A real Chromium, which people sign in with; a page that logs an error fails its test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.browser.sample import Sample, serving_sample

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
OPENING_MS = 20_000
"""Patience with a page on a busy machine."""

Opener = Callable[..., Page]
"""`open_as(role, **options of the browser's context)`: a page of somebody who signed in, or with "" of nobody."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
            # The sample organisation and the walks through its pages are made once then, not in each process.
            item.add_marker(pytest.mark.xdist_group("browser"))


def chromium() -> str | None:
    """Where it is installed; None: where Playwright has put it."""
    named = os.environ.get("TIMEGRAIN_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """Shared by the tests of a worker: what one changes, it changes back."""
    with serving_sample(f"sqlite:///{tmp_path_factory.mktemp('sample')}/sample.db") as found:
        yield found


@pytest.fixture(scope="session")
def sessions() -> dict[tuple[str, str], Any]:
    """The browser's storage after somebody signed in, so that each does once."""
    return {}


@pytest.fixture
def open_as(browser: Browser, sample: Sample, sessions: dict[tuple[str, str], Any]) -> Iterator[Opener]:
    yield from opening(browser, sample, sessions)


def opening(browser: Browser, sample: Sample, sessions: dict[tuple[str, str], Any]) -> Iterator[Opener]:
    contexts, said = [], []

    def note(message: ConsoleMessage) -> None:
        # A page may be answered with 4xx, which the browser logs; a file of the page may not.
        of_a_page = "responded with a status of 4" in message.text and "/assets/" not in message.location["url"]
        if message.type in ("error", "warning") and not of_a_page:
            said.append(f"{message.type}: {message.text}")

    def open_as(role: str, **options: Any) -> Page:
        which = sample.base_url, role
        context = browser.new_context(
            base_url=sample.base_url,
            **{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, "storage_state": sessions.get(which)}
            | options,
        )
        context.set_default_timeout(OPENING_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: said.append(f"page error: {error}"))
        if role and which not in sessions:
            sign_in(page, sample.sign_in(role))
            sessions[which] = context.storage_state()
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert not said, said


def sign_in(page: Page, who: dict[str, str]) -> None:
    page.goto("/sign-in")
    page.get_by_label("Mail").fill(who["email"])
    page.get_by_label("Password").fill(who["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/week*")
