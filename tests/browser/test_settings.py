from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.reading import violations
from tests.browser.sample import Sample
from tests.contract.served import bearing, succeeded

LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((360, "dark"), (1280, "light"))
PASSWORD = "Another-horse-8"


def choose(page: Page, label: str, words: str) -> None:
    page.get_by_label(label).select_option(label=words)


def assert_sound(page: Page) -> None:
    """Of what a form comes to, which no link leads to."""
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"wider than {width}"


@pytest.fixture
def passing(sample: Sample) -> Iterator[str]:
    """A mail, whose person is gone afterwards."""
    mail = "passing.through@example.com"
    yield mail
    for one in sample.ask(f"/v1/users?q={mail}", method="GET")["items"]:
        answer = sample.client.delete(
            f"/v1/users/{one['userId']}?confirm={one['userId']}", headers=bearing(sample.made["apiKey"])
        )
        assert answer.status_code == 204


def test_somebody_new_is_added_signs_in_and_reports(open_as: Opener, sample: Sample, passing: str) -> None:
    page = open_as("administrator", permissions=["clipboard-read", "clipboard-write"])
    page.goto("/settings")
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Name").fill("Passing Through")
    page.get_by_label("Mail").fill(passing)
    choose(page, "Primary team", "Sales")
    page.get_by_label("Pair a computer").fill("laptop-77")
    page.get_by_role("button", name="Add the person").click()
    link = page.locator('[data-copied="Link"]').inner_text()
    first = page.locator('[data-copied="Token"]').inner_text()
    assert_sound(page)
    page.get_by_role("button", name="Copy: Token").click()
    expect(page.get_by_role("button", name="Copy: Token")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == first
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("cannot be shown again")
    expect(page.locator("[data-copied]")).to_have_count(0)

    theirs = open_as("")
    theirs.goto(link)
    theirs.get_by_label("New password").fill(PASSWORD)
    theirs.get_by_label("The same again").fill(PASSWORD)
    theirs.get_by_role("button", name="Set the password").click()
    theirs.goto("/settings/devices")
    expect(theirs.get_by_role("row", name="laptop-77")).to_contain_text("nothing yet")

    page.goto(f"/settings/people?q={passing}")
    page.get_by_role("link", name="Passing Through").click()
    page.get_by_role("link", name="Pair a device").click()
    expect(page.get_by_label("Whose is it?").locator("option:checked")).to_have_text("Passing Through")
    page.get_by_label("Name").fill("laptop-78")
    page.get_by_role("button", name="Pair").click()
    command = page.locator('[data-copied="Command that pairs"]').inner_text()
    token = command.split()[-1]
    assert command == f"timegrain agent pair {sample.base_url} {token}"
    focus = {"start": "2026-02-02T06:00:00Z", "end": "2026-02-02T06:10:00Z", "app": "Code"}
    succeeded(sample.client.post("/v1/activity", json={"focus": [focus]}, headers=bearing(token)))
    theirs.reload()
    expect(theirs.get_by_role("row", name="laptop-78")).to_contain_text("never idle")

    page.goto(f"/settings/people?q={passing}")
    page.get_by_role("link", name="Passing Through").click()
    page.get_by_role("link", name="Erase").click()
    page.get_by_label("type their mail").fill(passing)
    page.get_by_role("button", name="Erase for good").click()
    expect(page).to_have_url(re.compile(r"/settings/people$"))
    theirs.reload()
    expect(theirs).to_have_url(re.compile(r"/sign-in"))


def test_a_form_is_sent_and_corrected_by_keyboard(open_as: Opener, sample: Sample, passing: str) -> None:
    page = open_as("administrator")
    page.goto("/settings/people/new")
    page.get_by_label("Name").focus()
    page.keyboard.type("Passing Through")
    page.keyboard.press("Tab")
    page.keyboard.type(sample.sign_in("employee")["email"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("somebody has this mail already")
    assert_sound(page)
    page.get_by_role("alert").get_by_role("link", name="Mail").press("Enter")
    expect(page.get_by_label("Mail")).to_be_focused()
    expect(page.get_by_label("Mail")).to_have_accessible_description(re.compile("somebody has this mail already"))
    page.get_by_label("Make a link").uncheck()
    page.get_by_label("Mail").fill(passing)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Passing Through", level=1)).to_be_visible()
