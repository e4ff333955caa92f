"""OpenAPI 3.1, made from the same types that decode requests and shape answers, with examples."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from litestar import MediaType, Request, Response, get

from timegrain import __version__
from timegrain.api import activity, envelope, me, wakatime, watchers, weekly_summary
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
    watchers.Info,
    watchers.BucketRequest,
    watchers.BucketMade,
    watchers.WatcherEvent,
    watchers.KeptEvent,
    wakatime.HeartbeatEntry,
    wakatime.HeartbeatAnswer,
    wakatime.HeartbeatsAnswer,
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
    queries: tuple[str, ...] = ()
    """Parameters of its query, all required."""
    security: tuple[str, ...] = ("key",)
    """The ways in which a key may be sent; none: it needs no key."""
    unchanged: bool = False
    """Whether it may answer 304: what it asks for is so already."""
    many: bool = False
    """Whether it takes a list too, and answers that with null."""


WATCHERS = ("key", "basic")
EDITORS = ("key", "basic", "query")
"""How trackers send a device's token."""

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
    _Call("/api/0/info", "get", "What ActivityWatch's clients ask first", None, "Info", "getInfo", security=()),
    _Call(
        "/api/0/buckets/{bucket}",
        "post",
        "Make a bucket of the token's device",
        "BucketRequest",
        "BucketMade",
        "postBucket",
        security=WATCHERS,
        unchanged=True,
    ),
    _Call(
        "/api/0/buckets/{bucket}/heartbeat",
        "post",
        "Send a heartbeat; the answer is the event that it became",
        "WatcherEvent",
        "KeptEvent",
        "postHeartbeat",
        queries=("pulsetime",),
        security=WATCHERS,
    ),
    _Call(
        "/api/0/buckets/{bucket}/events",
        "post",
        "Send a whole event, or a list of them",
        "WatcherEvent",
        "KeptEvent",
        "postEvents",
        security=WATCHERS,
        many=True,
    ),
    _Call(
        "/api/v1/users/current/heartbeats",
        "post",
        "Send a heartbeat of an editor with a device token (WakaTime)",
        "HeartbeatEntry",
        "HeartbeatAnswer",
        "postEditorHeartbeat",
        201,
        security=EDITORS,
    ),
    _Call(
        "/api/v1/users/current/heartbeats.bulk",
        "post",
        "Send heartbeats of editors with a device token (WakaTime)",
        "HeartbeatEntries",
        "HeartbeatsAnswer",
        "postEditorHeartbeats",
        201,
        security=EDITORS,
    ),
)


def _content(name: str, *others: Mapping[str, object]) -> dict[str, object]:
    """A type with its example; the others are schemas that may stand in its place."""
    schema = _reference(name)
    return {
        "application/json": {
            "schema": {"anyOf": [schema, *others]} if others else schema,
            "example": EXAMPLES[name],
        }
    }


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _described(call: _Call, failed: Mapping[str, object]) -> dict[str, object]:
    described: dict[str, object] = {"operationId": call.name, "summary": call.summary}
    if parameters := _parameters(call):
        described["parameters"] = parameters
    if call.security != ("key",):
        described["security"] = [{way: []} for way in call.security]
    if call.request:
        listed = [{"type": "array", "items": _reference(call.request)}] if call.many else []
        described["requestBody"] = {"required": True, "content": _content(call.request, *listed)}
    content = _content(call.answer, *([{"type": "null"}] if call.many else []))
    answers: dict[str, object] = {str(call.status): {"description": "Success", "content": content}}
    if call.unchanged:
        answers["304"] = {"description": "It is so already; no body"}
    return {**described, "responses": {**answers, "default": failed}}


def _parameters(call: _Call) -> list[dict[str, object]]:
    in_path = [("path", name, "string") for name in re.findall(r"{(\w+)}", call.path)]
    in_query = [("query", name, "number") for name in call.queries]
    return [
        {"in": place, "name": name, "required": True, "schema": {"type": type_}}
        for place, name, type_ in (*in_path, *in_query)
    ]


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
    components["HeartbeatEntries"] = {"type": "array", "items": _reference("HeartbeatEntry")}
    failed = {"description": "Failure, its code in error.code", "content": _content("Failure")}
    paths: dict[str, dict[str, object]] = {}
    for call in _CALLS:
        paths.setdefault(call.path, {})[call.method] = _described(call, failed)
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
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
                "query": {"type": "apiKey", "in": "query", "name": "api_key"},
            },
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
