"""The agent as a service: what is written for each system, and written and taken away on this one."""

from __future__ import annotations

import plistlib
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from timegrain.errors import Refused
from timegrain.trackers.agent.service import LABEL, UNIT, Service, install, program, service, uninstall

ARGUMENTS = ["/opt/a b/python", "-m", "timegrain", "agent", "--home", '/home/anna/50% "x" $HOME \\ é', "run"]


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path / "anna"


def test_the_program_is_this_one(tmp_path: Path) -> None:
    done = subprocess.run([*program(tmp_path)[:3], "--help"], capture_output=True, text=True, check=True)
    assert "Usage" in done.stdout
    assert program(tmp_path)[-4:] == ["agent", "--home", str(tmp_path), "run"]


def test_a_systemd_unit(person: Path, tmp_path: Path) -> None:
    made = service("linux", ARGUMENTS, tmp_path, person)
    assert made.file == person / ".config" / "systemd" / "user" / UNIT
    (line,) = [one for one in made.content.decode().splitlines() if one.startswith("ExecStart=")]
    if analyze := shutil.which("systemd-analyze"):  # what systemd itself says of it
        real = service("linux", program(tmp_path), tmp_path, person)
        real.file.parent.mkdir(parents=True)
        real.file.write_bytes(real.content)
        done = subprocess.run([analyze, "verify", str(real.file)], capture_output=True, text=True, check=False)
        assert UNIT not in done.stderr
    assert line.endswith('"--home" "/home/anna/50%% \\"x\\" $$HOME \\\\ é" "run"')


def test_a_launchd_agent(person: Path, tmp_path: Path) -> None:
    made = service("darwin", ARGUMENTS, tmp_path, person)
    assert made.file == person / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    written = plistlib.loads(made.content)
    assert (written["ProgramArguments"], written["RunAtLoad"]) == (ARGUMENTS, True)


def test_a_windows_task(person: Path, tmp_path: Path) -> None:
    made = service("win32", ARGUMENTS, tmp_path, person)
    root = ElementTree.fromstring(made.content.decode("utf-16"))  # noqa: S314 - our own
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    assert [one.text for one in root.iter(f"{space}Command")] == [ARGUMENTS[0]]
    assert [one.text for one in root.iter(f"{space}Arguments")] == [subprocess.list2cmdline(ARGUMENTS[1:])]
    assert [one.text for one in root.iter(f"{space}RunLevel")] == ["LeastPrivilege"]


def test_written_and_taken_away(person: Path, tmp_path: Path) -> None:
    made = service("linux", program(tmp_path), tmp_path, person)
    for _ in range(2):
        install(made)
        assert made.link is not None
        assert made.link.resolve() == made.file.resolve()
        assert made.file.read_bytes() == made.content
    assert uninstall(made)
    assert not made.file.exists()
    assert not made.link.is_symlink()
    assert not uninstall(made)


def test_nothing_stays_behind_where_nothing_would_start_it(tmp_path: Path) -> None:
    fails = (sys.executable, "-c", "import sys; sys.exit('no such right')")
    made = Service(tmp_path / "task.xml", b"x", (fails,), (), at_login=False)
    with pytest.raises(Refused, match="no such right"):
        install(made)
    assert not made.file.exists()
