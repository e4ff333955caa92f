"""What one transaction does for the jobs of an organisation. `timegrain.jobs` decides when.

waiting → running (the change is pending, each batch that arrives counts under both policies where it must) → each
user's next generation counted → the flip, which puts the change into force → the old figures removed. What stops in
between goes on from there, in this process or in another; any number of them may advance one job together.

What a change alters of a user is found out in a transaction that reads. One that writes, and lets batches wait, has
only to see that no batch came between, and puts it in.
"""

from __future__ import annotations

import random
import time
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from sqlalchemy import Connection

from timegrain import clock
from timegrain.alterations import Prepared, prepare
from timegrain.counted import counting_each
from timegrain.counting.tallies import Tally
from timegrain.errors import ChangeFailed, Refused
from timegrain.generations import PART, Following
from timegrain.storage import changes, generations, jobs, policies
from timegrain.storage.engine import Database
from timegrain.storage.jobs import Job
from timegrain.storage.policies import Policies, Policy, raise_version, require_order
from timegrain.storage.queries.policy_shown import holds_from
from timegrain.storage.schedules import OF_ORGANISATION

STEP_S = 0.012
"""A transaction that writes takes on no further person after this long: batches wait for it. One that reads prepares
people for as long."""

MOST_A_STEP = 256
READ_AT_ONCE = 16
"""Of so many people what is needed to count them is read together: about as many as a step prepares at best."""

FEW = 16
"""Of more people each process begins somewhere else, so that those that count one job together seldom meet."""

CLEARED_AT_ONCE = 16
"""Users who are locked while what jobs left of them is removed."""

MOST_FAILURES = 5
"""A job that failed so often in a way that nobody foresaw is given up: others wait for it."""


class Steps:
    """For one thread at a time. Between two steps it keeps what is prepared and not yet written.

    Where it prepares `ahead` it does so while it writes: SQLite writes without Python's lock.
    """

    def __init__(self, database: Database, step_s: float = STEP_S, ahead: bool = False) -> None:
        self.database = database
        self._step_s = step_s
        self._policies = Policies()
        self._planned: tuple[tuple[int, int, int], Policy] | None = None
        self._prepared: dict[tuple[int, int], list[Prepared]] = {}
        self._ahead: dict[tuple[int, int], Future[list[Prepared]]] = {}
        self._preparing = ThreadPoolExecutor(1, "timegrain-preparing") if ahead else None

    def advance(self, organisation: int) -> bool:
        """One small transaction of what is next in an organisation; False where nothing is."""
        with self.database.read() as connection:
            waiting = jobs.unfinished(connection, organisation)
        job = waiting[0] if waiting else None
        self._forget_but(organisation, job)
        if job is None:
            return self._clear(organisation)
        if job.state == jobs.WAITING:
            self._begin(organisation, job)
        elif not self._count_some(organisation, job):
            self._end(organisation, job)
        return True

    def give_up(self, organisation: int, error: Exception) -> bool:
        """After a step that failed: whether the organisation's first job is over now, which did so too often."""
        self._prepared.clear()
        self._ahead.clear()
        with self.database.write(organisation, policy=True) as connection:
            for job in jobs.unfinished(connection, organisation)[:1]:
                if jobs.note_failure(connection, organisation, job) < MOST_FAILURES:
                    return False
                # The type alone: an exception's text may hold somebody's title.
                failed = ChangeFailed(f"The change could not be counted ({type(error).__name__}): the log says more")
                jobs.fail(connection, organisation, job, failed, clock.now())
                if job.state == jobs.RUNNING and not job.dry_run:
                    generations.forget_all_following(connection, organisation)
                    raise_version(connection, organisation)
                return True
        return False

    def _forget_but(self, organisation: int, job: Job | None) -> None:
        """What was prepared for jobs that are over meanwhile."""
        for known in (self._prepared, self._ahead):
            for key in [one for one in known if one[0] == organisation and (job is None or one[1] != job.id)]:
                del known[key]

    def _begin(self, organisation: int, job: Job) -> None:
        """Make it the organisation's pending change."""
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

    def _count_some(self, organisation: int, job: Job) -> bool:
        """Count some people, or a part of one; False where nobody is left."""
        key = organisation, job.id
        ready = self._prepared.pop(key, [])
        if not ready and (ahead := self._ahead.pop(key, None)) is not None:
            ready = ahead.result()
        ready = ready or self._prepare(organisation, job)
        if not ready:
            return False
        if self._preparing is not None and key not in self._ahead:
            users = {one.user for one in ready}
            self._ahead[key] = self._preparing.submit(self._prepare, organisation, job, users)
        left = self._write(organisation, job, ready)
        if left:
            self._prepared[key] = left
        return True

    def _prepare(self, organisation: int, job: Job, but: Collection[int] = ()) -> list[Prepared]:
        """Of some people who are not counted yet what the job alters, `but` some."""
        ready: list[Prepared] = []
        with self.database.read() as connection:
            policy = self._policies.read(connection, organisation)
            to = self._plan(connection, policy, job)
            if to is None:
                return []
            users = jobs.not_counted(connection, organisation, job.id, MOST_A_STEP)
            users = [user for user in users if user not in but]
            if len(users) > FEW:
                users = users[random.randrange(len(users)) :]  # noqa: S311
            enough = time.monotonic() + self._step_s
            for some in range(0, len(users), READ_AT_ONCE):
                for of in counting_each(connection, policy, users[some : some + READ_AT_ONCE]).values():
                    ready.append(prepare(of, to))
                    if time.monotonic() >= enough:
                        return ready
        return ready

    def _write(self, organisation: int, job: Job, ready: list[Prepared]) -> list[Prepared]:
        """Put in what is prepared, until `step_s` is over; what is left of it.

        The users are locked first and looked at again: another process that advances the job may have been there.
        """
        counted: dict[int, tuple[int, Tally]] = {}
        users = [one.user for one in ready]
        with self.database.write(organisation) as connection:
            enough = time.monotonic() + self._step_s
            self.database.lock_users(connection, organisation, users)
            # Only now: retention, which had one of them until a moment ago, may have raised the version.
            policy = self._policies.read(connection, organisation)
            to = self._plan(connection, policy, job)
            if to is None:
                return []
            to_count = jobs.to_count(connection, organisation, job.id, users)
            left = [one for one in ready if one.user in to_count]
            if job.dry_run:
                counted, left = {one.user: one.found.told() for one in left}, []
            following = Following(connection, policy, to, left)
            while left:
                if following.count_part(left[0]):
                    counted[left[0].user] = left[0].found.told()
                    del left[0]
                if time.monotonic() >= enough:
                    break
            jobs.note_counted(connection, organisation, job.id, counted)
        return left

    def _plan(self, connection: Connection, policy: Policy, job: Job) -> Policy | None:
        """The policy that the job leads to; None where it is over."""
        if not job.dry_run:
            return policy.next if policy.job == job.id else None
        key, planned = (policy.organisation, job.id, policy.version), self._planned
        if planned is None or planned[0] != key:
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
        since = None
        if job.change.judges(rules):
            since = holds_from(connection, organisation, job.change.user or OF_ORGANISATION)
        changed = replace(changed, subjects=subjects, rules=rules, before=values, holds_from=since)
        if not job.dry_run:
            changes.make(connection, organisation, job.change)
            generations.flip(connection, organisation)
            raise_version(connection, organisation)
        jobs.finish(connection, organisation, job, changed, clock.now())

    def _clear(self, organisation: int) -> bool:
        """Remove what jobs that are over left of some people; False where nothing is left."""
        with self.database.read() as connection:
            is_left = bool(jobs.left_over(connection, organisation, 1))
        if not is_left:
            with self.database.write(organisation, policy=True) as connection:
                jobs.rest(connection, organisation)
            return False
        with self.database.write(organisation) as connection:
            enough = time.monotonic() + self._step_s
            left = jobs.left_over(connection, organisation, CLEARED_AT_ONCE)
            self.database.lock_users(connection, organisation, [user for _, user in left])
            for job, user in left:
                while generations.clear(connection, organisation, user, PART):
                    if time.monotonic() >= enough:
                        return True
                jobs.forget(connection, organisation, job, user)
                if time.monotonic() >= enough:
                    break
        return True
