"""`/v1/ratings`: what is listed, what many at once change, and what a dry run says before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.contract.served import NOBODY, Office, bearing, failed, fields, statements, succeeded, timegrain
from tests.contract.test_commands import refused, run
from timegrain.jobs import JobRunner
from timegrain.policy_changes import made
from timegrain.rating_changes import recorded, starter_change, undoing
from timegrain.recounting import differences
from timegrain.starter.catalogue import starter_rules
from timegrain.storage import people, ratings
from timegrain.storage.changes import Change

RATINGS = "/v1/ratings"
DAY = "2026-02-03"


def put(office: Office, *given: dict[str, Any], dry_run: bool = False, key: str = "") -> httpx.Response:
    return office.call(f"{RATINGS}?dryRun={str(dry_run).lower()}", {"ratings": list(given)}, key, "PUT")


def listed(office: Office, **query: Any) -> dict[str, Any]:
    return succeeded(office.client.get(RATINGS, params=query, headers=bearing(office.admin)))


def worked(office: Office) -> None:
    """An hour of one application and then half an hour of one site, without input from 09:30 to 09:40."""
    chrome = {"app": "Google Chrome", "url": "https://gist.github.com/x"}
    office.send(
        focus=[
            {"start": f"{DAY}T09:00:00Z", "end": f"{DAY}T10:00:00Z", "app": "Code"},
            {"start": f"{DAY}T10:00:00Z", "end": f"{DAY}T10:30:00Z", **chrome},
        ],
        away=[{"start": f"{DAY}T09:30:00Z", "end": f"{DAY}T09:40:00Z"}],
    )


def by_class(office: Office) -> dict[str, int]:
    asked = succeeded(office.ask(startDate=f"{DAY} 00:00:00", endDate=f"{DAY} 23:59:59"))["overallSummary"]
    names = ("Productive", "Neutral", "Unproductive", "Idle")
    return {name.lower(): asked[f"total{name}TimeSpendSeconds"] for name in names}


def test_many_at_once_change_what_the_dry_run_said(office: Office) -> None:
    worked(office)
    before = by_class(office)
    given = (
        {"subject": "Code", "kind": "application", "rating": "productive", "ignoreIdle": True, "category": "Ours"},
        {"subject": "github.com", "rating": "neutral"},
        {"subject": "github.com", "rating": "unproductive"},
        {"subject": "example.com", "rating": None},
    )
    said = succeeded(put(office, *given, dry_run=True))
    assert listed(office) == {"items": [], "nextCursor": None}
    assert by_class(office) == before
    made = succeeded(put(office, *given))
    assert made == said
    after = by_class(office)
    assert made["byClass"] == {name: after[name] - before[name] for name in after}
    assert (made["subjects"], made["people"], made["seconds"]) == (2, 1, 3000 + 600 + 1800)
    assert after == {"productive": 3600, "neutral": 0, "unproductive": 1800, "idle": 0}
    kinds = [(one["subject"], one["kind"], one["rating"], one["category"]) for one in listed(office)["items"]]
    assert kinds == [
        ("Code", "application", "productive", "Ours"),
        ("github.com", "application", "unproductive", None),
        ("github.com", "domain", "unproductive", None),
    ]
    back = succeeded(put(office, {"subject": "GITHUB.com", "rating": None}, {"subject": "Code", "rating": None}))
    assert back["byClass"] == {name: -seconds for name, seconds in made["byClass"].items()}
    assert listed(office)["items"] == []


def test_a_team_s_rule_leaves_ignore_idle_open(office: Office) -> None:
    team = office.run("team", "add", "Support")["teamId"]
    succeeded(put(office, {"subject": "Code", "kind": "application", "rating": "neutral", "teamId": team}))
    item = {"subject": "Code", "kind": "application", "rating": "neutral", "ignoreIdle": None, "category": None}
    assert listed(office)["items"] == [{**item, "teamId": team, "starter": False}]


def test_pages_end_to_end(office: Office) -> None:
    team = office.run("team", "add", "Support")["teamId"]
    office.run("rate", "starter", "on")
    own = [{"subject": f"app {number}", "rating": "neutral"} for number in range(5)]
    succeeded(put(office, *own, {"subject": "app 0", "rating": "productive", "teamId": team}))
    found, cursor, pages = list[dict[str, Any]](), None, 0
    while pages == 0 or cursor is not None:
        page = listed(office, limit=200, **({"cursor": cursor} if cursor else {}))
        found, cursor, pages = found + page["items"], page["nextCursor"], pages + 1
    assert pages == -(-len(found) // 200)
    assert [one["teamId"] for one in found[:6]] == [None] * 5 + [team]
    assert [one["starter"] for one in found] == [False] * 6 + [True] * len(starter_rules())
    assert len({(one["kind"], one["subject"], one["teamId"]) for one in found}) == len(found)


def test_what_is_refused(shared_office: Office) -> None:
    office = shared_office
    one = {"subject": "x", "rating": "neutral"}
    failed(put(office, {**one, "teamId": NOBODY}), 404, "TEAM_NOT_FOUND")
    wrong = {
        "ratings[0].subject": {"subject": "two words", "kind": "domain", "rating": "neutral"},
        "ratings[0].rating": {"subject": "x", "rating": "great"},
        "ratings[0].colour": {**one, "colour": "red"},
        "ratings[0].teamId": {**one, "teamId": "Support"},
    }
    for field, given in wrong.items():
        assert fields(failed(put(office, given), 400, "VALIDATION_ERROR")) == [field]
    for text in ("", "   ", "x" * 256, "x\0"):
        failed(put(office, {**one, "subject": text}), 400, "VALIDATION_ERROR")
    failed(put(office), 400, "VALIDATION_ERROR")
    failed(put(office, *[one] * 1001), 400, "VALIDATION_ERROR")
    for query in ({"cursor": "x"}, {"cursor": "é"}, {"limit": 0}, {"limit": 201}, {"page": 2}):
        answer = office.client.get(RATINGS, params=query, headers=bearing(office.admin))
        failed(answer, 400, "VALIDATION_ERROR")
    assert listed(office)["items"] == []


@pytest.mark.parametrize("role", ["reader", "writer"])
def test_who_may_not_change_them(shared_office: Office, role: str) -> None:
    answer = put(shared_office, {"subject": "x", "rating": "neutral"}, key=shared_office.key(role))
    failed(answer, 403, "FORBIDDEN")


def test_a_page_is_two_statements(office: Office) -> None:
    with statements(office) as asked:
        listed(office)
    assert len(asked) == 2


def test_a_recorded_change_can_be_taken_back(office: Office) -> None:
    """Through the JSON that the audit trail keeps: rules of all three owners, set, replaced and removed."""
    worked(office)
    office.run("team", "add", "Support")
    office.run("user", "add", "--name", "Bob", "--email", "bob@example.com", "--team", "Support")
    office.run("rate", "Code", "productive", "--team", "Support")
    office.run("rate", "github.com", "unproductive")
    with office.database.read() as connection:
        organisation = people.all_organisations(connection)[0].id
        team = people.all_teams(connection, organisation)[0]
        held = ratings.all_rules(connection, organisation)
    sums = by_class(office)
    adopted = starter_change(held, adopt=True)
    replaced = held[0]._replace(subject="github.com ", ignore_idle=True, category="Ours")
    change = Change((*adopted.put, replaced), tuple(rule.key for rule in held[1:]))
    changed = made(office.database, organisation, change)
    assert len(changed.rules) == len(held) + len(starter_rules())
    assert by_class(office) != sums
    before, after = json.loads(json.dumps(recorded(changed.rules, {team.id: team.uuid})))
    made(office.database, organisation, undoing(before, after, {team.uuid: team.id}))
    with office.database.read() as connection:
        assert ratings.all_rules(connection, organisation) == held
        users = people.all_users(connection, organisation)
    assert by_class(office) == sums
    assert sum(differences(office.database, organisation, one.id) for one in users) == 0


def test_a_file_of_rules_goes_out_and_comes_back(office: Office, tmp_path: Path) -> None:
    worked(office)
    office.run("team", "add", "Support")
    office.run("rate", "starter", "on")
    file = tmp_path / "rules.csv"
    file.write_text(
        "\ufeffsubject,rating,ignore_idle,team,category\nCode,productive,yes,,Ours\nx y,neutral,,Support,\nz,,,,\n"
    )
    sums = by_class(office)
    said = office.run("rate", "import", str(file), "--dry-run")
    assert by_class(office) == sums
    made = office.run("rate", "import", str(file))
    assert made == {**said, "dryRun": False}
    assert made["changedSeconds"] == made["byClass"]["productive"] == -made["byClass"]["idle"] == 600
    rules = [one for one in office.run("rate", "list")["rules"] if not one["starter"]]
    written = run(office.url, "rate", "export").stdout
    assert written.splitlines()[1:] == [
        "Code,application,productive,yes,,Ours",
        "Code,domain,productive,yes,,Ours",
        "x y,application,neutral,,Support,",
    ]
    for one in ("Code", "x y"):
        office.run("rate", "remove", one, *(["--team", "Support"] if one == "x y" else []))
    file.write_text(written)
    office.run("rate", "import", str(file))
    assert [one for one in office.run("rate", "list")["rules"] if not one["starter"]] == rules


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subject,colour\nx,red\n", "first line"),
        ("subject,rating\nx,great\n", "line 2"),
        ("subject,rating,team\nx,neutral,\nx,neutral,Nobody\n", "line 3"),
        ("subject,rating,kind\ntwo words,neutral,domain\n", "host"),
        ("subject,rating\nx\n", "line 2"),
        (f"subject,rating,category\nx,neutral,{'c' * 65}\n", "64"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    shared_office: Office, tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "rules.csv"
    file.write_text(text)
    assert said in refused(shared_office.url, "rate", "import", str(file))
    assert shared_office.run("rate", "list")["rules"] == []


def test_what_is_unrated_and_the_starter_catalogue(office: Office) -> None:
    worked(office)
    unrated = office.run("rate", "unrated", "--days", "3660")["subjects"]
    assert [(one["subject"], one["kind"], one["seconds"], one["people"], one["category"]) for one in unrated] == [
        ("Code", "application", 3000, 1, "Development"),
        ("gist.github.com", "domain", 1800, 1, "Development"),
    ]
    said = office.run("rate", "starter", "on", "--dry-run")
    assert len(office.run("rate", "unrated", "--days", "3660")["subjects"]) == 2
    made = office.run("rate", "starter", "on")
    assert made == {**said, "dryRun": False}
    assert (made["changedSeconds"], made["byClass"]["productive"]) == (4800, 4800)
    assert office.run("rate", "unrated", "--days", "3660")["subjects"] == []
    assert by_class(office)["productive"] == 4800
    assert office.run("rate", "com", "unproductive", "--domain")["byClass"]["unproductive"] == 1800
    assert office.run("rate", "starter", "off")["byClass"]["productive"] == -3000
    assert [one["subject"] for one in office.run("rate", "list")["rules"]] == ["com"]


def test_what_takes_longer_is_a_job(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    worked(office)
    monkeypatch.setattr("timegrain.api.jobs.IN_FORCE_S", 0.0)
    answer = put(office, {"subject": "Code", "rating": "productive"})
    assert answer.status_code == 202
    uuid = answer.json()["data"]["jobId"]
    with office.database.read() as connection:
        organisation = people.all_organisations(connection)[0].id
    JobRunner(office.database).run(organisation, UUID(uuid))
    headers = bearing(office.admin)
    shown = succeeded(office.client.get(f"/v1/jobs/{uuid}", headers=headers))
    assert (shown["state"], shown["dryRun"], shown["done"], shown["total"], shown["error"]) == (
        "done",
        False,
        1,
        1,
        None,
    )
    changed = {"productive": 3000, "neutral": -3000, "unproductive": 0, "idle": 0}
    result = {"subjects": 1, "seconds": 3000, "people": 1, "byClass": changed, "holdsFrom": None}
    assert shown["result"] == result
    assert by_class(office)["productive"] == 3000
    monkeypatch.undo()
    succeeded(put(office, {"subject": "Code", "rating": None}, dry_run=True))
    first = succeeded(office.client.get("/v1/jobs", params={"limit": 1}, headers=headers))
    assert [(one["dryRun"], one["state"]) for one in first["items"]] == [(True, "done")]
    rest = succeeded(office.client.get("/v1/jobs", params={"cursor": first["nextCursor"]}, headers=headers))
    assert rest == {"items": [shown], "nextCursor": None}
    failed(office.client.get(f"/v1/jobs/{NOBODY}", headers=headers), 404, "NOT_FOUND")
    failed(office.client.get(f"/v1/jobs/{uuid}", headers=bearing(office.key("reader"))), 403, "FORBIDDEN")


def test_a_dry_run_is_of_its_own_organisation(office: Office) -> None:
    """The jobs of two organisations have the same numbers, and their policies the same versions."""
    arguments = ("init", "--organisation", "Other", "--zone", "UTC", "--admin-email", "o@example.com")
    made_there = timegrain(office.url, *arguments)
    other = replace(office, name="Other", user=made_there["userId"], admin=made_there["apiKey"])
    for one in (office, other):
        worked(one)
    for one, rating in ((office, "productive"), (other, "unproductive")):
        said = succeeded(put(one, {"subject": "Code", "rating": rating}, dry_run=True))
        assert said["byClass"][rating] == 3000


def test_a_change_is_undone_from_the_audit_trail(office: Office) -> None:
    """What was set goes, what was changed and what was removed comes back, for all stored time."""
    succeeded(put(office, {"subject": "Code", "kind": "application", "rating": "productive"}))
    succeeded(put(office, {"subject": "Slack", "kind": "application", "rating": "neutral"}))
    before = listed(office)
    succeeded(
        put(
            office,
            {"subject": "Code", "kind": "application", "rating": "unproductive", "category": "Games"},
            {"subject": "Slack", "kind": "application", "rating": None},
            {"subject": "github.com", "kind": "domain", "rating": "productive"},
        )
    )
    assert listed(office) != before
    entries = succeeded(office.call("/v1/audit?call=PUT /v1/ratings", None, method="GET"))["items"]
    undone = office.call(f"/v1/audit/{entries[0]['id']}/undo", None)
    assert set(succeeded(undone)) == {"subjects", "seconds", "people", "byClass", "holdsFrom"}
    assert listed(office) == before
    again = succeeded(office.call("/v1/audit", None, method="GET"))["items"][0]
    assert again["call"] == "POST /v1/audit/{auditId}/undo"
    assert (again["before"], again["after"]) == (entries[0]["after"], entries[0]["before"])
    failed(office.call(f"/v1/audit/{NOBODY}/undo", None), 404, "NOT_FOUND")
    failed(office.call("/v1/audit/x/undo", None), 400, "VALIDATION_ERROR")


def test_the_last_change_is_undone_from_the_command_line(office: Office) -> None:
    office.run("rate", "Code", "productive", "--app")
    before = listed(office)
    office.run("rate", "Code", "unproductive", "--app")
    assert office.run("rate", "undo", "--dry-run")["dryRun"] is True
    assert listed(office) != before
    office.run("rate", "undo")
    assert listed(office) == before
    office.run("rate", "undo")
    assert listed(office) != before
