"""What leaves the computer: URLs cut to their host, what is never told, hours and pauses."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as examined
from hypothesis import strategies as st

from timegrain.counting.facts import Away, Focus, Page, Present
from timegrain.counting.instants import Range
from timegrain.counting.subjects import host
from timegrain.trackers.agent.hours import allowed, cut
from timegrain.trackers.agent.privacy import admitted, only_host
from timegrain.trackers.agent.settings import Settings, settings_of
from timegrain.trackers.events import Fact

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


def rules(**table: Any) -> Settings:
    return settings_of(table)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


# --- URLs -------------------------------------------------------------------------------------------------

NASTY = (
    "https://ann:secret@WWW.GitHub.com:8443/path?q#f",
    "http://bücher.example./a",
    "https://xn--bcher-kva.example/",
    "http://[::1]:80/x",
    "http://[fe80::1%25eth0]/x",
    "https:///x",
    "about:blank",
    "HTTPS://Straße.example:443",
    "http://a b.example/",
    "http://www.www.com/",
    "http://www.com./",
    "http://192.168.0.1:99999/",
    "http://\ud83d.example/",
    "javascript://x/%0aalert(1)",
    "http://İ.example/",
    "http://user@host@real.example/path",
    "http:\t//tab.example/x",
    " https://blank.example/x",
    "https://..example/",
    "http://ex%61mple.com/",
)
pieces = st.text(alphabet="aWwß.İ-:/@[]%?#\\ éxn1\t", max_size=12)
urls = st.one_of(
    st.sampled_from(NASTY),
    st.builds(
        lambda scheme, rest: f"{scheme}://{rest}", st.sampled_from(("http", "https", "HTTP")), st.text(max_size=30)
    ),
    st.builds(lambda a, b, c: f"https://{a}{b}/{c}", pieces, st.sampled_from(("", ".example", "www.")), pieces),
    st.text(max_size=20),
)


@examined(max_examples=1000, deadline=None)
@given(urls)
@example("http://[v1.a:b]/")
def test_a_cut_url_has_the_same_host_and_nothing_else(url: str) -> None:
    short = only_host(url)
    assert host(short) == host(url)
    assert bool(short) == bool(host(url))
    if short:
        scheme, _, rest = short.partition("://")
        assert scheme in ("http", "https")
        assert rest.endswith("/")
        assert not set("/?#@") & set(rest[:-1])
        assert only_host(short) == short


@pytest.mark.parametrize(
    ("url", "short"),
    [
        (NASTY[0], "https://www.github.com/"),
        (NASTY[1], "http://bücher.example./"),
        (NASTY[3], "http://[::1]/"),
        (NASTY[5], ""),
        (NASTY[6], ""),
    ],
)
def test_a_cut_url_by_example(url: str, short: str) -> None:
    assert only_host(url) == short


# --- Never ------------------------------------------------------------------------------------------------

FOCUS = Focus(0, 1, "Code", "https://x.example/path", "A title")
PAGE = Page(0, 1, "firefox", "https://shop.bank.example/path", "A title")


def test_titles_and_paths_stay_here_unless_told() -> None:
    assert admitted(FOCUS, Settings()) == Focus(0, 1, "Code", "https://x.example/", "")
    assert admitted(PAGE, Settings()) == Page(0, 1, "firefox", "https://shop.bank.example/", "")
    assert admitted(FOCUS, rules(titles=True, urls="full")) == FOCUS
    assert admitted(PAGE, rules(urls="none")) == Page(0, 1, "firefox", "", "")


@pytest.mark.parametrize(
    ("never", "fact", "matches"),
    [
        ({"apps": [" cODE "]}, FOCUS, True),
        ({"apps": ["Codex"]}, FOCUS, False),
        ({"sites": ["bank.example"]}, PAGE, True),
        ({"sites": ["https://Bank.example/x"]}, PAGE, True),
        ({"sites": ["ank.example"]}, PAGE, False),
        ({"sites": ["x.example"]}, FOCUS, True),
        ({"titles": ["a T"]}, PAGE, True),
        ({"titles": ["^title"]}, FOCUS, False),
        ({"apps": ["nothing"], "titles": ["TITLE$"]}, FOCUS, True),
        ({"apps": ["Firefox"]}, PAGE, True),
        ({"apps": ["Google Chrome"]}, PAGE, False),
        ({"apps": ["firefox"]}, PAGE, True),
        ({"apps": ["Firefox Nightly"]}, PAGE, True),
        ({"apps": ["Brave-browser"]}, PAGE._replace(browser="brave"), True),
        ({"apps": ["Brave-browser"]}, PAGE._replace(browser="chrome"), True),
        ({"apps": ["org.mozilla.firefox.desktop"]}, PAGE, True),
        ({"apps": ["Firefoxy"]}, PAGE, False),
    ],
)
def test_what_is_never_told(never: dict[str, Any], fact: Fact, matches: bool) -> None:
    private: Fact = Focus(0, 1, "private")
    if isinstance(fact, Page):
        private = Page(0, 1, fact.browser, "https://private/")
    shown = admitted(fact, rules(titles=True, urls="full", never=[never]))
    assert shown == (private if matches else fact)
    nothing = admitted(fact, rules(titles=True, urls="full", never=[never, never | {"send": "nothing"}]))
    assert nothing == (None if matches else fact)


def test_input_is_always_told() -> None:
    settings = rules(never=[{"titles": ["."], "send": "nothing"}])
    assert admitted(Away(0, 1), settings) == Away(0, 1)
    assert admitted(Present(0, 1), settings) == Present(0, 1)


def test_a_browsers_window_does_not_tell_the_title_of_a_site_that_is_never_told() -> None:
    window = Focus(0, 1, "Firefox", "", "My account — Bank")
    assert admitted(window, rules(titles=True, never=[{"sites": ["bank.example"]}])) == Focus(0, 1, "Firefox")
    assert admitted(window, rules(titles=True, never=[{"apps": ["x"]}])) == window


@pytest.mark.parametrize(
    "title",
    [
        "Clinic - Google Chrome (Incognito)",
        "Clinic - Google Chrome (Inkognito)",
        "Clinic — Mozilla Firefox (Private Browsing)",
        "Clinic — Firefox Privates Fenster",
        "Clinic — Navigation privée de Mozilla Firefox",
        "Clinic - [InPrivate] - Microsoft\u200b Edge",
        "Clinic - Brave (Private)",
    ],
)
def test_a_private_window_never_tells_its_title(title: str) -> None:
    settings = rules(titles=True, urls="full")
    for app in ("Google Chrome", "firefox", "msedge.exe", "Brave-browser"):
        assert admitted(Focus(0, 1, app, "", title), settings) == Focus(0, 1, app)
    for told in (Focus(0, 1, "Code", "", title), Focus(0, 1, "firefox", "", "Privateer - Firefox")):
        assert admitted(told, settings) == told


# --- Hours and pauses -------------------------------------------------------------------------------------


def hours(**table: Any) -> Any:
    return settings_of({"hours": table}).hours


def spans(start: str, end: str, **table: Any) -> list[tuple[str, str]]:
    found = allowed(at(start), at(end), hours(**table), [])
    return [tuple(datetime.fromtimestamp(ms / 1000, UTC).strftime("%d %H:%M") for ms in span) for span in found]  # type: ignore[misc]


def test_hours_of_a_week() -> None:
    work = {"days": ["mon", "fri"], "from": "08:00", "to": "18:00", "zone": "UTC"}
    assert spans("2026-03-02T00:00", "2026-03-09T00:00", **work) == [("02 08:00", "02 18:00"), ("06 08:00", "06 18:00")]
    assert spans("2026-03-02T10:00", "2026-03-02T11:00", **work) == [("02 10:00", "02 11:00")]


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin() -> None:
    night = {"days": ["mon"], "from": "22:00", "to": "06:00", "zone": "UTC"}
    assert spans("2026-03-01T00:00", "2026-03-05T00:00", **night) == [("02 22:00", "03 06:00")]
    assert spans("2026-03-03T01:00", "2026-03-03T02:00", **night) == [("03 01:00", "03 02:00")]


def test_hours_follow_the_zone_through_a_clock_change() -> None:
    work = {"from": "08:00", "to": "24:00", "zone": "Europe/Berlin"}
    assert spans("2026-03-28T00:00", "2026-03-30T00:00", **work) == [("28 07:00", "28 23:00"), ("29 06:00", "29 22:00")]


def test_without_hours_all_but_the_pauses_is_allowed() -> None:
    assert allowed(0, 100, None, [(50, 60), (10, 20), (15, 30)]) == [(0, 10), (30, 50), (60, 100)]


ranges = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5)


@examined(max_examples=500, deadline=None)
@given(ranges, st.integers(0, 60), st.integers(0, 30))
def test_pieces_are_the_fact_without_its_pauses(holes: list[Range], start: int, length: int) -> None:
    free = allowed(5, 55, None, holes)
    fact = Focus(start, start + length, "a", "u", "t")
    found = list(cut(fact, free))
    inside = {ms for a, b in free for ms in range(a, b)}
    assert {ms for piece in found for ms in range(piece.start, piece.end)} == inside & set(range(start, start + length))
    assert all(piece._replace(start=0, end=0) == fact._replace(start=0, end=0) for piece in found)
    assert found == sorted(found)
    if length == 0:
        assert [tuple(piece) for piece in found] == ([tuple(fact)] if start in inside else [])
    else:
        assert all(piece.start < piece.end for piece in found)


def test_a_growing_fact_keeps_the_pieces_that_it_had() -> None:
    """So that what was acknowledged grows and is not sent anew."""
    rng = random.Random(3)
    for _ in range(200):
        free = allowed(0, 10_000, None, [(a, a + rng.randint(1, 400)) for a in rng.sample(range(9_000), 4)])
        start = rng.randint(0, 5_000)
        shorter = list(cut(Away(start, start + rng.randint(1, 2_000)), free))
        longer = list(cut(Away(start, start + 4_000), free))
        assert [piece.start for piece in shorter] == [piece.start for piece in longer[: len(shorter)]]
        assert shorter[:-1] == longer[: max(0, len(shorter) - 1)]
