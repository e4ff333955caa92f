"""`POST /v1/activity`: facts come in. `DELETE /v1/activity`: facts are erased."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from timegrain.api.calls import Call, Given
from timegrain.api.envelope import decode_strictly
from timegrain.api.ranges import LocalTime, ZoneName
from timegrain.api.routes import Route
from timegrain.batches import Batch, Rejection
from timegrain.counting.calendar import Asked, written_instant
from timegrain.counting.facts import LONGEST_NAME, Away, Focus, Page, Present, Report
from timegrain.erasing import erase
from timegrain.errors import Forbidden, PayloadTooLarge, ValidationFailed, wrong
from timegrain.storage.queries.people_meant import people_meant
from timegrain.storage.roles import Level
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


class ErasureRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Without `remember` the facts that begin in the range go whole, and may be sent again."""

    user_id: UUID
    start_date: LocalTime
    end_date: LocalTime
    time_zone: ZoneName
    device: str | None = None
    remember: bool = True


class WholeQuarterHours(msgspec.Struct):
    """True UTC, half-open."""

    start: str
    end: str


class ErasureResult(msgspec.Struct, rename="camel"):
    """`wholeQuarterHours`, where the range reaches into time whose facts were retired: all of these went, on every
    device, since nobody knows what of a quarter hour lay in the range."""

    facts: int
    erased_seconds: int
    whole_quarter_hours: WholeQuarterHours | UnsetType = UNSET


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


class _Sent(NamedTuple):
    """A batch, understood but for its entries."""

    lists: dict[str, list[msgspec.Raw]]
    user: UUID
    device: str


def _read_batch(given: Given) -> _Sent:
    request: ActivityRequest = given.body
    lists = {name: getattr(request, name) or [] for name in _FORMS}
    if sum(map(len, lists.values())) > MOST_ENTRIES:
        raise PayloadTooLarge(f"The batch has more than {MOST_ENTRIES} entries")
    own = given.caller
    user = request.user_id or (own.user_uuid if own.device else None)
    if user is None:
        raise wrong("userId", "is required with this key")
    device = _device(request.device) or own.device
    if device is None:
        raise wrong("device", "is required with this key")
    return _Sent(lists, user, device)


def _record(call: Call, sent: _Sent) -> ActivityResult:
    user = _whose(call, sent)
    rejected: list[Rejection] = []
    read = {name: _read_list(name, entries, rejected) for name, entries in sent.lists.items()}
    report = Report(sent.device, *(read[name][0] for name in _FORMS))
    batch = Batch(call.caller.organisation, user, report, {name: read[name][1] for name in _FORMS}, call.sent_at)
    call.leave_reading()
    outcome = call.house.recorder.record(batch, len(rejected))
    order = list(_FORMS)
    refused = sorted([*rejected, *outcome.rejected], key=lambda one: (order.index(one.list), one.index))
    return ActivityResult(
        outcome.stored,
        outcome.unchanged,
        outcome.erased,
        [RejectedEntry(one.list, one.index, one.code, one.message, one.retryable) for one in refused],
        [Warned(*one) for one in outcome.warnings],
    )


def _whose(call: Call, sent: _Sent) -> int:
    """Raises `Forbidden`, then `UserNotFound`."""
    who = call.caller
    if who.user is not None and who.device is not None:
        if (sent.user, sent.device) != (who.user_uuid, who.device):
            raise Forbidden("A device token can only send its own device's facts")
        return who.user
    user = people_meant(call.connection, who.organisation, [sent.user], [])[0].user
    call.about.add(user)
    return user


def _device(given: str | None) -> str | None:
    device = None if given is None else given.replace("\0", "")
    if device == "":
        raise wrong("device", "must not be empty")
    return device


class _Erasure(NamedTuple):
    user: UUID
    range: Asked
    device: str | None
    remember: bool


def _read_erasure(given: Given) -> _Erasure:
    request: ErasureRequest = given.body
    range_ = asked(request.start_date, request.end_date, request.time_zone)
    device = _device(request.device)
    if device is not None and len(device) > LONGEST_NAME:
        raise wrong("device", f"has more than {LONGEST_NAME} characters")
    return _Erasure(request.user_id, range_, device, request.remember)


def _erase(call: Call, asked: _Erasure) -> ErasureResult:
    who = call.caller
    if call.reach.level is not Level.FULL and not (who.own_erasure and asked.user == who.user_uuid):
        raise Forbidden("This key may not erase facts")
    user = call.people([asked.user])[0].user
    call.leave_reading()
    within = asked.range.start, asked.range.end
    erased = erase(call.house.database, who.organisation, user, within, asked.device, asked.remember)
    if erased.whole is None:
        return ErasureResult(erased.facts, erased.seconds)
    start, end = (str(written_instant(edge)) for edge in erased.whole)
    return ErasureResult(erased.facts, erased.seconds, WholeQuarterHours(start, end))


ROUTES = (
    Route(
        method="POST",
        path="/v1/activity",
        name="postActivity",
        summary="Send facts of one device",
        message="Recorded activity successfully",
        body=ActivityRequest,
        read=_read_batch,
        data=ActivityResult,
        work=_record,
    ),
    Route(
        method="DELETE",
        path="/v1/activity",
        name="deleteErasure",
        summary="Erase facts of one person",
        long=True,
        message="Erased activity successfully",
        body=ErasureRequest,
        read=_read_erasure,
        data=ErasureResult,
        work=_erase,
    ),
)
