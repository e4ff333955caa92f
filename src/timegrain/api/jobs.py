"""`GET /v1/jobs`: changes of policy that take longer, how far they are and what came of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from timegrain.api.calls import Answered, Call, Given
from timegrain.api.paging import PageQuery, page_of, read_cursor
from timegrain.api.routes import Route
from timegrain.errors import NotFound
from timegrain.policy_changes import IN_FORCE_S, change_soon, changed_by
from timegrain.storage import jobs
from timegrain.storage.changes import Change
from timegrain.storage.jobs import Changed, Job


class JobStarted(msgspec.Struct, rename="camel"):
    """What takes longer: `GET /v1/jobs/{jobId}` says when it is in force."""

    job_id: UUID


class SecondsByClass(msgspec.Struct, rename="camel"):
    """How many seconds more or, below zero, less there are of each class."""

    productive: int
    neutral: int
    unproductive: int
    idle: int


class WhatChanged(msgspec.Struct, rename="camel"):
    """Stored subjects that the rules match; seconds in another class, and of how many people.

    `holdsFrom`: where facts were retired, from when on what changes about idle holds for everybody; ratings hold for
    all time.
    """

    subjects: int
    seconds: int
    people: int
    by_class: SecondsByClass
    holds_from: date | None


class WhatFailed(msgspec.Struct, rename="camel"):
    code: str
    message: str


class ShownJob(msgspec.Struct, rename="camel"):
    """`done` of `total` people are counted; `result` is there once it is done, `error` where it failed."""

    job_id: UUID
    state: Literal["waiting", "running", "done", "failed"]
    dry_run: bool
    done: int
    total: int
    created_at: str
    finished_at: str | None
    result: WhatChanged | None
    error: WhatFailed | None


class ListedJobs(msgspec.Struct, rename="camel"):
    items: list[ShownJob]
    next_cursor: str | None


def what_changed(changed: Changed) -> WhatChanged:
    since = None if changed.holds_from is None else date.fromisoformat(changed.holds_from)
    return WhatChanged(changed.subjects, changed.seconds, changed.people, SecondsByClass(*changed.moved), since)


def change_within(call: Call, change: Change, dry_run: bool = False) -> Changed | Answered:
    """Make a change: what came of it, or the answer 202 where it is not in force after `IN_FORCE_S`.

    Raises `Refused` where limits would not be in order.
    """
    call.connection.rollback()
    job = change_soon(call.house.jobs, call.caller.organisation, change, dry_run, IN_FORCE_S, call.actor)
    call.trail.recorded = True
    if not job.finished:
        return Answered(JobStarted(job.uuid), status=202, message="The change is being counted")
    return changed_by(job)


class _PageAsked(NamedTuple):
    before: int | None
    limit: int


def _read_page(given: Given) -> _PageAsked:
    query: PageQuery = given.query
    return _PageAsked(read_cursor(query.cursor, int), query.limit)


def _list(call: Call, asked: _PageAsked) -> ListedJobs:
    found = jobs.some(call.connection, call.caller.organisation, asked.before, asked.limit + 1)
    items, following = page_of(found, asked.limit, lambda one: one.id)
    return ListedJobs([_shown(one) for one in items], following)


def _read_id(given: Given) -> UUID:
    return given.id("jobId")


def _one(call: Call, uuid: UUID) -> ShownJob:
    job = jobs.by_uuid(call.connection, call.caller.organisation, uuid)
    if job is None:
        raise NotFound("There is no such job")
    return _shown(job)


def _shown(job: Job) -> ShownJob:
    state: Literal["waiting", "running", "done", "failed"] = job.state  # type: ignore[assignment]
    return ShownJob(
        job.uuid,
        state,
        job.dry_run,
        job.done,
        job.total,
        _instant(job.created_at),
        None if job.finished_at is None else _instant(job.finished_at),
        None if job.changed is None else what_changed(job.changed),
        None if job.error is None else WhatFailed(*job.error),
    )


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


ROUTES = (
    Route(
        method="GET",
        path="/v1/jobs",
        name="getJobs",
        summary="Changes of policy, the newest first",
        message="Fetched jobs successfully",
        query=PageQuery,
        read=_read_page,
        data=ListedJobs,
        work=_list,
    ),
    Route(
        method="GET",
        path="/v1/jobs/{jobId}",
        name="getJob",
        summary="How far a change of policy is, and what came of it",
        message="Fetched job successfully",
        read=_read_id,
        data=ShownJob,
        work=_one,
    ),
)
