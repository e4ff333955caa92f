"""OpenAPI 3.1, made from the same types that decode requests and shape answers, with examples."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgspec
from litestar import MediaType, Request, Response, get

from timegrain import __version__
from timegrain.api import activity, envelope, me, weekly_summary
from timegrain.api.examples import EXAMPLES

_TYPES: tuple[type[msgspec.Struct], ...] = (
    weekly_summary.WeeklySummaryRequest,
    weekly_summary.WeeklySummaryResponse,
    activity.ActivityRequest,
    activity.ActivityResponse,
    activity.FocusEntry,
    activity.PageEntry,
    activity.InputEntry,
    activity.ErasureRequest,
    activity.ErasureResponse,
    me.MeResponse,
    envelope.Failure,
)
_LISTS = {"focus": "FocusEntry", "pages": "PageEntry", "away": "InputEntry", "present": "InputEntry"}


class _Call(NamedTuple):
    """One call; `request` and `answer` name types."""

    path: str
    method: str
    summary: str
    request: str | None
    answer: str
    name: str
    status: int = 200


_CALLS = (
    _Call(
        "/v1/dashboard/weekly-summary",
        "post",
        "Whole weeks of people's time, by local day",
        "WeeklySummaryRequest",
        "WeeklySummaryResponse",
        "postWeeklySummary",
    ),
    _Call("/v1/activity", "post", "Send facts of one device", "ActivityRequest", "ActivityResponse", "postActivity"),
    _Call("/v1/activity", "delete", "Erase facts of one person", "ErasureRequest", "ErasureResponse", "deleteErasure"),
    _Call("/v1/me", "get", "Who this key is and what it may do", None, "MeResponse", "getMe"),
)


def _content(name: str) -> dict[str, object]:
    return {
        "application/json": {
            "schema": {"$ref": f"#/components/schemas/{name}"},
            "example": EXAMPLES[name],
        }
    }


def document(public_url: str = "") -> dict[str, Any]:
    """The whole description; the same for the same program and address."""
    _, components = msgspec.json.schema_components(_TYPES, ref_template="#/components/schemas/{name}")
    for name, entry in _LISTS.items():
        # The entries are decoded one by one, so that a bad one does not refuse the batch.
        components["ActivityRequest"]["properties"][name] = {
            "anyOf": [
                {"type": "array", "items": {"$ref": f"#/components/schemas/{entry}"}},
                {"type": "null"},
            ],
            "default": None,
        }
    failed = {"description": "Failure, its code in error.code", "content": _content("Failure")}
    paths: dict[str, dict[str, object]] = {}
    for call in _CALLS:
        described: dict[str, object] = {"operationId": call.name, "summary": call.summary}
        if call.request:
            described["requestBody"] = {"required": True, "content": _content(call.request)}
        answers = {str(call.status): {"description": "Success", "content": _content(call.answer)}, "default": failed}
        paths.setdefault(call.path, {})[call.method] = {**described, "responses": answers}
    for path, summary in (
        ("/health", "Whether the server and its database answer"),
        ("/metrics", "Prometheus"),
    ):
        paths[path] = {"get": {"summary": summary, "security": [], "responses": {"200": {"description": "Success"}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "timegrain", "version": __version__, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": public_url or "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


@get("/schema/openapi.json", sync_to_thread=False)
def openapi_json(request: Request[Any, Any, Any]) -> Response[bytes]:
    body = json.dumps(document(request.app.state.public_url), ensure_ascii=False).encode()
    return Response(body, media_type="application/json")


@get("/schema", sync_to_thread=False)
def schema_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The description to browse, without script: nothing is loaded from anywhere."""
    described = document(request.app.state.public_url)
    parts = []
    for path, methods in described["paths"].items():
        for method, call in methods.items():
            example = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
            shown = f"<pre>{json.dumps(example, indent=2)}</pre>" if example else ""
            parts.append(f"<h2>{method.upper()} {path}</h2><p>{call['summary']}</p>{shown}")
    page = (
        "<!doctype html><html lang=en><meta charset=utf-8><title>timegrain API</title>"
        f"<h1>timegrain API {__version__}</h1><p><a href='/schema/openapi.json'>OpenAPI 3.1</a></p>"
        f"{''.join(parts)}</html>"
    )
    headers = {"Content-Security-Policy": "default-src 'none'"}
    return Response(page, media_type=MediaType.HTML, headers=headers)


if __name__ == "__main__":
    print(json.dumps(document(), indent=1, ensure_ascii=False))  # noqa: T201
