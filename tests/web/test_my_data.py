"""My data: what is held about oneself, who sees it, who looked; all of it in one file."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile

from tests.contract.served import Office, succeeded
from tests.web.visiting import Visitor, visitor

RANGE = {"startDate": "2026-02-02 00:00:00", "endDate": "2026-02-08 23:59:59", "timeZone": "UTC"}


def staffed(office: Office) -> dict[str, str]:
    """Bela and Chandra in Support, which Chandra leads; their ids."""
    office.run("team", "add", "Support")
    people = {}
    for name in ("Bela", "Chandra", "Dev"):
        mail = f"{name.lower()}@example.com"
        more = [] if name == "Dev" else ["--team", "Support"]
        people[name] = office.run("user", "add", "--name", name, "--email", mail, *more)["userId"]
    roles = {one["roleName"]: one["roleId"] for one in got(office, "/v1/access-management")}
    for name, role in (("Chandra", "Manager"), ("Dev", "Employee")):
        answer = office.call(f"/v1/users/{people[name]}", {"roleId": roles[role]}, method="PATCH")
        assert answer.status_code == 200, answer.text
    team = got(office, "/v1/teams")["items"][0]["teamId"]
    assert office.call(f"/v1/teams/{team}/leads", {"userId": people["Chandra"]}).status_code == 201
    return people


def got(office: Office, path: str) -> dict[str, object] | list[dict[str, str]]:
    return succeeded(office.call(path, None, method="GET"))


def worked(office: Office, user: str, app: str) -> None:
    entries = [
        {"start": f"2026-02-0{day}T09:00:00Z", "end": f"2026-02-0{day}T10:00:0{day}Z", "app": app} for day in (3, 4)
    ]
    answer = office.call("/v1/activity", {"userId": user, "device": "laptop-7", "focus": entries})
    assert succeeded(answer)["stored"] == len(entries)


def section(page: str, name: str) -> str:
    found = re.search(rf'<h2 id="{name}">.*?</section>', page, re.DOTALL)
    assert found, name
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def test_who_may_see_and_who_looked(office: Office) -> None:
    people = staffed(office)
    worked(office, people["Bela"], "Code")
    bela = visitor(office, "bela@example.com")
    seers = section(bela.get("/my-data"), "seers")
    assert "Chandra Manager leads Support: your days in it" in seers
    assert "Admin sees everybody" in seers
    assert "Dev" not in seers
    assert "Chandra" not in section(bela.get("/my-data"), "looks")
    assert visitor(office, "chandra@example.com").get(f"/week?who={people['Bela']}")
    looks = section(bela.get("/my-data"), "looks")
    assert "Chandra" in looks
    assert "you" in looks
    page = bela.get("/my-data")
    assert "laptop-7" in section(page, "devices")
    assert "not reported: never idle" in section(page, "devices")
    assert f"/person?who={people['Bela']}" in page


def test_the_notice_is_shown_as_text(sqlite_office: Office) -> None:
    sqlite_office.call("/v1/policy", {"notice": "<b>We count</b>\nhours"}, method="PATCH")
    page = visitor(sqlite_office).get("/my-data")
    assert "&lt;b&gt;We count&lt;/b&gt;\nhours" in page


def test_all_of_it_in_one_file(office: Office) -> None:
    people = staffed(office)
    worked(office, people["Bela"], "Code")
    worked(office, people["Dev"], "Secret of Dev")
    # Chandra is asked about with Bela, and looks at nobody.
    everybody = {"userId": [people["Bela"], people["Chandra"], people["Dev"]], "teamId": []}
    succeeded(office.call("/v1/dashboard/weekly-summary", {**RANGE, **everybody}))
    held = downloaded(visitor(office, "bela@example.com"))
    assert sorted(held) == ["README.txt", "account.json", "audit.jsonl", "facts.jsonl", "timesheet.csv"]
    facts = [json.loads(line) for line in held["facts.jsonl"].splitlines()]
    assert [(one["start"], one["app"]) for one in facts if "app" in one] == [
        ("2026-02-03T09:00:00Z", "Code"),
        ("2026-02-04T09:00:00Z", "Code"),
    ]
    days = list(csv.DictReader(io.StringIO(held["timesheet.csv"])))
    assert [(one["date"], one["totalSeconds"]) for one in days] == [("2026-02-03", "3603"), ("2026-02-04", "3604")]
    trail = [json.loads(line) for line in held["audit.jsonl"].splitlines()]
    assert "POST /v1/dashboard/weekly-summary" in [one["call"] for one in trail]
    assert json.loads(held["account.json"])["teams"][0]["name"] == "Support"
    whole = "\n".join(held.values())
    assert "Chandra" not in whole
    assert "Dev" not in whole


def test_the_account_has_what_holds_for_one_alone_and_ones_ways_in(office: Office) -> None:
    people = staffed(office)
    answer = office.call(
        f"/v1/users/{people['Chandra']}/policy",
        {"idleMinutes": 7, "expectedHours": 6, "from": "2026-02-02"},
        method="PATCH",
    )
    assert answer.status_code == 200, answer.text
    for name in ("Bela", "Chandra"):
        made = office.call("/v1/keys", {"name": f"of {name}", "kind": "reader", "userId": people[name]})
        assert made.status_code == 201, made.text
    held = downloaded(visitor(office, "chandra@example.com"))
    account = json.loads(held["account.json"])
    assert [one["team"] for one in account["leads"]] == ["Support"]
    assert (account["own"]["idleThresholdSeconds"], account["own"]["awayLimitSeconds"]) == (420, None)
    assert account["own"]["schedules"] == [{"from": "2026-02-02", "workDays": None, "expectedSeconds": 6 * 3600}]
    assert len(account["sessions"]) == 1
    assert [one["name"] for one in account["keys"]] == ["of Chandra"]
    assert made.json()["data"]["apiKey"] not in held["account.json"]
    assert "Bela" not in held["account.json"]


def test_nothing_at_all_is_a_file_too(sqlite_office: Office) -> None:
    held = downloaded(visitor(sqlite_office))
    assert len(held["timesheet.csv"].splitlines()) == 1


def downloaded(who: Visitor) -> dict[str, str]:
    answer = who.post("/my-data", {})
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="timegrain-')
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}
