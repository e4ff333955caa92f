"""WakaTime's heartbeats, single and in bulk, at the paths that editors' plugins know.

Whose they are says the token, whatever user the path names. An answer has the form of what was sent: an object,
or an array with a pair of each heartbeat's answer and status.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from timegrain.api.access import own_device
from timegrain.api.activity import MOST_ENTRIES
from timegrain.api.calls import Call, Given
from timegrain.api.envelope import decode_strictly
from timegrain.api.routes import EDITORS, Route
from timegrain.batches import Batch, Rejection
from timegrain.counting.facts import Report
from timegrain.counting.subjects import application
from timegrain.errors import Detail, PayloadTooLarge, Unavailable, ValidationFailed
from timegrain.storage.keys import Caller
from timegrain.storage.people import organisation_row
from timegrain.storage.queries.last_title import last_title
from timegrain.trackers.wakatime import (
    EntityType,
    Told,
    editor_of,
    fact_of,
    milliseconds,
    project_in,
    with_projects,
)

LIST = "heartbeats"
_AT_USERS = ("/api/users", "/api/v1/users", "/api/compat/wakatime/v1/users")
_SINGLE = "/api/v1/users/current/heartbeats"
_BULK = f"{_SINGLE}.bulk"
_ALIASES = (
    *(f"{prefix}/{name}" for prefix in ("/api", "/api/v1") for name in ("heartbeat", "heartbeats")),
    *(f"{prefix}/{{user}}/heartbeats" for prefix in _AT_USERS),
)
_BULK_ALIASES = tuple(f"{prefix}/{{user}}/heartbeats.bulk" for prefix in _AT_USERS)


class HeartbeatEntry(msgspec.Struct):
    """One heartbeat; `time` is UNIX seconds. Other fields are ignored."""

    entity: Annotated[str, msgspec.Meta(min_length=1)]
    type: EntityType
    time: int | float
    project: str | None = None
    user_agent: str | None = None


class AcceptedHeartbeat(msgspec.Struct):
    """The same heartbeat has the same `id` when it is sent again."""

    id: UUID
    entity: str
    type: EntityType
    time: int | float


class HeartbeatAnswer(msgspec.Struct, omit_defaults=True):
    """`data` of one that was accepted, else `error`, the reason."""

    data: AcceptedHeartbeat | msgspec.UnsetType = msgspec.UNSET
    error: str | msgspec.UnsetType = msgspec.UNSET


class HeartbeatsAnswer(msgspec.Struct):
    """A pair for each heartbeat, in order: its answer and 201, 400 or (send it again) 503."""

    responses: list[tuple[HeartbeatAnswer, int]]


_ONE = msgspec.json.Decoder(HeartbeatEntry)
_SENT = msgspec.json.Decoder(list[msgspec.Raw] | dict[str, msgspec.Raw])
_OF_TIME = frozenset({"IN_THE_FUTURE", "TOO_OLD"})


def _read(
    entries: Sequence[bytes | msgspec.Raw], user_agent: str
) -> tuple[dict[int, tuple[HeartbeatEntry, Told]], list[Rejection]]:
    """By place, those that can be read and what they tell; and the others."""
    read: dict[int, tuple[HeartbeatEntry, Told]] = {}
    rejected: list[Rejection] = []
    for place, raw in enumerate(entries):
        try:
            entry: HeartbeatEntry = decode_strictly(raw, _ONE)
            editor = editor_of((entry.user_agent or user_agent).replace("\0", ""))
            told = Told(milliseconds(entry.time), editor, entry.type, entry.entity, entry.project or "")
            read[place] = entry, told
        except ValidationFailed as error:
            rejected.append(Rejection(LIST, place, "BAD_ENTRY", error.message))
    return read, rejected


class _Sent(NamedTuple):
    """What was sent, in its own form."""

    entries: Sequence[bytes | msgspec.Raw]
    in_list: bool
    user_agent: str


def _read_sent(given: Given) -> _Sent:
    sent: list[msgspec.Raw] | dict[str, msgspec.Raw] = decode_strictly(given.body, _SENT)
    entries: Sequence[bytes | msgspec.Raw] = sent if isinstance(sent, list) else [given.body]
    if len(entries) > MOST_ENTRIES:
        raise PayloadTooLarge(f"There are more than {MOST_ENTRIES} heartbeats")
    return _Sent(entries, isinstance(sent, list), given.headers.get("user-agent", ""))


def _record(call: Call, sent: _Sent) -> HeartbeatsAnswer | HeartbeatAnswer:
    read, rejected = _read(sent.entries, sent.user_agent)
    who = call.caller
    user, device = own_device(who)
    if read:
        told = _with_projects(call, user, device, [one for _, one in read.values()])
        report = Report(device, heartbeats=[fact_of(one) for one in told])
        call.leave_reading()
        batch = Batch(who.organisation, user, report, {LIST: list(read)}, call.sent_at)
        rejected += call.house.recorder.record(batch, len(rejected)).rejected
    refused = {one.index: one for one in rejected}
    if refused and len(refused) == len(sent.entries):
        raise _all_refused(refused)
    answers = [
        (HeartbeatAnswer(error=_reason(refused[place])), _status(refused[place]))
        if place in refused
        else (HeartbeatAnswer(data=_accepted(who, *read[place])), 201)
        for place in range(len(sent.entries))
    ]
    return HeartbeatsAnswer(answers) if sent.in_list else answers[0][0]


def _with_projects(call: Call, user: int, device: str, told: Sequence[Told]) -> list[Told]:
    organisation = call.caller.organisation

    def last_project(editor: str, before_ms: int) -> str:
        if organisation_row(call.connection, organisation).titles == "none":
            return ""
        return project_in(last_title(call.connection, organisation, user, device, editor, before_ms))

    return with_projects(told, last_project)


def _accepted(who: Caller, entry: HeartbeatEntry, told: Told) -> AcceptedHeartbeat:
    identity = f"{who.user_uuid}/{who.device}/{told.at}/{application(told.editor)}"
    return AcceptedHeartbeat(uuid5(NAMESPACE_URL, identity), entry.entity, entry.type, entry.time)


def _reason(refused: Rejection) -> str:
    return f"time: {refused.message}" if refused.code in _OF_TIME else refused.message


def _status(refused: Rejection) -> int:
    """A plugin drops what has 400 and keeps for later what has another status."""
    return Unavailable.status if refused.retryable else ValidationFailed.status


def _all_refused(refused: dict[int, Rejection]) -> ValidationFailed | Unavailable:
    """A plugin looks no further than the status of a whole answer: one that may be sent again keeps the rest."""
    later = [one for one in refused.values() if one.retryable]
    first = min(later or refused.values(), key=lambda one: one.index)
    details = [Detail(f"[{first.index}]", _reason(first))]
    failure = Unavailable if later else ValidationFailed
    return failure(f"heartbeat {first.index}: {_reason(first)}", details)


ROUTES = (
    Route(
        method="POST",
        path=_SINGLE,
        name="postEditorHeartbeat",
        summary="Send a heartbeat of an editor with a device token (WakaTime)",
        body=HeartbeatEntry,
        decodes=False,
        read=_read_sent,
        bare=HeartbeatAnswer,
        status=201,
        security=EDITORS,
        aliases=_ALIASES,
        work=_record,
    ),
    Route(
        method="POST",
        path=_BULK,
        name="postEditorHeartbeats",
        summary="Send heartbeats of editors with a device token (WakaTime)",
        body=list[HeartbeatEntry],
        decodes=False,
        read=_read_sent,
        bare=HeartbeatsAnswer,
        status=201,
        security=EDITORS,
        aliases=_BULK_ALIASES,
        work=_record,
    ),
)
