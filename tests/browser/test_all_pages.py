"""What holds for every page, whoever sees it. The pages are those of the program: a new one is tested as it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page as Opened

from tests.browser.conftest import Opener
from tests.browser.reading import violations
from tests.browser.sample import Sample
from tests.browser.walking import Walk, client_of, walk
from timegrain.web.all_pages import PAGES
from timegrain.web.pages import Page

ROLES = ("administrator", "team lead", "employee")
SIGNED_IN = [page for page in PAGES if not page.public]
NARROW, MIDDLE, USUAL, WIDE = ({"width": width, "height": 900} for width in (360, 700, 1280, 2560))
COLOURS = ("color-contrast", "link-in-text-block")
"""The rules that a color scheme may break."""
MOST_STOPS = 40
"""Controls that are gone through on one page."""
AT_ONCE = 8
"""Tabs that are pressed before it is read what they reached."""

TAKES_FOCUS = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
  .filter(one => one.tabIndex >= 0 && !one.disabled && one.type !== 'hidden'
    && one.checkVisibility({visibilityProperty: true})
    && (one.type !== 'radio' || one.checked
        || ![...document.getElementsByName(one.name)].some(other => other.form === one.form && other.checked)))
  .map((one, place) => { one.dataset.stop = place; return place })"""
LET_GO = "() => { document.activeElement.blur(); window.getSelection().removeAllRanges() }"
NOTE_FOCUS = """() => {
  window.reached = []
  document.addEventListener('focusin', ({target}) => {
    if (target.dataset.stop !== undefined) window.reached.push(Number(target.dataset.stop))
  })
}"""
UNNAMED = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter(one => !one.labels?.length && !one.ariaLabel && !one.getAttribute('aria-labelledby'))
  .map(one => one.outerHTML)"""
WITHOUT_TWIN = """() => [...document.querySelectorAll('figure')]
  .filter(one => one.querySelector('svg') && !(one.closest('section') ?? document).querySelector('table')
    && !document.querySelector('main .spans'))  // what a timeline shows is listed, each span with its words
  .map(one => one.querySelector('svg').ariaLabel ?? one.outerHTML.slice(0, 200))"""
SAID = """() => [...document.querySelectorAll('main :is(h1, h2, h3, dt, dd, th, td, caption, li, [data-seconds])')]
  .map(one => one.textContent.replace(/\\s+/g, ' ').trim()).filter(Boolean)"""
ON_SCREEN_ALONE = """() => [...document.querySelectorAll('.nav, .me, .pick, .skip, main button')]
  .filter(one => one.checkVisibility({visibilityProperty: true})).map(one => one.outerHTML.slice(0, 200))"""
MOVES = "() => document.getAnimations().filter(one => one.playState === 'running').length"
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="session")
def walked(sample: Sample) -> Callable[[str], Walk]:
    done: dict[str, Walk] = {}

    def of(role: str) -> Walk:
        if role not in done:
            with client_of(sample, role) as client:
                done[role] = walk(client)
        return done[role]

    return of


@pytest.mark.parametrize("role", ROLES)
def test_every_link_leads_somewhere(walked: Callable[[str], Walk], role: str) -> None:
    assert walked(role).broken == []


@pytest.mark.parametrize("role", ROLES)
def test_every_page_that_opens_is_reached_through_links(
    walked: Callable[[str], Walk], sample: Sample, role: str
) -> None:
    with client_of(sample, role) as client:
        opens = [page.path for page in SIGNED_IN if "{" not in page.path and client.get(page.path).status_code == 200]
    assert {"/week", "/counting"} <= set(opens)
    assert set(opens) <= walked(role).reached


@pytest.mark.parametrize("page", SIGNED_IN, ids=lambda page: page.path)
@pytest.mark.parametrize("role", ROLES)
def test_a_page(open_as: Opener, walked: Callable[[str], Walk], role: str, page: Page) -> None:
    address = walked(role).richest.get(page.path)
    if address is None:
        return  # no page of this role: what opens without being reached fails above
    opened = open_as(role, viewport=USUAL, color_scheme="light")
    opened.goto(address)
    assert opened.evaluate(UNNAMED) == []
    assert opened.evaluate(WITHOUT_TWIN) == []
    if role == "team lead":
        return  # whose pages are made as an administrator's
    checked_by_keyboard(opened)
    checked_in_looks(opened, everything=role == ROLES[0])
    checked_on_paper(opened)
    checked_without_script(opened, open_as(role, viewport=USUAL, java_script_enabled=False), address)


def test_signing_in(open_as: Opener) -> None:
    opened = open_as("", viewport=USUAL)
    opened.goto("/sign-in")
    assert opened.evaluate(UNNAMED) == []
    checked_in_looks(opened, everything=True)


def test_a_long_name_makes_no_page_scroll_sideways(
    open_as: Opener, walked: Callable[[str], Walk], sample: Sample
) -> None:
    employee = sample.sign_in("employee")["email"]
    known = next(one for one in sample.ask("/v1/users?limit=100", method="GET")["items"] if one["email"] == employee)
    path, long = (
        f"/v1/users/{known['userId']}",
        "Wolfeschlegelsteinhausenbergerdorff Maximiliane-Theodora zu Waldenburg",
    )
    addresses = {role: walked(role).addresses for role in ("administrator", "employee")}
    sample.ask(path, {"name": long}, "PATCH")
    try:
        for role, shown in addresses.items():
            opened = open_as(role)
            for page in sorted(
                {"/week", "/person", "/day", "/subjects", "/live", "/reports", "/settings/people", "/settings/policy"}
                & set(shown)
            ):
                opened.goto(shown[page])
                for size in (NARROW, USUAL):
                    opened.set_viewport_size(size)
                    assert opened.evaluate(OVERFLOW) <= 0, (role, page, size)
    finally:
        sample.ask(path, {"name": known["name"]}, "PATCH")


def checked_in_looks(opened: Opened, everything: bool) -> None:
    """Narrow to wide, light and dark. axe reads by all of its rules once a width, by those of colours once a scheme."""
    opened.set_viewport_size(WIDE)
    assert opened.evaluate(OVERFLOW) <= 0, "scrolls sideways at 2,560 px"
    opened.set_viewport_size(MIDDLE)
    assert opened.evaluate(OVERFLOW) <= 0, "scrolls sideways at 700 px"
    opened.set_viewport_size(USUAL)
    if everything:
        assert violations(opened) == []
    opened.emulate_media(color_scheme="dark")
    if everything:
        assert violations(opened, *COLOURS) == []
    opened.set_viewport_size(NARROW)
    assert opened.evaluate(OVERFLOW) <= 0, "scrolls sideways at 360 px"
    assert violations(opened) == []
    if everything:
        opened.emulate_media(color_scheme="light")
        assert violations(opened, *COLOURS) == []


def checked_on_paper(opened: Opened) -> None:
    opened.emulate_media(media="print", reduced_motion="reduce")
    assert opened.evaluate(ON_SCREEN_ALONE) == []
    opened.emulate_media(media="screen")
    assert opened.evaluate(MOVES) == 0
    opened.emulate_media(reduced_motion="no-preference")


def checked_by_keyboard(opened: Opened) -> None:
    """Tab goes through every control in the order of the page, beginning with the link that skips to the content."""
    opened.evaluate(LET_GO)
    stops = opened.evaluate(TAKES_FOCUS)[:MOST_STOPS]
    opened.evaluate(NOTE_FOCUS)
    reached: list[int] = []
    # A field of a date has several stops of its own; what scrolls is one without being a control.
    for _ in range(4 * MOST_STOPS // AT_ONCE):
        for _ in range(AT_ONCE):
            opened.keyboard.press("Tab")
        reached = opened.evaluate("() => window.reached")
        if len(reached) >= len(stops):
            break
    assert reached[: len(stops)] == stops
    # Beyond the last control comes the first, which lies over others while it has the focus.
    opened.evaluate(LET_GO)
    assert opened.evaluate("() => document.querySelector('[data-stop=\"0\"]').className") == "skip"


def checked_without_script(opened: Opened, plain: Opened, address: str) -> None:
    """What is read does not wait for a script."""
    missing: Any = None
    for _ in range(2):  # a minute may end between the two
        opened.goto(address)
        plain.goto(address)
        with_script, without = opened.evaluate(SAID), plain.evaluate(SAID)
        missing = [one for one in with_script if one not in without]
        if not missing:
            break
    assert not missing, missing
    assert without
