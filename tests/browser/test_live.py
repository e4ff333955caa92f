"""Live in a browser: it grows when a device reports, and says no more than a class."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.sample import Sample
from timegrain import clock


def test_somebody_begins_to_work(open_as: Opener, sample: Sample) -> None:
    page = open_as("administrator")
    page.goto("/live?zone=UTC")
    idle = page.locator("section", has=page.get_by_role("heading", name="Not working")).locator("tbody th a").first
    who = str(idle.get_attribute("id")).removeprefix("person-")
    name = idle.inner_text()
    end = clock.now() - 10
    device = sample.ask(f"/v1/devices?userId={who}", method="GET")["items"][0]["name"]
    about = {"userId": who, "device": device}
    start, until = (datetime.fromtimestamp(second, UTC).isoformat() for second in (end - 120, end))
    entry = {"start": start, "end": until, "app": "Nothing that is shown", "title": "Secret"}
    sample.ask("/v1/activity", {**about, "focus": [entry]})
    try:
        # What the page does by itself every 15 seconds while it is looked at.
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
        working = page.locator("section", has=page.get_by_role("heading", name="Working", exact=True))
        row = working.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
        expect(row).to_contain_text("Neutral")
        expect(row).to_contain_text(datetime.fromtimestamp(end - 120, UTC).strftime("%H:%M"))
        expect(page.locator("main")).not_to_contain_text("Nothing that is shown")
        expect(page).to_have_url("/live?zone=UTC")
    finally:
        within = {"startDate": start[:19], "endDate": until[:19], "timeZone": "UTC", "remember": False}
        sample.ask("/v1/activity", {**about, **within}, method="DELETE")
