"""The one shape of every answer, and of every failure, those of the framework included."""

from __future__ import annotations

import errno
import json
import logging
import random
import re
from typing import Any

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_404_NOT_FOUND, HTTP_405_METHOD_NOT_ALLOWED

from timegrain.errors import (
    InternalError,
    MethodNotAllowed,
    NotFound,
    RequestTimeout,
    TimegrainError,
    Unavailable,
    ValidationFailed,
    wrong,
)

log = logging.getLogger("timegrain.requests")

_SHORT_OF = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EMFILE, errno.ENFILE)
COME_AGAIN = (429, 503)
"""The statuses that say in `Retry-After` when."""

_AT = re.compile(r" - at `\$\.?(.*)`$")
_FIELD = re.compile(r"field `([^`]*)`")


class ErrorDetail(msgspec.Struct):
    field: str
    message: str


class ErrorBody(msgspec.Struct, omit_defaults=True):
    message: str
    code: str
    details: list[ErrorDetail] | None = None


class Failure(msgspec.Struct, rename="camel"):
    success: bool
    status_code: int
    status_message: str
    data: None
    error: ErrorBody


def encoded(success: object, status: int = 200) -> Response[bytes]:
    return Response(msgspec.json.encode(success), media_type="application/json", status_code=status)


def retry_after(error: TimegrainError) -> int:
    """Seconds, spread so that those who were refused together do not come back together."""
    told: int | None = getattr(error, "retry_after", None)
    return random.randint(2, 8) if told is None else told  # noqa: S311 - no secret


def failure(error: TimegrainError) -> Response[bytes]:
    details = [ErrorDetail(*detail) for detail in error.details] or None
    body = Failure(False, error.status, error.label, None, ErrorBody(error.message, type(error).code, details))
    headers = {}
    if error.status in COME_AGAIN:
        headers["Retry-After"] = str(retry_after(error))
    if isinstance(error, RequestTimeout):
        headers["Connection"] = "close"
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = error.allowed
    return Response(msgspec.json.encode(body), media_type="application/json", status_code=error.status, headers=headers)


def as_known(error: Exception, request_id: str) -> TimegrainError:
    """Any exception as one of ours; what nobody foresaw tells its request id and nothing else."""
    if isinstance(error, TimegrainError):
        return error
    if isinstance(error, HTTPException):
        if error.status_code == HTTP_404_NOT_FOUND:
            return NotFound("There is no such path")
        if error.status_code == HTTP_405_METHOD_NOT_ALLOWED:
            return MethodNotAllowed((error.headers or {}).get("allow", ""))
        if error.status_code < 500:
            return ValidationFailed("The request cannot be read")
    if isinstance(error, OSError) and error.errno in _SHORT_OF:
        return Unavailable(f"The server cannot keep a file while it works: {error.strerror}; come again")
    return InternalError(f"Something went wrong; the log has it under request {request_id}")


def note_unforeseen(error: Exception, request_id: str) -> None:
    """Its type and place, without the values: an exception's text may hold somebody's title."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None:
        frames = frames.tb_next
    place = f"{frames.tb_frame.f_code.co_filename}:{frames.tb_lineno}" if frames else ""
    log.error(json.dumps({"request": request_id, "error": type(error).__name__, "at": place}))


def unreadable(error: msgspec.DecodeError | msgspec.ValidationError) -> ValidationFailed:
    """What the decoder says, with the field that it names. Only the first error is told."""
    text = str(error)
    at = _AT.search(text)
    path = at.group(1) if at else ""
    message = _AT.sub("", text)
    named = _FIELD.search(message)
    field = ".".join(filter(None, (path, named.group(1) if named else "")))
    return wrong(field, message) if field else ValidationFailed(message)


def decode_strictly(body: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[Any]) -> Any:
    """Raises `ValidationFailed` naming the field: malformed, missing, unknown or of another type."""
    try:
        return decoder.decode(body)
    except msgspec.DecodeError as error:
        raise unreadable(error) from None
    except (UnicodeDecodeError, RecursionError):
        raise ValidationFailed("not JSON in UTF-8") from None
