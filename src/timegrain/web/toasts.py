"""What the last change came to, said once on the page that comes after it, with a way back.

The address carries the change's entry of the audit trail (`changed`) and, while it is still counted, its job (`job`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from timegrain.api.jobs import JobStarted, ShownJob, WhatChanged
from timegrain.errors import TimegrainError
from timegrain.storage import audit
from timegrain.storage.people import all_teams
from timegrain.web.formats import counted
from timegrain.web.pages import Moved, Result, Shown
from timegrain.web.visits import Visit

UNDO = "POST /v1/audit/{auditId}/undo"
_OF_A_CHANGE = ("changed", "job")


class Toast(NamedTuple):
    text: str
    entry: UUID
    """Of the audit trail, to undo it."""
    next: str
    """Where the reader is, without what the toast says."""
    told: str
    """With it, once the change is in force."""
    job: ShownJob | None
    """Of a change that is not in force yet, or that failed."""


def local(address: str) -> str:
    """An address of this server, and of no other; the first page in the place of others."""
    inside = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if inside else "/"


def after_change(visit: Visit, operation: str, changed: WhatChanged | JobStarted, address: str) -> str:
    """Where a change of ratings leads: to the page from which it came, which says what was changed."""
    query = {"call": operation, "userId": str(visit.caller.user_uuid), "limit": 1}
    entry = visit.ask("GET /v1/audit", query=query).items[0].id
    told = {"changed": str(entry)} | ({"job": str(changed.job_id)} if isinstance(changed, JobStarted) else {})
    return _joined(local(address), told)


def toast_of(visit: Visit) -> Toast | None:
    """None where there is nothing to say, or not to this reader."""
    named = visit.query.one("changed")
    if not named or not visit.may(UNDO):
        return None
    try:
        entry = UUID(named)
    except ValueError:
        return None
    organisation = visit.caller.organisation
    found = audit.ratings_changed(visit.connection, organisation, entry)
    if found is None:
        return None
    teams = {str(one.uuid): one.name for one in all_teams(visit.connection, organisation)}
    rest = urlencode([pair for pair in visit.query.pairs if pair[0] not in _OF_A_CHANGE])
    next_ = f"{visit.path}?{rest}" if rest else visit.path
    told = _joined(next_, {"changed": named})
    return Toast(_told(found.before, found.after, teams), entry, next_, told, _job(visit.query.one("job"), visit))


def _job(named: str, visit: Visit) -> ShownJob | None:
    if not named:
        return None
    try:
        job: ShownJob = visit.ask("GET /v1/jobs/{jobId}", jobId=named)
    except TimegrainError:
        return None
    return None if job.state == "done" else job


def show_counting(visit: Visit) -> Result:
    """How far a change is; once it is in force, the page with its figures."""
    named, next_ = visit.query.one("job"), local(visit.query.one("next"))
    job = _job(named, visit)
    if job is None:
        return Moved(next_)
    if job.state == "failed" or not visit.partial:
        return Moved(_joined(next_, {"job": named}))
    return Shown("parts/counting.html", {"job": job, "told": next_})


def _told(before: Sequence[Any], after: Sequence[Any], teams: dict[str, str]) -> str:
    """`docs.example.com is productive for Support now.`"""
    one = after[0] or before[0]
    subjects = {(now or was)["subject"] for was, now in zip(before, after, strict=True)}
    if len(subjects) > 1:
        return f"{counted(len(subjects), 'rating')} changed."
    whose = teams.get(one["teamId"] or "", "the organisation")
    if after[0] is None:
        return f"{one['subject']} has no rule of {whose} any more."
    return f"{one['subject']} is {one['rating']} for {whose} now."


def _joined(address: str, told: Mapping[str, str]) -> str:
    """An address that tells of a change, and of no earlier one."""
    parts = urlsplit(address)
    pairs = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in told]
    rest = [pair for pair in pairs if pair[0] not in _OF_A_CHANGE or "changed" not in told]
    return f"{parts.path}?{urlencode([*rest, *told.items()])}"
