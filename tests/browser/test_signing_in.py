from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Opener, sign_in
from tests.browser.reading import violations
from tests.browser.sample import Sample


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
