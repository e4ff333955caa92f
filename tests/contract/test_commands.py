"""The command line: what each command gives, how it fails, and when `serve` refuses to start."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from timegrain.cli import main
from timegrain.storage.engine import Database
from timegrain.storage.schema import metadata


def run(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One run of the program, in this process: its start would take longer than what it does."""
    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    before, code = sys.argv, 0
    sys.argv = ["timegrain", "--database", url, *arguments]
    try:
        with redirect_stdout(output), redirect_stderr(errors):
            main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.argv = before
    return subprocess.CompletedProcess(arguments, code, _written(output), _written(errors))


def _written(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def answered(url: str, *arguments: str) -> Any:
    """The one JSON object on standard output, and nothing else anywhere."""
    done = run(url, *arguments, "--json")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def refused(url: str, *arguments: str, code: int = 1) -> str:
    """The one line on standard error."""
    done = run(url, *arguments)
    assert (done.returncode, done.stdout) == (code, ""), done.stdout
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.fixture
def url(sqlite_url: str) -> str:
    answered(sqlite_url, "init", "--organisation", "o", "--zone", "Asia/Kolkata", "--admin-email", "a@example.com")
    return sqlite_url


def test_init_once_an_organisation(empty_url: str) -> None:
    arguments = ("init", "--organisation", "o", "--zone", "Asia/Kolkata", "--admin-email", "a@example.com")
    assert "init" in refused(empty_url, "user", "list")
    assert set(answered(empty_url, *arguments)) == {"organisationId", "userId", "apiKey", "signInUrl"}
    assert "already" in refused(empty_url, *arguments)
    assert "IANA" in refused(empty_url, "init", "--organisation", "p", "--zone", "Mars", "--admin-email", "a@b.c")
    refused(empty_url, "init", "--zone", "UTC", code=2)
    answered(empty_url, "init", "--organisation", "p", "--zone", "UTC", "--admin-email", "a@example.com")
    assert "--organisation" in refused(empty_url, "user", "list")
    assert answered(empty_url, "--organisation", "p", "user", "list")["users"]


def test_people_teams_and_keys(url: str) -> None:
    for name in ("Support", "Sales"):
        assert set(answered(url, "team", "add", name)) == {"teamId"}
    assert [one["name"] for one in answered(url, "team", "list")["teams"]] == ["Sales", "Support"]
    made = answered(url, "user", "add", "--name", "Bob", "--email", "b@example.com", "--team", "Support")
    assert made["deviceToken"].startswith("tg_1_")
    answered(url, "team", "join", "Sales", "b@example.com", "--primary", "--from", "2026-02-02")
    answered(url, "team", "leave", "Support", "b@example.com", "--from", "2026-03-01")
    assert {one["email"] for one in answered(url, "user", "list")["users"]} == {"a@example.com", "b@example.com"}
    assert "already" in refused(url, "user", "add", "--name", "B", "--email", "B@example.com")
    assert "no team" in refused(url, "team", "join", "Nobody", "b@example.com")
    assert "no user" in refused(url, "team", "join", "Sales", "c@example.com")
    key = answered(url, "key", "add", "--name", "k", "--role", "writer")
    assert key["apiKey"] not in run(url, "key", "list").stdout
    answered(url, "key", "revoke", key["keyId"])
    assert [one["revoked"] for one in answered(url, "key", "list")["keys"]] == [False, True]
    refused(url, "key", "add", "--name", "k", "--role", "king", code=2)


def test_somebody_comes_moves_leaves_and_is_erased(url: str) -> None:
    answered(url, "team", "add", "Support")
    answered(url, "team", "rename", "Support", "Help")
    assert "already" in refused(url, "team", "add", "Help")
    person = ("--name", "Bob", "--email", "b@example.com", "--team", "Help")
    answered(url, "user", "add", *person, "--role", "manager", "--joined", "2026-02-02")
    answered(url, "team", "lead", "Help", "b@example.com", "--from", "2026-02-02")
    answered(url, "team", "unlead", "Help", "b@example.com", "--from", "2026-02-05")
    shown = answered(url, "team", "members", "Help")
    bob = {"userId": shown["leads"][0]["userId"], "name": "Bob", "from": "2026-02-02"}
    assert shown == {"members": [{**bob, "to": None, "primary": True}], "leads": [{**bob, "to": "2026-02-04"}]}
    answered(url, "user", "set", "b@example.com", "--name", "Bobby", "--work-mode", "remote", "--left", "2026-03-01")
    assert "joined" in refused(url, "user", "set", "b@example.com", "--left", "2026-01-01")
    refused(url, "user", "set", "b@example.com", code=2)
    gone = answered(url, "user", "show", "b@example.com")
    assert gone == {
        "userId": bob["userId"],
        "name": "Bobby",
        "email": "b@example.com",
        "active": False,
        "role": "Manager",
        "workMode": "remote",
        "employments": [{"from": "2026-02-02", "to": "2026-03-01"}],
        "teams": [{"name": "Help", "from": "2026-02-02", "to": None, "primary": True}],
    }
    assert "Bobby" in run(url, "user", "show", "b@example.com").stdout
    back = answered(url, "user", "activate", "b@example.com")
    assert (back["active"], back["employments"][0], back["employments"][1]["to"]) == (True, *gone["employments"], None)
    assert answered(url, "user", "deactivate", "b@example.com")["active"] is False
    refused(url, "user", "erase", "b@example.com", "--confirm", "a@example.com", code=2)
    answered(url, "user", "erase", "b@example.com", "--confirm", "b@example.com")
    assert [one["email"] for one in answered(url, "user", "list")["users"]] == ["a@example.com"]


def test_roles_and_the_keys_that_have_them(url: str) -> None:
    made = answered(url, "role", "add", "Auditor", "--page", "/=full", "--page", "/my-team=team")
    assert [page["access"] for page in made["pages"]] == ["Full Access", "Team Data"]
    changed = answered(url, "role", "set", "auditor", "--name", "Reviewer", "--page", "/=own")
    assert changed == {**made, "name": "Reviewer", "pages": [{"path": "/", "access": "Own Data"}]}
    refused(url, "role", "add", "Bad", "--page", "/=some", code=2)
    refused(url, "role", "set", "Reviewer", code=2)
    expiring = ("--user", "a@example.com", "--expires", "2020-01-01")
    answered(url, "key", "add", "--name", "k", "--role", "reviewer", *expiring)
    listed = answered(url, "key", "list")["keys"]
    assert [(one["role"], one["email"], one["lastUsed"]) for one in listed] == [
        ("admin", None, None),
        ("Reviewer", "a@example.com", None),
    ]
    assert [one["expiresAt"] for one in listed] == [None, "2019-12-31T18:30:00.000Z"]
    printed = run(url, "key", "list").stdout.splitlines()
    assert printed[2].split() == [
        "k",
        "Reviewer",
        "a@example.com",
        "2019-12-31",
        "18:30:00Z",
        "never",
        listed[1]["keyId"],
    ]
    assert "have the role" in refused(url, "role", "remove", "Reviewer")
    answered(url, "key", "revoke", answered(url, "key", "list")["keys"][1]["keyId"])
    assert answered(url, "role", "remove", "Reviewer")["removed"] is True
    assert "built in" in refused(url, "role", "remove", "Admin")
    assert next(one["name"] for one in answered(url, "role", "list")["roles"]) == "Admin"


def test_ratings(url: str) -> None:
    said = answered(url, "rate", "GitHub.com", "productive")
    assert (said["matchedSubjects"], said["changedSeconds"]) == (0, 0)
    answered(url, "rate", "Google Chrome", "neutral", "--ignore-idle")
    rules = answered(url, "rate", "list")["rules"]
    assert [(one["subject"], one["kind"]) for one in rules] == [
        ("GitHub.com", "application"),
        ("GitHub.com", "domain"),
        ("Google Chrome", "application"),
    ]
    answered(url, "rate", "remove", "github.com", "--app")
    assert len(answered(url, "rate", "list")["rules"]) == 2
    assert "no such rule" in refused(url, "rate", "remove", "github.com", "--app")
    assert "host" in refused(url, "rate", "a b", "neutral", "--domain")
    refused(url, "rate", "x", "great", code=2)


def test_policies(url: str) -> None:
    shown = answered(url, "policy")
    assert (shown["idle"], shown["idleMinutes"], shown["titles"], shown["urls"]) == ("on", 5, "none", "host")
    assert answered(url, "policy", "--idle-minutes", "3", "--week-start", "sunday")["idleMinutes"] == 3
    own = answered(url, "policy", "--user", "a@example.com", "--idle", "off", "--away-limit-minutes", "30")
    assert (own["idle"], own["awayLimitMinutes"]) == ("off", 30)
    assert "does not hold" in refused(url, "policy", "--idle-minutes", "90")
    assert "a@example.com" in refused(url, "policy", "--idle-minutes", "40")
    assert "does not hold" in refused(url, "policy", "--user", "a@example.com", "--idle-minutes", "31")
    assert answered(url, "policy")["idleMinutes"] == 3
    refused(url, "policy", "--user", "a@example.com", "--zone", "UTC", code=2)


def test_figures_and_tables(url: str) -> None:
    assert len(answered(url, "summary", "--date", "2026-02-08", "--zone", "Europe/Berlin")["breakdownSummary"]) == 7
    assert "Monday" in run(url, "summary").stdout
    assert answered(url, "recount") == {"users": 1}
    assert answered(url, "recount", "--check") == {"users": 1, "differences": 0}


def test_recount_finds_and_mends_a_wrong_figure(sqlite_url: str) -> None:
    made = answered(sqlite_url, "demo", "--no-serve", "--people", "1", "--weeks", "1")
    assert set(made) >= {"organisationId", "apiKey", "userIds", "teamIds"}
    database = Database(sqlite_url)
    with database.write(0, policy=True) as connection:
        connection.execute(text("UPDATE day_totals SET productive = productive + 1"))
    database.close()
    assert "differ" in run(sqlite_url, "recount", "--check").stderr
    assert run(sqlite_url, "recount", "--check").returncode == 1
    answered(sqlite_url, "recount")
    assert answered(sqlite_url, "recount", "--check")["differences"] == 0


def test_when_serve_refuses(url: str, tmp_path: Path) -> None:
    assert "--insecure" in refused(url, "serve", "--host", "0.0.0.0")  # noqa: S104
    assert "SQLite" in refused(url, "serve", "--workers", "2")
    certificate = tmp_path / "certificate.pem"
    certificate.touch()
    refused(url, "serve", "--tls-certificate", str(certificate), code=2)
    assert "sqlite:///" in refused("mysql://x", "user", "list")


NO_UNICODE = b"\xff".decode("utf-8", "surrogateescape")


def test_what_no_database_takes_is_refused_in_one_line(database_url: str) -> None:
    answered(database_url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", "a@example.com")
    assert "no user" in refused(database_url, "export", "facts", "--user", "no\nbody")
    for command in (
        ("summary", "--user", NO_UNICODE),
        ("team", "add", NO_UNICODE),
        ("device", "add", NO_UNICODE, "--user", "a@example.com"),
        ("user", "add", "--name", NO_UNICODE, "--email", "b@example.com"),
    ):
        assert "not valid Unicode" in refused(database_url, *command)


def test_names_that_are_too_long(database_url: str) -> None:
    long = "n" * 256
    init = ("init", "--zone", "UTC", "--admin-email", "a@example.com", "--organisation")
    assert "255" in refused(database_url, *init, long, code=2)
    assert "255" in refused(database_url, "--organisation", long, *init[:-1], code=2)
    answered(database_url, *init, "o")
    for command in (
        ("team", "add", long),
        ("user", "add", "--name", long, "--email", "b@example.com"),
        ("user", "add", "--name", "Bob", "--email", long),
        ("key", "add", "--name", long),
    ):
        assert "255" in refused(database_url, *command, code=2)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "timegrain.db"
    file.write_text("no database\n" * 100)
    assert "damaged" in refused(f"sqlite:///{file}", "user", "list")


def test_a_newer_database_is_refused(url: str) -> None:
    database = Database(url)
    with database.write(0, policy=True) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    for command in (
        ("serve",),
        ("user", "list"),
        ("init", "--organisation", "p", "--zone", "UTC", "--admin-email", "m"),
    ):
        assert "newer" in refused(url, *command)


def test_the_migrations_make_the_tables_of_the_schema(database: Database) -> None:
    """What autogenerate would still change: nothing."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": False})
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize(
    "command",
    [
        *("init", "team add", "user add", "key add", "rate", "policy", "recount", "import activitywatch", "summary"),
        *("timesheet", "apps", "month", "export report"),
        *("import facts", "export facts", "device list", "device add", "device set", "agent run", "serve", "demo"),
    ],
)
def test_every_command_has_help(sqlite_url: str, command: str) -> None:
    done = run(sqlite_url, *command.split(), "--help")
    assert done.returncode == 0
    assert "--help" in done.stdout


def test_the_starter_catalogue_is_adopted_by_who_asks_for_it(sqlite_url: str) -> None:
    init = ("init", "--zone", "UTC", "--admin-email", "a@example.com", "--organisation")
    answered(sqlite_url, *init, "with", "--starter-ratings")
    answered(sqlite_url, *init, "without")
    rules = answered(sqlite_url, "--organisation", "with", "rate", "list")["rules"]
    assert {"Meetings", "Development"} < {rule["category"] for rule in rules}
    assert {rule["starter"] for rule in rules} == {True}
    assert answered(sqlite_url, "--organisation", "without", "rate", "list") == {"rules": []}


def test_jobs_tell_what_a_change_came_to(url: str) -> None:
    answered(url, "rate", "Code", "productive", "--app")
    answered(url, "policy", "--idle-minutes", "3", "--week-start", "sunday")
    newest, first = answered(url, "job", "list")["jobs"]
    assert (newest["state"], newest["done"], newest["total"], newest["dryRun"]) == ("done", 1, 1, False)
    assert newest["result"]["before"] == {"idle_threshold": 300, "week_start": "monday"}
    rule = {"subject": "Code", "kind": "application", "rating": "productive", "ignoreIdle": False}
    assert answered(url, "job", "show", first["jobId"])["result"]["rules"] == [{"before": None, "after": rule}]
    assert "Code productive" in run(url, "job", "list").stdout
    assert answered(url, "job", "run") == {"unfinished": 0}
    assert "there is no job" in refused(url, "job", "show", "00000000-0000-4000-8000-000000000000")


def test_a_link_to_set_a_password(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIMEGRAIN_PUBLIC_URL", raising=False)
    link = answered(url, "user", "reset", "A@example.com")
    assert set(link) == {"userId", "url"}
    assert link["url"].startswith("http://127.0.0.1:8600/password/tg_1_")
    there = answered(url, "user", "reset", "a@example.com", "--url", "https://time.example.com/")["url"]
    assert there.startswith("https://time.example.com/password/tg_1_")
    monkeypatch.setenv("TIMEGRAIN_PUBLIC_URL", "https://t.example")
    assert "https://t.example/password/tg_1_" in run(url, "user", "reset", "a@example.com").stdout
    assert "no user" in refused(url, "user", "reset", "nobody@example.com")
    for base in ("time.example.com", "ftp://time.example.com", "https:///x"):
        assert "not an address" in refused(url, "user", "reset", "a@example.com", "--url", base, code=2)
        assert "not an address" in refused(url, "serve", "--public-url", base, code=2)
    entries = answered(url, "audit")["entries"]
    assert [one["call"] for one in entries].count("timegrain user reset") == 3
    answered(url, "user", "deactivate", "a@example.com")
    assert "not active" in refused(url, "user", "reset", "a@example.com")
