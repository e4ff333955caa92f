"""The starter catalogue, read from its data file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

from timegrain.counting.ratings import STARTER, Rating, Rule, RuleBook, Verdict, rule_name
from timegrain.counting.subjects import NameKind


@dataclass(frozen=True, slots=True)
class Product:
    """An application or site; its names are as they are shown, on Windows, macOS and Linux."""

    name: str
    category: str
    rating: Rating
    ignore_idle: bool
    applications: tuple[str, ...]
    domains: tuple[str, ...]


@cache
def products() -> tuple[Product, ...]:
    """All of the catalogue, in its order."""
    text = resources.files(__package__).joinpath("catalogue.toml").read_text("utf-8")
    return tuple(
        Product(
            one["name"],
            category,
            Rating[one.get("rating", given["rating"]).upper()],
            one.get("ignore_idle", given.get("ignore_idle", False)),
            tuple(one.get("applications", ())),
            tuple(one.get("domains", ())),
        )
        for category, given in tomllib.loads(text).items()
        for one in given["products"]
    )


class StarterRule(NamedTuple):
    """A rule as an organisation adopts it, and its subject as it is shown."""

    subject: str
    rule: Rule


@cache
def starter_rules() -> tuple[StarterRule, ...]:
    """One rule a name of each product."""
    found: list[StarterRule] = []
    for one in products():
        verdict = Verdict(one.rating, one.ignore_idle, one.category)
        named = [(NameKind.APPLICATION, name) for name in one.applications]
        named += [(NameKind.SITE, name) for name in one.domains]
        found += [StarterRule(name, Rule(STARTER, kind, rule_name(kind, name), verdict)) for kind, name in named]
    return tuple(found)


@cache
def _catalogue() -> RuleBook:
    return RuleBook(rule for _, rule in starter_rules())


def category_of(kind: NameKind, name: str, book: RuleBook | None = None, team: int | None = None) -> str | None:
    """The category of a subject by its normalised name: of the rule in `book` that wins for `team`, else of the
    catalogue, adopted or not; None where neither knows it."""
    winner = book.winner(team, kind, name) if book else None
    if winner is None or winner.category is None:
        winner = _catalogue().winner(None, kind, name)
    return winner.category if winner else None
