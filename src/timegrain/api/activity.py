"""`POST /v1/activity`: facts come in. `DELETE /v1/activity`: facts are erased."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, post
from sqlalchemy import Connection

from timegrain.api.access import Action, require
from timegrain.api.envelope import decode_strictly, encoded
from timegrain.api.requests import Call, answered
from timegrain.counting.facts import LONGEST_NAME, Away, Focus, Page, Present, Report
from timegrain.erasing import erase
from timegrain.errors import Forbidden, PayloadTooLarge, ValidationFailed, wrong
from timegrain.recording import Batch, Rejection
from timegrain.storage.queries.people_meant import people_meant
from timegrain.summary import asked

MOST_ENTRIES = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


class _Entry(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    start: str
    end: str


class FocusEntry(_Entry, forbid_unknown_fields=True):
    """This application was in front."""

    app: str
    title: str | None = None
    url: str | None = None


class PageEntry(_Entry, forbid_unknown_fields=True):
    """This was the page in this browser's active tab."""

    browser: str
    url: str
    title: str | None = None


class InputEntry(_Entry, forbid_unknown_fields=True):
    """There was (present) or was no (away) keyboard or mouse input."""


class ActivityRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A device token may leave out `device` and `userId`; other keys need both."""

    device: str | None = None
    user_id: UUID | None = None
    focus: list[msgspec.Raw] | None = None
    pages: list[msgspec.Raw] | None = None
    away: list[msgspec.Raw] | None = None
    present: list[msgspec.Raw] | None = None


class RejectedEntry(msgspec.Struct):
    list: str
    index: int
    code: str
    message: str
    retryable: bool


class Warned(msgspec.Struct):
    code: str
    message: str


class ActivityResult(msgspec.Struct):
    stored: int
    unchanged: int
    erased: int
    rejected: list[RejectedEntry]
    warnings: list[Warned]


class ActivityResponse(msgspec.Struct, rename="camel"):
    success: bool
    status_code: int
    status_message: str
    error: None
    data: ActivityResult


class ErasureRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Without `remember` the facts that begin in the range go whole, and may be sent again."""

    user_id: UUID
    start_date: str
    end_date: str
    time_zone: str
    device: str | None = None
    remember: bool = True


class ErasureResult(msgspec.Struct, rename="camel"):
    facts: int
    erased_seconds: int


class ErasureResponse(msgspec.Struct, rename="camel"):
    success: bool
    status_code: int
    status_message: str
    error: None
    data: ErasureResult


class _Form(NamedTuple):
    """How the entries of one list are read and what they become."""

    decoder: msgspec.json.Decoder[Any]
    fact: Callable[[int, int, Any], Any]


_FORMS = {
    "focus": _Form(msgspec.json.Decoder(FocusEntry), lambda s, e, x: Focus(s, e, x.app, x.url or "", x.title or "")),
    "pages": _Form(msgspec.json.Decoder(PageEntry), lambda s, e, x: Page(s, e, x.browser, x.url, x.title or "")),
    "away": _Form(msgspec.json.Decoder(InputEntry), lambda s, e, _: Away(s, e)),
    "present": _Form(msgspec.json.Decoder(InputEntry), lambda s, e, _: Present(s, e)),
}
_REQUEST = msgspec.json.Decoder(ActivityRequest)
_ERASURE = msgspec.json.Decoder(ErasureRequest)


def _microseconds(text: str, field: str) -> int:
    """Raises `ValidationFailed` for an instant without offset, or none at all."""
    if _INSTANT.fullmatch(text) is None:
        raise ValidationFailed(f"{field}: not an instant with Z or an offset")
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        raise ValidationFailed(f"{field}: not an instant") from None


def _read_list(name: str, entries: Sequence[msgspec.Raw], rejected: list[Rejection]) -> tuple[list[Any], list[int]]:
    """The facts of one list and the places of those that could be read."""
    decoder, fact = _FORMS[name]
    read: list[Any] = []
    places: list[int] = []
    for index, raw in enumerate(entries):
        try:
            entry = decode_strictly(raw, decoder)
            start, end = _microseconds(entry.start, "start"), _microseconds(entry.end, "end")
        except ValidationFailed as error:
            rejected.append(Rejection(name, index, "BAD_ENTRY", error.message))
        else:
            if end < start:
                rejected.append(Rejection(name, index, "END_BEFORE_START", "the end is before the start"))
                continue
            read.append(fact(start // 1000, end // 1000, entry))
            places.append(index)
    return read, places


def _record(call: Call) -> Response[bytes]:
    request: ActivityRequest = decode_strictly(call.body, _REQUEST)
    given = {name: getattr(request, name) or [] for name in _FORMS}
    if sum(map(len, given.values())) > MOST_ENTRIES:
        raise PayloadTooLarge(f"The batch has more than {MOST_ENTRIES} entries")
    user, device = _whose(call, request)
    rejected: list[Rejection] = []
    read = {name: _read_list(name, entries, rejected) for name, entries in given.items()}
    report = Report(device, *(read[name][0] for name in _FORMS))
    batch = Batch(call.caller.organisation, user, report, {name: read[name][1] for name in _FORMS}, call.sent_at)
    call.connection.rollback()
    outcome = call.house.recorder.record(batch)
    order = list(_FORMS)
    refused = sorted([*rejected, *outcome.rejected], key=lambda one: (order.index(one.list), one.index))
    result = ActivityResult(
        outcome.stored,
        outcome.unchanged,
        outcome.erased,
        [RejectedEntry(one.list, one.index, one.code, one.message, one.retryable) for one in refused],
        [Warned(*one) for one in outcome.warnings],
    )
    return encoded(ActivityResponse(True, 200, "Recorded activity successfully", None, result))


def _whose(call: Call, request: ActivityRequest) -> tuple[int, str]:
    """The user and the device's name. Raises `ValidationFailed`, `Forbidden`, then `UserNotFound`."""
    device = _device(request.device)
    who = call.caller
    if who.user is not None and who.device is not None:
        if (request.user_id or who.user_uuid) != who.user_uuid or (device or who.device) != who.device:
            raise Forbidden("A device token can only send its own device's facts")
        return who.user, who.device
    if request.user_id is None:
        raise wrong("userId", "is required with this key")
    if device is None:
        raise wrong("device", "is required with this key")
    require(who, Action.SEND)
    return _known_user(call.connection, who.organisation, request.user_id), device


def _device(given: str | None) -> str | None:
    device = None if given is None else given.replace("\0", "")
    if device == "":
        raise wrong("device", "must not be empty")
    return device


def _known_user(connection: Connection, organisation: int, user: UUID) -> int:
    return people_meant(connection, organisation, [user], [])[0].user


def _erase(call: Call) -> Response[bytes]:
    request: ErasureRequest = decode_strictly(call.body, _ERASURE)
    range_ = asked(request.start_date, request.end_date, request.time_zone)
    device = _device(request.device)
    if device is not None and len(device) > LONGEST_NAME:
        raise wrong("device", f"has more than {LONGEST_NAME} characters")
    require(call.caller, Action.ERASE)
    user = _known_user(call.connection, call.caller.organisation, request.user_id)
    call.connection.rollback()
    erased = erase(
        call.house.database,
        call.caller.organisation,
        user,
        (range_.start, range_.end),
        device,
        request.remember,
    )
    result = ErasureResult(erased.facts, erased.seconds)
    return encoded(ErasureResponse(True, 200, "Erased activity successfully", None, result))


@post("/v1/activity", status_code=200)
async def post_activity(request: Request[Any, Any, Any]) -> Response[bytes]:
    return await answered(request, _record)


@delete("/v1/activity", status_code=200)
async def delete_activity(request: Request[Any, Any, Any]) -> Response[bytes]:
    return await answered(request, _erase)
