"""What holds for every page: who is let in, what every answer says of itself."""

from __future__ import annotations

import httpx
import pytest

from tests.contract.served import Office
from tests.web.visiting import visitor
from timegrain.web.all_pages import PAGES
from timegrain.web.requests import HEADERS


@pytest.mark.parametrize("path", [page.path for page in PAGES if not page.public and "{" not in page.path])
def test_whoever_is_not_signed_in_is_led_to_signing_in(sqlite_office: Office, path: str) -> None:
    answer = sqlite_office.client.get(path)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")


def test_a_form_of_another_site_is_refused(sqlite_office: Office) -> None:
    anna = visitor(sqlite_office)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        answer = anna.client.post("/sign-out", headers=headers)
        assert answer.status_code == 403
    assert anna.get("/week")
    assert anna.post("/sign-out", {}, "/week").url.path == "/sign-in"


def test_every_answer_is_strict(sqlite_office: Office) -> None:
    answer: httpx.Response = visitor(sqlite_office).client.get("/week")
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert " style=" not in answer.text
    assert "<style" not in answer.text


def test_what_was_typed_is_led_along_quoted(sqlite_office: Office) -> None:
    anna = visitor(sqlite_office)
    for typed in ("größe", "%25", "a%0D%0Ab"):
        there = anna.client.get(f"/people/{typed}").headers["location"]
        assert there.isascii()
        assert httpx.URL(there).path == "/person"
