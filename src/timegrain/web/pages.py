"""A page as one piece of data: its path, what opens it, and the functions that show it and take its forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from litestar.response import Stream

from timegrain.web.visits import Visit


@dataclass(frozen=True, slots=True)
class Shown:
    """A template with what it shows."""

    template: str
    given: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Moved:
    """Another page comes instead: after every change, so that a page can be loaded again."""

    to: str
    cookie: str | None = None
    """A session that begins; empty: one that ends."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file, which is closed when it is sent."""

    file: BinaryIO
    media_type: str
    name: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """What grows is as it was."""


Result = Shown | Moved | Sent | Unchanged | Stream
"""A stream is a file that a call of the API answers with; it goes on as it is."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """`show` answers GET; `change` answers a form, and where it raises, `show` comes again with what is wrong."""

    path: str
    """With names in braces."""
    show: Callable[[Visit], Result]
    change: Callable[[Visit], Result] | None = None
    name: str = ""
    """In the navigation; without one it is not there."""
    opened_by: str | tuple[str, ...] = ""
    """The operation of the API that a role must open, or several, one of which it must; empty: whoever signed in."""
    public: bool = False
    """Without signing in."""
    long: bool = False
    """Whether it may take long or much memory, as `Route.long` says of a route."""
    grows: bool = False
    """Whether it is asked again and again for what is new."""

    def opens(self, visit: Visit) -> bool:
        """Whether the reader's role opens it."""
        operations = (self.opened_by,) if isinstance(self.opened_by, str) else self.opened_by
        return not self.opened_by or any(map(visit.may, operations))
