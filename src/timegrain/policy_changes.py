"""A policy changes: what follows is in force, for all stored time, when the change's job is done (T11).

The job counts the next generation of everybody's figures beside the one that answers, in small transactions, and
flips all of them in one (`timegrain.jobs`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from timegrain import clock
from timegrain.errors import Refused
from timegrain.jobs import JobRunner
from timegrain.rating_changes import recorded
from timegrain.recounting import Progress, silent
from timegrain.storage import audit, changes, jobs, people
from timegrain.storage.audit import Actor, Entry
from timegrain.storage.changes import Change
from timegrain.storage.engine import Database
from timegrain.storage.jobs import Changed, Job
from timegrain.storage.policies import raise_version, require_order
from timegrain.storage.ratings import RuleKey, StoredRule

IN_FORCE_S = 2.0
"""How long a caller over HTTP waits for its change before it gets a job to look after (T11)."""

FIELDS = {
    "timeZone": "zone",
    "weekStart": "week_start",
    "idleCounting": "idle_counting",
    "idleMinutes": "idle_threshold",
    "awayLimitMinutes": "away_limit",
    "unattendedLimitMinutes": "unattended_limit",
    "titles": "titles",
    "urls": "urls",
    "notice": "notice",
    "ownErasure": "own_erasure",
    "questionsAMinute": "questions_a_minute",
    "batchesAMinute": "batches_a_minute",
    "auditDays": "audit_days",
    "factsDays": "facts_days",
    "titlesDays": "titles_days",
    "slotsDays": "slots_days",
}
"""What the columns of a policy are called outside."""

OWN_FIELDS = ("idleCounting", "idleMinutes", "awayLimitMinutes", "unattendedLimitMinutes")
"""Those that a person may have for themselves."""

LONGEST_NOTICE = 20_000

SHARED_PAUSE_S = 0.025
"""Between two transactions of a change that is waited for: a server that has the same SQLite file open looks at most
this often whether it may write."""


def as_columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Of a policy as it is given, minutes as the seconds that are kept. None stays None."""
    return {
        FIELDS[name]: value * 60 if name.endswith("Minutes") and value is not None else value
        for name, value in fields.items()
    }


def as_fields(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The other way: columns that are no policy are left out."""
    return {
        name: columns[column] // 60 if name.endswith("Minutes") and columns[column] is not None else columns[column]
        for name, column in FIELDS.items()
        if column in columns
    }


def start_change(
    database: Database, organisation: int, change: Change, dry_run: bool = False, by: Actor | None = None
) -> Job:
    """Make the job of a change, which waits for those before it; what counts nothing is in force at once.

    The audit trail says that it was asked for `by` somebody (None: it says nothing), and what held then. A dry run
    only says what the change would come to. Raises `Refused` where limits would not be in order, the organisation's
    or anybody's.
    """
    now = clock.now()
    with database.write(organisation, policy=True) as connection:
        before = [one.change for one in jobs.unfinished(connection, organisation) if not one.dry_run]
        require_order(connection, organisation, [*before, change])
        job = jobs.add(connection, organisation, change, dry_run, now)
        if by is not None and not dry_run:
            _record(connection, organisation, change, by)
        if change.counts:
            return job
        rules, values = changes.held_before(connection, organisation, change)
        if not dry_run:
            changes.make(connection, organisation, change)
            raise_version(connection, organisation)
        return jobs.finish(connection, organisation, job, Changed(rules=rules, before=values), now)


def _record(connection: Connection, organisation: int, change: Change, by: Actor) -> None:
    rules, values = changes.held_before(connection, organisation, change)
    if change.rule_keys:
        teams = {one.id: one.uuid for one in people.all_teams(connection, organisation)}
        before, after = recorded(rules, teams)
        entry = Entry(by, (), before, after)
    else:
        about = () if change.user is None else (change.user,)
        entry = Entry(by, about, as_fields(values), as_fields(change.values))
    audit.record(connection, organisation, entry)


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
    by: Actor | None = None,
) -> Changed:
    """Set columns of the organisation's policy, or of one user's; every figure is up to date when this returns.

    Raises `Refused` where limits would not be in order, the organisation's or anybody's.
    """
    if not values:
        return Changed()
    return made(database, organisation, Change(values=dict(values), user=user), progress, by=by)


def made(
    database: Database,
    organisation: int,
    change: Change,
    progress: Progress = silent,
    dry_run: bool = False,
    by: Actor | None = None,
) -> Changed:
    """Make a change and wait until it is in force; of a dry run, until what it would come to is known.

    Raises `Refused` where limits would not be in order.
    """
    runner = JobRunner(database, pause_s=SHARED_PAUSE_S, ahead=True)
    job = runner.run(organisation, start_change(database, organisation, change, dry_run, by).uuid, progress=progress)
    runner.finish_all()
    return changed_by(job)


def change_soon(
    runner: JobRunner,
    organisation: int,
    change: Change,
    dry_run: bool = False,
    seconds: float = IN_FORCE_S,
    by: Actor | None = None,
) -> Job:
    """The job of a change, finished if it can be within some seconds; else the runner goes on with it.

    Raises `Refused` where limits would not be in order, the organisation's or anybody's.
    """
    job = start_change(runner.database, organisation, change, dry_run, by)
    job = runner.run(organisation, job.uuid, seconds)
    runner.wake()
    return job


def changed_by(job: Job) -> Changed:
    """What came of a finished job. Raises `Refused` where it failed: an earlier change had come between."""
    if job.error is not None:
        raise Refused(job.error[1])
    return job.changed or Changed()
