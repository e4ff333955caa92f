"""Keep facts of some users of one organisation together (T12).

Of two facts with the same identity the longer stays; of two equally long the one whose `[app, host, url, title]` sorts
last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam

from timegrain.counting.subjects import NameKind
from timegrain.storage.devices import Device
from timegrain.storage.dialect import near_each, store_both
from timegrain.storage.facts import COLUMNS, TEXT_COLUMNS, Changes, FactKind, Held, Identity
from timegrain.storage.given import once, pairs
from timegrain.storage.names import Key, keep_texts, name_ids, names_by_id_of_each, text_id, texts_by_id
from timegrain.storage.schema import facts

_WITH_APP = (FactKind.FOCUS, FactKind.HEARTBEAT)
_BROWSERS = {FactKind.PAGE: NameKind.BROWSER, FactKind.HEARTBEAT: NameKind.APPLICATION}
"""What `browser` names: of a heartbeat an editor, which is an application."""


class Incoming(NamedTuple):
    """A fact to keep, as far as the organisation keeps text. `host` may be "".

    `browser` is a page's, and of a heartbeat its editor; either is normalised.
    """

    device: int
    kind: FactKind
    start: int
    end: int
    app: str = ""
    browser: str = ""
    host: str = ""
    url: str = ""
    title: str = ""


class Arrival(NamedTuple):
    """Facts of one user in the order in which they came; what they change is added to `changes`."""

    user: int
    facts: Sequence[Incoming]
    devices: Mapping[int, Device]
    changes: Changes


@dataclass(frozen=True, slots=True)
class Kept:
    stored: int
    unchanged: int


_asked = once(pairs("asked"), "asked")
_AT = near_each(
    _asked,
    facts,
    (facts.c.user_id, *COLUMNS, *TEXT_COLUMNS),
    and_(
        facts.c.organisation_id == bindparam("organisation"),
        facts.c.user_id == _asked.c.c0,
        facts.c.start_ms == _asked.c.c1,
    ),
)


def keep(connection: Connection, organisation: int, arrivals: Sequence[Arrival]) -> list[Kept]:
    """Store facts in the order in which they came, those of several users with the same statements."""
    all_ = {user: _OfUser(connection, organisation, user) for user in {one.user for one in arrivals}}
    for (user, kind, spelling), id_ in name_ids(connection, organisation, set(_names_of(arrivals))).items():
        all_[user].names[kind, spelling] = id_
    starts = list({(one.user, fact.start) for one in arrivals for fact in one.facts})
    if starts:
        for user, *row in _AT.rows(connection, {"organisation": organisation, "asked": starts}):
            start, device, kind, browser, *held = row
            all_[user].rows[start, device, kind, browser] = Held(*held)
    kept = []
    for one in arrivals:
        stored = sum(all_[one.user].take(fact, one.devices[fact.device], one.changes) for fact in one.facts)
        kept.append(Kept(stored, len(one.facts) - stored))
    _write(connection, organisation, all_.values())
    return kept


class _OfUser:
    """What facts of one user meet, and what becomes of it."""

    def __init__(self, connection: Connection, organisation: int, user: int) -> None:
        self._connection = connection
        self._owner = (organisation, user)
        self.user = user
        self.names: dict[tuple[NameKind, str], int] = {}
        self.rows: dict[Identity, Held] = {}
        self.changed: dict[Identity, Held] = {}
        self.new: set[Identity] = set()
        self._texts: dict[int, str] = {}
        self.held: list[str] = []
        """Texts that facts hold now, and ids of those that they no longer do."""
        self.dropped: list[int] = []

    def take(self, fact: Incoming, device: Device, changes: Changes) -> bool:
        """Whether the fact is new, or took the place of another form of itself."""
        names = self.names
        of_what = _BROWSERS.get(fact.kind)
        identity = (
            fact.start,
            fact.device,
            int(fact.kind),
            0 if of_what is None else names[of_what, fact.browser],
        )
        new = Held(
            fact.end - fact.start,
            names[NameKind.APPLICATION, fact.app] if fact.kind in _WITH_APP else 0,
            names[NameKind.SITE, fact.host] if fact.host else 0,
            text_id(fact.url),
            text_id(fact.title),
        )
        old = self.rows.get(identity)
        if old is not None and (old == new or not self._replaces(new, fact, old)):
            return False
        if old is None:
            self.new.add(identity)
        self._note_texts(fact, old, new)
        self.rows[identity] = self.changed[identity] = new
        changes.note(identity, old, new, device)
        return True

    def _replaces(self, new: Held, fact: Incoming, old: Held) -> bool:
        if new.length != old.length:
            return new.length > old.length
        return [fact.app, fact.host, fact.url, fact.title] > self._as_kept(old)

    def _as_kept(self, held: Held) -> list[str]:
        ids = {id_ for id_ in (held.app, held.site) if id_}
        organisation, user = self._owner
        named = names_by_id_of_each(self._connection, organisation, {user: ids})[user]
        text_ids = {id_ for id_ in (held.url, held.title) if id_ is not None}
        written = {**texts_by_id(self._connection, *self._owner, text_ids), **self._texts} if text_ids else {}
        spelt = [named[id_].spelling if id_ else "" for id_ in (held.app, held.site)]
        return spelt + [written[id_] if id_ is not None else "" for id_ in (held.url, held.title)]

    def _note_texts(self, fact: Incoming, old: Held | None, new: Held) -> None:
        if old is not None and (old.url, old.title) == (new.url, new.title):
            return
        for text_, id_ in ((fact.url, new.url), (fact.title, new.title)):
            if id_ is not None:
                self._texts[id_] = text_
                self.held.append(text_)
        if old is not None:
            self.dropped += [id_ for id_ in (old.url, old.title) if id_ is not None]


def _write(connection: Connection, organisation: int, all_: Iterable[_OfUser]) -> None:
    new, known = (
        [
            (organisation, one.user, *identity, *held)
            for one in all_
            for identity, held in one.changed.items()
            if (identity in one.new) is is_new
        ]
        for is_new in (True, False)
    )
    store_both(connection, facts, new, known)
    held = [(one.user, text) for one in all_ for text in one.held]
    dropped = [(one.user, id_) for one in all_ for id_ in one.dropped]
    keep_texts(connection, organisation, held, dropped)


def _names_of(arrivals: Iterable[Arrival]) -> Iterator[Key]:
    for user, incoming, _, _ in arrivals:
        for fact in incoming:
            if fact.kind in _WITH_APP:
                yield user, NameKind.APPLICATION, fact.app
            if (of_what := _BROWSERS.get(fact.kind)) is not None:
                yield user, of_what, fact.browser
            if fact.host:
                yield user, NameKind.SITE, fact.host
