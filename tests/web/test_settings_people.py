"""People and teams in the settings, with forms alone: what each comes to, and what it says of what is wrong."""

from __future__ import annotations

import re

import pytest

from tests.contract.served import NOBODY, Office, succeeded
from tests.contract.test_people import added, get, made
from tests.web.visiting import PASSWORD, Visitor, visitor

PEOPLE, TEAMS = "/settings/people", "/settings/teams"
GRACE = {"name": "Grace <b>", "email": "grace@example.com", "workMode": "remote"}


def role(anna: Visitor, name: str) -> str:
    found = re.search(rf'<option value="([0-9a-f-]+)"[^>]*>{name}<', anna.get(f"{PEOPLE}/new"))
    assert found
    return found[1]


def shown_once(page: str, label: str) -> str:
    found = re.search(rf'data-copied="{label}">([^<]+)<', page)
    assert found, f"no {label}"
    return found[1]


def invalid(page: str) -> list[str]:
    """The fields that are told to be wrong."""
    return re.findall(r'<(?:input|select) id="[^"]+" name="([^"]+)"[^>]*aria-invalid', page)


def test_somebody_new_gets_a_team_a_device_and_a_link(office: Office) -> None:
    anna = visitor(office)
    team = made(office.call("/v1/teams", {"name": "Sales"}))["teamId"]
    form = {**GRACE, "roleId": role(anna, "Employee"), "teams": team, "joinedOn": "2026-02-02", "device": "laptop"}
    answer = anna.post(f"{PEOPLE}/new", {**form, "link": "yes"})
    assert answer.status_code == 200
    assert "Grace &lt;b&gt;" in answer.text
    assert "Grace <b>" not in answer.text
    (user,) = succeeded(get(office, "/v1/users", q="grace"))["items"]
    assert (user["workMode"], user["joinedOn"], user["role"]["name"]) == ("remote", "2026-02-02", "Employee")
    assert [(one["teamId"], one["from"], one["primary"]) for one in user["teams"]] == [(team, "2026-02-02", True)]
    token = shown_once(answer.text, "Token")
    assert shown_once(answer.text, "Command that pairs").startswith("timegrain agent pair http://127.0.0.1:")
    assert succeeded(get(office, "/v1/me", token))["device"] == "laptop"
    link = shown_once(answer.text, "Link")
    assert office.client.get(link).status_code == 200


def test_a_form_that_showed_a_secret_makes_no_second(office: Office) -> None:
    anna = visitor(office)
    user = added(office, "Grace")["userId"]
    page = anna.get(f"{PEOPLE}/{user}")
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf
    form = {"csrf": csrf[1], "do": "link"}
    first = anna.client.post(f"{PEOPLE}/{user}", data=form)
    link = shown_once(first.text, "Link")
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-store")
    again = anna.client.post(f"{PEOPLE}/{user}", data=form)
    assert again.status_code == 409
    assert "cannot be shown again" in again.text
    assert "data-copied" not in again.text
    # Nor did the reload take the link away.
    office.client.cookies.clear()
    assert "Set your password" in office.client.get(link).text
    trail = succeeded(get(office, "/v1/audit", limit=200))["items"]
    (made_link,) = (one for one in trail if one["call"] == "POST /settings/people/link")
    assert (made_link["user"]["userId"], made_link["about"][0]["userId"]) == (office.user, user)


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"name": "G"}, "name", "at least 2 characters"),
        ({"email": "nowhere"}, "email", "must be a mail address"),
        ({"email": "ANNA@example.com"}, "email", "somebody has this mail already"),
        ({"joinedOn": "tomorrow"}, "joinedOn", "must be a date"),
        ({"workMode": "anywhere"}, "workMode", "must be chosen"),
        ({"roleId": ""}, "roleId", "must be chosen"),
        ({"teams": NOBODY}, "", "Team</a>: is not there"),
        ({"device": "d" * 256}, "device", "at most 255 characters"),
    ],
)
def test_a_bad_field_is_named_and_the_others_stay(
    sqlite_office: Office, changed: dict[str, str], field: str, says: str
) -> None:
    anna = visitor(sqlite_office)
    form = {**GRACE, "roleId": role(anna, "Manager"), "joinedOn": "2026-02-02", "device": "laptop", **changed}
    answer = anna.post(f"{PEOPLE}/new", form)
    assert answer.status_code in (400, 404, 409)
    assert invalid(answer.text) == ([field] if field else [])
    assert says in answer.text
    kept = {"name": "Grace &lt;b&gt;", "email": "grace@example.com", "joinedOn": "2026-02-02", **changed}
    for name in ("name", "email", "joinedOn"):
        assert re.search(rf'id="{name}" name="{name}"[^>]* value="{re.escape(kept[name])}"', answer.text), name
    # A box that was unticked stays so.
    assert not re.search(r'name="link"[^>]*checked', answer.text)
    assert len(succeeded(get(sqlite_office, "/v1/users"))["items"]) == 1


def test_somebody_changes_leaves_and_comes_back(office: Office) -> None:
    anna = visitor(office)
    user = added(office, "Grace", joinedOn="2026-02-02")["userId"]
    page = f"{PEOPLE}/{user}"
    now = {"do": "person", "name": "Grace", "email": "grace@example.com", "workMode": "office", "leftOn": ""}
    now |= {"roleId": role(anna, "Employee"), "joinedOn": "2026-02-02"}
    answer = anna.post(page, {**now, "name": "Grace H", "workMode": "hybrid", "joinedOn": "2026-02-03"})
    assert answer.status_code == 200
    found = succeeded(get(office, f"/v1/users/{user}"))
    assert (found["name"], found["workMode"], found["joinedOn"]) == ("Grace H", "hybrid", "2026-02-03")
    anna.post(page, {**now, "name": "Grace H", "joinedOn": ""})
    assert succeeded(get(office, f"/v1/users/{user}"))["joinedOn"] is None
    taken = anna.post(page, {**now, "email": "anna@example.com"})
    assert (taken.status_code, invalid(taken.text)) == (409, ["email"])
    assert 'href="#person-email"' in taken.text
    assert 'id="person-email"' in taken.text
    grace = visitor(office, "grace@example.com")
    assert "Activate" in anna.post(page, {"do": "deactivate"}).text
    assert grace.client.get(PEOPLE).status_code == 303
    assert "is not active" in anna.post(page, {"do": "link"}).text
    assert "Deactivate" in anna.post(page, {"do": "activate"}).text
    assert succeeded(get(office, f"/v1/users/{user}"))["active"] is True


def test_nobody_is_erased_without_their_mail(office: Office) -> None:
    anna = visitor(office)
    user = added(office, "Grace")["userId"]
    page = f"{PEOPLE}/{user}/erase"
    answer = anna.post(page, {"email": "anna@example.com"})
    assert (answer.status_code, invalid(answer.text)) == (400, ["email"])
    assert anna.post(page, {"email": "GRACE@example.com"}).url.path == PEOPLE
    assert anna.client.get(f"{PEOPLE}/{user}").status_code == 404


def test_people_are_found_page_by_page(sqlite_office: Office) -> None:
    anna = visitor(sqlite_office)
    team = made(sqlite_office.call("/v1/teams", {"name": "Sales"}))["teamId"]
    for number in range(51):
        added(sqlite_office, f"P{number:02}", teams=[team] if number % 2 else [])
    following = re.search(r'href="([^"]+)" rel="next"', anna.get(PEOPLE))
    assert following
    rest = anna.get(following[1].replace("&amp;", "&"))
    assert "anna@example.com" in rest
    assert "P00" not in rest
    assert "From the beginning" in rest
    found = anna.get(f"{PEOPLE}?q=p4&teamId={team}&active=true")
    assert re.findall(r">(P\d\d)<", found) == ["P41", "P43", "P45", "P47", "P49"]
    assert "Nobody is like that" in anna.get(f"{PEOPLE}?q=nobody")
    assert anna.client.get(f"{PEOPLE}?cursor=x").status_code == 400


def test_a_team_over_time(office: Office) -> None:
    anna = visitor(office)
    user = added(office, "Grace")["userId"]
    made_team = anna.post(TEAMS, {"name": "Sales"})
    page = made_team.url.path
    team = page.rpartition("/")[2]
    taken = anna.post(TEAMS, {"name": "Sales"})
    assert (taken.status_code, invalid(taken.text)) == (409, ["name"])
    assert 'value="Sales"' in taken.text
    anna.post(page, {"do": "join", "userId": user, "from": "2026-02-02", "to": "2026-02-05", "primary": "yes"})
    anna.post(page, {"do": "lead", "userId": user, "from": "2026-02-03"})
    (member,) = succeeded(get(office, f"/v1/teams/{team}/members"))["items"]
    assert (member["from"], member["to"], member["primary"]) == ("2026-02-02", "2026-02-05", True)
    late = anna.post(page, {"do": "join", "userId": user, "from": "2026-02-02", "to": "2026-02-01"})
    assert (late.status_code, invalid(late.text)) == (400, ["to"])
    assert '<details class="twin" open><summary>Add a member' in late.text
    anna.post(f"{PEOPLE}/{user}", {"do": "leave", "teamId": team, "from": "2026-02-04"})
    anna.post(page, {"do": "lead-no-more", "userId": user, "from": "2026-02-05"})
    (member,) = succeeded(get(office, f"/v1/teams/{team}/members"))["items"]
    (lead,) = succeeded(get(office, f"/v1/teams/{team}/leads"))["items"]
    assert (member["to"], lead["to"]) == ("2026-02-03", "2026-02-04")
    anna.post(f"{PEOPLE}/{user}", {"do": "join", "teamId": team})
    assert '<td role="cell" data-l="Members today"><a' in anna.get(TEAMS)
    assert f'href="{PEOPLE}?teamId={team}">1</a>' in anna.get(TEAMS)
    assert anna.post(page, {"do": "team", "name": "Field"}).status_code == 200
    assert "Field" in anna.get(TEAMS)
    kept = anna.post(f"{page}/remove", {})
    assert kept.status_code == 409
    empty = anna.post(TEAMS, {"name": "Empty"}).url.path
    assert anna.post(f"{empty}/remove", {}).url.path == TEAMS
    assert "Empty" not in anna.get(TEAMS)


def test_below_full_access_one_sees_oneself_and_no_form(office: Office) -> None:
    team = made(office.call("/v1/teams", {"name": "Sales"}))["teamId"]
    grace_id, bob = (added(office, name, teams=[team])["userId"] for name in ("Grace", "Bob"))
    grace = visitor(office, "grace@example.com")
    for section in (PEOPLE, TEAMS, "/settings/devices", "/settings/keys", f"{PEOPLE}/{grace_id}", f"{TEAMS}/{team}"):
        page = grace.get(section)
        assert "Bob" not in page
        assert re.findall(r'<form[^>]* method="post" action="([^"]+)"', page) == ["/sign-out"]
        assert "/settings/roles" not in page
    assert grace.client.get("/settings", follow_redirects=True).url.path == PEOPLE
    for closed in (f"{PEOPLE}/{bob}", f"{PEOPLE}/new", f"{PEOPLE}/{grace_id}/erase", "/settings/roles"):
        assert grace.client.get(closed).status_code == 403
    csrf = re.search(r'name="csrf" value="([^"]+)"', grace.get(PEOPLE))
    assert csrf
    for do in ("person", "link", "deactivate", "join", "leave"):
        form = {"csrf": csrf[1], "do": do, "name": "Queen", "teamId": team}
        assert grace.client.post(f"{PEOPLE}/{grace_id}", data=form).status_code == 403, do
    assert succeeded(get(office, f"/v1/users/{grace_id}"))["name"] == "Grace"


def test_whoever_leads_a_team_is_told_where_settings_end(office: Office) -> None:
    manager = next(
        one["roleId"] for one in succeeded(get(office, "/v1/access-management")) if one["roleName"] == "Manager"
    )
    added(office, "Lea", roleId=manager, password=PASSWORD)
    lea = visitor(office, "lea@example.com")
    assert lea.client.get(PEOPLE).status_code == 403
    assert lea.client.get("/settings").headers["location"] == "/settings/audit"
