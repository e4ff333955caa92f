"""The agent as a whole: one round, or one a minute until it is told to end."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing

from timegrain import clock
from timegrain.errors import TimegrainError
from timegrain.trackers.agent.activitywatch_server import ActivityWatch
from timegrain.trackers.agent.failures import FolderUnusable, NotPaired, ServerAway
from timegrain.trackers.agent.rounds import Due, Progress, Reading, Round, reach_back
from timegrain.trackers.agent.sending import Sent
from timegrain.trackers.agent.settings import Given
from timegrain.trackers.agent.state import State
from timegrain.trackers.agent.timegrain_server import TimegrainServer
from timegrain.trackers.agent.token import read_token
from timegrain.trackers.events import DAY_MS

MINUTE_S = 60.0
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 900.0
PATIENCE_S, TRIES = 5.0, 3
"""`once` obeys a short `Retry-After`, and tries so often in all."""

FAILURE = "failure"


def one_round(given: Given, state: State, due: Due, progress: Progress) -> Sent:
    """Settings and token are read anew. Raises a `TimegrainError`; its message is kept for `agent status`."""
    try:
        return _round(given, state, due, progress)
    except (sqlite3.Error, OSError) as error:
        raise FolderUnusable(f"the agent's folder {given.folder} cannot be used: {error}") from error


def _round(given: Given, state: State, due: Due, progress: Progress) -> Sent:
    state.hold()
    try:
        settings = given.settings()
        if not settings.server:
            raise NotPaired
        token = read_token(given.folder, settings.server)
        with (
            closing(ActivityWatch(settings.activitywatch, settings.activitywatch_key)) as activitywatch,
            closing(TimegrainServer(settings.server, token)) as server,
        ):
            now_ms = clock.now_ms()
            if given.history_days is not None:
                reach_back(state, now_ms - given.history_days * DAY_MS)
            sent = Round(Reading(activitywatch, state, settings, now_ms), state, server).run(due, progress)
    except TimegrainError as failure:
        state.write_notes({FAILURE: failure.message})
        raise
    if state.note(FAILURE) is not None:
        state.write_notes({FAILURE: None})
    return sent


def patient_round(given: Given, state: State, due: Due, progress: Progress, wait: Callable[[float], object]) -> Sent:
    """A round that tries again where the server asks for a short wait. Raises what `one_round` raises."""
    for _ in range(TRIES - 1):
        try:
            return one_round(given, state, due, progress)
        except ServerAway as failure:
            if failure.wait_s is None or failure.wait_s > PATIENCE_S:
                raise
            wait(failure.wait_s)
    return one_round(given, state, due, progress)


class Backoff:
    """How long to wait: a minute after a success, longer and longer after failures, each time by chance."""

    def __init__(self) -> None:
        self._failures = 0
        self._chance = random.SystemRandom()

    def succeeded(self) -> float:
        self._failures = 0
        return MINUTE_S

    def failed(self, at_least_s: float = 0.0) -> float:
        """Seconds, never fewer than the server asked for."""
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(self._failures, 20))
        self._failures += 1
        return max(at_least_s, self._chance.uniform(0, longest))


def run_until(
    ended: threading.Event, given: Given, state: State, progress: Progress, log: Callable[[str], None]
) -> None:
    """Rounds until `ended` is set. Logs counts, never what was in front."""
    backoff = Backoff()
    while not ended.is_set():
        try:
            sent = one_round(given, state, Due.by(state, clock.now_ms()), progress)
        except TimegrainError as failure:
            wait_s = backoff.failed((isinstance(failure, ServerAway) and failure.wait_s) or 0.0)
            log(f"{failure.code}: {failure.message}; next try in {wait_s:.0f} s")
        else:
            wait_s = backoff.succeeded()
            if sent.acknowledged or sent.refused or sent.waiting:
                log(f"acknowledged {sent.acknowledged}, refused {sent.refused}, waiting {sent.waiting}")
        ended.wait(wait_s)
