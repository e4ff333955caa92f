"""Rating with single keys and many at once; the figures change while one looks, and come back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.reading import seconds_of, violations
from tests.browser.sample import Sample

CLASSES = ("productive", "neutral", "unproductive")


def ratings(sample: Sample) -> Any:
    return sample.ask("/v1/ratings?limit=200", method="GET")["items"]


def figures(page: Page) -> dict[str, int]:
    """Of everybody in the week that the page of subjects shows."""
    other = page.context.new_page()
    other.goto(f"/week?{page.url.partition('?')[2]}")
    told = other.locator("dl.figures a[data-seconds]").evaluate_all(
        "all => all.map(one => [new URL(one.href).searchParams.get('show'), Number(one.dataset.seconds)])"
    )
    other.close()
    return {name: seconds for name, seconds in told if name in CLASSES}


def row(page: Page, place: int) -> Any:
    return page.locator(".subj tbody tr").nth(place)


def test_rating_with_keys_and_undoing_it(open_as: Opener, sample: Sample) -> None:
    held = ratings(sample)
    page = open_as("administrator")
    page.goto(f"/subjects?{last_week(page)}")
    before = figures(page)
    names = [row(page, place).locator("th a").inner_text() for place in range(3)]

    # One key a subject: j goes down, p n u rate the row in which the focus is.
    for key in "jjju":
        page.keyboard.press(key)
    expect(row(page, 2).get_by_role("checkbox")).to_be_focused()
    expect(row(page, 2).get_by_role("radio", name="Unproductive")).to_be_checked()
    expect(row(page, 2)).to_have_class(re.compile("pending"))
    expect(page.locator("#preview")).to_contain_text("Save 1 rating")
    expect(row(page, 2).get_by_role("checkbox")).to_be_focused()

    # Many at once: what is selected.
    for key in "kxkx":
        page.keyboard.press(key)
    page.keyboard.press("n")
    page.keyboard.press("u")
    expect(page.locator("#save")).to_have_text("Save 3 ratings")
    expect(page.locator("#unsaved")).to_contain_text("3 ratings not saved")
    expect(page.locator("#everywhere")).to_contain_text("unproductive +")
    told = {
        name: int(page.locator(f'#preview [data-class="{name}"]').get_attribute("data-seconds") or 0)
        for name in CLASSES
    }
    used = sum(
        seconds_of(row(page, place).locator("td a").first.get_attribute("title").split(",")[0]) for place in range(3)
    )
    assert told["unproductive"] == used
    assert sum(told.values()) == 0
    assert ratings(sample) == held

    page.locator("#save").click()
    toast = page.locator("#toast")
    expect(toast).to_contain_text("3 ratings changed.")
    in_force(page)
    expect(row(page, 0).get_by_role("checkbox")).to_be_focused()
    for place, name in enumerate(names):
        expect(row(page, place).locator("th a")).to_have_text(name)
        expect(row(page, place).get_by_role("radio", name="Unproductive")).to_be_checked()
    after = figures(page)
    assert {name: after[name] - before[name] for name in CLASSES} == told

    saved = page.url
    page.keyboard.press("z")
    expect(page).not_to_have_url(saved)
    expect(toast).to_contain_text("3 ratings changed.")
    in_force(page)
    assert figures(page) == before
    assert ratings(sample) == held


def in_force(page: Page) -> None:
    """Wait until what was saved is counted: on a busy machine that takes longer than an answer waits."""
    expect(page.locator("#counting")).to_have_count(0, timeout=60_000)


def last_week(page: Page) -> str:
    """The week before this one, which grows no more, as an address has it."""
    page.goto("/subjects")
    address = page.locator("a[rel=prev]").get_attribute("href") or ""
    return address.partition("?")[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_in_anybodys_way(open_as: Opener, scheme: str) -> None:
    page = open_as("administrator", color_scheme=scheme)
    page.goto(f"/subjects?{last_week(page)}&q=.com")
    row(page, 0).locator("th a").click()
    row(page, 1).get_by_text("Unproductive").click()
    expect(page.locator("#delta")).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_an_employee_sees_their_own_without_a_form(open_as: Opener) -> None:
    page = open_as("employee")
    page.goto(f"/subjects?{last_week(page)}")
    assert row(page, 0).locator("th a").count() == 1
    assert page.locator(".subj input, #preview, #rating").count() == 0
    page.keyboard.press("j")
    page.keyboard.press("p")
    assert violations(page) == []
