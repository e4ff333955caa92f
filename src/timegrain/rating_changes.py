"""Ratings as people give them: many at once, as the audit trail keeps them, taken back, and the starter catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from timegrain.counting.ratings import STARTER, Rating, RuleBook, could_be_host, rule_name
from timegrain.counting.subjects import NameKind
from timegrain.errors import Detail, TeamNotFound
from timegrain.storage.changes import Change, RuleChange, as_rule
from timegrain.storage.ratings import ORGANISATION, RuleKey, StoredRule, all_rules, of_the_catalogue

LONGEST_CATEGORY = 64
KINDS = {"application": NameKind.APPLICATION, "domain": NameKind.SITE}
RATINGS = {one.name.lower(): one for one in Rating}


def kind_name(kind: NameKind) -> Literal["application", "domain"]:
    return "application" if kind is NameKind.APPLICATION else "domain"


class GivenRating(NamedTuple):
    """One as given: without `kind` what could be a host is rated as both; without `rating` the rules go."""

    subject: str
    rating: Rating | None
    kind: NameKind | None = None
    ignore_idle: bool | None = None
    category: str | None = None
    team: int = ORGANISATION

    def kinds(self) -> list[NameKind]:
        """Empty where a domain is meant and the subject is no bare host name."""
        host = could_be_host(self.subject)
        if self.kind is None:
            return [NameKind.APPLICATION, NameKind.SITE] if host else [NameKind.APPLICATION]
        return [self.kind] if host or self.kind is NameKind.APPLICATION else []

    def rule_keys(self) -> list[RuleKey]:
        return [(self.team, kind, rule_name(kind, self.subject)) for kind in self.kinds()]

    def rule(self, key: RuleKey, rating: Rating) -> StoredRule:
        # Only a team's rule may leave ignore idle to the organisation's.
        ignored = bool(self.ignore_idle) if self.team == ORGANISATION else self.ignore_idle
        return StoredRule(*key, self.subject, rating, ignored, self.category)


def as_change(given: Iterable[GivenRating]) -> Change:
    """Of several for one rule the last holds."""
    wanted: dict[RuleKey, StoredRule | None] = {}
    for one in given:
        for key in one.rule_keys():
            wanted[key] = one.rule(key, one.rating) if one.rating is not None else None
    return _change(wanted)


def _change(wanted: Mapping[RuleKey, StoredRule | None]) -> Change:
    put = [rule for rule in wanted.values() if rule is not None]
    return Change(tuple(put), tuple(key for key, rule in wanted.items() if rule is None))


def starter_change(held: Iterable[StoredRule], adopt: bool) -> Change:
    """Adopt the starter catalogue as this version has it, or give it up; `held` are all rules as they are."""
    put = of_the_catalogue() if adopt else []
    kept = {rule.key for rule in put}
    return Change(tuple(put), tuple(rule.key for rule in held if rule.team == STARTER and rule.key not in kept))


def book_after(connection: Connection, organisation: int, change: Change) -> RuleBook:
    """The rules as they are, with what a change would make of them."""
    held = [as_rule(one.team, *one[1:3], one.rating, *one[5:]) for one in all_rules(connection, organisation)]
    return RuleBook(change.rules_after(held))


Recorded = Mapping[str, Any]
"""A rule as the audit trail and a job's result keep it."""


def recorded(changes: Sequence[RuleChange], teams: Mapping[int, UUID]) -> tuple[list[Any], list[Any]]:
    """The rules before and after, each a list of `Recorded` or None, the same rule at the same place."""
    return (
        [_recorded(before, teams) for before, _ in changes],
        [_recorded(after, teams) for _, after in changes],
    )


def _recorded(rule: StoredRule | None, teams: Mapping[int, UUID]) -> Recorded | None:
    if rule is None:
        return None
    return {
        "teamId": str(teams[rule.team]) if rule.team in teams else None,
        "starter": rule.team == STARTER,
        "kind": kind_name(rule.kind),
        "name": rule.name,
        "subject": rule.subject,
        "rating": rule.rating.name.lower(),
        "ignoreIdle": rule.ignore_idle,
        "category": rule.category,
    }


def undoing(before: Sequence[Recorded | None], after: Sequence[Recorded | None], teams: Mapping[UUID, int]) -> Change:
    """What puts the rules of a recorded change back as they were before it.

    Raises `TeamNotFound` where one was of a team that is no more.
    """
    wanted: dict[RuleKey, StoredRule | None] = {}
    for was, became in zip(before, after, strict=True):
        if was is not None:
            rule = _as_stored(was, teams)
            wanted[rule.key] = rule
        elif became is not None:
            wanted[_as_stored(became, teams).key] = None
    return _change(wanted)


def _as_stored(rule: Recorded, teams: Mapping[UUID, int]) -> StoredRule:
    owner = STARTER if rule["starter"] else ORGANISATION
    if rule["teamId"] is not None:
        owner = known_team(UUID(rule["teamId"]), teams)
    rating = RATINGS[rule["rating"]]
    return StoredRule(
        owner, KINDS[rule["kind"]], rule["name"], rule["subject"], rating, rule["ignoreIdle"], rule["category"]
    )


def known_team(team: UUID, teams: Mapping[UUID, int]) -> int:
    """Raises `TeamNotFound`."""
    if team not in teams:
        raise TeamNotFound("This organisation has no such team", [Detail("teamId", str(team))])
    return teams[team]
