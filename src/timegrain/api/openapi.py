"""OpenAPI 3.1, made from the same types that decode requests and shape answers, with examples."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, get

from timegrain import __version__
from timegrain.api import activity, envelope, weekly_summary

_USER = "ab7c4f30-1024-471a-a767-739df0dc53fd"
_DAY = {
    "totalTimeSpendSeconds": 5400,
    "activeTimeSpendSeconds": 4770,
    "idleTimeSpendSeconds": 630,
    "productiveTimeSpendSeconds": 1800,
    "neutralTimeSpendSeconds": 2970,
    "unproductiveTimeSpendSeconds": 0,
}
_OVERALL = {
    "totalActiveTimeSpendSeconds": 4770,
    "totalIdleTimeSpendSeconds": 630,
    "totalTimeSpendSeconds": 5400,
    "totalProductiveTimeSpendSeconds": 1800,
    "totalNeutralTimeSpendSeconds": 2970,
    "totalUnproductiveTimeSpendSeconds": 0,
}


def _success(message: str, data: object) -> dict[str, object]:
    return {"success": True, "statusCode": 200, "statusMessage": message, "error": None, "data": data}


EXAMPLES: dict[str, object] = {
    "WeeklySummaryRequest": {
        "startDate": "2026-02-02 00:00:00",
        "endDate": "2026-02-08 23:59:59",
        "timeZone": "Asia/Kolkata",
        "userId": [_USER],
        "teamId": [],
    },
    "WeeklySummaryResponse": _success(
        weekly_summary.MESSAGE,
        {
            "breakdownSummary": [{"date": "2026-02-03T00:00:00.000Z", "day": "Tuesday", "metrics": _DAY}],
            "overallSummary": _OVERALL,
        },
    ),
    "ActivityRequest": {
        "device": "laptop-7",
        "userId": _USER,
        "focus": [
            {
                "start": "2026-02-08T04:32:01.676Z",
                "end": "2026-02-08T04:45:22Z",
                "app": "Google Chrome",
                "title": "Pull requests",
                "url": "https://github.com/pulls",
            }
        ],
        "away": [{"start": "2026-02-08T04:40:00Z", "end": "2026-02-08T04:44:10Z"}],
    },
    "ActivityResponse": _success(
        "Recorded activity successfully",
        {"stored": 2, "unchanged": 0, "erased": 0, "rejected": [], "warnings": []},
    ),
    "ErasureRequest": {
        "userId": _USER,
        "startDate": "2026-02-08 10:00:00",
        "endDate": "2026-02-08 10:59:59",
        "timeZone": "Asia/Kolkata",
    },
    "ErasureResponse": _success("Erased activity successfully", {"facts": 2, "erasedSeconds": 801}),
    "Failure": {
        "success": False,
        "statusCode": 401,
        "statusMessage": "Authentication token header is missing",
        "data": None,
        "error": {
            "message": "Authorization header is missing",
            "code": "AUTHORIZATION_HEADER_MISSING",
        },
    },
}
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
    envelope.Failure,
)
_LISTS = {"focus": "FocusEntry", "pages": "PageEntry", "away": "InputEntry", "present": "InputEntry"}
_CALLS = (
    ("/v1/dashboard/weekly-summary", "post", "Whole weeks of people's time, by local day", "WeeklySummary"),
    ("/v1/activity", "post", "Send facts of one device", "Activity"),
    ("/v1/activity", "delete", "Erase facts of one person", "Erasure"),
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
    for path, method, summary, name in _CALLS:
        paths.setdefault(path, {})[method] = {
            "operationId": f"{method}{name}",
            "summary": summary,
            "requestBody": {"required": True, "content": _content(f"{name}Request")},
            "responses": {
                "200": {"description": "Success", "content": _content(f"{name}Response")},
                "default": failed,
            },
        }
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
