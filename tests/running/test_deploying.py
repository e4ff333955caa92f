"""What deploy/ and the container file hold fits the program: options that there are, files that there are."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from timegrain.cli import timegrain
from timegrain.cli.running import GRACE_S
from timegrain.ending import LAST_S

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PROGRAM = "/opt/timegrain/.venv/bin/timegrain"
UNITS = sorted(path.name for path in DEPLOY.iterdir() if path.suffix in (".service", ".socket", ".timer"))
HARDENED = {
    "DynamicUser": "yes",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "MemoryDenyWriteExecute": "yes",
    "UMask": "0077",
}


def settings(unit: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / unit).read_text().splitlines():
        if line and not line.startswith(("#", "[")):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def require_options(words: Sequence[str]) -> dict[str, object]:
    """The options of a command line, as the program itself reads them; wrong usage raises."""
    group = timegrain.make_context("timegrain", list(words), resilient_parsing=True)
    name, command, rest = timegrain.resolve_command(group, [*group.protected_args, *group.args])
    assert command is not None, name
    return command.make_context(str(name), rest, parent=group).params


def test_the_service_is_started_and_ended_as_the_program_does() -> None:
    service = settings("timegrain.service")
    [start] = service["ExecStart"]
    program, *words = shlex.split(start)
    assert program == PROGRAM
    given = require_options(words)
    [stop] = service["TimeoutStopSec"]
    assert given["grace"] == GRACE_S
    assert int(stop) > float(str(given["drain"])) + float(str(given["grace"])) + LAST_S
    assert service["Type"] == ["notify"]
    assert service["Restart"] == ["on-failure"]
    assert service["KillMode"] == ["mixed"]
    assert settings("timegrain.socket")["ListenStream"] == ["127.0.0.1:8600"]


def test_the_backup_is_of_the_same_database() -> None:
    service, backup = settings("timegrain.service"), settings("timegrain-backup.service")
    for name in ("Environment", "EnvironmentFile", "User", "DynamicUser", "StateDirectory"):
        assert backup[name] == service[name], name
    [start] = backup["ExecStart"]
    script = shlex.split(start)[-1].replace("$$", "$").replace("%%", "%")
    command = re.search(rf"{re.escape(PROGRAM)} ([^;|&']*)", script)
    assert command is not None
    given = require_options(shlex.split(command[1].replace("$(date +%A)", "Monday")))
    assert given["file"] is not None
    assert given["force"] is True


@pytest.mark.parametrize("unit", [one for one in UNITS if one.endswith(".service")])
def test_the_services_may_do_little(unit: str) -> None:
    found = settings(unit)
    assert {name: found[name][0] for name in HARDENED} == HARDENED
    assert found["SystemCallFilter"][0] == "@system-service"


def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    """With this environment's program in the place of the installed one, as it must be there.

    `make test` brings systemd-analyze where it is missing.
    """
    here = Path(sys.executable).with_name("timegrain")
    for unit in UNITS:
        (tmp_path / unit).write_text((DEPLOY / unit).read_text().replace(PROGRAM, str(here)))
    ran = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / unit) for unit in UNITS)], capture_output=True, text=True
    )
    assert [line for line in ran.stderr.splitlines() if "timegrain" in line] == []
    assert ran.returncode == 0


def instructions() -> list[tuple[str, str]]:
    joined = (ROOT / "Containerfile").read_text().replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def of(instruction: str) -> list[str]:
    return [rest for word, rest in instructions() if word == instruction]


def test_the_container_holds_what_there_is_and_no_more() -> None:
    stages = [rest.split(" AS ")[-1].strip() for rest in of("FROM")]
    assert len(stages) == 2
    assert all(re.match(r"python:3\.\d+-slim( AS \w+)?$", rest) for rest in of("FROM"))
    ignored = (ROOT / ".containerignore").read_text().split()
    assert ignored[0] == "*"
    let_in = {one[1:] for one in ignored[1:] if one.startswith("!")}
    for rest in of("COPY"):
        *sources, _target = [word for word in rest.split() if not word.startswith("--")]
        from_stage = re.search(r"--from=(\w+)", rest)
        if from_stage:
            assert from_stage[1] in stages
            continue
        for source in sources:
            assert (ROOT / source).exists(), source
            assert any(source == one or source.startswith(f"{one}/") for one in let_in), source
    assert all("--require-hashes" in rest or "--no-deps" in rest for rest in of("RUN") if "pip install" in rest)


def test_the_container_serves_as_nobody_of_weight() -> None:
    [user] = of("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    [entry], [given] = of("ENTRYPOINT"), of("CMD")
    words = [*json.loads(entry), *json.loads(given)]
    assert words[0] == "timegrain"
    assert require_options(words[1:])["host"] == "0.0.0.0"  # noqa: S104
    environment = of("ENV")[-1]
    database = re.search(r"TIMEGRAIN_DATABASE=sqlite:///(/\S+)/\w+\.db", environment)
    assert database is not None
    assert of("VOLUME") == [f'["{database[1]}"]']
    [check] = of("HEALTHCHECK")
    asked = json.loads(check.partition("CMD ")[2])
    compile(asked[-1], "HEALTHCHECK", "exec")
    assert "/health" in check
