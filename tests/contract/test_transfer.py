"""`export facts` and `import facts`: files whole or not at all, a report, and what is refused."""

from __future__ import annotations

import gzip
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.contract.served import ACTIVITY, Office, succeeded
from tests.contract.test_commands import refused, run

ANNA, BOB = "anna@example.com", "bob@example.com"
PAGE_URL = "https://www.www.github.com/pulls"


def fill(office: Office) -> None:
    """Four kinds of facts, one of them over the edge of an erased range."""
    office.send(
        focus=[
            {"start": "2026-02-03T09:00:00.700Z", "end": "2026-02-03T10:00:00.200Z", "app": "Firefox", "title": "Mail"},
            {"start": "2026-02-03T11:00:00Z", "end": "2026-02-03T12:00:00Z", "app": "Code", "url": PAGE_URL},
        ],
        pages=[{"start": "2026-02-03T09:10:00Z", "end": "2026-02-03T09:40:00Z", "browser": "firefox", "url": PAGE_URL}],
        away=[{"start": "2026-02-03T09:20:00Z", "end": "2026-02-03T09:30:00Z"}],
        present=[{"start": "2026-02-03T09:30:00Z", "end": "2026-02-03T09:30:10Z"}],
    )
    body = {
        "userId": office.user,
        "startDate": "2026-02-03 11:30:00",
        "endDate": "2026-02-03 12:29:59",
        "timeZone": "UTC",
    }
    succeeded(office.call(ACTIVITY, body, method="DELETE"))


def week(office: Office, mail: str) -> Any:
    return office.run("summary", "--user", mail, "--date", "2026-02-03", "--zone", "UTC")["overallSummary"]


def test_the_same_figures_for_another_person(office: Office, tmp_path: Path) -> None:
    fill(office)
    office.run("rate", "www.github.com", "productive")
    file = tmp_path / "facts.jsonl.gz"
    said = office.run("export", "facts", str(file), "--user", ANNA)
    assert (said["facts"], said["devices"], said["erasedRanges"]) == (5, 1, 1)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.glob(".*")) == []
    plain = run(office.url, "export", "facts", "--user", ANNA)
    assert plain.stdout.encode() == gzip.decompress(file.read_bytes())
    assert "pulls" not in plain.stdout
    assert "Mail" not in plain.stdout
    office.run("user", "add", "--name", "Bob", "--email", BOB)
    dry = office.run("import", "facts", str(file), "--user", BOB, "--dry-run")
    assert (dry["dryRun"], dry["stored"], dry["newDevices"], dry["erasedRanges"]) == (True, 5, ["laptop-7"], 1)
    assert week(office, BOB)["totalTimeSpendSeconds"] == 0
    assert office.run("import", "facts", str(file), "--user", BOB) == {**dry, "dryRun": False}
    assert week(office, BOB) == week(office, ANNA)
    assert week(office, BOB)["totalProductiveTimeSpendSeconds"] > 0
    again = office.run("import", "facts", str(file), "--user", BOB)
    assert (again["stored"], again["unchanged"], again["newDevices"], again["erasedRanges"]) == (0, 5, [], 0)


def test_what_stands_in_the_place_of_the_file(office: Office, tmp_path: Path) -> None:
    fill(office)
    expected = run(office.url, "export", "facts", "--user", ANNA).stdout
    pipe, file, link = (tmp_path / name for name in ("pipe", "f" * 250, "link"))
    os.mkfifo(pipe)
    # Open at both ends, so that neither waits for the other; a pipe holds as much as this.
    descriptor = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    office.run("export", "facts", str(pipe), "--user", ANNA)
    assert os.read(descriptor, 65536).decode() == expected
    os.close(descriptor)
    link.symlink_to(file)
    office.run("export", "facts", str(link), "--user", ANNA)
    assert link.is_symlink()
    assert file.read_text() == expected


def test_what_the_person_has_on_other_devices_stays(office: Office, tmp_path: Path) -> None:
    fill(office)
    file = tmp_path / "facts.jsonl"
    office.run("export", "facts", str(file), "--user", ANNA)
    token = office.run("user", "add", "--name", "Bob", "--email", BOB)["deviceToken"]
    office.run("device", "add", "laptop-7", "--user", BOB)
    focus = {"start": "2026-02-03T11:35:00Z", "end": "2026-02-03T11:45:00Z", "app": "Code"}
    succeeded(office.call(ACTIVITY, {"focus": [focus]}, token))
    said = office.run("import", "facts", str(file), "--user", BOB)
    assert (said["removedFacts"], said["keptSettings"]) == (0, [])
    total = week(office, BOB)["totalTimeSpendSeconds"]
    assert total == week(office, ANNA)["totalTimeSpendSeconds"] + 600


def test_a_device_that_reported_here_keeps_its_settings(office: Office, tmp_path: Path) -> None:
    fill(office)
    file = tmp_path / "facts.jsonl"
    office.run("export", "facts", str(file), "--user", ANNA)
    office.run("device", "set", "laptop-7", "--reach", "9")
    assert office.run("import", "facts", str(file), "--user", ANNA)["keptSettings"] == ["laptop-7"]
    (device,) = [one for one in office.run("device", "list")["devices"] if one["name"] == "laptop-7"]
    assert device["reachSeconds"] == 9


HEADER = '{"kind":"timegrain-facts","version":1}'
AWAY = '{"kind":"away","device":"d","start":"2026-02-03T09:00:00Z","end":"2026-02-03T09:01:00Z"}'
END = '{"kind":"end","facts":1}'


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "cut short behind line 0"),
        ([HEADER, AWAY], "cut short behind line 2"),
        ([HEADER, END], "line 2: 1 facts were written, but 0"),
        ([AWAY, END], "line 1: out of place"),
        ([HEADER, AWAY, END, AWAY], "line 4: out of place"),
        ([HEADER.replace("1", "2"), END], "version 2"),
        ([HEADER, AWAY.replace("Z", ""), END], "line 2"),
        ([HEADER, AWAY.replace("away", "asleep"), END], "line 2"),
        ([HEADER, AWAY.replace("device", "devise"), END], "line 2"),
        ([HEADER, AWAY[:-5], END], "line 2"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    sqlite_url: str, tmp_path: Path, lines: list[str], said: str
) -> None:
    run(sqlite_url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", ANNA)
    file = tmp_path / "facts.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines))
    assert said in refused(sqlite_url, "import", "facts", str(file), "--user", ANNA)
    assert json.loads(run(sqlite_url, "device", "list", "--json").stdout) == {"devices": []}


DEVICE = '{"kind":"device","name":"d","reach":5,"timeout":120}'
ERASED = '{"kind":"erased","start":"2026-02-03T10:00:00.000Z","end":"2026-02-03T11:00:00Z","device":"d"}'
NOTHING = '{"kind":"end","facts":0}'


@pytest.mark.parametrize(
    "line",
    [
        DEVICE.replace('"d"', f'"{"d" * 256}"'),
        DEVICE.replace('"d"', r'"a\u0000"'),
        DEVICE.replace('"d"', r'"\ud800"'),
        ERASED.replace('"d"', f'"{"d" * 256}"'),
        ERASED.replace('"d"', r'"a\u0000"'),
        ERASED.replace("T11", "T09"),
        ERASED.replace("T11:00:00Z", "T10:00:00.9Z"),
        ERASED.replace('start":"2026', 'start":"0001'),
        ERASED.replace('end":"2026', 'end":"9999'),
        AWAY.replace('"d"', r'"a\u0000"'),
    ],
)
def test_what_no_export_writes_is_refused(database_url: str, tmp_path: Path, line: str) -> None:
    run(database_url, "init", "--organisation", "o", "--zone", "Asia/Kolkata", "--admin-email", ANNA)
    file = tmp_path / "facts.jsonl"
    file.write_text(f"{HEADER}\n{line}\n{NOTHING}\n")
    assert "line 2" in refused(database_url, "import", "facts", str(file), "--user", ANNA)


def test_lines_edited_by_hand(database_url: str, tmp_path: Path) -> None:
    run(database_url, "init", "--organisation", "o", "--zone", "Asia/Kolkata", "--admin-email", ANNA)
    file = tmp_path / "facts.jsonl"
    again = DEVICE.replace("120", "60")
    always = ERASED.replace('start":"2026', 'start":"2000').replace('end":"2026', 'end":"2037')
    file.write_text("\r\n".join([HEADER, DEVICE, again, always, NOTHING]))
    done = json.loads(run(database_url, "import", "facts", str(file), "--user", ANNA, "--json").stdout)
    assert (done["newDevices"], done["erasedRanges"]) == (["d"], 1)
    (device,) = json.loads(run(database_url, "device", "list", "--json").stdout)["devices"]
    assert device["timeoutSeconds"] == 60


def test_what_is_refused_is_named_and_the_rest_kept(sqlite_url: str, tmp_path: Path) -> None:
    run(sqlite_url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", ANNA)
    file = tmp_path / "facts.jsonl"
    late = AWAY.replace("2026", "2096")
    file.write_text("\n".join([HEADER, late, AWAY, END.replace("1", "2")]))
    done = json.loads(run(sqlite_url, "import", "facts", str(file), "--user", ANNA, "--json").stdout)
    assert (done["stored"], done["refused"]) == (1, {"IN_THE_FUTURE": 1})


def test_wrong_usage(sqlite_url: str, tmp_path: Path) -> None:
    run(sqlite_url, "init", "--organisation", "o", "--zone", "UTC", "--admin-email", ANNA)
    assert "FILE" in refused(sqlite_url, "export", "facts", "--user", ANNA, "--json", code=2)
    assert "no user" in refused(sqlite_url, "export", "facts", str(tmp_path / "f"), "--user", BOB)
    refused(sqlite_url, "export", "facts", str(tmp_path / "no" / "f"), "--user", ANNA)
    packed = tmp_path / "cut.gz"
    packed.write_bytes(gzip.compress(f"{HEADER}\n".encode())[:-6])
    assert "damaged" in refused(sqlite_url, "import", "facts", str(packed), "--user", ANNA)
