"""What runs in the process beside a server: `python -m timegrain.job_worker`, which `timegrain.job_process` starts."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from types import TracebackType
from typing import TextIO

from timegrain.counted import collect_seldom
from timegrain.job_process import DONE, GO, IDLE, READY, TURN
from timegrain.jobs import SWITCH_S, JobRunner
from timegrain.storage.engine import Database

NICENESS = 5

log = logging.getLogger("timegrain.jobs")


class Turns:
    """A lock that the server gives."""

    def __init__(self, said: TextIO) -> None:
        self._said = said
        self._given = threading.Semaphore(0)
        self._mine = threading.Lock()

    def give(self) -> None:
        self._given.release()

    def say(self, word: str) -> None:
        self._said.write(f"{word}\n")
        self._said.flush()

    def __enter__(self) -> None:
        self._mine.acquire()
        self.say(TURN)
        self._given.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.say(DONE)
        self._mine.release()


def _hear(words: TextIO, turns: Turns, work: threading.Event) -> None:
    for word in words:
        if word.strip() == GO:
            turns.give()
        else:
            work.set()
    # The server is gone, or wants no more: a transaction that is not over is as if it had never been.
    os._exit(0)


def main() -> None:
    # Where processors are scarce answers come before counting.
    os.nice(NICENESS)
    # Ctrl+C at a terminal is the server's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    collect_seldom()
    sys.setswitchinterval(SWITCH_S)
    turns, work = Turns(sys.stdout), threading.Event()
    database = Database(json.loads(sys.stdin.readline()), pool_size=2, turn=turns)
    threading.Thread(target=_hear, args=(sys.stdin, turns, work), daemon=True).start()
    # Who waits for a turn beside it has it before it is this process's again.
    runner = JobRunner(database, pause_s=0, ahead=True)
    turns.say(READY)
    while True:
        work.wait()
        work.clear()
        try:
            runner.finish_all()
        except Exception as error:
            # The type alone: an exception's text may hold somebody's title. The server asks again.
            log.error(json.dumps({"job": "failed", "error": type(error).__name__}))
        turns.say(IDLE)


if __name__ == "__main__":
    main()
