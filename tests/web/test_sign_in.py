"""Signing in with forms alone: who is let in, until when, and what is told to whoever is not."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.contract.served import Office, succeeded
from tests.serving import served
from tests.web.visiting import PASSWORD, Visitor, visitor
from timegrain import clock
from timegrain.errors import NotFound
from timegrain.signing_in import set_password, sign_in
from timegrain.storage import sessions
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate
from timegrain.storage.people import all_organisations
from timegrain.storage.sign_in_failures import FORGOTTEN_S, FREE, Attempt

ANNA, NEW = "anna@example.com", "Another-horse-8"


def attempt(office: Office, email: str = ANNA, password: str = PASSWORD, **more: str) -> httpx.Response:
    return httpx.post(office.client.base_url.join("/sign-in"), data={"email": email, "password": password, **more})


def is_in(who: Visitor) -> bool:
    return who.client.get("/week").status_code == 200


def link(office: Office, mail: str = ANNA) -> str:
    return str(office.run("user", "reset", mail)["url"]).removeprefix("http://127.0.0.1:8600")


def calls(office: Office) -> list[str]:
    return [one["call"] for one in office.run("audit")["entries"]]


def test_a_session_from_its_beginning_to_its_end(office: Office) -> None:
    first, second = visitor(office), visitor(office)
    answer = attempt(office, " ANNA@Example.com ", next="/week?zone=UTC")
    assert (answer.status_code, answer.headers["location"]) == (303, "/week?zone=UTC")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=1209600"} <= set(cookie.split("; ")), cookie
    assert "Secure" not in cookie
    assert len(re.findall(r'name="session" value="[0-9a-f-]{36}"', first.get("/sessions"))) == 3
    assert first.get("/sessions").count("this browser") == 1
    # A session that is somebody else's is nobody's to end, and one's own ends at once.
    (mine,) = re.findall(r'this browser.*?name="session" value="([^"]+)"', first.get("/sessions"), re.DOTALL)
    assert second.post("/sessions", {"session": mine, "next": "/sessions"}).url.path == "/sessions"
    assert (is_in(first), is_in(second)) == (False, True)
    assert second.post("/sessions", {"session": "all"}).url.path == "/sign-in"
    assert not is_in(second)
    assert calls(office).count("POST /sessions") == 2


@pytest.mark.parametrize("next_", ["https://evil.example", "//evil.example", "/\\evil.example", "/é", "week", "/\nx"])
def test_signing_in_leads_nowhere_else(sqlite_office: Office, next_: str) -> None:
    visitor(sqlite_office)
    assert attempt(sqlite_office, next=next_).headers["location"] == "/"


def test_a_link_sets_a_password_once(office: Office) -> None:
    old = visitor(office)
    last, path = link(office), link(office)
    assert httpx.get(office.client.base_url.join(last)).status_code == 404
    assert office.client.head(path).status_code == 200
    assert ANNA in office.client.get(path).text
    for password, again, status in ((NEW, "x", 400), ("short", "short", 400), (" " + NEW, " " + NEW, 303)):
        answer = httpx.post(office.client.base_url.join(path), data={"password": password, "again": again})
        assert answer.status_code == status, answer.text
    assert httpx.post(office.client.base_url.join(path), data={"password": NEW, "again": NEW}).status_code == 404
    assert not is_in(old)
    # The space is part of it; the longest and every other text is compared alike.
    statuses = [attempt(office, ANNA, one).status_code for one in (PASSWORD, NEW, NEW + " " * 200, " " + NEW)]
    assert statuses == [422, 422, 422, 303]
    assert calls(office).count("POST /password") == 1


def test_nothing_is_hashed_for_a_link_that_is_none(sqlite_office: Office) -> None:
    with pytest.raises(NotFound):
        set_password(sqlite_office.database, "nothing", "short", "127.0.0.1")


def test_whose_sessions_end(office: Office) -> None:
    mail = "bo@example.com"
    bo_id = office.run("user", "add", "--name", "Bo", "--email", mail)["userId"]
    bo = visitor(office, mail)
    bo.get("/week", 200)
    # A role acts with the next page.
    office.run("user", "set", mail, "--role", "No Access")
    assert bo.client.get("/week").status_code == 403
    office.run("user", "set", mail, "--role", "Employee")
    assert is_in(bo)
    succeeded(office.call(f"/v1/users/{bo_id}", {"password": NEW}, method="PATCH"))
    assert not is_in(bo)
    bo = visitor(office, mail)
    office.run("user", "set", mail, "--left", "2020-01-01")
    assert not is_in(bo)
    office.run("user", "activate", mail)
    assert not is_in(bo)
    bo, path = visitor(office, mail), link(office, mail)
    office.run("user", "deactivate", mail)
    assert not is_in(bo)
    assert attempt(office, mail).status_code == 422
    office.run("user", "activate", mail)
    assert not is_in(bo)
    assert office.client.get(path).status_code == 404
    bo = visitor(office, mail)
    office.run("user", "erase", mail, "--confirm", mail)
    assert not is_in(bo)


def test_changing_ones_own_password_leaves_this_browser_in(office: Office) -> None:
    here, there = visitor(office), visitor(office)
    form = {"old": "Wrong-horse-1", "password": NEW, "again": NEW}
    assert here.post("/password", form).status_code == 400
    answer = here.post("/password", form | {"old": PASSWORD})
    assert (answer.url.path, is_in(there)) == ("/sessions", False)
    assert attempt(office, ANNA, NEW).status_code == 303


def test_failures_are_throttled_also_at_once(office: Office) -> None:
    visitor(office)
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda _: attempt(office, ANNA, "Wrong-horse-1"), range(12)))
    statuses = [one.status_code for one in answers]
    assert sorted(statuses) == [422] * FREE + [429] * (12 - FREE)
    refused = next(one for one in answers if one.status_code == 429)
    assert 0 < int(refused.headers["retry-after"]) <= FORGOTTEN_S
    # Whoever knows the password waits too, somebody else does not, nor does the person elsewhere.
    assert attempt(office).status_code == 429
    assert attempt(office, "nobody@example.com").status_code == 422
    with office.database.read() as connection:
        (organisation,) = (one.id for one in all_organisations(connection))
    assert sign_in(office.database, Attempt(organisation, ANNA, "192.0.2.7"), PASSWORD)


def test_a_session_ends_unused_or_old(office: Office) -> None:
    who, now = visitor(office), clock.now()
    with office.database.read() as connection:
        cookie = who.client.cookies["timegrain_session"]
        for later, lives in ((0, True), (sessions.UNUSED_S - 60, True), (sessions.UNUSED_S + 60, False)):
            assert (sessions.signed_in(connection, cookie, now + later) is not None) is lives
        found = sessions.signed_in(connection, cookie, now + sessions.NOTED_S + 60)
        assert found is not None
        assert found.rolls
    used = now
    while used < now + sessions.LONGEST_S:
        used += sessions.UNUSED_S - 60
        with office.database.write(found.caller.organisation) as connection:
            alive = sessions.signed_in(connection, cookie, used)
            assert (alive is not None) is (used < now + sessions.LONGEST_S)
            sessions.note_used(connection, found.caller.organisation, found.session, used)


def test_a_session_rolls_once_an_hour(sqlite_office: Office) -> None:
    who = visitor(sqlite_office)
    assert "set-cookie" not in who.client.get("/week").headers
    with sqlite_office.database.read() as connection:
        found = sessions.signed_in(connection, who.client.cookies["timegrain_session"], clock.now())
    assert found is not None
    organisation = found.caller.organisation
    with sqlite_office.database.write(organisation) as connection:
        sessions.note_used(connection, organisation, found.session, clock.now() - sessions.NOTED_S)
    assert "Max-Age=1209600" in who.client.get("/week").headers["set-cookie"]
    assert "set-cookie" not in who.client.get("/week").headers
    with sqlite_office.database.read() as connection:
        (listed,) = sessions.sessions_of(connection, organisation, found.caller.user or 0, clock.now())
    assert clock.now() - listed.used_at < sessions.NOTED_S


def test_behind_tls_the_cookie_is_of_this_host_alone(sqlite_office: Office) -> None:
    visitor(sqlite_office)
    with served(sqlite_office.database, public_url="https://time.example.com", run_jobs=False) as client:
        answer = client.post("/sign-in", data={"email": ANNA, "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-timegrain_session=")
        assert "Secure" in cookie
        for origin, status in (("https://time.example.com", 422), ("https://evil.example", 403), ("null", 403)):
            form = {"email": ANNA, "password": "x"}
            assert client.post("/sign-in", data=form, headers={"Origin": origin}).status_code == status


def test_what_is_no_form(sqlite_office: Office) -> None:
    client = sqlite_office.client
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for content, headers, status in (
        (b'{"email": "a"}', {"Content-Type": "application/json"}, 415),
        (b"email=a&" * 200_000, form, 413),
        (b"a&" * 30_000, form, 400),
        (b"email=%FF", form, 400),
        (b"email=%00", form, 400),
    ):
        answer = client.post("/sign-in", content=content, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert client.get("/sign-in?next=%FF").status_code == 400
    assert client.head("/sign-in").content == b""


def test_several_organisations_are_told_apart_by_name(sqlite_office: Office) -> None:
    visitor(sqlite_office)
    made = ("init", "--organisation", "Other", "--zone", "UTC", "--admin-email", ANNA)
    path = str(sqlite_office.run(*made)["signInUrl"]).removeprefix("http://127.0.0.1:8600")
    assert (
        httpx.post(sqlite_office.client.base_url.join(path), data={"password": NEW, "again": NEW}).headers["location"]
        == "/"
    )
    assert 'value="Other"' in sqlite_office.client.get("/sign-in?organisation=Other").text
    for name, password, status in (
        ("", NEW, 400),
        ("nowhere", NEW, 400),
        ("other", NEW, 303),
        ("other", PASSWORD, 422),
        (sqlite_office.name, PASSWORD, 303),
    ):
        assert attempt(sqlite_office, ANNA, password, organisation=name).status_code == status


FIRST = {
    "organisation": "Acme",
    "timeZone": "Europe/Berlin",
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "password": NEW,
    "again": NEW,
    "starter": "on",
}


def test_the_first_run_makes_one_organisation(database_url: str) -> None:
    database = Database(database_url)
    migrate(database)
    try:
        with served(database, run_jobs=False) as client:
            assert client.get("/week", follow_redirects=True).url.path == "/first-run"
            for changed in (
                {"timeZone": "Mars"},
                {"email": "ada"},
                {"name": "A"},
                {"organisation": ""},
                {"again": "x"},
            ):
                answer = client.post("/first-run", data=FIRST | changed)
                assert answer.status_code == 400
                assert f'href="#{next(iter(changed))}"' in answer.text
            with ThreadPoolExecutor(4) as threads:
                answers = list(threads.map(lambda _: client.post("/first-run", data=FIRST), range(4)))
            assert sorted(one.status_code for one in answers) == [303, 404, 404, 404]
            assert client.get("/first-run").status_code == 404
            assert "Ada Lovelace" in client.get("/", follow_redirects=True).text
        with database.read() as connection:
            assert [(one.name, one.zone) for one in all_organisations(connection)] == [("Acme", "Europe/Berlin")]
    finally:
        database.close()


def test_the_first_run_is_at_the_server_alone(sqlite_database: Database) -> None:
    def refused(client: httpx.Client, **headers: str) -> bool:
        statuses = {
            client.get("/first-run", headers=headers).status_code,
            client.post("/first-run", data=FIRST, headers=headers).status_code,
        }
        assert len(statuses) == 1
        return statuses == {403}

    with served(sqlite_database, run_jobs=False) as client:
        assert refused(client, Host="time.example.com")
        assert refused(client, **{"X-Forwarded-For": "127.0.0.1"})
        evil = {"Origin": "https://evil.example"}
        assert client.post("/first-run", data=FIRST, headers=evil).status_code == 403
        assert "timegrain init" in client.get("/first-run", headers={"Host": "time.example.com"}).text
    for settings in ({"public_url": "http://127.0.0.1:8600"}, {"proxied": True}):
        with served(sqlite_database, run_jobs=False, **settings) as client:
            assert refused(client)


def test_whoever_sits_at_the_server_is_told_how_to_begin(sqlite_office: Office) -> None:
    assert "timegrain user reset MAIL" in sqlite_office.client.get("/sign-in").text
    assert "user reset" not in sqlite_office.client.get("/sign-in", headers={"Host": "time.example.com"}).text
    visitor(sqlite_office)
    assert "user reset" not in sqlite_office.client.get("/sign-in").text
