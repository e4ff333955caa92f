"""All that a role reaches through links and forms that ask, without a browser."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urldefrag, urlencode, urlsplit

import httpx

from tests.browser.sample import Sample
from timegrain import clock
from timegrain.web.all_pages import PAGES

OF_A_KIND = 2
"""Links alike, the same page with the same names in its query, are followed this often."""
NO_PAGES = "//", "/schema", "/assets"
_PATTERNS = {page.path: re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(page.path))) for page in PAGES}


@dataclass
class Walk:
    addresses: dict[str, str] = field(default_factory=dict)
    """Of each page, by its path as `PAGES` has it, the fullest of those that were seen."""
    richest: dict[str, str] = field(default_factory=dict)
    """Of each page that which shows the most sorts of things, and of several the shortest: what is right of one span
    of a day is right of a thousand.
    """
    reached: set[str] = field(default_factory=set)
    """The paths of everything that answers, files too."""
    broken: list[str] = field(default_factory=list)
    """Links that lead nowhere, and where they stand."""
    bodies: dict[str, str] = field(default_factory=dict)
    """What was read at each address; empty where that was no page."""


class _Leads(HTMLParser):
    """Where links lead, and forms that ask as they are filled when the page opens."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()
        self.sorts: set[tuple[str, str, tuple[str, ...]]] = set()
        self._action: str | None = None
        self._fields: list[tuple[str, str]] = []
        self._select: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.add(given.get("id", ""))
        self.sorts.add((tag, given.get("class", ""), tuple(sorted(given))))
        name = given.get("name")
        if tag == "a" and "href" in given:
            self.found.append(given["href"])
        elif tag == "form":
            self._action, self._fields = (given["action"] if given.get("method", "get") == "get" else None), []
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in dict(self._fields)):
            self._fields.append((self._select, given.get("value", "")))
        elif tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self._fields.append((name, given.get("value") or self._filled(given)))

    def _filled(self, given: dict[str, str]) -> str:
        """What somebody puts into a field that must not stay empty."""
        today = datetime.fromtimestamp(clock.now(), UTC).date().isoformat()
        # One hour later each, so that a range has an end after its start.
        filled = {"date": today, "datetime-local": f"{today}T{len(self._fields):02d}:00"}
        return filled.get(given.get("type", ""), "") if "required" in given else ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "form" and self._action:
            self.found.append(f"{self._action}?{urlencode(self._fields)}")
            self._action = None


@contextmanager
def client_of(sample: Sample, role: str) -> Iterator[httpx.Client]:
    """Signed in."""
    with httpx.Client(base_url=sample.base_url, timeout=60) as client:
        who = sample.sign_in(role)
        answer = client.post("/sign-in", data={"email": who["email"], "password": who["password"]})
        assert answer.status_code == 303, answer.text
        yield client


def walk(client: httpx.Client) -> Walk:
    """From the first page on through every kind of link, breadth first."""
    found, kinds = Walk(), Counter[tuple[str, ...]]()
    riches: dict[str, tuple[int, int]] = {}
    seen, ids, ahead = {"/"}, dict[str, set[str]](), [("/", "the brand")]
    for address, origin in ahead:
        answer = client.get(address)
        if answer.status_code >= 400:
            found.broken.append(f"{address} on {origin}: {answer.status_code}")
            continue
        found.reached.add(_path(address))
        html = answer.text if "html" in answer.headers.get("content-type", "") else ""
        found.bodies[address] = html
        leads = _Leads(html)
        ids[address] = leads.ids
        shows = len(leads.sorts), -len(html)
        if html and shows > riches.get(_path(address), (0, 0)):
            found.richest[_path(address)], riches[_path(address)] = address, shows
        for link in [*leads.found, *([answer.headers["location"]] if answer.is_redirect else [])]:
            there, fragment = urldefrag(link)
            there = there or address
            if fragment and there in ids and fragment not in ids[there]:
                found.broken.append(f"{link} on {address}: there is no such place")
            if not there.startswith("/") or there.startswith(NO_PAGES) or there in seen:
                continue
            kinds[_kind(there)] += 1
            if kinds[_kind(there)] <= OF_A_KIND:
                seen.add(there)
                ahead.append((there, address))
    for address, html in found.bodies.items():
        if len(html) > len(found.bodies.get(found.addresses.get(_path(address), ""), "")):
            found.addresses[_path(address)] = address
    return found


def _path(address: str) -> str:
    """As `PAGES` has it: the one without names in it goes before."""
    path = urlsplit(address).path
    return path if path in _PATTERNS else next((one for one, kind in _PATTERNS.items() if kind.fullmatch(path)), path)


def _kind(address: str) -> tuple[str, ...]:
    names = {name for name, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True)}
    return _path(address), *sorted(names - {"sort"})
