"""One call while it is worked on: what was given, who asks, and what the house has to answer with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from timegrain.api.admission import Admission
from timegrain.api.rates import Rates
from timegrain.errors import wrong
from timegrain.figures.pieces import Asker
from timegrain.jobs import JobRunner
from timegrain.journal import Journal
from timegrain.recording import Recorder
from timegrain.storage import audit
from timegrain.storage.audit import Actor, Entry
from timegrain.storage.books import Books
from timegrain.storage.engine import Database
from timegrain.storage.keys import Caller
from timegrain.storage.queries.people_meant import Meant, Profile, people_meant, profiles_meant
from timegrain.storage.roles import Reach

if TYPE_CHECKING:  # Windows has no such file
    from timegrain.api.shared import SharedTable


@dataclass(frozen=True, slots=True)
class House:
    """What calls are answered with: one a server."""

    database: Database
    recorder: Recorder
    books: Books
    jobs: JobRunner
    journal: Journal
    rates: Rates
    admission: Admission
    shared: SharedTable | None = None
    """What the other processes of this server know too; None where there are none."""


class Given(NamedTuple):
    """What a request gives, decoded and not understood yet."""

    body: Any
    """As the route's `body`; its bytes where the route decodes them itself."""
    query: Any
    path: Mapping[str, str]
    headers: Mapping[str, str]
    caller: Caller

    def id(self, name: str) -> UUID:
        """One of the path. Raises `ValidationFailed` for what is no UUID."""
        try:
            return UUID(self.path[name])
        except ValueError:
            raise wrong(name, "not a UUID") from None


class Answered(NamedTuple):
    """An answer other than the route's usual one: under `response`, with another status or message."""

    content: Any
    under: Literal["data", "response"] = "data"
    status: int | None = None
    message: str | None = None


@dataclass(slots=True)
class Trail:
    """What the audit trail has of a call so far."""

    recorded: bool = False
    """Nothing more is to be recorded: it was, or nothing changed."""


@dataclass(frozen=True, slots=True)
class Call:
    """In its worker thread, after its caller was found to be let in."""

    house: House
    connection: Connection
    """A read transaction, in which the caller was found."""
    caller: Caller
    operation: str
    reach: Reach
    token: str
    address: str
    sent_at: int | None
    """The second of the sender's clock, from its `Date` header."""
    about: set[int] = field(default_factory=set)
    """The users whose data the answer shows or changes."""
    trail: Trail = field(default_factory=Trail)

    def people(self, users: Sequence[UUID] | None, teams: Sequence[UUID] | None = None) -> list[Meant]:
        """Whom the ids mean, within the caller's reach. Raises as `people_meant`."""
        found = people_meant(self.connection, self.caller.organisation, users or (), teams or (), self.reach)
        self.about.update(one.user for one in found)
        return found

    def profiles(self, users: Sequence[UUID] | None, teams: Sequence[UUID] | None = None) -> list[Profile]:
        """The same with their names, in the order in which answers list them."""
        found = profiles_meant(self.connection, self.caller.organisation, users or (), teams or (), self.reach)
        self.about.update(one.user for one in found)
        return found

    @property
    def actor(self) -> Actor:
        return Actor(self.operation, self.caller.user, self.caller.key, self.address)

    def leave_reading(self) -> None:
        """Give the connection back, before something is written that may take long: others read meanwhile."""
        self.connection.close()

    def record(self, connection: Connection, before: Any = None, after: Any = None) -> None:
        """Write the call into the audit trail, in the transaction of what it changes."""
        entry = Entry(self.actor, tuple(self.about), before, after)
        audit.record(connection, self.caller.organisation, entry)
        self.trail.recorded = True

    @property
    def asker(self) -> Asker:
        who = self.caller
        return Asker(self.connection, who.organisation, who.zone, who.policy_version, self.house.books)
