"""The form of ratings: what it says, and the same as a call of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from timegrain.counting.ratings import RuleBook, rule_name
from timegrain.counting.subjects import NameKind
from timegrain.counting.tallies import Tally
from timegrain.errors import wrong
from timegrain.figures.usage import SubjectUsed
from timegrain.figures.usage_by_person import Effect
from timegrain.rating_changes import KINDS, RATINGS, GivenRating, as_change, kind_name
from timegrain.storage.changes import Change
from timegrain.storage.queries.teams_seen import SeenTeam
from timegrain.storage.queries.usage import Subject
from timegrain.storage.ratings import ORGANISATION
from timegrain.web.charts import CLASSES
from timegrain.web.visits import Fields

RATE = "PUT /v1/ratings"
NO_RULE = "none"
"""In the place of a rating: the rule goes."""
AS_IT_IS = ""
"""In the place of a rating, where something else changes."""
_WAS, _RATE = "was:", "rate:"
_TYPES = {"application": "application", "website": "domain", "domain": "domain"}
"""What addresses and forms call a subject's kind, and rules call it."""

KEYS = tuple(f"{type_}:" for type_ in _TYPES)
"""How a subject in an address begins."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Ratings that are chosen and not saved. `ignore_idle` None and `category` "" leave that as it is."""

    ratings: Mapping[Subject, str] = field(default_factory=dict)
    """Of subjects whose rating is to change, and of picked ones where something else is."""
    spelled: Mapping[Subject, str] = field(default_factory=dict)
    """How rules are to write them."""
    picked: frozenset[Subject] = frozenset()
    team: str = ""
    """An id; empty: the organisation."""
    ignore_idle: bool | None = None
    category: str = ""

    @property
    def changes(self) -> int:
        return len(self.ratings)


def key_of(subject: Subject, spelling: str = "") -> str:
    """`application:Code`, `website:docs.example.com`: a subject in an address or a form."""
    kind, name = subject
    return f"application:{spelling.strip() or name}" if kind is NameKind.APPLICATION else f"website:{name}"


def key_of_used(one: SubjectUsed) -> str:
    """The same of a subject as the API tells of it."""
    return f"{one.type}:{one.name}"


def read_key(field_: str, key: str) -> tuple[Subject, str]:
    """The subject, and how it is spelled. Raises `ValidationFailed`."""
    type_, _, name = key.partition(":")
    if type_ not in _TYPES or not name.strip():
        raise wrong(field_, "must be application: or website: and a name")
    kind = KINDS[_TYPES[type_]]
    return (kind, rule_name(kind, name)), name.strip()


def read_pending(form: Fields) -> Pending:
    """Raises `ValidationFailed`."""
    picked = form.all("pick")
    was = {key.removeprefix(_WAS): value for key, value in form.pairs if key.startswith(_WAS)}
    rated = {key.removeprefix(_RATE): value for key, value in form.pairs if key.startswith(_RATE)}
    wanted = {key: value for key, value in rated.items() if value != was.get(key, "")}
    ignore_idle = {"yes": True, "no": False}.get(form.one("ignoreIdle"))
    category = form.one("category")
    for key in picked:
        if for_all := form.one("all"):
            wanted[key] = for_all
        elif ignore_idle is not None or category:
            wanted.setdefault(key, AS_IT_IS)
    subjects = {key: read_key("rate", key) for key in {*wanted, *picked}}
    return Pending(
        {subjects[key][0]: value and _rating(value) for key, value in wanted.items()},
        dict(subjects.values()),
        frozenset(subjects[key][0] for key in picked),
        form.one("team"),
        ignore_idle,
        category,
    )


def read_single(form: Fields) -> Pending:
    """Of the small form that rates one subject. Raises `ValidationFailed`."""
    subject, spelled = read_key("subject", f"{form.one('kind')}:{form.one('subject')}")
    return Pending({subject: _rating(form.one("rating"))}, {subject: spelled}, team=form.one("team"))


def _rating(text: str) -> str:
    if text not in (*RATINGS, NO_RULE):
        raise wrong("rating", f"must be one of {', '.join(RATINGS)}")
    return text


def scope_of(pending: Pending, teams: Sequence[SeenTeam]) -> SeenTeam | None:
    """The team that the rules are for; None: the organisation. Raises `ValidationFailed`."""
    if not pending.team:
        return None
    found = next((one for one in teams if str(one.uuid) == pending.team), None)
    if found is None:
        raise wrong("team", "there is no such team")
    return found


@dataclass(frozen=True, slots=True)
class _Full:
    """A rating with what its rule had of ignore idle and category, where the form leaves that as it is."""

    kind: NameKind
    name: str
    rating: str
    ignore_idle: bool | None
    category: str | None


def _full(pending: Pending, book: RuleBook, scope: SeenTeam | None) -> list[_Full]:
    owner = scope.id if scope else None
    found = []
    for subject, wanted in pending.ratings.items():
        ignore = pending.ignore_idle
        if ignore is None:
            own = book.rule_for(owner, *subject)
            if scope is None:
                ignore = book.settle(None, *subject).ignore_idle
            elif own is not None and own.team == owner:
                ignore = own.verdict.ignore_idle
        winner = book.winner(owner, *subject)
        category = pending.category or (winner.category if winner else None)
        rating = wanted or book.settle(owner, *subject).rating.name.lower()
        found.append(_Full(subject[0], pending.spelled[subject], rating, ignore, category))
    return found


def changing(pending: Pending, book: RuleBook, scope: SeenTeam | None) -> Change:
    """What the rules would be changed by."""
    team = scope.id if scope else ORGANISATION
    return as_change(
        GivenRating(one.name, RATINGS.get(one.rating), one.kind, one.ignore_idle, one.category, team)
        for one in _full(pending, book, scope)
    )


def as_asked(pending: Pending, book: RuleBook, scope: SeenTeam | None) -> list[dict[str, object]]:
    """The body's `ratings` of the call that changes them."""
    team: UUID | None = scope.uuid if scope else None
    return [
        {
            "subject": one.name,
            "kind": kind_name(one.kind),
            "rating": None if one.rating == NO_RULE else one.rating,
            "ignoreIdle": one.ignore_idle,
            "category": one.category,
            "teamId": None if team is None else str(team),
        }
        for one in _full(pending, book, scope)
    ]


class Move(NamedTuple):
    """Seconds more or less of a class."""

    name: str
    seconds: int


class Preview(NamedTuple):
    """What pending ratings come to; `headline` is what a class gains most, None where nothing moves."""

    now: Tally
    then: Tally
    people: int
    scope: str
    with_idle: bool
    moves: Sequence[Move]
    headline: Move | None


def preview_of(effect: Effect, scope: str) -> Preview:
    moves = [Move(name, getattr(effect.then, name) - getattr(effect.now, name)) for name in CLASSES]
    moves = [one for one in moves if one.seconds]
    return Preview(
        effect.now,
        effect.then,
        effect.people,
        scope,
        effect.with_idle,
        moves,
        max(moves, key=lambda one: one.seconds, default=None),
    )
