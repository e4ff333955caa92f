"""A policy changes: what follows is in force, for all stored time, when the change's job is done (T11).

The job counts the next generation of everybody's figures beside the one that answers, in small transactions, and
flips all of them in one (`timegrain.jobs`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from timegrain import clock
from timegrain.errors import Refused
from timegrain.jobs import JobRunner
from timegrain.recounting import Progress, silent
from timegrain.storage import changes, jobs
from timegrain.storage.changes import Change
from timegrain.storage.engine import Database
from timegrain.storage.jobs import Changed, Job
from timegrain.storage.policies import raise_version, require_order
from timegrain.storage.ratings import RuleKey, StoredRule

IN_FORCE_S = 2.0
"""How long a caller over HTTP waits for its change before it gets a job to look after (T11)."""

SHARED_PAUSE_S = 0.025
"""Between two transactions of a change that is waited for: a server that has the same SQLite file open looks at most
this often whether it may write."""


def start_change(database: Database, organisation: int, change: Change, dry_run: bool = False) -> Job:
    """Make the job of a change, which waits for those before it; what counts nothing is in force at once.

    A dry run only says what the change would come to. Raises `Refused` where limits would not be in order, the
    organisation's or anybody's.
    """
    now = clock.now()
    with database.write(organisation, policy=True) as connection:
        before = [one.change for one in jobs.unfinished(connection, organisation) if not one.dry_run]
        require_order(connection, organisation, [*before, change])
        job = jobs.add(connection, organisation, change, dry_run, now)
        if change.counts:
            return job
        rules, values = changes.held_before(connection, organisation, change)
        if not dry_run:
            changes.make(connection, organisation, change)
            raise_version(connection, organisation)
        return jobs.finish(connection, organisation, job, Changed(rules=rules, before=values), now)


def change_rules(
    database: Database,
    organisation: int,
    put: Sequence[StoredRule] = (),
    remove: Sequence[RuleKey] = (),
    progress: Progress = silent,
) -> Changed:
    """Set and remove rating rules; every figure is up to date with them when this returns."""
    return made(database, organisation, Change(tuple(put), tuple(remove)), progress)


def change_policy(
    database: Database,
    organisation: int,
    values: Mapping[str, Any],
    user: int | None = None,
    progress: Progress = silent,
) -> Changed:
    """Set columns of the organisation's policy, or of one user's; every figure is up to date when this returns.

    Raises `Refused` where limits would not be in order, the organisation's or anybody's.
    """
    if not values:
        return Changed()
    return made(database, organisation, Change(values=dict(values), user=user), progress)


def made(
    database: Database, organisation: int, change: Change, progress: Progress = silent, dry_run: bool = False
) -> Changed:
    """Make a change and wait until it is in force; of a dry run, until what it would come to is known.

    Raises `Refused` where limits would not be in order.
    """
    runner = JobRunner(database, pause_s=SHARED_PAUSE_S)
    job = runner.run(organisation, start_change(database, organisation, change, dry_run).uuid, progress=progress)
    runner.finish_all()
    return changed_by(job)


def change_soon(
    runner: JobRunner, organisation: int, change: Change, dry_run: bool = False, seconds: float = IN_FORCE_S
) -> Job:
    """The job of a change, finished if it can be within some seconds; else the runner goes on with it.

    Raises `Refused` where limits would not be in order, the organisation's or anybody's.
    """
    job = start_change(runner.database, organisation, change, dry_run)
    job = runner.run(organisation, job.uuid, seconds)
    runner.wake()
    return job


def changed_by(job: Job) -> Changed:
    """What came of a finished job. Raises `Refused` where it failed: an earlier change had come between."""
    if job.error is not None:
        raise Refused(job.error[1])
    return job.changed or Changed()
