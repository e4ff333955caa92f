"""`GET /v1/audit`: who did or looked at what, about whom, when and from where."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec

from timegrain.api.calls import Answered, Call, Given
from timegrain.api.jobs import JobStarted, WhatChanged, change_within, what_changed
from timegrain.api.paging import PageQuery, page_of, read_cursor
from timegrain.api.ranges import LocalTime, ZoneName
from timegrain.api.routes import Route
from timegrain.counting.calendar import written_instant
from timegrain.errors import Forbidden, NotFound, Refused, wrong
from timegrain.rating_changes import undoing
from timegrain.storage import audit, people
from timegrain.storage.audit import Listed, Subjects, Wanted
from timegrain.storage.queries.people_meant import BEYOND, people_meant
from timegrain.storage.roles import Level
from timegrain.summary import asked as asked_range


class AuditQuery(PageQuery, rename="camel", forbid_unknown_fields=True):
    """`userId` acted or was concerned; `call` as entries show it; the three of a range go together."""

    user_id: UUID | None = None
    call: Annotated[str, msgspec.Meta(max_length=128, pattern=r"^[^\0]*$")] | None = None
    start_date: LocalTime | None = None
    end_date: LocalTime | None = None
    time_zone: ZoneName | None = None


class AuditUser(msgspec.Struct, rename="camel"):
    user_id: UUID
    name: str


class AuditKey(msgspec.Struct, rename="camel"):
    key_id: UUID
    name: str


class AuditEntry(msgspec.Struct, rename="camel"):
    """`user` and `key` acted; without them a command on the server, or somebody who is no more. `people` counts whom
    it is about, `about` names the first of them. `before` and `after` are of a change of policy or ratings."""

    id: UUID
    at: str
    last_at: str
    times: int
    user: AuditUser | None
    key: AuditKey | None
    command_line: bool
    call: str
    address: str | None
    people: int
    about: list[AuditUser]
    before: Any
    after: Any


class AuditEntries(msgspec.Struct, rename="camel"):
    items: list[AuditEntry]
    next_cursor: str | None


class _Asked(NamedTuple):
    wanted: Wanted
    before: int | None
    limit: int


def _read(given: Given) -> _Asked:
    query: AuditQuery = given.query
    start = end = None
    dates = {"startDate": query.start_date, "endDate": query.end_date, "timeZone": query.time_zone}
    if query.start_date is not None and query.end_date is not None and query.time_zone is not None:
        found = asked_range(query.start_date, query.end_date, query.time_zone)
        start, end = found.start, found.end
    elif any(value is not None for value in dates.values()):
        missing = next(name for name, value in dates.items() if value is None)
        raise wrong(missing, "startDate, endDate and timeZone go together")
    wanted = Wanted(None, query.user_id, query.call, start, end)
    return _Asked(wanted, read_cursor(query.cursor, int), query.limit)


def _list(call: Call, asked: _Asked) -> AuditEntries:
    organisation, only = call.caller.organisation, None
    wanted = asked.wanted
    if call.reach.level is not Level.FULL:
        if wanted.user not in (None, call.reach.uuid):
            raise Forbidden(BEYOND)
        only = call.reach.user
        wanted = wanted._replace(user=None, concerning=only)
    call.connection.rollback()
    call.house.journal.flush()
    with call.house.database.read() as connection:
        found = audit.some(connection, organisation, wanted, asked.before, asked.limit + 1)
        items, following = page_of(found, asked.limit, lambda one: one.id)
        if items:
            about = audit.subjects(connection, organisation, [one.id for one in items], only)
            return AuditEntries([_shown(one, about.get(one.id)) for one in items], following)
        if wanted.user is not None:
            people_meant(connection, organisation, [wanted.user], (), call.reach)
    return AuditEntries([], None)


def _shown(one: Listed, about: Subjects | None) -> AuditEntry:
    return AuditEntry(
        one.uuid,
        written_instant(one.at) or "",
        written_instant(one.last_at) or "",
        one.times,
        AuditUser(*one.user) if one.user else None,
        AuditKey(*one.key) if one.key else None,
        one.is_command,
        one.call,
        one.address,
        about.people if about else 0,
        [AuditUser(*user) for user in about.shown] if about else [],
        one.before,
        one.after,
    )


def _read_entry(given: Given) -> UUID:
    return given.id("auditId")


def _undo(call: Call, entry: UUID) -> WhatChanged | Answered:
    organisation = call.caller.organisation
    found = audit.ratings_changed(call.connection, organisation, entry)
    if found is None:
        if audit.holds(call.connection, organisation, entry):
            raise Refused("This entry changed no ratings")
        raise NotFound("There is no such entry")
    teams = {one.uuid: one.id for one in people.all_teams(call.connection, organisation)}
    changed = change_within(call, undoing(found.before, found.after, teams))
    return changed if isinstance(changed, Answered) else what_changed(changed)


ROUTES = (
    Route(
        method="GET",
        path="/v1/audit",
        name="getAudit",
        summary="Who did or looked at what, about whom, when and from where; the newest first",
        message="Fetched audit trail successfully",
        query=AuditQuery,
        read=_read,
        data=AuditEntries,
        work=_list,
    ),
    Route(
        method="POST",
        path="/v1/audit/{auditId}/undo",
        name="postUndo",
        summary="Put the ratings that an entry changed back as they were before it",
        message="Undid ratings successfully",
        read=_read_entry,
        data=WhatChanged,
        also={202: JobStarted},
        work=_undo,
    ),
)
