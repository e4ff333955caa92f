"""A request from its bytes to its caller and its body, in the order in which errors count:
401, then 413 or 415, then 400, 403, 404.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any

import zstandard
from anyio import to_thread
from litestar import Request, Response
from litestar.exceptions import InternalServerException
from sqlalchemy import Connection

from timegrain import clock
from timegrain.api.access import bearer
from timegrain.errors import PayloadTooLarge, UnsupportedMediaType, ValidationFailed
from timegrain.recording import Recorder
from timegrain.storage.engine import Database
from timegrain.storage.keys import Caller, caller

LARGEST_BODY = 8 * 1024 * 1024
"""Bytes, before and after decompression."""


@dataclass(frozen=True, slots=True)
class House:
    """What handlers work with: one a server."""

    database: Database
    recorder: Recorder


@dataclass(frozen=True, slots=True)
class Call:
    """One request in its worker thread: its caller is known, its body is JSON of an allowed size."""

    house: House
    connection: Connection
    caller: Caller
    token: str
    body: bytes
    sent_at: int | None
    """The second of the sender's clock, from its `Date` header."""


Work = Callable[[Call], Response[bytes]]
ReadToken = Callable[[str | None], str]


async def answered(
    request: Request[Any, Any, Any], work: Work, read_token: ReadToken = bearer, has_body: bool = True
) -> Response[bytes]:
    """Read the body, then do everything else in one worker thread and one read transaction.

    `read_token` finds the key in the `Authorization` header, or raises one of the 401 errors.
    """
    house: House = request.app.state.house
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = await _body(request) if has_body else b""
    return await to_thread.run_sync(_answered, house, headers, body, work, read_token, has_body)


async def _body(request: Request[Any, Any, Any]) -> bytes | None:
    """The body as it came, or None where it is too large: the caller is checked first."""
    received = bytearray()
    try:
        async for chunk in request.stream():
            received += chunk
            if len(received) > LARGEST_BODY:
                return None
    except InternalServerException:  # what the framework says of a sender that went away
        raise ValidationFailed("The body ends too early") from None
    return bytes(received)


def _answered(
    house: House, headers: dict[str, str], body: bytes | None, work: Work, read_token: ReadToken, has_body: bool
) -> Response[bytes]:
    with house.database.read() as connection:
        token = read_token(headers.get("authorization"))
        who = caller(connection, token, clock.now())
        if body is None:
            raise PayloadTooLarge(f"The body has more than {LARGEST_BODY} bytes")
        plain = _plain(headers, body) if has_body else b""
        return work(Call(house, connection, who, token, plain, _sent_at(headers.get("date"))))


def _sent_at(date: str | None) -> int | None:
    if not date:
        return None
    try:
        told = parsedate_to_datetime(date)
        # Without a zone, or with `-0000`, it is UTC, and not in the zone of this computer.
        return int((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def _plain(headers: dict[str, str], body: bytes) -> bytes:
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise UnsupportedMediaType("The body must be application/json")
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return body
    try:
        if encoding == "gzip":
            plain = _gunzipped(body)
        elif encoding == "zstd":
            with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(BytesIO(body)) as stream:
                plain = stream.read(LARGEST_BODY + 1)
        else:
            raise UnsupportedMediaType("The body may be compressed with gzip or zstd")
    except (zlib.error, zstandard.ZstdError) as error:
        raise ValidationFailed(f"The body is not {encoding}") from error
    if len(plain) > LARGEST_BODY:
        raise PayloadTooLarge(f"The body has more than {LARGEST_BODY} bytes once decompressed")
    return plain


def _gunzipped(body: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    plain = inflater.decompress(body, LARGEST_BODY + 1)
    if len(plain) <= LARGEST_BODY and not inflater.eof:
        raise ValidationFailed("The body is not gzip: it ends too early")
    return plain
