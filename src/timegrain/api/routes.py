"""A route as one piece of data: how it is asked, what it answers, and the two functions between.

`api/requests.py` takes a request through it, `api/openapi.py` describes it, `api/access.py` says who may ask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

import msgspec

from timegrain.api.calls import Call, Given

Asked = TypeVar("Asked")

KEY = ("key",)
WATCHERS = ("key", "basic")
EDITORS = ("key", "basic", "query")
"""How a key may be sent: as Bearer, as Basic, as `?api_key=`. `OPEN` needs none."""


def as_given(given: Given) -> Any:
    """For a route whose body says all."""
    return given.body


def nothing(_given: Given) -> None:
    """For a route that is asked without anything."""


@dataclass(frozen=True, kw_only=True)
class Route(Generic[Asked]):
    """`read` understands what is given and raises what is wrong with it (400); then comes who may ask (403);
    `work` returns what is under `data`, an `Answered`, or a whole `Response`."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    """With names in braces; one that ends in `Id` is a UUID."""
    name: str
    """Of the operation, and of its example."""
    summary: str
    work: Callable[[Call, Asked], Any]
    """An iterator where the list is long: its items are made, and encoded, one by one."""
    read: Callable[[Given], Asked] = as_given
    message: str = ""
    data: Any = None
    """The type under `data`."""
    response: Any = None
    """The type under `response`, instead of `data` or as another form of the answer."""
    bare: Any = None
    """The type of an answer without our envelope."""
    also: Mapping[int, Any] = field(default_factory=dict)
    """Other answers by status: the type under `data`, None without a body."""
    body: Any = None
    decodes: bool = True
    """Whether `read` gets the body as its type; else as bytes."""
    listed: bool = False
    """Whether a list of `body` is taken too, and answered with null."""
    files: tuple[str, ...] = ()
    """The media types of an answer that is a file."""
    pages: Callable[[Asked], tuple[str, ...]] | None = None
    """Of the pages that open the route, those that open what is asked."""
    query: type[msgspec.Struct] | None = None
    status: int = 200
    security: tuple[str, ...] = KEY
    changes: bool | None = None
    """Whether it changes something, which is recorded; None: as the method and the status say."""
    long: bool = False
    """Whether it may take long or much memory: then few are worked on at once."""
    aliases: tuple[str, ...] = ()
    """Further paths, which the description leaves out."""

    @property
    def is_change(self) -> bool:
        if self.changes is None:
            return self.method in ("PUT", "PATCH", "DELETE") or self.status == 201
        return self.changes

    @property
    def operation(self) -> str:
        return f"{self.method} {self.path}"
