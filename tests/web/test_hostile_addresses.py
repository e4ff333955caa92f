"""Whatever stands in an address, a page answers without failing, and shows nothing as markup that was typed."""

from __future__ import annotations

import re
from contextlib import closing
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.contract.served import Office
from tests.web.asked import asked_names
from tests.web.visiting import visitor
from timegrain.web.all_pages import PAGES
from timegrain.web.pages import Page

NAMES = [*asked_names(), "unknown"]
MARKUP = "<zq>", '"zq=', "'zq=", "javascript:zq"
EXPRESSION = "{{ 7191 * 7 }}"
VALUES = some.text(max_size=40) | some.sampled_from(
    (
        *(*MARKUP, EXPRESSION, "{% zq %}", "zq\0", "\ud800", "%ff", "%", "\N{RIGHT-TO-LEFT OVERRIDE}", "a" * 3000),
        *("-1", "0", "9" * 40, "1e999", "NaN", "", " ", "total", "idle", "-total", "productive", "everybody"),
        *("2026-02-03", "2026-02-30", "2026-W06", "0000-00-00", "0001-01-01", "2000-01-01", "2037-12-31", "9999-12-31"),
        *(
            "UTC",
            "Asia/Kolkata",
            "Asia/Kolkata\n",
            "right/UTC",
            "posix",
            "../../etc/passwd",
            ".",
            "/",
            "//evil.example",
        ),
        *("/\\evil.example", "00000000-0000-4000-8000-000000000000", "urn:uuid:0", "true", "on"),
    )
)
PAIRS = some.lists(some.tuples(some.sampled_from(NAMES), VALUES), min_size=1, max_size=5)


def encoded(value: str) -> str:
    return quote(value, safe="", errors="surrogatepass")


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_an_address_with_anything_in_it(sqlite_office: Office, page: Page) -> None:
    sqlite_office.run("policy", "--questions-a-minute", "0")
    known = {"who": sqlite_office.user}
    nobody = httpx.Client(base_url=sqlite_office.client.base_url, timeout=60)
    with closing(nobody if page.public else visitor(sqlite_office).client) as client:

        @given(pairs=PAIRS, inside=VALUES.filter(bool), partial=some.booleans(), theirs=some.booleans())
        @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def holds(pairs: list[tuple[str, str]], inside: str, partial: bool, theirs: bool) -> None:
            within = re.sub(r"{\w+}", lambda _: encoded(inside), page.path)
            query = "&".join(f"{name}={encoded(value)}" for name, value in [*pairs, *(known.items() if theirs else ())])
            answer = client.get(f"{within}?{query}", headers={"HX-Request": "true"} if partial else {})
            assert answer.status_code < 500, answer.url
            there = answer.headers.get("location", answer.headers.get("hx-redirect", "/"))
            assert re.match(r"/(?![/\\])", there), (there, answer.url)
            assert not [typed for typed in MARKUP[:2] if typed in answer.text], answer.url
            assert str(7191 * 7) not in answer.text, answer.url
            assert not re.search(r"""(href|action|src)=["']?javascript:""", answer.text), answer.url

        holds()
