"""All that a role reaches through links, asked without a browser."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qsl, urldefrag, urlsplit

import httpx

from tests.browser.sample import Sample
from timegrain.web.all_pages import PAGES

OF_A_KIND = 2
"""Links alike, the same page with the same names in its query, are followed this often."""
_LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"')
_PATTERNS = {page.path: re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(page.path))) for page in PAGES}


@dataclass
class Walk:
    addresses: dict[str, str] = field(default_factory=dict)
    """Of each page, by its path as `PAGES` has it, the fullest of those that were seen."""
    broken: list[str] = field(default_factory=list)
    """Links that lead nowhere, and where they stand."""
    bodies: dict[str, str] = field(default_factory=dict)
    """What was read at each address; empty where that was no page."""


@contextmanager
def client_of(sample: Sample, role: str) -> Iterator[httpx.Client]:
    """Signed in."""
    with httpx.Client(base_url=sample.base_url, timeout=60) as client:
        who = sample.sign_in(role)
        answer = client.post("/sign-in", data={"email": who["email"], "password": who["password"]})
        assert answer.status_code == 303, answer.text
        yield client


def walk(client: httpx.Client) -> Walk:
    """From the first page through every kind of link, breadth first."""
    found, seen, kinds = Walk(), {"/"}, Counter[tuple[str, ...]]()
    bodies = found.bodies
    ahead = [("/", "the brand")]
    for address, origin in ahead:
        answer = client.get(address)
        if answer.status_code >= 400:
            found.broken.append(f"{address} on {origin}: {answer.status_code}")
        html = answer.text if "html" in answer.headers.get("content-type", "") else ""
        bodies[address] = html
        links = [unescape(link) for link in _LINK.findall(html)]
        if answer.is_redirect:
            links.append(answer.headers["location"])
        for link in links:
            there, fragment = urldefrag(link)
            there = there or address
            if fragment and f'id="{fragment}"' not in bodies.get(there, f'id="{fragment}"'):
                found.broken.append(f"{link} on {address}: there is no such place")
            if not there.startswith("/") or there.startswith(("//", "/schema")) or there in seen:
                continue
            kind = _kind(there)
            kinds[kind] += 1
            if kinds[kind] <= OF_A_KIND:
                seen.add(there)
                ahead.append((there, address))
    for path, pattern in _PATTERNS.items():
        of_it = [one for one, html in bodies.items() if html and pattern.fullmatch(urlsplit(one).path)]
        if of_it:
            found.addresses[path] = max(of_it, key=lambda one: len(bodies[one]))
    return found


def _kind(address: str) -> tuple[str, ...]:
    parts = urlsplit(address)
    path = next((path for path, pattern in _PATTERNS.items() if pattern.fullmatch(parts.path)), parts.path)
    return path, *sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
