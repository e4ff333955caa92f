"""A change of policy as data: rules to put and to remove, or columns of the organisation's policy or one user's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from timegrain.counting.ratings import Rating, Rule, Verdict, domains_of
from timegrain.counting.stretches import Limits
from timegrain.counting.subjects import NameKind
from timegrain.storage import names, people, ratings
from timegrain.storage.ratings import RuleKey, StoredRule

RuleChange = tuple[StoredRule | None, StoredRule | None]
"""A rule before and after; None: there is none."""

LIMITS = {
    "idle_threshold": "threshold",
    "away_limit": "away",
    "unattended_limit": "unattended",
    "idle_counting": "idle_counting",
}
"""Columns that are limits, of the organisation and of each user, as `Limits` calls them."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to change, all at once. `values` are columns: of the organisation, or of `user`."""

    put: tuple[StoredRule, ...] = ()
    remove: tuple[RuleKey, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    user: int | None = None

    @property
    def counts(self) -> bool:
        """Whether any figure can depend on it."""
        return bool(self.put or self.remove or self.values.keys() & {*LIMITS, "zone"})

    def judges(self, rules: Iterable[RuleChange]) -> bool:
        """Whether it can change what is idle, `rules` being those that it changes: that is counted from facts alone."""
        ignored = (tuple(one is not None and one.ignore_idle for one in pair) for pair in rules)
        return bool(self.values.keys() & LIMITS.keys()) or any(before != after for before, after in ignored)

    @property
    def rule_keys(self) -> set[RuleKey]:
        return {rule.key for rule in self.put} | set(self.remove)

    def values_of(self, user: int | None) -> Mapping[str, Any]:
        """The columns that it sets of a user, or (None) of the organisation."""
        return self.values if self.user == user else {}

    def rules_after(self, before: Iterable[Rule]) -> list[Rule]:
        rules = {(rule.team, rule.kind, rule.name): rule for rule in before}
        for one in self.put:
            rule = as_rule(one.team, one.kind, one.name, one.rating, one.ignore_idle, one.category)
            rules[rule.team, rule.kind, rule.name] = rule
        for team, kind, name in self.remove:
            rules.pop((team or None, kind, name), None)
        return list(rules.values())


def as_rule(team: int, kind: int, name: str, rating: int, ignore_idle: bool | None, category: str | None) -> Rule:
    """A stored rule as counting knows it."""
    return Rule(team or None, NameKind(kind), name, Verdict(Rating(rating), ignore_idle, category))


def limits_over(values: Mapping[str, Any], under: Limits) -> Limits:
    """The limits among columns; where one is missing or None, as in `under`."""
    given = {name: values.get(column) for column, name in LIMITS.items()}
    return Limits(**{name: getattr(under, name) if value is None else value for name, value in given.items()})


def make(connection: Connection, organisation: int, change: Change) -> None:
    """Write what is to change, in a transaction that may change the policy."""
    ratings.put(connection, organisation, change.put)
    ratings.remove(connection, organisation, change.remove)
    if not change.values:
        return
    if change.user is None:
        people.set_organisation_policy(connection, organisation, dict(change.values))
    else:
        people.set_user(connection, organisation, change.user, dict(change.values))


def written(change: Change) -> str:
    return json.dumps(
        {"put": change.put, "remove": change.remove, "values": dict(change.values), "user": change.user},
        ensure_ascii=False,
    )


def read(text: str) -> Change:
    held = json.loads(text)
    return Change(
        tuple(map(stored_rule, held["put"])),
        tuple((team, NameKind(kind), name) for team, kind, name in held["remove"]),
        held["values"],
        held["user"],
    )


def stored_rule(held: list[Any]) -> StoredRule:
    """A rule as JSON holds it."""
    rule = StoredRule(*held)
    return rule._replace(kind=NameKind(rule.kind), rating=Rating(rule.rating))


def held_before(
    connection: Connection, organisation: int, change: Change
) -> tuple[tuple[RuleChange, ...], Mapping[str, Any]]:
    """Each rule that changes before and after, and the columns that change as they were."""
    held = {rule.key: rule for rule in ratings.all_rules(connection, organisation)} if change.rule_keys else {}
    put = {rule.key: rule for rule in change.put}
    rules = tuple((held.get(key), None if key in change.remove else put.get(key)) for key in sorted(change.rule_keys))
    if not change.values:
        return rules, {}
    row = (
        people.organisation_row(connection, organisation)
        if change.user is None
        else people.user_row(connection, organisation, change.user)
    )
    return rules, {name: row._mapping[name] for name in change.values}


def matched_subjects(connection: Connection, organisation: int, change: Change) -> int:
    """How many distinct stored subjects the rules that change match."""
    touched = {(kind, name) for _, kind, name in change.rule_keys}
    if not touched:
        return 0
    return sum(_matches(kind, name, touched) for kind, name in names.distinct_names(connection, organisation))


def _matches(kind: int, name: str, touched: set[tuple[NameKind, str]]) -> bool:
    above = domains_of(name) if kind == NameKind.SITE else (name,)
    return any((kind, one) in touched for one in above)
