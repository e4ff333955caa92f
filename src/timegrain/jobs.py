"""Jobs are advanced, one small transaction after the other: where it is asked for, and by a server on its own.

A server does what is small itself. What takes longer it leaves to a process beside it (`timegrain.job_process`), so
that its answers do not wait for the counting.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from uuid import UUID

from timegrain.errors import NotFound, Unavailable
from timegrain.job_process import JobProcess
from timegrain.job_steps import MOST_FAILURES, STEP_S, Steps
from timegrain.recounting import Progress, silent
from timegrain.storage import jobs
from timegrain.storage.engine import Database
from timegrain.storage.jobs import Job

log = logging.getLogger("timegrain.jobs")

PAUSE_S = 0.002
"""Between two transactions, so that those who wait get their turn."""

POLL_S = 5.0
"""How often a server looks for jobs that another process left."""

LOOK_S = 0.5
"""How often whoever advances jobs looks for other organisations' jobs."""

RETRY_S = 1.0
"""After a step that failed; other organisations' jobs go on meanwhile."""

SWITCH_S = 0.001
ALONE_S = 0.1
"""So long a server works on jobs before it starts the process beside it."""

RESTING_S = 60.0
"""That process ends when there was nothing to do for so long."""

ASK_S = 0.01
"""How often a caller looks who waits for a job that a server advances."""


class JobRunner:
    """Advances the jobs of one database: where it is called, and once started in a thread of its own."""

    def __init__(
        self,
        database: Database,
        step_s: float = STEP_S,
        pause_s: float = PAUSE_S,
        ahead: bool = False,
        retry_s: float = RETRY_S,
    ) -> None:
        """`ahead` is for a process that does nothing else (`Steps`)."""
        self.database = database
        self._pause_s, self._retry_s = pause_s, retry_s
        self._steps = Steps(database, step_s, ahead)
        self._advancing = threading.Lock()
        self._closing = threading.Event()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._beside = JobProcess(database)

    def start(self) -> None:
        """Advance whatever job there is, until closed."""
        # A thread that counts keeps Python's lock for so long, and each answer waits for it several times.
        sys.setswitchinterval(SWITCH_S)
        self._thread = threading.Thread(target=self._run, name="timegrain-jobs", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is something to do."""
        self._woken.set()

    def close(self) -> None:
        """After the transaction that is being done."""
        self._closing.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._beside.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._woken.clear()
            try:
                self._finish_with_help()
            except Exception as error:
                # The type alone: an exception's text may hold somebody's title. The next round tries again.
                log.error(json.dumps({"job": "failed", "error": type(error).__name__}))
            self._woken.wait(POLL_S)

    def _finish_with_help(self) -> None:
        """Alone what takes `ALONE_S`, then together with a process beside this one until that can do it alone."""
        began = time.monotonic()

        def helped() -> bool:
            if time.monotonic() - began >= ALONE_S:
                self._beside.start()
            return self._beside.is_ready

        while not self._closing.is_set():
            with self.database.read() as connection:
                if not jobs.with_work(connection):
                    self._beside.rest(RESTING_S)
                    return
            if not self._beside.is_ready:
                self.finish_all(helped)
            elif self._beside.finish_all(self._closing):
                return

    def finish_all(self, until: Callable[[], bool] = bool) -> None:
        """Do all there is to do, or until it is told to stop: each organisation in turn, one transaction each.

        One that fails is put off, again and again until its job is given up. Raises `Unavailable` where the database
        took nothing of one of them.
        """
        failures: Counter[int] = Counter()
        put_off: dict[int, float] = {}
        unavailable: Unavailable | None = None
        while not self._closing.is_set() and not until():
            with self.database.read() as connection:
                left = jobs.with_work(connection)
            with_work = [one for one in left if failures[one] < MOST_FAILURES]
            if not with_work:
                if left and unavailable is not None:
                    raise unavailable
                return
            look_again = time.monotonic() + LOOK_S
            while with_work and time.monotonic() < look_again and not self._closing.is_set() and not until():
                for organisation in [one for one in with_work if put_off.get(one, 0) <= time.monotonic()]:
                    try:
                        if not self.advance(organisation):
                            with_work.remove(organisation)
                    except Unavailable as error:
                        # No fault of the job: nobody gives it up, and others may get on.
                        unavailable = error
                        failures[organisation] += 1
                        put_off[organisation] = time.monotonic() + self._retry_s
                    except Exception as error:
                        is_over = self._note(organisation, error)
                        failures[organisation] = 0 if is_over else failures[organisation] + 1
                        put_off[organisation] = time.monotonic() + (0 if is_over else self._retry_s)
                self._closing.wait(self._pause_s)

    def _note(self, organisation: int, error: Exception) -> bool:
        """Whether the organisation's first job is over."""
        log.error(json.dumps({"job": "failed", "organisation": organisation, "error": type(error).__name__}))
        with self._advancing:
            return self._steps.give_up(organisation, error)

    def run(self, organisation: int, uuid: UUID, seconds: float | None = None, progress: Progress = silent) -> Job:
        """Advance the organisation's jobs until this one is finished, or for some seconds.

        Raises `NotFound` where there is none.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            with self.database.read() as connection:
                job = jobs.by_uuid(connection, organisation, uuid)
            if job is None:
                raise NotFound("There is no such job")
            if job.total:
                progress(job.done, job.total)
            if job.finished or (deadline is not None and time.monotonic() >= deadline):
                return job
            if self._thread is not None:
                self.wake()
                time.sleep(ASK_S)
            else:
                self._advance_or_note(organisation)
                time.sleep(self._pause_s)

    def _advance_or_note(self, organisation: int) -> None:
        try:
            self.advance(organisation)
        except Unavailable:
            raise
        except Exception as error:
            self._note(organisation, error)
            time.sleep(self._retry_s)

    def advance(self, organisation: int) -> bool:
        """One small transaction of what is next in an organisation; False where nothing is."""
        with self._advancing:
            return self.database.again(partial(self._steps.advance, organisation))
