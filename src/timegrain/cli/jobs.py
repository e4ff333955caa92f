"""`job`: changes of policy that are being counted, and those that were."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from timegrain.cli.answering import table
from timegrain.cli.session import Session, command
from timegrain.counting.subjects import NameKind
from timegrain.errors import Refused
from timegrain.jobs import JobRunner
from timegrain.policy_changes import SHARED_PAUSE_S
from timegrain.storage import jobs
from timegrain.storage.jobs import Job
from timegrain.storage.ratings import StoredRule


@click.group()
def job() -> None:
    """Changes of policy: those being counted, and those that were."""


@command(job, "list")
def job_list(session: Session) -> None:
    """All jobs, the newest first."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            found = jobs.listed(connection, organisation.id)
        shown = table("Job", "State", "Counted", "What", "Made")
        for one in found:
            shown.add_row(str(one.uuid), one.state, f"{one.done}/{one.total}", _what(one), _instant(one.created_at))
        session.answer({"jobs": [_data(one) for one in found]}, shown)


@command(job, "show")
@click.argument("job_id", metavar="ID", type=click.UUID)
def job_show(session: Session, job_id: UUID) -> None:
    """How far one is, or what came of it."""
    with session.opened() as (database, organisation):
        with database.read() as connection:
            one = jobs.by_uuid(connection, organisation.id, job_id)
        if one is None:
            raise Refused(f"there is no job {job_id}")
        data = _data(one)
        shown = table("Job", str(one.uuid))
        shown.add_row("what", _what(one))
        for name in ("state", "done", "total", "createdAt", "finishedAt", "error"):
            if data[name] is not None:
                shown.add_row(name, str(data[name]))
        for name, value in (data["result"] or {}).items():
            shown.add_row(name, str(value))
        session.answer(data, shown)


@command(job, "run")
def job_run(session: Session) -> None:
    """Finish what a server or a command left unfinished, in all organisations of the database."""
    with session.database() as database:
        JobRunner(database, pause_s=SHARED_PAUSE_S, ahead=True).finish_all()
        session.answer({"unfinished": 0}, "Every job is finished.")


def _what(one: Job) -> str:
    parts = [f"{rule.subject} {rule.rating.name.lower()}" for rule in one.change.put]
    parts += [f"no rule for {name}" for _, _, name in one.change.remove]
    parts += [f"{name} {value}" for name, value in one.change.values.items() if name != "notice"]
    return ("dry run: " if one.dry_run else "") + (", ".join(parts) or "notice")


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _data(one: Job) -> dict[str, Any]:
    changed = one.changed
    return {
        "jobId": str(one.uuid),
        "state": one.state,
        "dryRun": one.dry_run,
        "done": one.done,
        "total": one.total,
        "createdAt": _instant(one.created_at),
        "finishedAt": None if one.finished_at is None else _instant(one.finished_at),
        "error": None if one.error is None else {"code": one.error[0], "message": one.error[1]},
        "result": None
        if changed is None
        else {
            "matchedSubjects": changed.subjects,
            "changedSeconds": changed.seconds,
            "people": changed.people,
            "moved": changed.moved._asdict(),
            "rules": [{"before": _rule(before), "after": _rule(after)} for before, after in changed.rules],
            "before": dict(changed.before),
            "holdsFrom": changed.holds_from,
        },
    }


def _rule(rule: StoredRule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {
        "subject": rule.subject,
        "kind": "application" if rule.kind is NameKind.APPLICATION else "domain",
        "rating": rule.rating.name.lower(),
        "ignoreIdle": rule.ignore_idle,
    }
