"""Who sees whom: people see themselves alone, and the same figures as those who lead them."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

from tests.browser.sample import Sample
from tests.browser.walking import client_of, walk
from timegrain import clock
from timegrain.counting.calendar import day_at
from timegrain.web.views import iso

EMPLOYEE, ADMINISTRATOR = "employee", "administrator"
NAMING = "/my-data", "/settings/audit"
"""Who may look at oneself, and who did, is told by name."""
_FIGURE = re.compile(r'data-seconds="(\d+)"')
_EXACT = re.compile(r'title="([^"]*\bseconds?)"')


def everybody(sample: Sample) -> list[dict[str, str]]:
    found: list[dict[str, str]] = sample.ask("/v1/users?limit=200", method="GET")["items"]
    return found


def busy_day(sample: Sample, user: str) -> str:
    """The last day that is over with everything in it: active and idle."""
    today = day_at(sample.made["zone"], clock.now())
    asked = sample.range_of(iso(today - 14), iso(today - 1), userId=[user])
    rows = sample.ask("/v1/dashboard/weekly-summary", asked)["breakdownSummary"]
    busy = [row for row in rows if row["metrics"]["idleTimeSpendSeconds"] and row["date"][:10] < iso(today)]
    return str(busy[-1]["date"][:10])


def test_people_see_themselves_alone(sample: Sample) -> None:
    found = everybody(sample)
    mail = sample.sign_in(EMPLOYEE)["email"]
    me = next(one for one in found if one["email"] == mail)
    others = [one for one in found if one is not me]
    with client_of(sample, EMPLOYEE) as client:
        bodies = walk(client).bodies
        assert len(bodies) > 5, sorted(bodies)
        for address, html in bodies.items():
            if address.startswith(NAMING):
                continue
            read = unescape(html)
            assert not [one["name"] for one in others if one["name"] in read or one["userId"] in read], address
        for path in {address.partition("?")[0] for address, html in bodies.items() if "who=" in address}:
            beyond = client.get(path, params={"who": others[0]["userId"]})
            assert beyond.status_code == 403, path
            assert others[0]["name"] not in unescape(beyond.text)


def test_who_manages_and_who_is_counted_read_the_same_figures(sample: Sample) -> None:
    mail = sample.sign_in(EMPLOYEE)["email"]
    me = next(one for one in everybody(sample) if one["email"] == mail)
    day = busy_day(sample, me["userId"])
    with client_of(sample, EMPLOYEE) as mine, client_of(sample, ADMINISTRATOR) as manages:
        for path, asked in (
            ("/week", {"week": day}),
            ("/week", {"week": day, "zone": "America/St_Johns"}),
            ("/person", {"week": day}),
            ("/day", {"date": day}),
            ("/day", {"date": day, "show": "idle"}),
            ("/subjects", {"week": day}),
        ):
            address = f"{path}?{urlencode({'who': me['userId'], **asked})}"
            seen, shown = (client.get(address).raise_for_status().text for client in (mine, manages))
            assert figures(seen) == figures(shown), address
            assert any(figures(seen)[0]), address
        tiles = figures(manages.get("/week", params={"who": me["userId"], "week": day}).text)[0]
    assert sum(tiles[1:3]) == tiles[0] > 0
    assert sum(tiles[3:6]) == tiles[1]


def figures(html: str) -> tuple[list[int], list[str]]:
    """To the second: of the six tiles, and of everything that says its seconds on hover."""
    return [int(one) for one in _FIGURE.findall(html)], _EXACT.findall(html)
