"""Jobs are advanced: each call does one small transaction of the next thing to do.

waiting → running (the change is pending, each batch that arrives counts under both policies where it must) → each
user's next generation counted → the flip, which puts the change into force → the old figures removed. What stops in
between goes on from there, in this process or in another; any number of them may advance one job together.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from timegrain import clock
from timegrain.counted import counting
from timegrain.counting.tallies import Tally
from timegrain.errors import NotFound, Refused
from timegrain.generations import altered, count_following
from timegrain.recounting import Progress, silent
from timegrain.storage import changes, generations, jobs, policies
from timegrain.storage.engine import Database
from timegrain.storage.jobs import Job
from timegrain.storage.policies import Policies, Policy, raise_version, require_order

log = logging.getLogger("timegrain.jobs")

STEP_S = 0.03
"""A transaction takes on no further person after this long: batches wait for it."""

PAUSE_S = 0.002
"""Between two transactions, so that those who wait get their turn."""

POLL_S = 5.0
"""How often a server looks for jobs that another process left."""

MOST_A_STEP = 256


class JobRunner:
    """Advances the jobs of one database: where it is called, and once started in a thread of its own."""

    def __init__(self, database: Database, step_s: float = STEP_S, pause_s: float = PAUSE_S) -> None:
        self.database = database
        self._step_s, self._pause_s = step_s, pause_s
        self._policies = Policies()
        self._planned: tuple[tuple[int, int, int], Policy] | None = None
        self._closing = threading.Event()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Advance whatever job there is, until closed."""
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

    def _run(self) -> None:
        while not self._closing.is_set():
            self._woken.clear()
            try:
                self.finish_all()
            except Exception as error:
                # The type alone: an exception's text may hold somebody's title. The next round tries again.
                log.error(json.dumps({"job": "failed", "error": type(error).__name__}))
            self._woken.wait(POLL_S)

    def finish_all(self) -> None:
        """Do all there is to do, each organisation in turn."""
        with self.database.read() as connection:
            organisations = jobs.with_work(connection)
        while organisations and not self._closing.is_set():
            organisations = [one for one in organisations if self.advance(one)]
            self._closing.wait(self._pause_s)

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
            self.advance(organisation)
            time.sleep(self._pause_s)

    def advance(self, organisation: int) -> bool:
        """One small transaction of what is next in an organisation; False where nothing is."""
        return self.database.again(partial(self._advance, organisation))

    def _advance(self, organisation: int) -> bool:
        with self.database.read() as connection:
            waiting = jobs.unfinished(connection, organisation)
        if not waiting:
            return self._remove_earlier(organisation)
        job = waiting[0]
        if job.state == jobs.WAITING:
            self._begin(organisation, job)
        elif not self._step(organisation, job):
            self._end(organisation, job)
        return True

    def _begin(self, organisation: int, job: Job) -> None:
        """Make it the organisation's pending change. Where little is to be counted it is in force at once."""
        with self.database.write(organisation, policy=True) as connection:
            waiting = jobs.unfinished(connection, organisation)
            if not waiting or waiting[0].id != job.id or waiting[0].state != jobs.WAITING:
                return
            try:
                require_order(connection, organisation, [job.change])
            except Refused as error:
                # An earlier change came between.
                jobs.fail(connection, organisation, job, error, clock.now())
                return
            jobs.start(connection, organisation, job)
            if not job.dry_run:
                raise_version(connection, organisation)
            users = jobs.not_counted(connection, organisation, job.id, MOST_A_STEP)
            # What is read here may still be rolled back: nobody else may know it.
            if self._step_s and self._count_some(connection, Policies(), organisation, job, users):
                subjects = changes.matched_subjects(connection, organisation, job.change)
                self._flip(connection, organisation, job, subjects)

    def _step(self, organisation: int, job: Job) -> bool:
        """Count some people; False where nobody is left."""
        with self.database.write(organisation) as connection:
            users = jobs.not_counted(connection, organisation, job.id, MOST_A_STEP)
            if users:
                self._count_some(connection, self._policies, organisation, job, users)
        return bool(users)

    def _count_some(
        self, connection: Connection, known: Policies, organisation: int, job: Job, users: Sequence[int]
    ) -> bool:
        """Count users until `STEP_S` is over; True where all are counted that there are.

        Each is locked first and looked at again: a batch, or another process that advances the job, may have been
        there meanwhile.
        """
        policy = known.read(connection, organisation)
        to = self._plan(connection, policy, job)
        if to is None:
            return False
        enough = time.monotonic() + self._step_s
        counted: dict[int, tuple[int, Tally]] = {}
        for user in users:
            self.database.lock_user(connection, organisation, user)
            if not jobs.is_counted(connection, organisation, job.id, user):
                of = counting(connection, policy, user)
                found = altered(of, to)
                if not job.dry_run:
                    count_following(of, to, found)
                counted[user] = found.seconds, found.moved
            if time.monotonic() >= enough:
                break
        jobs.note_counted(connection, organisation, job.id, counted)
        return len(users) < MOST_A_STEP and (not users or user == users[-1])

    def _plan(self, connection: Connection, policy: Policy, job: Job) -> Policy | None:
        """The policy that the job leads to; None where it is over."""
        if not job.dry_run:
            return policy.next if policy.job == job.id else None
        key, planned = (policy.organisation, job.id, policy.version), self._planned
        if planned is None or planned[0] != key:
            # Another thread may put its own there meanwhile.
            planned = self._planned = key, policies.after(connection, policy.organisation, job.change)
        return planned[1]

    def _end(self, organisation: int, job: Job) -> None:
        with self.database.read() as connection:
            subjects = changes.matched_subjects(connection, organisation, job.change)
        with self.database.write(organisation, policy=True) as connection:
            # Somebody may have come, or an erasure may have taken back what was counted.
            if not jobs.not_counted(connection, organisation, job.id, 1):
                self._flip(connection, organisation, job, subjects)

    def _flip(self, connection: Connection, organisation: int, job: Job, subjects: int) -> None:
        held = jobs.by_uuid(connection, organisation, job.uuid)
        if held is None or held.finished:
            return
        rules, values = changes.held_before(connection, organisation, job.change)
        changed = jobs.sums(connection, organisation, job.id)
        changed = replace(changed, subjects=subjects, rules=rules, before=values)
        if not job.dry_run:
            changes.make(connection, organisation, job.change)
            generations.flip(connection, organisation)
            raise_version(connection, organisation)
        jobs.finish(connection, organisation, job, changed, clock.now())

    def _remove_earlier(self, organisation: int) -> bool:
        """Remove what earlier generations held of some people; False where nothing is left."""
        with self.database.read() as connection:
            if not jobs.left_over(connection, organisation, 1):
                return False
        with self.database.write(organisation) as connection:
            enough = time.monotonic() + self._step_s
            for job, user in jobs.left_over(connection, organisation, MOST_A_STEP):
                generations.drop_earlier(connection, organisation, user)
                jobs.forget(connection, organisation, job, user)
                if time.monotonic() >= enough:
                    break
        return True
