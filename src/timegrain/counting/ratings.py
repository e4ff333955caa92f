"""Ratings: which rule of whom settles a subject (T8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from ipaddress import ip_address
from typing import NamedTuple

from timegrain.counting.subjects import NameKind, application, bare


class Rating(IntEnum):
    PRODUCTIVE = 0
    NEUTRAL = 1
    UNPRODUCTIVE = 2


class Verdict(NamedTuple):
    """What a rule says of a subject. `ignore_idle` is None only in a team's rule that leaves it open."""

    rating: Rating
    ignore_idle: bool | None = False
    category: str | None = None


class Settled(NamedTuple):
    """What holds for a subject, after all rules."""

    rating: Rating
    ignore_idle: bool


UNRATED = Settled(Rating.NEUTRAL, False)


STARTER = -1
"""Stands for a team in the rules of the starter catalogue, which go after all others."""


class Rule(NamedTuple):
    """`team` is None for the organisation's, or `STARTER`; `name` is normalised (`application`, `domain`)."""

    team: int | None
    kind: NameKind
    name: str
    verdict: Verdict


def is_address(name: str) -> bool:
    """Whether a host is an IP address, which is no domain and matches only the same text."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def domain(subject: str) -> str:
    """The domain that a rule for `subject` rates: a bare host; brackets of an IPv6 address are dropped."""
    return bare(subject.strip().removeprefix("[").removesuffix("]"))


def domains_of(host: str) -> Iterator[str]:
    """The domains that hold for a host, the longest first: itself and, unless it is an address, those above it."""
    yield host
    rest = "" if is_address(host) else host
    while (dot := rest.find(".")) >= 0:
        rest = rest[dot + 1 :]
        if not is_address(rest):
            yield rest


def could_be_host(subject: str) -> bool:
    """Whether a subject, given without saying which, may be meant as a website's host too."""
    text = subject.strip()
    return bool(text) and all(sign.isalnum() or sign in "-_.:[]" for sign in text)


def rule_name(kind: NameKind, subject: str) -> str:
    return application(subject) if kind is NameKind.APPLICATION else domain(subject)


@dataclass(slots=True)
class _Owner:
    """The rules of the organisation, of one team or of the starter catalogue."""

    applications: dict[str, Verdict] = field(default_factory=dict)
    domains: dict[str, Verdict] = field(default_factory=dict)

    def winner(self, kind: NameKind, name: str) -> Verdict | None:
        found = self.winning(kind, name)
        return None if found is None else found[1]

    def winning(self, kind: NameKind, name: str) -> tuple[str, Verdict] | None:
        """The name that the winning rule has, and what it says."""
        if kind is NameKind.APPLICATION:
            verdict = self.applications.get(name)
            return None if verdict is None else (name, verdict)
        if not self.domains:
            return None
        return next(((one, self.domains[one]) for one in domains_of(name) if one in self.domains), None)


class RuleBook:
    """All rules of an organisation. Answers are remembered: a book is made once a policy version."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._owners: dict[int | None, _Owner] = {None: _Owner(), STARTER: _Owner()}
        self._settled: dict[tuple[int | None, NameKind, str], Settled] = {}
        for team, kind, name, verdict in rules:
            owner = self._owners.setdefault(team, _Owner())
            (owner.applications if kind is NameKind.APPLICATION else owner.domains)[name] = verdict

    def settle(self, team: int | None, kind: NameKind, name: str) -> Settled:
        """What holds for a subject while `team` is the primary team (None: no primary team)."""
        key = (team if team in self._owners else None, kind, name)
        found = self._settled.get(key)
        if found is None:
            found = self._settled[key] = self._settle(*key)
        return found

    def winner(self, team: int | None, kind: NameKind, name: str) -> Verdict | None:
        """What the rule says that rates a subject while `team` is the primary team; None without a rule."""
        special = self._owners[team].winner(kind, name) if team in self._owners and team is not None else None
        return special if special is not None else self._general(kind, name)

    @property
    def teams(self) -> list[int]:
        """Those with rules of their own."""
        return [owner for owner in self._owners if owner is not None and owner != STARTER]

    def rule_for(self, team: int | None, kind: NameKind, name: str) -> Rule | None:
        """The rule that rates a subject while `team` is the primary team; None where it is neutral without one."""
        for owner in dict.fromkeys((team, None, STARTER)):
            if owner in self._owners and (found := self._owners[owner].winning(kind, name)) is not None:
                return Rule(owner, kind, *found)
        return None

    def _general(self, kind: NameKind, name: str) -> Verdict | None:
        """Of the organisation's rule, else of the starter catalogue's."""
        own = self._owners[None].winner(kind, name)
        return own if own is not None else self._owners[STARTER].winner(kind, name)

    def _settle(self, team: int | None, kind: NameKind, name: str) -> Settled:
        winner = self.winner(team, kind, name)
        if winner is None:
            return UNRATED
        if winner.ignore_idle is not None:
            return Settled(winner.rating, winner.ignore_idle)
        general = self._general(kind, name)
        return Settled(winner.rating, bool(general and general.ignore_idle))


class RatedAnew(RuleBook):
    """Rates as one book does, and ignores idle as another: policy half way from this to that."""

    def __init__(self, rating: RuleBook, ignoring: RuleBook) -> None:
        super().__init__()
        self._rating, self._ignoring = rating, ignoring

    def settle(self, team: int | None, kind: NameKind, name: str) -> Settled:
        rating, _ = self._rating.settle(team, kind, name)
        return Settled(rating, self._ignoring.settle(team, kind, name).ignore_idle)
