"""Heartbeats as editors' plugins send them: paths, keys, answers, and what the week then shows."""

from __future__ import annotations

import gzip
import json
import logging
from base64 import b64encode
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from tests.contract.served import ACTIVITY, Office, bearing, failed, serving, succeeded
from timegrain import clock
from timegrain.api.wakatime import ROUTES
from timegrain.recounting import change_device
from timegrain.storage import devices, keys
from timegrain.storage.schema import facts, names, texts, users

BULK, SINGLE = "/api/v1/users/current/heartbeats.bulk", "/api/v1/users/current/heartbeats"
AGENT = "wakatime/v1.102.1 (linux-6.1.0-13-amd64-x86_64) go1.22.5 vscode/1.86.0 vscode-wakatime/24.4.0"
VIM = AGENT.replace("vscode", "vim")
START = 1_770_109_200
"""2026-02-03T09:00:00Z."""
DAY = {"startDate": "2026-02-03 00:00:00", "endDate": "2026-02-03 23:59:59", "timeZone": "UTC"}


def heartbeat(after: float, **changed: Any) -> dict[str, Any]:
    """As wakatime-cli writes it, `after` seconds from the start."""
    return {
        "branch": "main",
        "category": "coding",
        "cursorpos": 12,
        "dependencies": ["json"],
        "entity": "/home/anna/app/main.py",
        "is_write": True,
        "language": "Python",
        "lineno": 42,
        "lines": 100,
        "project": "app",
        "type": "file",
        "time": START + after,
        "user_agent": AGENT,
        **changed,
    }


def editor_key(office: Office, device: str = "laptop-7") -> str:
    """A token of a device of anna's, in the form that plugins take."""
    office.send(device=device)
    with office.database.write(0, policy=True) as connection:
        organisation, user = connection.execute(
            select(users.c.organisation_id, users.c.id).where(users.c.uuid == UUID(office.user))
        ).one()
        known = devices.device_named(connection, organisation, user, device)
        return keys.add_key(connection, organisation, "e", keys.DEVICE, 0, user, known.id, for_editor=True)[1]


@pytest.fixture
def key(office: Office) -> str:
    return editor_key(office)


@pytest.fixture(scope="module")
def shared_key(shared_office: Office) -> str:
    return editor_key(shared_office)


def send(office: Office, key: str, *sent: object, path: str = BULK, **headers: str) -> httpx.Response:
    return office.client.post(path, json=list(sent), headers={**bearing(key), **headers})


def pairs(answer: httpx.Response) -> list[tuple[dict[str, Any], int]]:
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    assert set(answer.json()) == {"responses"}
    return [(body, status) for body, status in answer.json()["responses"]]


def metrics(office: Office) -> dict[str, int]:
    summary: dict[str, int] = succeeded(office.ask(**DAY))["overallSummary"]
    return summary


def total(office: Office) -> int:
    return metrics(office)["totalTimeSpendSeconds"]


def test_a_bulk_of_25_with_a_bad_one(office: Office, key: str) -> None:
    """As wakatime-cli sends it: the others are kept, the pairs are in order, and the week shows the seconds."""
    sent = [heartbeat(60 * n + 0.12) for n in range(25)]
    del sent[7]["entity"]
    headers = {"Authorization": f"Basic {b64encode(key.encode()).decode()}", "User-Agent": AGENT}
    headers |= {"Content-Type": "application/json", "X-Machine-Name": "laptop"}
    told = pairs(office.client.post(BULK, content=json.dumps(sent), headers=headers))
    assert [status for _, status in told] == [400 if n == 7 else 201 for n in range(25)]
    assert list(told[7][0]) == ["error"]
    assert "entity" in told[7][0]["error"]
    accepted = [answer["data"] for n, (answer, _) in enumerate(told) if n != 7]
    assert [{name: value for name, value in data.items() if name != "id"} for data in accepted] == [
        {name: one[name] for name in ("entity", "type", "time")} for n, one in enumerate(sent) if n != 7
    ]
    assert len({UUID(data["id"]) for data in accepted}) == 24
    # Minutes 6 and 8 are 120 s apart, which does not join.
    assert total(office) == 6 * 60 + 16 * 60
    body = gzip.compress(json.dumps(sent).encode())
    assert pairs(office.client.post(BULK, content=body, headers={**headers, "Content-Encoding": "gzip"})) == told
    assert total(office) == 6 * 60 + 16 * 60


@pytest.mark.parametrize("path", [path for route in ROUTES for path in route.aliases])
def test_each_path_takes_one_and_many(shared_office: Office, shared_key: str, path: str) -> None:
    at = path.replace("{user}", "current")
    one = shared_office.client.post(at, json=heartbeat(0), headers=bearing(shared_key))
    assert (one.status_code, set(one.json()), set(one.json()["data"])) == (
        201,
        {"data"},
        {"id", "entity", "type", "time"},
    )
    ((many, status),) = pairs(send(shared_office, shared_key, heartbeat(0), path=at))
    assert (many, status) == (one.json(), 201)


def test_the_paths_are_those_of_the_field() -> None:
    filled = {path.replace("{user}", "current") for path in [path for route in ROUTES for path in route.aliases]}
    of_users = {f"{prefix}/users/current" for prefix in ("/api", "/api/v1", "/api/compat/wakatime/v1")}
    expected = {f"{prefix}/heartbeats{end}" for prefix in of_users for end in ("", ".bulk")}
    assert filled == expected | {"/api/heartbeat", "/api/heartbeats", "/api/v1/heartbeat", "/api/v1/heartbeats"}


def test_the_token_says_whose_they_are(office: Office, key: str) -> None:
    for user in ("current", "anna", "00000000-0000-4000-8000-000000000000"):
        assert send(office, key, heartbeat(0), heartbeat(60), path=f"/api/users/{user}/heartbeats").status_code == 201
    assert total(office) == 60


@pytest.mark.parametrize("form", ["bearer", "basic", "basic with colon", "query", "without waka_", "usual"])
def test_forms_of_keys(office: Office, key: str, form: str) -> None:
    basic = b64encode(f"{key}:".encode() if form == "basic with colon" else key.encode()).decode()
    headers = {"Authorization": f"Basic {basic}"} if "basic" in form else bearing(key)
    path = SINGLE
    if form == "query":
        headers, path = {}, f"{SINGLE}?api_key={key}"
    elif form == "without waka_":
        headers = bearing(key.removeprefix("waka_"))
    elif form == "usual":
        made = office.run("user", "add", "--name", "Ben", "--email", "ben@example.com")
        headers = bearing(made["deviceToken"])
    assert office.client.post(path, json=heartbeat(0), headers=headers).status_code == 201


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "AUTHORIZATION_HEADER_MISSING"),
        ("Basic", "API_KEY_MISSING"),
        ("Basic Og==", "API_KEY_MISSING"),
        ("Basic ?", "INVALID_API_KEY"),
        ("Basic d2FrYV94", "INVALID_API_KEY"),
        ("Bearer waka_00000001-0000-4000-8000-000000000000", "INVALID_API_KEY"),
        ("Digest x", "INVALID_API_KEY_SCHEMA"),
    ],
)
def test_without_a_key(shared_office: Office, header: str | None, code: str) -> None:
    headers = {"Authorization": header} if header else {}
    for path in (BULK, SINGLE):
        failed(shared_office.client.post(path, json=[heartbeat(0)], headers=headers), 401, code)


@pytest.mark.parametrize("role", ["admin", "writer", "reader"])
def test_other_keys_send_no_heartbeats(shared_office: Office, role: str) -> None:
    failed(send(shared_office, shared_office.key(role), heartbeat(0)), 403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"entity": None}, "entity"),
        ({"entity": ""}, "entity"),
        ({"entity": 5}, "entity"),
        ({"type": "event"}, "type"),
        ({"time": "1770109200"}, "time"),
        ({"time": True}, "time"),
        ({"time": 1770109200000}, "time"),
        ({"time": -1}, "time"),
        ({"time": 1}, "time"),
        ({"project": 5}, "project"),
        ({"user_agent": f"wakatime/1 {'x' * 256}/1"}, "editor"),
        ({"entity": "x" * 256, "type": "app"}, "app"),
        ({"entity": "x" * 4097, "type": "url"}, "url"),
    ],
)
def test_bad_heartbeats(shared_office: Office, shared_key: str, changed: dict[str, Any], field: str) -> None:
    bad = heartbeat(5, **changed)
    told = pairs(send(shared_office, shared_key, heartbeat(0), bad, heartbeat(0)))
    assert [status for _, status in told] == [201, 400, 201]
    assert told[1][0]["error"].startswith(field)
    alone = failed(send(shared_office, shared_key, bad), 400, "VALIDATION_ERROR")
    assert field in alone["error"]["message"]
    single = shared_office.client.post(SINGLE, json=bad, headers=bearing(shared_key))
    assert failed(single, 400, "VALIDATION_ERROR") == alone


@pytest.mark.parametrize("missing", ["entity", "type", "time"])
def test_a_missing_field_is_named(shared_office: Office, shared_key: str, missing: str) -> None:
    bad = heartbeat(0)
    del bad[missing]
    assert missing in failed(send(shared_office, shared_key, bad), 400, "VALIDATION_ERROR")["error"]["message"]


@pytest.mark.parametrize("entry", [5, None, "x", [heartbeat(0)]])
def test_what_is_no_heartbeat_refuses_no_other(shared_office: Office, shared_key: str, entry: object) -> None:
    told = pairs(send(shared_office, shared_key, entry, heartbeat(0)))
    assert [status for _, status in told] == [400, 201]


def test_text_that_is_not_utf_8_refuses_no_other(shared_office: Office, shared_key: str) -> None:
    good = json.dumps(heartbeat(0)).encode()
    body = b"[" + good + b"," + good.replace(b"main.py", b"m\xff.py") + b"]"
    headers = {**bearing(shared_key), "Content-Type": "application/json"}
    told = pairs(shared_office.client.post(BULK, content=body, headers=headers))
    assert [status for _, status in told] == [201, 400]


@pytest.mark.parametrize("body", [b"", b"{", b"null", b'"x"', b"5", b"[1", b"[" * 100_000])
def test_bad_json(shared_office: Office, shared_key: str, body: bytes) -> None:
    headers = {**bearing(shared_key), "Content-Type": "application/json"}
    for path in (BULK, SINGLE):
        failed(shared_office.client.post(path, content=body, headers=headers), 400, "VALIDATION_ERROR")


def test_not_json_by_its_headers(shared_office: Office, shared_key: str) -> None:
    headers = {**bearing(shared_key), "Content-Type": "text/plain"}
    answer = shared_office.client.post(BULK, content=b"[]", headers=headers)
    failed(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_no_heartbeats_at_all(shared_office: Office, shared_key: str) -> None:
    assert pairs(send(shared_office, shared_key)) == []


def test_more_than_wakatime_takes_but_no_more_than_we_do(office: Office, key: str) -> None:
    assert len(pairs(send(office, key, *(heartbeat(n) for n in range(1000))))) == 1000
    assert total(office) == 999
    failed(send(office, key, *([{}] * 10_001)), 413, "PAYLOAD_TOO_LARGE")


def test_heartbeats_of_the_future_are_kept_by_the_plugin(office: Office, key: str) -> None:
    """503 in a pair makes wakatime-cli queue that one; of a whole answer, all."""
    early = heartbeat(0, time=clock.now() + 3600)
    told = pairs(send(office, key, heartbeat(0), early, heartbeat(60), {}))
    assert [status for _, status in told] == [201, 503, 201, 400]
    assert told[1][0]["error"].startswith("time: ends more than 2 minutes after")
    for sent in ([early], [{}, early]):
        refused = send(office, key, *sent)
        assert "time" in failed(refused, 503, "UNAVAILABLE")["error"]["message"]
        assert int(refused.headers["Retry-After"]) > 0
    single = office.client.post(SINGLE, json=early, headers=bearing(key))
    failed(single, 503, "UNAVAILABLE")
    assert total(office) == 60


def test_editors_apart(office: Office, key: str) -> None:
    """The heartbeat's own user agent goes before that of the request."""
    pairs(send(office, key, heartbeat(0), heartbeat(100, user_agent=VIM), heartbeat(210, user_agent=VIM)))
    assert total(office) == 110
    plain = heartbeat(80)
    del plain["user_agent"]
    pairs(send(office, key, plain, **{"User-Agent": AGENT}))
    office.run("rate", "vscode", "productive", "--app")
    assert (total(office), metrics(office)["totalProductiveTimeSpendSeconds"]) == (190, 80)


def test_what_each_type_is_about(office: Office, key: str) -> None:
    kinds = {"file": "/a/main.py", "app": "Figma", "domain": "github.com", "url": "https://docs.example/x"}
    sent = [heartbeat(60 * n, type=type_, entity=entity) for n, (type_, entity) in enumerate(kinds.items())]
    pairs(send(office, key, *sent, heartbeat(240)))
    assert total(office) == 240
    for subject, productive in (("vscode", 60), ("Figma", 120), ("github.com", 180), ("docs.example", 240)):
        office.run("rate", subject, "productive")
        assert metrics(office)["totalProductiveTimeSpendSeconds"] == productive


def test_the_timeout_of_the_device(office: Office, key: str) -> None:
    pairs(send(office, key, heartbeat(0), heartbeat(120), heartbeat(1000)))
    assert total(office) == 0
    with office.database.read() as connection:
        organisation, user = connection.execute(select(users.c.organisation_id, users.c.id)).one()
        device = devices.device_named(connection, organisation, user, "laptop-7").id
    for timeout, seconds in ((121, 120), (881, 1000), (880, 120), (120, 0)):
        change_device(office.database, organisation, user, device, {"timeout": timeout})
        assert total(office) == seconds


def test_a_focus_reported_beside_heartbeats(office: Office, key: str) -> None:
    """The window watcher's focus began later and is in front; under it the editor goes on."""
    pairs(send(office, key, heartbeat(0), heartbeat(100)))
    office.send(focus=[{"start": "2026-02-03T09:00:00Z", "end": "2026-02-03T09:00:40Z", "app": "Mail"}])
    office.run("rate", "Mail", "productive", "--app")
    assert (total(office), metrics(office)["totalProductiveTimeSpendSeconds"]) == (100, 40)


def test_erased_heartbeats_stay_out(office: Office, key: str) -> None:
    sent = [heartbeat(60 * n) for n in range(4)]
    pairs(send(office, key, *sent))
    erasure = {"startDate": "2026-02-03 09:01:00", "endDate": "2026-02-03 09:02:00", "timeZone": "UTC"}
    gone = succeeded(office.call(ACTIVITY, {"userId": office.user, **erasure}, method="DELETE"))
    assert gone["facts"] == 2
    assert [status for _, status in pairs(send(office, key, *sent))] == [201] * 4
    # 180 s apart, the others do not join over what is erased.
    assert total(office) == 0
    assert gone["erasedSeconds"] == 180


def stored(office: Office) -> list[tuple[int, str | None]]:
    """Seconds after the start, and the title, of each heartbeat that is kept."""
    held = facts.outerjoin(texts, (texts.c.user_id == facts.c.user_id) & (texts.c.id == facts.c.title_id))
    with office.database.read() as connection:
        statement = select(facts.c.start_ms, texts.c.text).select_from(held).where(facts.c.kind == 4)
        rows = connection.execute(statement.order_by(facts.c.start_ms)).all()
    return [(start // 1000 - START, text) for start, text in rows]


def test_titles_and_the_last_project(office: Office, key: str) -> None:
    """From this request first, else from the newest earlier one of the editor that is kept."""
    office.run("policy", "--titles", "managers")
    last = {"project": "<<LAST_PROJECT>>", "branch": "<<LAST_BRANCH>>", "language": "<<LAST_LANGUAGE>>"}
    pairs(send(office, key, heartbeat(100, **last)))
    pairs(send(office, key, heartbeat(0), heartbeat(10, project="other", user_agent=VIM)))
    pairs(send(office, key, heartbeat(70, **last), heartbeat(50, project="new"), heartbeat(30, **last)))
    pairs(send(office, key, heartbeat(40, **last, user_agent=VIM), heartbeat(45, **last, user_agent=f"{AGENT}x")))
    expected = {
        0: "app — main.py",
        10: "other — main.py",
        30: "app — main.py",
        40: "other — main.py",
        45: "app — main.py",
        50: "new — main.py",
        70: "new — main.py",
        100: "main.py",
    }
    assert dict(stored(office)) == expected


def test_the_last_project_is_that_of_the_device(office: Office, key: str) -> None:
    office.run("policy", "--titles", "self")
    pairs(send(office, key, heartbeat(0)))
    pairs(send(office, editor_key(office, "desktop"), heartbeat(10, project="<<LAST_PROJECT>>")))
    assert stored(office) == [(0, "app — main.py"), (10, "main.py")]


def test_an_editor_with_a_nul_in_its_name(office: Office, key: str) -> None:
    """NUL characters are taken out, also of a name by which the last project is looked up."""
    office.run("policy", "--titles", "managers")
    odd = {"user_agent": AGENT.replace("vscode/1", "vs\0code/1")}
    pairs(send(office, key, heartbeat(0)))
    pairs(send(office, key, heartbeat(10, project="<<LAST_PROJECT>>", **odd)))
    assert stored(office) == [(0, "app — main.py"), (10, "app — main.py")]
    assert total(office) == 10


def test_a_heartbeat_is_a_report_without_input(office: Office, key: str) -> None:
    pairs(send(office, key, heartbeat(0), heartbeat(60)))
    with office.database.read() as connection:
        organisation = connection.execute(select(users.c.organisation_id)).scalar_one()
        (laptop,) = [one for one in devices.all_devices(connection, organisation) if one.name == "laptop-7"]
    assert laptop.reported_at is not None
    assert laptop.input_at is None


def test_no_text_is_kept_unless_the_organisation_keeps_it(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    secrets = ("SECRETPROJECT", "SECRETFILE", "SECRETBRANCH", "SECRETPATH", "SECRETMACHINE")
    with serving(sqlite_url) as office:
        key = editor_key(office)
        more = {"project": secrets[0], "branch": secrets[2], "machine": secrets[4]}
        sent = [
            heartbeat(0, entity=f"/home/{secrets[3]}/{secrets[1]}.py", **more),
            heartbeat(1, entity=f"https://github.com/{secrets[3]}", type="url", **more),
            heartbeat(2, project="<<LAST_PROJECT>>"),
        ]
        pairs(send(office, key, *sent, **{"X-Machine-Name": secrets[4]}))
        failed(send(office, key, heartbeat(0, time="x", **more)), 400, "VALIDATION_ERROR")
        office.client.post(f"/api/users/{secrets[0]}/heartbeats?api_key={secrets[1]}", json=[])
        with office.database.read() as connection:
            known = set(connection.execute(select(names.c.spelling)).scalars())
            assert known == {"vscode", "github.com"}
            assert connection.execute(select(texts)).all() == []
        assert len(stored(office)) == 3
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    for file in path.parent.glob(f"{path.name}*"):
        assert not [word for word in secrets if word.encode() in file.read_bytes()], file.name
    lines = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]  # the client's own
    assert [line for line in lines if "/heartbeats" in line]
    assert not [word for word in secrets for line in lines if word in line]
