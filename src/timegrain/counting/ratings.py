"""Ratings: which rule of whom settles a subject (T8)."""

from __future__ import annotations

from collections.abc import Iterable
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


class Settled(NamedTuple):
    """What holds for a subject, after all rules."""

    rating: Rating
    ignore_idle: bool


UNRATED = Settled(Rating.NEUTRAL, False)


class Rule(NamedTuple):
    """`team` is None for the organisation's; `name` is normalised (`application`, `domain`)."""

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


def could_be_host(subject: str) -> bool:
    """Whether a subject, given without saying which, may be meant as a website's host too."""
    text = subject.strip()
    return bool(text) and all(sign.isalnum() or sign in "-_.:[]" for sign in text)


def rule_name(kind: NameKind, subject: str) -> str:
    return application(subject) if kind is NameKind.APPLICATION else domain(subject)


@dataclass(slots=True)
class _Owner:
    """The rules of the organisation or of one team."""

    applications: dict[str, Verdict] = field(default_factory=dict)
    domains: dict[str, Verdict] = field(default_factory=dict)

    def winner(self, kind: NameKind, name: str) -> Verdict | None:
        if kind is NameKind.APPLICATION:
            return self.applications.get(name)
        if not self.domains:
            return None
        if (exact := self.domains.get(name)) is not None or is_address(name):
            return exact
        rest = name
        while (dot := rest.find(".")) >= 0:
            rest = rest[dot + 1 :]
            if (verdict := self.domains.get(rest)) is not None and not is_address(rest):
                return verdict
        return None


class RuleBook:
    """All rules of an organisation. Answers are remembered: a book is made once a policy version."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._owners: dict[int | None, _Owner] = {None: _Owner()}
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

    def _settle(self, team: int | None, kind: NameKind, name: str) -> Settled:
        general = self._owners[None].winner(kind, name)
        ignored = bool(general and general.ignore_idle)
        special = self._owners[team].winner(kind, name) if team is not None else None
        if special is not None:
            return Settled(special.rating, ignored if special.ignore_idle is None else special.ignore_idle)
        return Settled(general.rating, ignored) if general is not None else UNRATED
