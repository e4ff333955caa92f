"""The pages and their assets as handlers of the server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from litestar import Request, Response, get
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler

from timegrain.errors import NotFound
from timegrain.web.all_pages import PAGES
from timegrain.web.assets import FOREVER, assets
from timegrain.web.pages import Page
from timegrain.web.requests import visited


@cache
def handlers() -> Sequence[HTTPRouteHandler]:
    return *(_handler(page) for page in PAGES), asset


def _handler(page: Page) -> HTTPRouteHandler:
    async def handle(request: Request[Any, Any, Any]) -> Response[Any]:
        return await visited(request, page)

    methods = [HttpMethod.GET, HttpMethod.HEAD, *([HttpMethod.POST] if page.change else [])]
    # The status is the answer's own.
    return HTTPRouteHandler(re.sub(r"{(\w+)}", r"{\1:str}", page.path), http_method=methods, status_code=200)(handle)


@get("/assets/{mark:str}/{name:str}", sync_to_thread=False)
def asset(request: Request[Any, Any, Any]) -> Response[bytes]:
    found = assets().get(request.path_params["name"])
    if found is None or found.mark != request.path_params["mark"]:
        raise NotFound("There is no such file")
    headers = {"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(found.body, media_type=found.media_type, headers=headers)
    return Response(found.compressed, media_type=found.media_type, headers={**headers, "Content-Encoding": "gzip"})
