"""Changes of policy as jobs: one of an organisation is counted at a time, the others wait in order.

A running job has a row in `job_people` for each person whose figures it has counted, and one that is over for each
who has figures that nobody reads and that are still to be removed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, insert, or_, select, true, update

from timegrain.counting.tallies import NOTHING, Tally
from timegrain.errors import TimegrainError
from timegrain.storage import changes
from timegrain.storage.changes import Change, RuleChange
from timegrain.storage.dialect import store
from timegrain.storage.given import among
from timegrain.storage.schema import job_people, jobs, organisations, users

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
_UNFINISHED = jobs.c.state.in_((WAITING, RUNNING))


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change came to. `seconds` are in another class now, `moved` what each class has more or less."""

    subjects: int = 0
    """Distinct stored subjects that its rules match."""
    seconds: int = 0
    people: int = 0
    """Those of whom any figure is another."""
    moved: Tally = NOTHING
    rules: tuple[RuleChange, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    """The columns that were set, as they were."""
    holds_from: str | None = None
    """Where facts were retired, the date from which on it holds for all whom it is about; None: for all time."""


@dataclass(frozen=True, slots=True)
class Job:
    """`done` of `total` people are counted. Instants are seconds."""

    id: int
    uuid: UUID
    change: Change
    dry_run: bool
    state: str
    done: int
    total: int
    created_at: int
    finished_at: int | None
    changed: Changed | None = None
    """What came of it, once it is done."""
    error: tuple[str, str] | None = None
    """Code and message of one that failed."""

    @property
    def finished(self) -> bool:
        return self.state in (DONE, FAILED)


_OF_ORGANISATION = jobs.c.organisation_id == bindparam("organisation")
_THIS = and_(_OF_ORGANISATION, jobs.c.id == bindparam("job"))
_JOBS = select(jobs).where(_OF_ORGANISATION)
_BY_UUID = _JOBS.where(jobs.c.uuid == bindparam("uuid"))
_UNFINISHED_JOBS = _JOBS.where(_UNFINISHED).order_by(jobs.c.id)
_CHANGE = select(jobs.c.change).where(_THIS)
_LAST = select(func.coalesce(func.max(jobs.c.id), 0)).where(_OF_ORGANISATION)
_WITH_WORK = select(organisations.c.id).where(organisations.c.has_work).order_by(organisations.c.id)
_IS_WORK_LEFT = select(true()).where(
    or_(
        exists().where(_OF_ORGANISATION, _UNFINISHED),
        exists().where(job_people.c.organisation_id == bindparam("organisation")),
    )
)
_OF_JOB = and_(job_people.c.organisation_id == bindparam("organisation"), job_people.c.job_id == bindparam("job"))
_COUNTED = select(func.count()).select_from(job_people).where(_OF_JOB)
_NOT_COUNTED = (
    select(users.c.id)
    .where(
        users.c.organisation_id == bindparam("organisation"),
        ~select(job_people.c.user_id).where(_OF_JOB, job_people.c.user_id == users.c.id).exists(),
    )
    .order_by(users.c.id)
    .limit(bindparam("most"))
)
_TO_COUNT = select(users.c.id).where(
    users.c.organisation_id == bindparam("organisation"),
    among(users.c.id, "users"),
    ~select(job_people.c.user_id).where(_OF_JOB, job_people.c.user_id == users.c.id).exists(),
)
_NOT_NOTED = select(users.c.id).where(
    users.c.organisation_id == bindparam("organisation"),
    ~select(job_people.c.user_id).where(_OF_JOB, job_people.c.user_id == users.c.id).exists(),
)
_ANOTHER_FAILURE = update(jobs).where(_THIS).values(failures=jobs.c.failures + 1)
_FAILURES = select(jobs.c.failures).where(_THIS)
_MOVED = (job_people.c.productive, job_people.c.neutral, job_people.c.unproductive, job_people.c.idle)
_SUMS = select(
    func.count().filter(job_people.c.seconds > 0),
    *(func.coalesce(func.sum(column), 0) for column in (job_people.c.seconds, *_MOVED)),
).where(_OF_JOB)
_ORGANISATIONS = select(organisations.c.id)
_STANDINGS = (
    select(jobs.c.state, func.count(), func.sum(jobs.c.done), func.sum(jobs.c.total))
    .where(_OF_ORGANISATION)
    .group_by(jobs.c.state)
)
_LEFT_OVER = (
    select(job_people.c.job_id, job_people.c.user_id)
    .where(
        job_people.c.organisation_id == bindparam("organisation"),
        ~select(jobs.c.id).where(_OF_ORGANISATION, jobs.c.id == job_people.c.job_id, _UNFINISHED).exists(),
    )
    .limit(bindparam("most"))
)
_FORGET = delete(job_people).where(_OF_JOB, job_people.c.user_id == bindparam("user"))


def add(connection: Connection, organisation: int, change: Change, dry_run: bool, now: int) -> Job:
    """One that waits for those before it. Under the organisation's policy lock."""
    id_ = int(connection.execute(_LAST, {"organisation": organisation}).scalar_one()) + 1
    made = Job(id_, uuid4(), change, dry_run, WAITING, 0, 0, now, None)
    connection.execute(
        insert(jobs).values(
            organisation_id=organisation,
            id=made.id,
            uuid=made.uuid,
            change=changes.written(change),
            dry_run=dry_run,
            state=WAITING,
            done=0,
            total=0,
            created_at=now,
        )
    )
    _set_work(connection, organisation, True)
    return made


def by_uuid(connection: Connection, organisation: int, uuid: UUID) -> Job | None:
    row = connection.execute(_BY_UUID, {"organisation": organisation, "uuid": uuid}).one_or_none()
    return None if row is None else _job(row)


def listed(connection: Connection, organisation: int) -> list[Job]:
    """All of them, the newest first."""
    return [_job(row) for row in connection.execute(_JOBS.order_by(jobs.c.id.desc()), {"organisation": organisation})]


def some(connection: Connection, organisation: int, before: int | None, most: int) -> list[Job]:
    """At most so many, the newest first, those that are older than one by its id."""
    older = _JOBS.order_by(jobs.c.id.desc()).limit(most)
    if before is not None:
        older = older.where(jobs.c.id < before)
    return [_job(row) for row in connection.execute(older, {"organisation": organisation})]


class Standing(NamedTuple):
    """Jobs in one state, of all organisations: how many, and how many of their people are counted."""

    jobs: int = 0
    done: int = 0
    total: int = 0


def standings(connection: Connection) -> dict[str, Standing]:
    """Of all organisations by state; a state that no job has is left out."""
    found: dict[str, Standing] = {}
    for organisation in connection.execute(_ORGANISATIONS).scalars().all():
        for state, *sums in connection.execute(_STANDINGS, {"organisation": organisation}):
            found[state] = Standing(*map(sum, zip(found.get(state, Standing()), map(int, sums), strict=True)))
    return found


def unfinished(connection: Connection, organisation: int) -> list[Job]:
    """In the order in which they come into force."""
    return [_job(row) for row in connection.execute(_UNFINISHED_JOBS, {"organisation": organisation})]


def change_of(connection: Connection, organisation: int, job: int) -> Change:
    text: str = connection.execute(_CHANGE, {"organisation": organisation, "job": job}).scalar_one()
    return changes.read(text)


def with_work(connection: Connection) -> list[int]:
    """Organisations with a job that is not finished, or with old figures to remove."""
    return list(connection.execute(_WITH_WORK).scalars())


def rest(connection: Connection, organisation: int) -> None:
    """Under the policy lock: there is nothing to do any more, unless something came meanwhile."""
    if connection.execute(_IS_WORK_LEFT, {"organisation": organisation}).first() is None:
        _set_work(connection, organisation, False)


def _set_work(connection: Connection, organisation: int, has_work: bool) -> None:
    connection.execute(
        update(organisations)
        .where(organisations.c.id == organisation, organisations.c.has_work.is_not(has_work))
        .values(has_work=has_work)
    )


def start(connection: Connection, organisation: int, job: Job) -> None:
    """Under the policy lock. One that is no dry run is the organisation's pending change from now on."""
    people = select(func.count()).select_from(users).where(users.c.organisation_id == organisation).scalar_subquery()
    _set(connection, organisation, job, state=RUNNING, total=people)
    if not job.dry_run:
        _set_pending(connection, organisation, job.id)


def finish(connection: Connection, organisation: int, job: Job, changed: Changed, now: int) -> Job:
    """Under the policy lock."""
    result = {
        "subjects": changed.subjects,
        "seconds": changed.seconds,
        "people": changed.people,
        "moved": changed.moved,
        "rules": changed.rules,
        "before": dict(changed.before),
        "holds_from": changed.holds_from,
    }
    # A person may have come since it started.
    counted = select(func.count()).select_from(users).where(users.c.organisation_id == organisation).scalar_subquery()
    more = {"done": counted, "total": counted} if job.change.counts else {}
    _set(connection, organisation, job, state=DONE, result=_json(result), finished_at=now, **more)
    if not job.dry_run and job.change.counts:
        _set_pending(connection, organisation, None)
    return replace(job, state=DONE, changed=changed, finished_at=now)


def fail(connection: Connection, organisation: int, job: Job, error: TimegrainError, now: int) -> None:
    """Under the policy lock. What was counted for it is left over.

    Anybody's: some of it may have been taken back in the middle, and of that nothing is noted.
    """
    if job.state == RUNNING and not job.dry_run:
        others = connection.execute(_NOT_NOTED, {"organisation": organisation, "job": job.id}).scalars().all()
        store(connection, job_people, [(organisation, job.id, user, 0, *NOTHING) for user in others])
    result = {"code": error.code, "message": error.message}
    _set(connection, organisation, job, state=FAILED, result=_json(result), finished_at=now)
    if job.state == RUNNING and not job.dry_run:
        _set_pending(connection, organisation, None)


def note_failure(connection: Connection, organisation: int, job: Job) -> int:
    """That a step failed in a way that nobody foresaw; how many there were."""
    whose = {"organisation": organisation, "job": job.id}
    connection.execute(_ANOTHER_FAILURE, whose)
    return int(connection.execute(_FAILURES, whose).scalar_one())


def _json(result: Mapping[str, Any]) -> str:
    return json.dumps(result, ensure_ascii=False)


def _set(connection: Connection, organisation: int, job: Job, **values: Any) -> None:
    connection.execute(update(jobs).where(_THIS).values(**values), {"organisation": organisation, "job": job.id})


def _set_pending(connection: Connection, organisation: int, job: int | None) -> None:
    connection.execute(update(organisations).where(organisations.c.id == organisation).values(job_id=job))


def not_counted(connection: Connection, organisation: int, job: int, most: int) -> list[int]:
    """Users, by id, of whom a running job has not counted the figures yet."""
    parameters = {"organisation": organisation, "job": job, "most": most}
    return list(connection.execute(_NOT_COUNTED, parameters).scalars())


def to_count(connection: Connection, organisation: int, job: int, users: Sequence[int]) -> set[int]:
    """Those of some users who are there, and whose figures a running job has not counted yet."""
    parameters = {"organisation": organisation, "job": job, "users": users}
    return set(connection.execute(_TO_COUNT, parameters).scalars())


def note_counted(connection: Connection, organisation: int, job: int, counted: Mapping[int, tuple[int, Tally]]) -> None:
    """That figures of users are counted: seconds in another class, and what each class has more or less."""
    rows = [(organisation, job, user, seconds, *moved) for user, (seconds, moved) in counted.items()]
    store(connection, job_people, rows)
    done = update(jobs).where(_THIS).values(done=_COUNTED.scalar_subquery())
    connection.execute(done, {"organisation": organisation, "job": job})


def sums(connection: Connection, organisation: int, job: int) -> Changed:
    """What was noted of all people together."""
    people, seconds, *moved = connection.execute(_SUMS, {"organisation": organisation, "job": job}).one()
    return Changed(seconds=int(seconds), people=people, moved=Tally(*map(int, moved)))


def left_over(connection: Connection, organisation: int, most: int) -> list[tuple[int, int]]:
    """Job and user, where a job that is over may have left figures that nobody reads."""
    rows = connection.execute(_LEFT_OVER, {"organisation": organisation, "most": most})
    return [(job, user) for job, user in rows]


def forget(connection: Connection, organisation: int, job: int, user: int) -> None:
    """Take back that a user's figures were counted, or that any are left over."""
    connection.execute(_FORGET, {"organisation": organisation, "job": job, "user": user})


def _job(row: Any) -> Job:
    result = json.loads(row.result) if row.result else None
    return Job(
        row.id,
        row.uuid,
        changes.read(row.change),
        row.dry_run,
        row.state,
        row.done,
        row.total,
        row.created_at,
        row.finished_at,
        _changed(result) if row.state == DONE and result else None,
        (result["code"], result["message"]) if row.state == FAILED and result else None,
    )


def _changed(result: dict[str, Any]) -> Changed:
    rules = tuple(
        (changes.stored_rule(before) if before else None, changes.stored_rule(after) if after else None)
        for before, after in result["rules"]
    )
    whole = {**result, "moved": Tally(*result["moved"]), "rules": rules}
    return Changed(**whole)
