"""`agent`: sends this computer's ActivityWatch facts to a timegrain server."""

from __future__ import annotations

import re
import signal
import sys
import threading
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from timegrain import clock
from timegrain.cli.answering import Answering, Commands, Options
from timegrain.trackers.agent import service
from timegrain.trackers.agent.activitywatch_server import ActivityWatch
from timegrain.trackers.agent.batches import body_of, encoded, in_batches
from timegrain.trackers.agent.failures import FactsWait, NotPaired
from timegrain.trackers.agent.home import home
from timegrain.trackers.agent.pairing import collected, pair
from timegrain.trackers.agent.rounds import ALL, Reading
from timegrain.trackers.agent.running import patient_round, run_until
from timegrain.trackers.agent.settings import Given
from timegrain.trackers.agent.standing import standing
from timegrain.trackers.agent.state import opened
from timegrain.trackers.agent.token import IN_KEYRING

LENGTH = re.compile(r"(?:(\d{1,3})h)?(?:(\d{1,4})m)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class AgentOptions(Options):
    """With what stands before the agent's commands."""

    home: Path | None = None
    activitywatch: str | None = None


class Agent(Answering):
    """One run of a command on the agent's folder."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        given = options if isinstance(options, AgentOptions) else AgentOptions()
        self.folder, self.activitywatch = home(given.home), given.activitywatch

    def given(self, activitywatch: str | None = None, history_days: int | None = None) -> Given:
        return Given(self.folder, activitywatch or self.activitywatch or "", history_days)


command = Commands(Agent)
_ACTIVITYWATCH = click.option("--activitywatch", metavar="URL", help="The local ActivityWatch server.")
_HISTORY = click.option(
    "--history-days", type=click.IntRange(0, 3660), metavar="N", help="How far back sending goes; 30 unless told."
)


class _Length(click.ParamType[int]):
    """`30m`, `2h` or `1h30m`, as milliseconds."""

    name = "length"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = LENGTH.fullmatch(str(value))
        minutes = int(found[1] or 0) * 60 + int(found[2] or 0) if found else 0
        if not minutes:
            self.fail(f"{value!r} is no length of time like 30m, 2h or 1h30m", param, ctx)
        return minutes * 60_000


GRACE_S = 3.0
"""For the round that goes on when a signal ends the agent; then it is broken off, and nothing is lost by it."""


class _Ended(BaseException):
    """A signal."""


@click.group()
@click.option("--home", "folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path), help="Its files.")
@_ACTIVITYWATCH
@click.pass_context
def agent(context: click.Context, folder: Path | None, activitywatch: str | None) -> None:
    """Send this computer's ActivityWatch facts to a timegrain server."""
    given = context.find_object(Options) or Options()
    context.obj = AgentOptions(given.database, given.organisation, given.as_json, folder, activitywatch)


@command(agent, "pair")
@click.argument("url")
@click.argument("token")
@_ACTIVITYWATCH
@_HISTORY
@click.option("--insecure", is_flag=True, help="Allow http:// to another computer.")
def pair_(
    agent: Agent, url: str, token: str, activitywatch: str | None, history_days: int | None, insecure: bool
) -> None:
    """Send to the server at URL from now on, with a device's TOKEN (`-`: it is asked for)."""
    if token == "-":  # noqa: S105 - the sign for standard input
        token = click.prompt("Token", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    at = agent.given(activitywatch).activitywatch.rstrip("/")
    changes = {"activitywatch": at or None, "history_days": history_days}
    given = {name: value for name, value in changes.items() if value is not None}
    pairing = pair(agent.folder, url.strip().rstrip("/"), token.strip(), given, insecure)
    device, notice = pairing.device, collected(pairing.device)
    data = {
        "server": url.strip().rstrip("/"),
        "organisation": device.organisation,
        "user": device.user,
        "device": device.device,
        "notice": notice,
        "token": pairing.token_in,
        "home": str(agent.folder),
    }
    kept = "the system's keyring" if pairing.token_in == IN_KEYRING else "a file that only you can read"
    agent.answer(
        data,
        f"Paired as {device.user}, device {device.device}, of {device.organisation}.\n\n{notice}\n\n"
        f"The token is in {kept}. What leaves this computer is up to agent.toml in {agent.folder}; "
        "`timegrain agent preview` shows it.",
    )


@command(agent, "once")
@_ACTIVITYWATCH
@_HISTORY
def once(agent: Agent, activitywatch: str | None, history_days: int | None) -> None:
    """One whole round: all that the server has not acknowledged yet."""
    with opened(agent.folder) as state, agent.progress("Sending the history") as progress:
        sent = patient_round(agent.given(activitywatch, history_days), state, ALL, progress, threading.Event().wait)
    if sent.waiting:
        raise FactsWait(f"facts that wait, since the server does not take them yet ({sent.reason}): {sent.waiting}")
    data = {"acknowledged": sent.acknowledged, "refused": sent.refused, "waiting": sent.waiting}
    agent.answer(data, f"Acknowledged: {sent.acknowledged}, refused: {sent.refused}.")


@command(agent, "run")
@_ACTIVITYWATCH
@_HISTORY
def run(agent: Agent, activitywatch: str | None, history_days: int | None) -> None:
    """A round each minute, until it is ended."""
    given, ended, failures = agent.given(activitywatch, history_days), threading.Event(), list[Exception]()

    def work() -> None:
        try:
            with opened(agent.folder) as state, agent.progress("Sending the history") as progress:
                run_until(ended, given, state, progress, _log)
        except Exception as failure:
            failures.append(failure)

    # A signal breaks off whatever the main thread does, even the release of a lock: so it does nothing but wait.
    worker = threading.Thread(target=work, daemon=True)
    with suppress(_Ended):
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, _end)
        worker.start()
        while worker.is_alive():
            worker.join(1)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    ended.set()
    worker.join(GRACE_S)
    if failures:
        raise failures[0]


def _end(*_: object) -> None:
    raise _Ended


def _log(line: str) -> None:
    click.echo(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {line}", err=True)


@command(agent, "status")
@_ACTIVITYWATCH
def status(agent: Agent, activitywatch: str | None) -> None:
    """What was sent, what waits and what was refused."""
    with opened(agent.folder) as state:
        found = standing(agent.given(activitywatch), state)
    agent.answer(found.data(), found.text())


@command(agent, "preview")
@_ACTIVITYWATCH
def preview(agent: Agent, activitywatch: str | None) -> None:
    """Exactly what would be sent of the last hour; nothing is."""
    settings = agent.given(activitywatch).settings()
    with (
        opened(agent.folder) as state,
        closing(ActivityWatch(settings.activitywatch, settings.activitywatch_key)) as server,
    ):
        facts = Reading(server, state, settings, clock.now_ms()).last_hour()
    bodies = [body_of(batch) for batch in in_batches(facts)]
    agent.answer({"batches": bodies}, "\n".join(encoded(body).decode() for body in bodies) or "Nothing.")


@command(agent, "pause")
@click.argument("length", type=_Length())
def pause(agent: Agent, length: int) -> None:
    """Never send what happens in the next `30m`, `2h` or `1h30m`."""
    now = clock.now_ms()
    with opened(agent.folder) as state:
        state.pause(now, now + length)
        until = max(end for start, end in state.pauses() if start <= now)
    at = datetime.fromtimestamp(until / 1000).astimezone()
    agent.answer({"pausedUntil": at.isoformat(timespec="seconds")}, f"Paused until {at:%Y-%m-%d %H:%M:%S}.")


@command(agent, "resume")
def resume(agent: Agent) -> None:
    """End a pause now; what was paused is never sent."""
    with opened(agent.folder) as state:
        state.resume(clock.now_ms())
    agent.answer({"pausedUntil": None}, "Sending again. What happened in the pause is never sent.")


def _service(agent: Agent) -> service.Service:
    return service.service(sys.platform, service.program(agent.folder), agent.folder, Path.home())


@command(agent, "install")
def install(agent: Agent) -> None:
    """Run it whenever you log in: a systemd user unit, a launchd agent, or a Windows task of your own."""
    if not agent.given().settings().server:
        raise NotPaired
    made = _service(agent)
    started = service.install(made)
    when = "it runs" if started else "it could not be started now and runs from your next login on"
    agent.answer({"file": str(made.file), "started": started}, f"Installed as {made.file}: {when}.")


@command(agent, "uninstall")
def uninstall(agent: Agent) -> None:
    """End it and run it no more at login; settings and state stay."""
    made = _service(agent)
    known = service.uninstall(made)
    agent.answer({"file": str(made.file), "removed": known}, "It is gone." if known else "It was not installed.")
