from __future__ import annotations

import re
from datetime import date

from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.reading import violations
from tests.browser.sample import Sample
from timegrain import clock
from timegrain.counting.calendar import day_at, day_start, written_instant

LOOKED_AT = "document.dispatchEvent(new Event('visibilitychange'))"
"""What a page hears when somebody comes back to it: it asks for what is new at once, not in some seconds."""
TOTAL = "dl.figures [data-seconds] >> nth=0"


def grow(page: Page) -> int:
    """Ask for what is new; the status of the answer."""
    with page.expect_response("**/week?*grown=*") as answered:
        page.evaluate(LOOKED_AT)
    return answered.value.status


def test_today_grows_while_somebody_reports(open_as: Opener, sample: Sample) -> None:
    page = open_as("administrator")
    page.goto("/week")
    page.locator("#by-person-open").focus()
    page.keyboard.press("Enter")
    before = int(page.locator(TOTAL).get_attribute("data-seconds") or 0)
    begin = day_start(sample.made["zone"], day_at(sample.made["zone"], clock.now()))
    night = {"start": written_instant(begin), "end": written_instant(min(begin + 600, clock.now()))}
    whose = {"userId": sample.made["userIds"][0], "device": "night"}
    sample.ask("/v1/activity", {**whose, "focus": [{**night, "app": "Grown"}]})
    page.locator(".fig .why summary").first.click()
    page.evaluate(LOOKED_AT)
    page.keyboard.press("Escape")
    page.locator("#by-person-open").focus()
    assert grow(page) == 200
    day = f"{date.fromordinal(day_at(sample.made['zone'], begin))}"
    told = sample.ask("/v1/dashboard/weekly-summary", sample.range_of(day, day, userId=sample.made["userIds"]))
    total = told["overallSummary"]["totalTimeSpendSeconds"]
    assert total > before
    expect(page.locator(TOTAL)).to_have_attribute("data-seconds", str(total))
    expect(page.locator("#by-person")).to_have_attribute("open", "")
    expect(page.locator("#by-person-open")).to_be_focused()
    # The second of the report may not have been over when the page was made: then it is new once more.
    assert any(grow(page) == 204 for _ in range(50))
    erased = {"startDate": f"{day} 00:00:00", "endDate": f"{day} 00:10:00", "timeZone": sample.made["zone"]}
    sample.ask("/v1/activity", {"userId": whose["userId"], **erased, "remember": False}, method="DELETE")


def test_by_keyboard_alone(open_as: Opener) -> None:
    page = open_as("team lead")
    page.goto("/week")
    first = page.url
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"week=\d{4}-\d\d-\d\d"))
    before = page.url
    page.keyboard.press("/")
    expect(page.get_by_label("Team or person")).to_be_focused()
    page.keyboard.press("t")
    assert page.url == before
    page.locator("body").evaluate("() => document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Single keys do this").press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.reload()
    page.get_by_role("button", name="Keys").press("Enter")
    expect(page.get_by_label("Single keys do this")).not_to_be_checked()
    page.get_by_label("Single keys do this").press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page).not_to_have_url(before)
    assert page.url.partition("?")[0] == first.partition("?")[0]
    page.get_by_role("columnheader", name="Idle").get_by_role("link").press("Enter")
    expect(page.get_by_role("columnheader", name="Idle")).to_have_attribute("aria-sort", "descending")
    page.get_by_text("What idle means").locator("..").press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("details.why[open]")).to_have_count(0)
    expect(page.get_by_text("What idle means").locator("..")).to_be_focused()


def test_whom_and_where_are_picked(open_as: Opener, sample: Sample) -> None:
    page = open_as("administrator")
    page.goto("/week")
    page.get_by_label("Team or person").select_option(label="Support")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Support, ")
    page.locator(".several > summary").click()
    page.get_by_role("checkbox").nth(3).check()
    page.get_by_role("checkbox").nth(4).check()
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.locator(".several").get_by_role("button", name="Show").click()
    expect(page.get_by_label("Team or person")).to_have_value("")
    expect(page.locator(".several > summary")).to_have_text("3 chosen")
    expect(page.locator("footer")).to_contain_text("Times in Europe/Berlin")
    page.get_by_label("Team or person").select_option("everybody")
    page.get_by_role("button", name="Show", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Everybody, ")


def test_open_tables_hold_at_both_widths(open_as: Opener) -> None:
    for width, scheme in ((1280, "light"), (360, "dark")):
        page = open_as("administrator", viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.goto("/week")
        page.goto(page.locator("figure svg a").first.get_attribute("href") or "")
        expect(page.locator("#on-day")).to_have_attribute("open", "")
        for name in ("by-day", "by-person"):
            page.locator(f"#{name}-open").click()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
