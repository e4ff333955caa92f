"""A request from its bytes to its caller and its body, in the order in which errors count:
401, then 413 or 415, then 400, 403, 404.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, nullcontext
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from io import BytesIO
from threading import BoundedSemaphore
from typing import Any, NamedTuple

import msgspec
import zstandard
from anyio import to_thread
from litestar import Request, Response
from litestar.exceptions import InternalServerException
from litestar.status_codes import HTTP_204_NO_CONTENT

from timegrain import clock
from timegrain.api.access import is_batch, token_in
from timegrain.api.admission import LONGEST_QUESTION_S, SMALL_BODY, Lane, received, watched
from timegrain.api.asking import Came, work_on
from timegrain.api.calls import Answered, Given, House
from timegrain.api.envelope import decode_strictly, encoded, unreadable
from timegrain.api.listing import Listed
from timegrain.api.routes import Route
from timegrain.api.trail import leave_trail
from timegrain.errors import PayloadTooLarge, UnsupportedMediaType, ValidationFailed
from timegrain.storage.keys import caller

LARGEST_BODY = 8 * 1024 * 1024
"""Bytes, before and after decompression."""

_SWELLING = BoundedSemaphore()
"""What turns out large only once it is decompressed is worked on one by one, its lane being for small ones."""


async def answered(request: Request[Any, Any, Any], route: Route[Any]) -> Response[bytes]:
    """Read the body, then do everything else in one worker thread and one read transaction.

    What cannot be taken on now is refused before its body is read.
    """
    house: House = request.state.house
    headers = {name.lower(): value for name, value in request.headers.items()}
    announced = _announced(headers)
    _lane(house, route, announced, headers).require_room()
    with house.admission.bodies.one(min(announced, LARGEST_BODY)) as count:
        body: bytes | None = b""
        if route.body is not None:
            body = await _body(request, count) if announced <= LARGEST_BODY else None
        path = {name: str(value) for name, value in request.path_params.items()}
        address = request.client.host if request.client else ""
        came = _Received(headers, body, path, dict(request.query_params), address)
        async with _lane(house, route, len(body or b""), headers).place(request.receive):
            with watched(request.receive) if route.long else nullcontext(bool) as gone:
                return await to_thread.run_sync(_answered, house, route, came, gone, limiter=house.admission.threads)


def _lane(house: House, route: Route[Any], length: int, headers: Mapping[str, str]) -> Lane:
    if is_batch(route.operation):
        return house.admission.of_batch(length, "content-encoding" in headers)
    return house.admission.of(route.long)


def _announced(headers: Mapping[str, str]) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 19 else 0


class _Received(NamedTuple):
    headers: dict[str, str]
    body: bytes | None
    """None where it is too large: the caller is checked first."""
    path: dict[str, str]
    query: dict[str, str]
    address: str


async def _body(request: Request[Any, Any, Any], count: Callable[[int], None]) -> bytes | None:
    """The body as it came, or None where it is too large: the caller is checked first."""
    try:
        return await received(request.stream(), LARGEST_BODY, count)
    except InternalServerException:  # what the framework says of a sender that went away
        raise ValidationFailed("The body ends too early") from None


def _answered(house: House, route: Route[Any], received: _Received, gone: Callable[[], bool]) -> Response[bytes]:
    with ExitStack() as kept, house.database.read(LONGEST_QUESTION_S, gone) as connection:
        headers, body, path, query, address = received
        token = token_in(route.security, headers.get("authorization"), query.get("api_key"))
        who = caller(connection, token, clock.now())
        house.rates.count(who)
        if body is None:
            raise PayloadTooLarge(f"The body has more than {LARGEST_BODY} bytes")
        given = Given(_decoded(route, headers, body, kept), _queried(route, query), path, headers, who)
        came = Came(house, connection, token, address, _sent_at(headers.get("date")))
        call, result = work_on(route, given, came)
        if isinstance(result, Iterator):
            result = Listed(result)
    leave_trail(call, route)
    return _enveloped(route, result)


def _decoded(route: Route[Any], headers: Mapping[str, str], body: bytes, kept: ExitStack) -> Any:
    if route.body is None:
        return None
    plain = _plain(headers, body, kept)
    return decode_strictly(plain, _decoder(route.body)) if route.decodes else plain


@lru_cache(maxsize=256)
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_)


def _queried(route: Route[Any], query: dict[str, str]) -> Any:
    if route.query is None:
        return None
    try:
        return msgspec.convert(query, route.query, strict=False)
    except msgspec.ValidationError as error:
        raise unreadable(error) from None


def _enveloped(route: Route[Any], result: Any) -> Response[Any]:
    if isinstance(result, Response):
        return result
    if route.bare is not None:
        return encoded(result, route.status)
    answer = result if isinstance(result, Answered) else Answered(result, "response" if route.data is None else "data")
    status = answer.status or route.status
    if status == HTTP_204_NO_CONTENT:
        return Response(b"", status_code=status)
    body = {"success": True, "statusCode": status, "statusMessage": answer.message or route.message, "error": None}
    if isinstance(answer.content, Listed):
        return answer.content.under(answer.under, body).answer(status)
    return encoded({**body, answer.under: answer.content}, status)


def _sent_at(date: str | None) -> int | None:
    if not date:
        return None
    try:
        told = parsedate_to_datetime(date)
        # Without a zone, or with `-0000`, it is UTC, and not in the zone of this computer.
        return int((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def _plain(headers: Mapping[str, str], body: bytes, kept: ExitStack) -> bytes:
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise UnsupportedMediaType("The body must be application/json")
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return body
    unpack = {"gzip": _gunzipped, "zstd": _unzstd}.get(encoding)
    if unpack is None:
        raise UnsupportedMediaType("The body may be compressed with gzip or zstd")
    try:
        plain = unpack(body, SMALL_BODY)
        if len(plain) > SMALL_BODY:
            kept.enter_context(_SWELLING)
            plain = unpack(body, LARGEST_BODY)
    except (zlib.error, zstandard.ZstdError) as error:
        raise ValidationFailed(f"The body is not {encoding}") from error
    if len(plain) > LARGEST_BODY:
        raise PayloadTooLarge(f"The body has more than {LARGEST_BODY} bytes once decompressed")
    return plain


def _unzstd(body: bytes, most: int) -> bytes:
    with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(BytesIO(body)) as stream:
        return stream.read(most + 1)


def _gunzipped(body: bytes, most: int) -> bytes:
    """At most one byte more than `most`."""
    inflater = zlib.decompressobj(wbits=31)
    plain = inflater.decompress(body, most + 1)
    if len(plain) <= most and not inflater.eof:
        raise ValidationFailed("The body is not gzip: it ends too early")
    return plain
