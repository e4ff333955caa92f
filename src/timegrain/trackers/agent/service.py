"""The agent as a service of the person's own login: systemd, launchd, or a Windows task.

It runs as that person, starts when they log in, and is in plain sight under its own name.
"""

from __future__ import annotations

import os
import plistlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from timegrain.errors import Refused

UNIT = "timegrain-agent.service"
LABEL = "org.timegrain.agent"
TASK = "timegrain agent"

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """What is written where, and the commands that start and end it. `link` makes systemd start it at login."""

    file: Path
    content: bytes
    start: tuple[Command, ...]
    end: tuple[Command, ...]
    link: Path | None = None
    at_login: bool = True
    """Whether what is written is enough for the next login."""
    forget: tuple[Command, ...] = ()
    """Run when the file is gone."""


def program(home: Path) -> list[str]:
    """How this very program runs the agent whose files are in `home`."""
    python = Path(sys.executable)
    windowless = python.with_name("pythonw.exe")
    chosen = windowless if sys.platform == "win32" and windowless.exists() else python
    return [str(chosen), "-m", "timegrain", "agent", "--home", str(home.absolute()), "run"]


def service(system: str, arguments: Sequence[str], home: Path, person: Path) -> Service:
    """The service of a system (`sys.platform`) that runs `arguments`; `person` is the home folder of the person."""
    if system == "darwin":
        return _launchd(arguments, home, person)
    if system == "win32":
        return _windows(arguments, home)
    return _systemd(arguments, person)


def install(made: Service) -> bool:
    """Write it and start it. False where it could not be started now and will be at the next login.

    Raises `Refused` where nothing would ever start it; then nothing stays behind.
    """
    _run(made.end)  # an earlier one, if there is any
    made.file.parent.mkdir(parents=True, exist_ok=True)
    made.file.write_bytes(made.content)
    if made.link is not None:
        made.link.parent.mkdir(parents=True, exist_ok=True)
        made.link.unlink(missing_ok=True)
        made.link.symlink_to(made.file)
    problem = _run(made.start)
    if problem and not made.at_login:
        made.file.unlink()
        raise Refused(f"the agent could not be installed: {problem}")
    return not problem


def uninstall(made: Service) -> bool:
    """End it and take away what was written. False where there was nothing."""
    known = made.file.exists()
    if known:
        _run(made.end)
    if made.link is not None:
        made.link.unlink(missing_ok=True)
    made.file.unlink(missing_ok=True)
    _run(made.forget)
    return known


def _run(commands: Sequence[Command]) -> str:
    """What the first command that fails says; "" where all succeed."""
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{command[0]}: {type(error).__name__}"
        if done.returncode:
            return (done.stderr or done.stdout).strip() or f"{command[0]} failed"
    return ""


def _systemd(arguments: Sequence[str], person: Path) -> Service:
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or person / ".config")
    units = configuration / "systemd" / "user"
    content = f"""[Unit]
Description=timegrain agent: sends what ActivityWatch recorded to your timegrain server

[Service]
ExecStart={" ".join(map(_quoted, arguments))}
Restart=on-failure
RestartSec=30
Nice=10
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""
    systemctl = ("systemctl", "--user")
    return Service(
        units / UNIT,
        content.encode(),
        ((*systemctl, "daemon-reload"), (*systemctl, "restart", UNIT)),
        ((*systemctl, "stop", UNIT),),
        link=units / "default.target.wants" / UNIT,
        forget=((*systemctl, "daemon-reload"),),
    )


def _quoted(argument: str) -> str:
    """As systemd reads it: it knows escapes, `%` specifiers and `$` variables."""
    for sign, written in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$$")):
        argument = argument.replace(sign, written)
    return f'"{argument}"'


def _launchd(arguments: Sequence[str], home: Path, person: Path) -> Service:
    file = person / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    content = plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(arguments),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 30,
            "ProcessType": "Background",
            "StandardOutPath": str(home / "agent.log"),
            "StandardErrorPath": str(home / "agent.log"),
        }
    )
    session = f"gui/{os.getuid()}" if hasattr(os, "getuid") else "gui"
    return Service(
        file,
        content,
        (("launchctl", "bootstrap", session, str(file)),),
        (("launchctl", "bootout", f"{session}/{LABEL}"),),
    )


def _windows(arguments: Sequence[str], home: Path) -> Service:
    file = home / "timegrain-agent.xml"
    command, *rest = arguments
    content = f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Sends what ActivityWatch recorded to your timegrain server</Description>
  </RegistrationInfo>
  <Triggers><LogonTrigger><UserId>{escape(_windows_user())}</UserId></LogonTrigger></Triggers>
  <Principals><Principal id="person"><UserId>{escape(_windows_user())}</UserId>
    <LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel></Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>255</Count></RestartOnFailure>
  </Settings>
  <Actions Context="person"><Exec><Command>{escape(command)}</Command>
    <Arguments>{escape(subprocess.list2cmdline(rest))}</Arguments></Exec></Actions>
</Task>
"""
    return Service(
        file,
        content.encode("utf-16"),
        (
            ("schtasks", "/Create", "/F", "/TN", TASK, "/XML", str(file)),
            ("schtasks", "/Run", "/TN", TASK),
        ),
        (("schtasks", "/End", "/TN", TASK), ("schtasks", "/Delete", "/F", "/TN", TASK)),
        at_login=False,
    )


def _windows_user() -> str:
    return "\\".join(filter(None, (os.environ.get("USERDOMAIN"), os.environ.get("USERNAME"))))
