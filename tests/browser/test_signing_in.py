from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Opener, opening, sign_in
from tests.browser.reading import violations
from tests.browser.sample import Sample
from tests.contract.served import timegrain
from tests.serving import served
from timegrain.storage.engine import Database

NEW = "Another-horse-8"


def test_signing_in_and_out(open_as: Opener, sample: Sample) -> None:
    page = open_as("")
    page.goto("/week?zone=UTC")
    expect(page).to_have_url(re.compile(r"/sign-in\?next=%2Fweek%3Fzone%3DUTC$"))
    assert violations(page) == []
    who = sample.sign_in("employee")
    page.get_by_label("Mail").fill(who["email"])
    page.get_by_label("Password").fill("Wrong-password-1")
    with page.expect_response("**/sign-in*") as answered:
        page.get_by_role("button", name="Sign in").click()
    assert answered.value.status == 422
    expect(page.get_by_role("alert")).to_contain_text("The mail or the password is not right")
    page.get_by_label("Password").fill(who["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/week\?zone=UTC$"))
    page.locator(".me > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile(r"/sign-in$"))
    page.goto("/week")
    expect(page).to_have_url(re.compile(r"/sign-in"))


def test_signing_in_without_script(open_as: Opener, sample: Sample) -> None:
    page = open_as("", java_script_enabled=False)
    sign_in(page, sample.sign_in("team lead"))
    expect(page.locator("dl.figures")).to_be_visible()


def clean(page: Page) -> None:
    """For axe-core, wide and narrow, light and dark."""
    for width, scheme in ((1280, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert violations(page) == []


def choose_password(page: Page, button: str) -> None:
    page.get_by_label("New password").fill(NEW)
    page.get_by_label("The same again").fill(NEW)
    page.get_by_role("button", name=button).click()


def test_a_link_and_ending_a_session_elsewhere(open_as: Opener, sample: Sample) -> None:
    who = timegrain(str(sample.database.url), "user", "add", "--name", "Lena Vogt", "--email", "lena@example.com")
    link = timegrain(str(sample.database.url), "user", "reset", "lena@example.com", "--url", sample.base_url)
    assert link["userId"] == who["userId"]
    try:
        here, there = open_as(""), open_as("", java_script_enabled=False)
        here.goto(link["url"])
        clean(here)
        choose_password(here, "Set the password")
        expect(here.locator(".me > summary")).to_have_text("Lena Vogt")
        there.goto(link["url"])
        expect(there.get_by_role("alert")).to_contain_text("used already")
        there.goto("/sign-in")
        there.get_by_label("Mail").fill("lena@example.com")
        there.get_by_label("Password").fill(NEW)
        there.get_by_role("button", name="Sign in").click()
        here.goto("/sessions")
        clean(here)
        expect(here.locator(".sessions li")).to_have_count(2)
        here.locator(".sessions li", has_not_text="this browser").get_by_role("button").click()
        expect(here.locator(".sessions li")).to_have_count(1)
        there.reload()
        expect(there).to_have_url(re.compile("/sign-in"))
        here.goto("/password")
        clean(here)
    finally:
        timegrain(str(sample.database.url), "user", "erase", "lena@example.com", "--confirm", "lena@example.com")


def test_the_first_run(browser: Browser, sqlite_database: Database) -> None:
    with served(sqlite_database, run_jobs=False) as client:
        empty = Sample(sqlite_database, client, {})
        for open_as in opening(browser, empty, {}):
            page = open_as("", timezone_id="Europe/Berlin")
            page.goto("/")
            expect(page).to_have_url(re.compile("/first-run$"))
            clean(page)
            expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
            page.get_by_label("Organisation").fill("Acme")
            page.get_by_label("Your name").fill("Ada Lovelace")
            page.get_by_label("Your mail").fill("ada@example.com")
            choose_password(page, "Make the organisation")
            expect(page.locator(".me > summary")).to_have_text("Ada Lovelace")
