"""Somebody who signed in to an office's pages, with forms and links and nothing else: what works without script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import unescape

import httpx

from tests.contract.served import Office
from tests.serving import CERTIFICATES
from timegrain.storage import passwords, people

PASSWORD = "Correct-horse-7"
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass(frozen=True)
class Visitor:
    client: httpx.Client
    """With the session's cookie."""

    def get(self, path: str, status: int = 200) -> str:
        """The page, which must answer so."""
        answer = self.client.get(path)
        assert answer.status_code == status, (answer.status_code, answer.text[:2000])
        return answer.text

    def post(self, path: str, form: dict[str, str | list[str]], page: str = "") -> httpx.Response:
        """Send a form as the page `page` (or the one at `path`) has it, and follow where it leads."""
        found = CSRF.search(self.client.get(page or path).text)
        assert found, "there is no form on this page"
        return self.client.post(path, data={"csrf": unescape(found[1]), **form}, follow_redirects=True)


@cache
def hashed() -> str:
    """Once: to make one takes long, as it should."""
    return passwords.hashed(PASSWORD)


def visitor(office: Office, email: str = "anna@example.com") -> Visitor:
    """Gives them a password, and signs them in through the form."""
    with office.database.read() as connection:
        organisation = next(one.id for one in people.all_organisations(connection) if one.name == office.name)
    with office.database.write(organisation, policy=True) as connection:
        user = people.user_by_email(connection, organisation, email)
        people.set_user(connection, organisation, user.id, {"password": hashed()})
    client = httpx.Client(base_url=office.client.base_url, timeout=60, verify=CERTIFICATES)
    answer = client.post("/sign-in", data={"organisation": office.name, "email": email, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return Visitor(client)
