"""A request for a page from its bytes to its visitor, and what a page comes to as an answer."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from contextlib import ExitStack, nullcontext
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from anyio import to_thread
from litestar import Request, Response
from litestar.exceptions import InternalServerException
from litestar.response import Stream

from timegrain import clock
from timegrain.api.admission import received, watched
from timegrain.api.calls import House
from timegrain.api.envelope import COME_AGAIN, as_known, note_unforeseen, retry_after
from timegrain.api.listing import chunks
from timegrain.api.local import is_local
from timegrain.errors import (
    Forbidden,
    PayloadTooLarge,
    TimegrainError,
    Unavailable,
    UnsupportedMediaType,
    ValidationFailed,
)
from timegrain.storage import sessions
from timegrain.web import csrf
from timegrain.web.dates import locale_of
from timegrain.web.frame import framed
from timegrain.web.pages import Moved, Page, Result, Sent, Shown, Unchanged
from timegrain.web.rendering import rendered
from timegrain.web.visits import Fields, Visit

LARGEST_FORM = 1024 * 1024
MOST_FIELDS = 20_000
PLAIN_COOKIE = "timegrain_session"
SECURE_COOKIE = f"__Host-{PLAIN_COOKIE}"
"""Behind TLS: browsers take it from this host alone, for all of its paths."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "Vary": "Accept-Encoding, Accept-Language, Cookie, HX-Request",
}
_FORM = "application/x-www-form-urlencoded"


class _Came(NamedTuple):
    method: str
    path: str
    names: dict[str, str]
    query: Fields
    form: Fields
    problem: TimegrainError | None
    """Why query or form cannot be read."""
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    address: str
    local: bool
    base_url: str
    request_id: str
    note: Callable[[TimegrainError], None]
    """Counts what a page says that went wrong."""
    gone: Callable[[], bool] = bool
    """Whether whoever asked has closed the connection."""

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https:")

    @property
    def cookie(self) -> str:
        return self.cookies.get(SECURE_COOKIE if self.secure else PLAIN_COOKIE, "")


async def visited(request: Request[Any, Any, Any], page: Page) -> Response[Any]:
    """Read the form, then do everything else in one worker thread and one read transaction."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    house: House = request.state.house
    lane = house.admission.of(page.long)
    with house.admission.bodies.one(0) as count:
        came = await _came(request, headers, count)
        async with lane.place(request.receive):
            with watched(request.receive) if page.long else nullcontext(bool) as gone:
                came = came._replace(gone=gone)
                return await to_thread.run_sync(_visited, house, page, came, limiter=house.admission.threads)


async def _came(request: Request[Any, Any, Any], headers: Mapping[str, str], count: Callable[[int], None]) -> _Came:
    query = form = Fields(())
    problem: TimegrainError | None = None
    try:
        query = _fields(request.url.query)
        form = await _form(request, headers, count) if request.method == "POST" else form
    except TimegrainError as error:
        problem = error
    state = request.state
    public: str = state.public_url
    base = public.rstrip("/") or f"{request.url.scheme}://{headers.get('host', '')}"
    address = request.client.host if request.client else ""
    # Nginx, unless told otherwise, names itself nowhere and speaks HTTP/1.0.
    direct = not public and not state.proxied and request.scope.get("http_version") != "1.0"
    return _Came(
        request.method,
        request.url.path,
        {name: str(value) for name, value in request.path_params.items()},
        query,
        form,
        problem,
        headers,
        request.cookies,
        address,
        direct and is_local(address, headers),
        base,
        str(request.scope.get("timegrain_request_id", "")),
        state.meters.failed,
    )


async def _form(request: Request[Any, Any, Any], headers: Mapping[str, str], count: Callable[[int], None]) -> Fields:
    try:
        sent = await received(request.stream(), LARGEST_FORM, count)
    except InternalServerException:  # what the framework says of a sender that went away
        raise ValidationFailed("The form ends too early") from None
    if sent is None:
        raise PayloadTooLarge(f"The form has more than {LARGEST_FORM} bytes")
    if sent and headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise UnsupportedMediaType(f"A form comes as {_FORM}")
    return _fields(sent)


def _fields(written: str | bytes) -> Fields:
    try:
        text = written if isinstance(written, str) else written.decode()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise ValidationFailed("This address or form cannot be read") from None
    if any("\0" in part for pair in pairs for part in pair):
        raise ValidationFailed("This address or form holds a character that no text has")
    return Fields(pairs)


def _visited(house: House, page: Page, came: _Came) -> Response[Any]:
    try:
        return _seen(house, page, came)
    except Unavailable as error:
        # Without the database nobody is known, and nothing more can be read for the page that says so.
        visit = _visit(house, came, ExitStack())
        came.note(error)
        return _answered(visit, page, came, failed(visit, error))


def _seen(house: House, page: Page, came: _Came) -> Response[Any]:
    with ExitStack() as reads:
        visit = _visit(house, came, reads)
        _find_session(visit, page, came)
        try:
            answer = _answered(visit, page, came, _result(visit, page, came))
        except Unavailable:
            raise
        except Exception as error:
            if not isinstance(error, TimegrainError):
                note_unforeseen(error, came.request_id)
            answer = _answered(visit, page, came, failed(visit, as_known(error, came.request_id)))
        visit.leave_trails()
    if visit.error is not None:
        came.note(visit.error)
    if visit.signed_in is not None and visit.signed_in.rolls and not answer.cookies:
        _roll(house, visit.signed_in, came, answer)
    return answer


def _visit(house: House, came: _Came, reads: ExitStack) -> Visit:
    return Visit(
        house,
        reads,
        came.path,
        came.names,
        came.query,
        came.form,
        locale_of(came.headers.get("accept-language", "")),
        clock.now(),
        came.address,
        came.local,
        came.base_url,
        partial=came.headers.get("hx-request") == "true",
        gone=came.gone,
    )


def _find_session(visit: Visit, page: Page, came: _Came) -> None:
    if came.cookie:
        visit.signed_in = sessions.signed_in(visit.connection, came.cookie, visit.now, page.grows)
        visit.cookie = came.cookie if visit.signed_in else ""


def _result(visit: Visit, page: Page, came: _Came) -> Result:
    if came.problem is not None:
        raise came.problem
    if visit.signed_in is None and not page.public:
        there = came.path if came.method == "POST" else _address(came)
        return Moved("/sign-in" if there == "/" else f"/sign-in?next={quote(there, safe='')}")
    if visit.signed_in is not None:
        house = visit.house
        house.rates.count(visit.caller)
        if not page.opens(visit):
            raise Forbidden("Your role does not open this page")
    if came.method != "POST":
        return page.show(visit)
    _require_own_form(visit, page, came)
    if page.change is None:
        raise Forbidden("This page takes no form")
    try:
        return page.change(visit)
    except TimegrainError as error:
        if error.status >= 500 or error.status in (401, 403):
            raise
        visit.read_anew()
        visit.error = error
        result = page.show(visit)
        return Shown(result.template, result.given, error.status) if isinstance(result, Shown) else result


def _require_own_form(visit: Visit, page: Page, came: _Came) -> None:
    """Raises `Forbidden` for a form that another site sent, or one of another session.

    A public form does nothing in the name of the session that there may be.
    """
    origin = came.headers.get("origin", "")
    if came.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("This form comes from another site")
    if origin and origin.partition("://")[2] not in (urlsplit(came.base_url).netloc, came.headers.get("host", "")):
        raise Forbidden("This form comes from another site")
    if not page.public and not csrf.fits(visit.form.one(csrf.FIELD), visit.cookie):
        raise Forbidden("This form is too old: load the page again")


def failed(visit: Visit, error: TimegrainError) -> Shown:
    """A page that says what went wrong."""
    visit.error = error
    return Shown("error.html", {"title": error.label, "alone": True}, error.status)


def _answered(visit: Visit, page: Page, came: _Came, result: Result) -> Response[Any]:
    if isinstance(result, Moved):
        if visit.partial:
            # htmx would follow a redirect by itself and put the other page into this one.
            answer = Response(b"", status_code=204, headers={**HEADERS, "HX-Redirect": _written(result.to)})
        else:
            answer = Response(b"", status_code=303, headers={**HEADERS, "Location": _written(result.to)})
        if result.cookie is not None:
            _set_cookie(answer, came, result.cookie)
        return answer
    if isinstance(result, Unchanged):
        return Response(b"", status_code=204, headers=HEADERS)
    if isinstance(result, Stream):
        result.headers |= HEADERS
        return result
    if isinstance(result, Sent):
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{result.name}"'}
        return Stream(chunks(result.file), media_type=result.media_type, headers=headers)
    html = rendered(result.template, framed(visit, page, result)).encode()
    headers = dict(HEADERS)
    if visit.error is not None and visit.error.status in COME_AGAIN:
        headers["Retry-After"] = str(retry_after(visit.error))
    if "gzip" in came.headers.get("accept-encoding", ""):
        html, headers["Content-Encoding"] = gzip.compress(html, 4, mtime=0), "gzip"
    return Response(html, status_code=result.status, media_type="text/html", headers=headers)


def _roll(house: House, me: sessions.SignedIn, came: _Came, answer: Response[Any]) -> None:
    """Note that the session is used; the browser keeps it as long as the server does from now."""
    try:
        with house.database.write(me.caller.organisation) as connection:
            sessions.note_used(connection, me.caller.organisation, me.session, clock.now())
    except Unavailable:  # the page was read all the same, and the next one notes it
        return
    _set_cookie(answer, came, came.cookie)


def _set_cookie(answer: Response[Any], came: _Came, value: str) -> None:
    answer.set_cookie(
        SECURE_COOKIE if came.secure else PLAIN_COOKIE,
        value,
        max_age=sessions.UNUSED_S if value else 0,
        path="/",
        secure=came.secure,
        httponly=True,
        samesite="lax",
    )


def _written(address: str) -> str:
    """As a header holds it, whatever was typed into it; what is quoted already stays so."""
    return quote(address, safe="!#$%&'()*+,/:;=?@[]~", errors="replace")


def _address(came: _Came) -> str:
    pairs = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in came.query.pairs)
    path = quote(came.path)
    return f"{path}?{pairs}" if pairs else path
