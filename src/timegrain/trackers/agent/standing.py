"""How the agent stands: what `agent status` tells."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from timegrain import clock
from timegrain.errors import TimegrainError
from timegrain.trackers.agent.activitywatch_server import ActivityWatch
from timegrain.trackers.agent.failures import BadSettings
from timegrain.trackers.agent.pairing import DEVICE, ORGANISATION, USER
from timegrain.trackers.agent.rounds import WAITING, Reading
from timegrain.trackers.agent.running import FAILURE
from timegrain.trackers.agent.settings import Given, Settings
from timegrain.trackers.agent.state import LAST_SENT, Refusal, State
from timegrain.trackers.agent.token import where_kept

SHOWN = 20
"""Refusals in the text; the JSON has all."""
INPUT_WATCHER = {
    "missing": "There is no input watcher: all time counts as active, none as idle.",
    "silent": "The input watcher is silent: no input is reported though windows are.",
}


@dataclass(slots=True)
class Standing:
    """Instants are milliseconds; None is never, or unknown."""

    server: str
    whose: dict[str, str | None]
    token_in: str
    last_sent: int | None
    waiting: int | None
    """Counted now, or, where ActivityWatch cannot be read, when it last could."""
    paused_until: int | None
    refusals: list[Refusal]
    failure: str | None
    """Why the last round did not get through, or why none can."""
    activitywatch: str | None = None
    """Why ActivityWatch cannot be read."""
    input_watcher: str | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    """Buckets, and events of the last 48 hours, by the reason for which they are not sent."""

    def data(self) -> dict[str, Any]:
        return {
            "server": self.server or None,
            **self.whose,
            "token": self.token_in if self.server else None,
            "lastSent": _instant(self.last_sent),
            "waiting": self.waiting,
            "refused": [
                {
                    "list": one.list,
                    "start": _instant(one.start),
                    "end": _instant(one.end),
                    "code": one.code,
                    "message": one.message,
                    "at": _instant(one.at),
                }
                for one in self.refusals
            ],
            "failure": self.failure,
            "activitywatch": {"reachable": self.activitywatch is None, "reason": self.activitywatch},
            "inputWatcher": self.input_watcher,
            "pausedUntil": _instant(self.paused_until),
            "leftOut": dict(sorted(self.left_out.items())),
        }

    def text(self) -> str:
        who = ", ".join(value for value in self.whose.values() if value)
        lines = ["Not paired."]
        if self.server:
            lines = [f"Server: {self.server} ({who}); token in the {self.token_in}."]
        elif who:  # its settings are broken, which is said below, or name no server any more
            lines = [f"Paired as {who}, but no server is to be read from the settings."]
        lines.append(f"Last sent: {_instant(self.last_sent) or 'never'}. Waiting: {_count(self.waiting)}.")
        if self.failure:
            lines.append(f"Not sending: {self.failure}.")
        if self.paused_until:
            lines.append(f"Paused until {_instant(self.paused_until)}.")
        lines.append(f"ActivityWatch: {self.activitywatch or 'reachable'}.")
        if self.input_watcher in INPUT_WATCHER:
            lines.append(INPUT_WATCHER[self.input_watcher])
        if self.left_out:
            lines.append("Left out: " + ", ".join(f"{count} {why}" for why, count in sorted(self.left_out.items())))
        lines.append(f"Refused: {len(self.refusals)}.")
        lines += [f"  {one.list} {_instant(one.start)}: {one.code}, {one.message}" for one in self.refusals[:SHOWN]]
        return "\n".join(lines)


def standing(given: Given, state: State) -> Standing:
    """Reads ActivityWatch, but asks the timegrain server nothing."""
    now = clock.now_ms()
    failure = state.note(FAILURE)
    settings = Settings()
    try:
        settings = given.settings()
    except BadSettings as wrong:
        failure = wrong.message
    found = Standing(
        server=settings.server,
        whose={name: state.note(name) for name in (ORGANISATION, USER, DEVICE)},
        token_in=where_kept(given.folder),
        last_sent=state.note_ms(LAST_SENT),
        waiting=state.note_ms(WAITING),
        paused_until=max((end for start, end in state.pauses() if start <= now < end), default=None),
        refusals=state.refusals(),
        failure=failure,
    )
    try:
        with closing(ActivityWatch(settings.activitywatch, settings.activitywatch_key)) as server:
            reading = Reading(server, state, settings, now)
            gathering = reading.recent(whole=True)
    except TimegrainError as away:
        found.activitywatch = away.message
        return found
    found.waiting = len(state.unanswered(gathering.facts()))
    found.input_watcher = reading.input_watcher()
    found.left_out = reading.computer.left_out + gathering.left_out()
    return found


def _instant(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms // 1000, UTC).isoformat().replace("+00:00", "Z")


def _count(number: int | None) -> str:
    return "unknown" if number is None else str(number)
