"""`GET /v1/audit`: who did and saw what; a question costs no statement more for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import update

from tests.contract.served import NOBODY, SUMMARY, Office, bearing, failed, fields, statements, succeeded
from tests.contract.test_commands import refused
from timegrain import clock
from timegrain.counting.instants import DAY
from timegrain.journal import Journal
from timegrain.storage import audit, keys, people
from timegrain.storage.audit import Actor, Entry
from timegrain.storage.schema import EMPLOYEE
from timegrain.storage.schema import keys as key_table

AUDIT = "/v1/audit"


def trail(office: Office, key: str = "", **query: Any) -> list[dict[str, Any]]:
    answer = office.client.get(AUDIT, params=query, headers=bearing(key or office.admin))
    items: list[dict[str, Any]] = succeeded(answer)["items"]
    return items


def person(office: Office, name: str) -> tuple[str, str]:
    """Somebody with a key of their own: `userId` and key."""
    made = office.run("user", "add", "--name", name, "--email", f"{name}@example.com")
    with office.database.write(1, policy=True) as connection:
        user = people.user_by_email(connection, 1, f"{name}@example.com")
        _, token = keys.add_key(connection, 1, name, keys.OF_ROLE, clock.now(), user.id)
        own = update(key_table).where(key_table.c.user_id == user.id, key_table.c.role == keys.OF_ROLE)
        connection.execute(own.values(role_id=EMPLOYEE))
    return made["userId"], token


def test_looks_are_gathered_and_looks_at_oneself_are_none(office: Office) -> None:
    ben, ben_key = person(office, "ben")
    for _ in range(3):
        succeeded(office.ask(userId=[ben]))
    succeeded(office.ask(userId=[ben, office.user]))
    succeeded(office.ask(ben_key, userId=[ben]))
    failed(office.ask(ben_key, userId=[office.user]), 403, "FORBIDDEN")
    office.send(focus=[])
    alone, both = sorted(trail(office, call=f"POST {SUMMARY}"), key=lambda one: one["people"])
    assert (both["times"], both["people"], {one["name"] for one in both["about"]}) == (
        1,
        2,
        {"anna@example.com", "ben"},
    )
    assert (alone["times"], alone["about"]) == (3, [{"userId": ben, "name": "ben"}])
    assert (alone["user"], alone["commandLine"], alone["address"]) == (None, False, "127.0.0.1")
    assert alone["key"]["name"]
    assert (alone["before"], alone["after"]) == (None, None)
    succeeded(office.ask(userId=[ben]))
    assert sorted(one["times"] for one in trail(office, call=f"POST {SUMMARY}")) == [1, 4]
    whom = [{one["name"] for one in found["about"]} for found in trail(office, ben_key)]
    assert whom == [{"ben"}] * 3


def test_a_change_of_ratings_has_before_and_after(office: Office) -> None:
    given = {"subject": "Code", "kind": "application", "rating": "productive"}
    for query in ("?dryRun=true", ""):
        succeeded(office.call(f"/v1/ratings{query}", {"ratings": [given]}, method="PUT"))
    failed(office.call("/v1/ratings", {"ratings": []}, method="PUT"), 400, "VALIDATION_ERROR")
    [entry] = trail(office, call="PUT /v1/ratings")
    assert entry["before"] == [None]
    assert [(one["subject"], one["rating"], one["name"]) for one in entry["after"]] == [("Code", "productive", "code")]


def test_what_is_erased_is_recorded(office: Office) -> None:
    body = {"userId": office.user, "startDate": "2026-02-08 00:00:00", "endDate": "2026-02-08 23:59:59"}
    succeeded(office.call("/v1/activity", {**body, "timeZone": "UTC"}, method="DELETE"))
    [entry] = trail(office, call="DELETE /v1/activity")
    assert entry["about"] == [{"userId": office.user, "name": "anna@example.com"}]


def test_pages_filters_and_who_may_read(office: Office) -> None:
    ben, _ = person(office, "ben")
    cleo, cleo_key = person(office, "cleo")
    with office.database.write(1) as connection:
        for second in range(5):
            about = (2,) if second < 3 else (3,)
            audit.record(connection, 1, Entry(Actor(f"GET /{second}", user=1), about, at=1_770_000_000 + second))
    pages, cursor = [], None
    while not pages or cursor:
        range_ = {"startDate": "2026-02-02 02:40:00", "endDate": "2026-02-02 02:40:03", "timeZone": "UTC"}
        query = {"limit": 2, **range_, **({"cursor": cursor} if cursor else {})}
        found = office.client.get(AUDIT, params=query, headers=bearing(office.admin))
        pages.append([one["call"] for one in succeeded(found)["items"]])
        cursor = succeeded(found)["nextCursor"]
    assert pages == [["GET /3", "GET /2"], ["GET /1", "GET /0"]]
    assert [one["call"] for one in trail(office, userId=cleo)] == ["timegrain user add", "GET /4", "GET /3"]
    assert [one["call"] for one in trail(office, cleo_key, userId=cleo)] == ["timegrain user add", "GET /4", "GET /3"]
    for query in ({"userId": ben}, {"userId": NOBODY}):
        failed(office.client.get(AUDIT, params=query, headers=bearing(cleo_key)), 403, "FORBIDDEN")
    failed(office.client.get(AUDIT, params={"userId": NOBODY}, headers=bearing(office.admin)), 404, "USER_NOT_FOUND")
    failed(office.client.get(AUDIT, headers=bearing(office.key("reader"))), 403, "FORBIDDEN")
    wrong = office.client.get(AUDIT, params={"startDate": "2026-02-02 02:40:00"}, headers=bearing(office.admin))
    assert fields(failed(wrong, 400, "VALIDATION_ERROR")) == ["endDate"]


def test_a_question_takes_no_statement_more(office: Office) -> None:
    ben, _ = person(office, "ben")
    with statements(office) as asked:
        succeeded(office.ask(userId=[ben]))
    assert len(asked) == 3
    with statements(office) as asked:
        assert trail(office, userId=ben)
    assert len(asked) == 3


def test_what_is_too_old_and_who_is_forgotten(office: Office) -> None:
    person(office, "ben")
    now = clock.now()
    with office.database.write(1) as connection:
        for days in (0, 364, 366):
            audit.record(connection, 1, Entry(Actor("GET /", user=2), (1, 2), at=now - days * DAY))
    journal = Journal(office.database)
    journal.prune()
    assert len(trail(office, call="GET /")) == 2
    with office.database.write(1) as connection:
        audit.forget(connection, 1, 2)
    kept = trail(office, call="GET /")
    assert [(one["user"], one["people"]) for one in kept] == [(None, 1)] * 2


def test_the_last_use_of_a_key_is_kept(office: Office) -> None:
    succeeded(office.ask())
    trail(office)
    with office.database.read() as connection:
        used = connection.execute(key_table.select().where(key_table.c.id == 1)).one().used_at
    assert used is not None
    assert abs(used - clock.now()) < 60


RECORDED = {
    "user add --name cleo --email cleo@example.com": ["cleo"],
    "user set ben@example.com --work-mode remote": ["ben"],
    "user deactivate ben@example.com": ["ben"],
    "user activate ben@example.com": ["ben"],
    "team add Sales": [],
    "team rename Sales Help": [],
    "team join Help ben@example.com": ["ben"],
    "team leave Help ben@example.com": ["ben"],
    "team lead Help ben@example.com": ["ben"],
    "team unlead Help ben@example.com": ["ben"],
    "device add laptop --user ben@example.com": ["ben"],
    "device token laptop --user ben@example.com": ["ben"],
    "device set laptop --user ben@example.com --reach 9": ["ben"],
    "device revoke laptop --user ben@example.com": ["ben"],
    "key add --name general": [],
    "key add --name own --user ben@example.com": ["ben"],
    "key revoke {key}": ["ben"],
    "role add Visitor": [],
    "role set Visitor --name Guest": [],
    "role remove Guest": [],
    "export facts {folder}/facts.jsonl --user ben@example.com": ["ben"],
    "export report timesheet {folder}/sheet.csv --user ben@example.com --user cleo@example.com": ["ben", "cleo"],
    "import facts {folder}/facts.jsonl --user ben@example.com": ["ben"],
    "import activitywatch {folder}/watched.json --user ben@example.com": ["ben"],
    "recount --user ben@example.com": ["ben"],
    "recount": ["anna@example.com", "ben", "cleo"],
    "user erase ben@example.com --confirm ben@example.com": [],
}
"""What the command line changes or exports, in this order, and about whom each is."""

UNRECORDED = (
    "user list",
    "recount --check",
    "rate starter on --dry-run",
    "import facts {folder}/facts.jsonl --user cleo@example.com --dry-run",
)
REFUSED = (
    "team add Help",
    "user set nobody@example.com --name nobody",
    "import facts {folder}/watched.json --user cleo@example.com",
    "import activitywatch {folder}/facts.jsonl --user cleo@example.com",
)


def test_every_change_on_the_command_line_is_recorded(office: Office, tmp_path: Path) -> None:
    """By one entry each, but nothing that is only tried or refused; whoever is erased is in none."""
    person(office, "ben")
    (tmp_path / "watched.json").write_text('{"buckets": {}}')
    key, seen, recorded = "", {one["id"] for one in office.run("audit")["entries"]}, {}

    def new() -> list[tuple[str, list[str]]]:
        found = [one for one in office.run("audit")["entries"] if one["id"] not in seen]
        seen.update(one["id"] for one in found)
        return [(one["call"], one["about"]) for one in found]

    for line in RECORDED:
        key = office.run(*line.format(folder=tmp_path, key=key).split()).get("keyId", key)
        recorded[line] = new()
    assert recorded == {line: [(called(line), about)] for line, about in RECORDED.items()}
    for line in UNRECORDED:
        office.run(*line.format(folder=tmp_path).split())
    for line in REFUSED:
        refused(office.url, *line.format(folder=tmp_path).split())
    assert new() == []
    assert "ben" not in str(office.run("audit"))
    office.run("rate", "starter", "on")
    assert new() == [("timegrain rate", [])]


def called(line: str) -> str:
    words = line.split()
    return " ".join(("timegrain", *words[: 1 if words[0] == "recount" else 2]))
