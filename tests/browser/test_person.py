"""The person page in a browser: the keyboard in the grid of hours, what axe finds, and what is printed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.reading import seconds_of, violations
from tests.browser.sample import Sample


def last_week(sample: Sample) -> date:
    return date.today() - timedelta(days=7)  # noqa: DTZ011 - any day of a week that is over


def opened(page: Page, sample: Sample, number: int = 3) -> Page:
    page.goto(f"/person?who={sample.made['userIds'][number]}&week={last_week(sample)}&show=active")
    return page


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (360, "light")])
def test_nothing_stands_in_the_way(open_as: Opener, sample: Sample, width: int, scheme: str) -> None:
    page = opened(open_as("administrator", viewport={"width": width, "height": 900}, color_scheme=scheme), sample)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_grid_of_hours_by_keyboard(open_as: Opener, sample: Sample) -> None:
    page = opened(open_as("administrator"), sample)
    rows = page.locator(".heat tbody tr")
    assert page.locator('.heat tbody a[tabindex="0"]').count() == rows.count() == 7
    rows.nth(0).locator("a").first.focus()
    here = page.locator(":focus")
    page.keyboard.press("ArrowRight")
    hour = here.get_attribute("href").rpartition("hour=")[2]
    page.keyboard.press("ArrowDown")
    assert here.evaluate("link => link.closest('tr').rowIndex") == 2
    page.keyboard.press("ArrowUp")
    assert here.get_attribute("href").endswith(f"hour={hour}")
    page.keyboard.press("ArrowLeft")
    assert "hour=" not in here.get_attribute("href")
    page.keyboard.press("End")
    assert "hour=" in here.get_attribute("href")
    address = page.url
    page.keyboard.press("ArrowRight")  # at the end of the row: the week stays
    assert page.url == address
    page.keyboard.press("Tab")
    assert here.evaluate("link => link.closest('tr').rowIndex") == 2  # one stop a day


def test_the_heat_adds_up_without_script(open_as: Opener, sample: Sample) -> None:
    page = opened(open_as("administrator", java_script_enabled=False), sample)
    page.locator("#heat-twin > summary").click()
    sums = [seconds_of(one) for one in page.locator("#heat-twin tbody td:last-child").all_inner_texts()]
    whole = int(page.locator("dl.figures [data-seconds]").nth(1).get_attribute("data-seconds") or 0)
    assert sum(sums) == whole == seconds_of(page.locator("#heat-twin tfoot td").last.inner_text()) > 0


def test_on_paper(open_as: Opener, sample: Sample) -> None:
    page = opened(open_as("administrator"), sample)
    page.emulate_media(media="print")
    for gone in (".nav", ".pick", ".me", ".joined"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator(".heat")).to_be_visible()
    expect(page.locator(".month")).to_be_visible()
