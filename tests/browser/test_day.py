"""One person's day in a browser: zooming by dragging and by keys, and from the picture to the span."""

from __future__ import annotations

import re
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.sample import Sample

WEEK = timedelta(days=7)


@pytest.fixture
def day(open_as: Opener, sample: Sample) -> Page:
    """A day with data of an employee, as they see it."""
    page = open_as("employee")
    last = date.fromisoformat(sample.made["date"]) - WEEK
    week = sample.ask("/v1/dashboard/weekly-summary", sample.range_of(str(last), str(last), userId=[_own_id(sample)]))
    busy = max(week["breakdownSummary"], key=lambda one: one["metrics"]["totalTimeSpendSeconds"])
    page.goto(f"/day?date={busy['date'][:10]}")
    return page


def _own_id(sample: Sample) -> str:
    email = sample.sign_in("employee")["email"]
    found = sample.ask("/v1/users", method="GET")["items"]
    return next(str(one["userId"]) for one in found if one["email"] == email)


def window(page: Page) -> tuple[int, int]:
    drawn = page.locator("#timeline")
    return int(drawn.get_attribute("data-start") or 0), int(drawn.get_attribute("data-end") or 0)


def test_dragging_zooms_to_what_was_dragged_over(day: Page) -> None:
    start, end = window(day)
    box = day.locator("#timeline").bounding_box()
    assert box
    y = box["y"] + 60
    day.mouse.move(box["x"] + box["width"] * 0.25, y)
    day.mouse.down()
    day.mouse.move(box["x"] + box["width"] * 0.4, y)
    day.mouse.move(box["x"] + box["width"] * 0.5, y)
    with day.expect_navigation(url=re.compile("from=.*to=")):
        day.mouse.up()
    low, high = window(day)
    # To the minute of the quarter and the half of what was shown.
    assert abs(low - (start + (end - start) // 4)) <= 60
    assert abs(high - (start + (end - start) // 2)) <= 60
    shown = parse_qs(urlsplit(day.url).query)
    assert re.fullmatch(r"\d\d:\d\d", shown["from"][0])


def test_keys_zoom_and_move(day: Page) -> None:
    start, end = window(day)
    timeline = day.locator("#timeline")
    for key, expected in (("+", "less"), ("ArrowRight", "later"), ("ArrowLeft", "earlier"), ("0", "all")):
        low, high = window(day)
        timeline.focus()
        with day.expect_navigation():
            timeline.press(key)
        now = window(day)
        if expected == "less":
            assert now[1] - now[0] < high - low
        elif expected == "later":
            assert now[0] > low
        elif expected == "earlier":
            assert now[0] < low
        else:
            assert now == (start, end)


def test_a_span_of_the_picture_opens_in_the_list(day: Page) -> None:
    links = day.locator("#timeline a")
    address = links.nth(links.count() // 2).get_attribute("href") or ""
    anchor = address.rpartition("#")[2]
    links.nth(links.count() // 2).dispatch_event("click")
    expect(day.locator(f"#{anchor} details")).to_have_attribute("open", "")
    expect(day.locator(f"#{anchor} details p").first).to_be_visible()


def test_what_is_filtered_adds_up_to_its_figure(day: Page) -> None:
    productive = day.locator('.figures .val a[href$="show=productive"]')
    seconds = productive.get_attribute("data-seconds")
    productive.click()
    expect(day.locator("[data-sum]")).to_have_attribute("data-sum", seconds or "")
    rows = day.locator(".spans li")
    assert set(rows.evaluate_all("all => all.map(one => one.dataset.class)")) == {"productive"}
