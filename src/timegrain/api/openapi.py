"""OpenAPI 3.1, made from the same routes and types that decode requests and shape answers, with examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, get

from timegrain import __version__
from timegrain.api import activity, envelope, watchers
from timegrain.api.all_routes import ROUTES
from timegrain.api.examples import EXAMPLES, FAILURE, INFO
from timegrain.api.routes import KEY, Route
from timegrain.counting.calendar import zone_names

_ENTRIES = (activity.FocusEntry, activity.PageEntry, activity.InputEntry)
_LISTS = {"focus": "FocusEntry", "pages": "PageEntry", "away": "InputEntry", "present": "InputEntry"}
_REFERENCE = "#/components/schemas/{name}"
_UNKEYED = (
    ("/health", "Whether the server and its database answer"),
    ("/ready", "Whether the server should be asked: it answers 503 while it ends"),
    ("/metrics", "Prometheus; for the server's own computer, or with the token of --metrics-token-file"),
)

Schema = dict[str, Any]


class _Schemas:
    """The schemas of all types that routes name, made together so that their names are told apart."""

    def __init__(self) -> None:
        types = [type_ for route in ROUTES for type_ in _types_of(route)]
        types += [*_ENTRIES, envelope.Failure, watchers.Info]
        found, self.components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
        self._of = {repr(type_): schema for type_, schema in zip(types, found, strict=True)}
        self.components["ZoneName"] = {"type": "string", "enum": sorted(zone_names())}
        for name, entry in _LISTS.items():
            # The entries are decoded one by one, so that a bad one does not refuse the batch.
            self.components["ActivityRequest"]["properties"][name] = {
                "anyOf": [
                    {"type": "array", "items": {"$ref": _REFERENCE.format(name=entry)}},
                    {"type": "null"},
                ],
                "default": None,
            }

    def of(self, type_: Any) -> Schema:
        return self._of[repr(type_)]

    def resolved(self, type_: Any) -> Schema:
        """Of a struct its own schema, not a reference to it."""
        reference: str = self.of(type_)["$ref"]
        found: Schema = self.components[reference.rpartition("/")[2]]
        return found


def _types_of(route: Route[Any]) -> Iterator[Any]:
    given = (route.body, route.query, route.data, route.response, route.bare, *route.also.values())
    return (type_ for type_ in given if type_ is not None)


def _content(schema: Schema, example: object) -> Schema:
    return {"application/json": {"schema": schema, "example": example}}


def _enveloped(status: int, under: str, schema: Schema) -> Schema:
    """The envelope of a success with this under `data` or `response`."""
    return {
        "type": "object",
        "properties": {
            "success": {"const": True},
            "statusCode": {"const": status},
            "statusMessage": {"type": "string"},
            "error": {"type": "null"},
            under: schema,
        },
        "required": ["success", "statusCode", "statusMessage", "error", under],
    }


def _shown(route: Route[Any], status: int, under: str, content: object) -> Schema:
    return {"success": True, "statusCode": status, "statusMessage": route.message, "error": None, under: content}


def _answer(schemas: _Schemas, route: Route[Any]) -> Schema:
    example = EXAMPLES[route.name]
    if route.bare is not None:
        schema = schemas.of(route.bare)
        listed = {"anyOf": [schema, {"type": "null"}]} if route.listed else schema
        return {"description": "Success", "content": _content(listed, example.answer)}
    if route.files:
        return {"description": "A file", "content": {media: _file(media, example.files) for media in route.files}}
    under = "response" if route.data is None else "data"
    forms = [
        _enveloped(route.status, name, schemas.of(type_))
        for name, type_ in (("data", route.data), ("response", route.response))
        if type_ is not None
    ]
    if not forms:
        return {"description": "Success; no body"}
    schema = forms[0] if len(forms) == 1 else {"anyOf": forms}
    return {"description": "Success", "content": _content(schema, _shown(route, route.status, under, example.answer))}


def _file(media: str, examples: Mapping[str, object]) -> Schema:
    rows = {"type": "array", "items": {"type": "object"}}
    return {"schema": rows if media == "application/json" else {"type": "string"}, "example": examples[media]}


def _other_answer(schemas: _Schemas, route: Route[Any], status: int, type_: Any) -> Schema:
    if type_ is None:
        return {"description": "It is so already; no body"}
    example = EXAMPLES[route.name].also[status]
    schema = _enveloped(status, "data", schemas.of(type_))
    return {"description": "Success", "content": _content(schema, _shown(route, status, "data", example))}


def _described(schemas: _Schemas, route: Route[Any], failed: Mapping[str, object]) -> Schema:
    described: Schema = {"operationId": route.name, "summary": route.summary}
    if parameters := [*_in_path(route), *_in_query(schemas, route)]:
        described["parameters"] = parameters
    if route.security != KEY:
        described["security"] = [{way: []} for way in route.security]
    if route.body is not None:
        schema = schemas.of(route.body)
        listed = {"anyOf": [schema, {"type": "array", "items": schema}]} if route.listed else schema
        described["requestBody"] = {"required": True, "content": _content(listed, EXAMPLES[route.name].body)}
    answers = {str(route.status): _answer(schemas, route)}
    answers |= {str(status): _other_answer(schemas, route, status, type_) for status, type_ in route.also.items()}
    return {**described, "responses": {**answers, "default": failed}}


def _in_path(route: Route[Any]) -> Iterator[Schema]:
    for name in re.findall(r"{(\w+)}", route.path):
        schema = {"type": "string", "format": "uuid"} if name.endswith("Id") else {"type": "string"}
        example = EXAMPLES[route.name].path[name]
        yield {"in": "path", "name": name, "required": True, "schema": schema, "example": example}


def _in_query(schemas: _Schemas, route: Route[Any]) -> Iterator[Schema]:
    if route.query is None:
        return
    resolved = schemas.resolved(route.query)
    required = resolved.get("required", ())
    for name, schema in resolved["properties"].items():
        parameter = {"in": "query", "name": name, "required": name in required, "schema": schema}
        if name in EXAMPLES[route.name].query:
            parameter["example"] = EXAMPLES[route.name].query[name]
        yield parameter


def document(public_url: str = "") -> dict[str, Any]:
    """The whole description; the same for the same program and address."""
    schemas = _Schemas()
    failure = _content(schemas.of(envelope.Failure), FAILURE)
    failed = {"description": "Failure, its code in error.code", "content": failure}
    paths: dict[str, dict[str, object]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _described(schemas, route, failed)
    info = {"200": {"description": "Success", "content": _content(schemas.of(watchers.Info), INFO)}}
    summary = "What ActivityWatch's clients ask first"
    paths["/api/0/info"] = {
        "get": {"operationId": "getInfo", "summary": summary, "security": [], "responses": info},
    }
    for path, summary in _UNKEYED:
        responses = {"200": {"description": "Success"}, "default": failed}
        paths[path] = {"get": {"summary": summary, "security": [], "responses": responses}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "timegrain", "version": __version__, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": public_url or "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
                "query": {"type": "apiKey", "in": "query", "name": "api_key"},
            },
        },
    }


@get("/schema/openapi.json", sync_to_thread=False)
def openapi_json(request: Request[Any, Any, Any]) -> Response[bytes]:
    body = json.dumps(document(request.state.public_url), ensure_ascii=False).encode()
    return Response(body, media_type="application/json")


@get("/schema", sync_to_thread=False)
def schema_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The description to browse, without script: nothing is loaded from anywhere."""
    described = document(request.state.public_url)
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
