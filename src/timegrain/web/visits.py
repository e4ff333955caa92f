"""One request for a page while it is worked on: who looks, what they ask, and how they ask the house for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import msgspec
from babel import Locale
from sqlalchemy import Connection

from timegrain.api.access import reach
from timegrain.api.admission import LONGEST_QUESTION_S
from timegrain.api.all_routes import ROUTES
from timegrain.api.asking import Came, work_on
from timegrain.api.calls import Answered, Call, Given, House
from timegrain.api.envelope import unreadable
from timegrain.api.routes import Route
from timegrain.api.trail import leave_trail
from timegrain.errors import Forbidden, TimegrainError
from timegrain.storage.keys import Caller
from timegrain.storage.sessions import SignedIn

_BY_OPERATION: Mapping[str, Route[Any]] = {route.operation: route for route in ROUTES}


class Fields:
    """What an address or a form holds: several values a name."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self.pairs = tuple(pairs)

    def one(self, name: str, default: str = "") -> str:
        """The last one, without the space around it."""
        return next((value.strip() for key, value in reversed(self.pairs) if key == name), default)

    def typed(self, name: str) -> str:
        """The last one as it was typed: of a password the space around it is part."""
        return next((value for key, value in reversed(self.pairs) if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value.strip() for key, value in self.pairs if key == name and value.strip()]

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.pairs)


@dataclass(slots=True)
class Visit:
    """In its worker thread. Of a public page there may be nobody signed in."""

    house: House
    reads: ExitStack
    """In which transactions end."""
    path: str
    names: Mapping[str, str]
    """What the path holds in the place of its braces."""
    query: Fields
    form: Fields
    locale: Locale
    now: int
    address: str
    """Of the computer that asks."""
    local: bool
    """Whether that is the server's own computer, without anything between."""
    base_url: str
    """`http://127.0.0.1:8600`: where the reader sees the server."""
    cookie: str = ""
    partial: bool = False
    """Whether a part of the page is asked for, by htmx."""
    gone: Callable[[], bool] = bool
    """Whether whoever asked has left."""
    signed_in: SignedIn | None = None
    error: TimegrainError | None = None
    """Why the form was not taken."""
    _connection: Connection | None = None
    _left: list[tuple[Call, Route[Any]]] = field(default_factory=list)

    @property
    def connection(self) -> Connection:
        """A read transaction, the same one until something was changed."""
        if self._connection is None:
            self._connection = self.reads.enter_context(self.house.database.read(LONGEST_QUESTION_S, self.gone))
        return self._connection

    def read_anew(self) -> None:
        """What is read from here on is how things are then; a change waits for no reader of the old state."""
        if self._connection is not None:
            self._connection.rollback()
            self._connection = None

    @property
    def here(self) -> str:
        """The address that was asked for, without its host."""
        return f"{self.path}?{urlencode(self.query.pairs)}" if self.query.pairs else self.path

    @property
    def me(self) -> SignedIn:
        if self.signed_in is None:
            raise Forbidden("Nobody is signed in")
        return self.signed_in

    @property
    def caller(self) -> Caller:
        return self.me.caller

    def may(self, operation: str) -> bool:
        """Whether the reader's role opens a call of the API."""
        try:
            reach(self.caller, operation)
        except Forbidden:
            return False
        return True

    def call(self, operation: str) -> Call:
        """For figures that no call gives as they are needed: within the reach of one that shows the same people.

        Whose data is read through it is in the audit trail as if that call had been asked.
        """
        route = _BY_OPERATION[operation]
        found = Call(
            self.house, self.connection, self.caller, operation, reach(self.caller, operation), "", self.address, None
        )
        self._left.append((found, route))
        return found

    def ask(self, operation: str, body: Any = None, query: Mapping[str, Any] | None = None, **names: str) -> Any:
        """What the API answers to this person: a call as a client would send it, without its envelope.

        Raises what the call raises.
        """
        route = _BY_OPERATION[operation]
        try:
            typed = None if route.body is None else msgspec.convert(body, route.body)
            asked = None if route.query is None else msgspec.convert(dict(query or {}), route.query, strict=False)
        except msgspec.ValidationError as error:
            raise unreadable(error) from None
        given = Given(typed, asked, names, {}, self.caller)
        call, result = work_on(route, given, Came(self.house, self.connection, "", self.address))
        self._left.append((call, route))
        if route.is_change:
            self.leave_trails()
            self.read_anew()
        if isinstance(result, Iterator):
            return list(result)
        return result.content if isinstance(result, Answered) else result

    def leave_trails(self) -> None:
        """Into the audit trail: what was looked at or changed so far."""
        left, self._left = self._left, []
        for call, route in left:
            leave_trail(call, route)
