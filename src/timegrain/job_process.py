"""The process beside a server that advances its jobs (`timegrain.job_worker`), and what the two say to each other.

They talk in lines over the process's own input and output, and it ends where its input does, that is with the server,
however that ended. On SQLite it asks the server for each turn to write, so that it waits in one line with the server's
batches and not for the file::

    server  work ............... go ................ (closes)
    process      ready .. turn ....... done .. idle
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import IO

from timegrain.storage.engine import Database

log = logging.getLogger("timegrain.jobs")

WORKER = "timegrain.job_worker"
WORK, GO, READY, TURN, DONE, IDLE = "work", "go", "ready", "turn", "done", "idle"

ENDING_S = 5.0
AGAIN_S = 30.0
"""So long it is not started again: a server goes on alone where it cannot be."""

LOOK_S = 0.05


class JobProcess:
    """The server's side. Started, asked and closed by one thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._ready, self._idle = threading.Event(), threading.Event()
        self._idle_since = 0.0
        self._not_before = 0.0

    @property
    def is_ready(self) -> bool:
        return self._ready.is_set()

    @property
    def pid(self) -> int:
        """0 where there is none."""
        return 0 if self._process is None else self._process.pid

    def start(self) -> None:
        """Unless it is there, or was started a moment ago."""
        if time.monotonic() < self._not_before or (self._process is not None and self._process.poll() is None):
            return
        self.close()
        self._not_before = time.monotonic() + AGAIN_S
        # -P: what lies in the folder that the server was started in is no part of it.
        command = [sys.executable, "-P", "-m", WORKER]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        except OSError as error:
            log.warning(json.dumps({"job": "alone", "error": type(error).__name__}))
            return
        # Not as an argument, which everybody may read: it may have a password.
        # As JSON: a path may end in a blank, or hold what the two read in different ways.
        self._say(json.dumps(self._database.url.render_as_string(hide_password=False)))
        self._thread = threading.Thread(target=self._listen, args=(self._process,), name="timegrain-job-process")
        self._thread.start()

    def finish_all(self, closing: threading.Event) -> bool:
        """Let it do all there is to do; False where it ended before, or the server closes."""
        self._idle.clear()
        self._say(WORK)
        while self.is_ready and not closing.is_set():
            if self._idle.wait(LOOK_S):
                return True
        return False

    def rest(self, seconds: float) -> None:
        """End it where it had nothing to do for so long."""
        if self.is_ready and time.monotonic() - self._idle_since >= seconds:
            self.close()

    def close(self) -> None:
        """End it: a transaction that it is in is as if it had never been."""
        process, thread = self._process, self._thread
        self._process = self._thread = None
        if process is None:
            return
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        try:
            process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if thread is not None:
            thread.join()

    def _say(self, word: str, to: subprocess.Popen[str] | None = None) -> None:
        process = to or self._process
        if process is not None and process.stdin is not None:
            # Where it has ended whoever listens finds out.
            with suppress(OSError, ValueError):
                process.stdin.write(f"{word}\n")
                process.stdin.flush()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is None:
            return
        try:
            with process.stdout as said:
                for line in said:
                    self._answer(line.strip(), said, process)
        except Exception as error:
            # It cannot be told that its turn does not come, so it ends, and the server goes on alone.
            log.warning(json.dumps({"job": "alone", "error": type(error).__name__}))
            process.kill()
        finally:
            # Whoever waits for it looks at this alone.
            self._ready.clear()

    def _answer(self, word: str, said: IO[str], process: subprocess.Popen[str]) -> None:
        if word == TURN:
            with self._database.turn:
                self._say(GO, process)
                said.readline()
        else:
            self._idle_since = time.monotonic()
            (self._idle if word == IDLE else self._ready).set()
