"""Rating rules, kept by normalised subject: a later one replaces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select

from timegrain.counting.ratings import STARTER, Rating
from timegrain.counting.subjects import NameKind
from timegrain.starter.catalogue import starter_rules
from timegrain.storage.schema import rules

ORGANISATION = 0
RuleKey = tuple[int, NameKind, str]
"""Team (or `ORGANISATION`, or `STARTER`), kind and normalised subject."""


class StoredRule(NamedTuple):
    team: int
    kind: NameKind
    name: str
    subject: str
    rating: Rating
    ignore_idle: bool | None
    category: str | None = None

    @property
    def key(self) -> RuleKey:
        return self.team, self.kind, self.name


_REMOVE = delete(rules).where(
    rules.c.organisation_id == bindparam("organisation"),
    rules.c.team_id == bindparam("team"),
    rules.c.kind == bindparam("kind"),
    rules.c.name == bindparam("name"),
)


def all_rules(connection: Connection, organisation: int) -> list[StoredRule]:
    statement = (
        select(
            rules.c.team_id,
            rules.c.kind,
            rules.c.name,
            rules.c.subject,
            rules.c.rating,
            rules.c.ignore_idle,
            rules.c.category,
        )
        .where(rules.c.organisation_id == organisation)
        .order_by(rules.c.team_id, rules.c.name, rules.c.kind)
    )
    return [
        StoredRule(team, NameKind(kind), name, subject, Rating(rating), ignore_idle, category)
        for team, kind, name, subject, rating, ignore_idle, category in connection.execute(statement)
    ]


def of_the_catalogue() -> list[StoredRule]:
    """The rules of the starter catalogue, as an organisation adopts them."""
    return [StoredRule(STARTER, kind, name, subject, *verdict) for subject, (_, kind, name, verdict) in starter_rules()]


def put(connection: Connection, organisation: int, given: Sequence[StoredRule]) -> None:
    if not given:
        return
    remove(connection, organisation, [rule.key for rule in given])
    latest = {rule.key: rule for rule in given}.values()
    connection.execute(
        insert(rules),
        [
            {
                "organisation_id": organisation,
                "team_id": rule.team,
                "kind": int(rule.kind),
                "name": rule.name,
                "subject": rule.subject,
                "rating": int(rule.rating),
                "ignore_idle": rule.ignore_idle,
                "category": rule.category,
            }
            for rule in latest
        ],
    )


def remove(connection: Connection, organisation: int, gone: Sequence[RuleKey]) -> None:
    parameters = [
        {"organisation": organisation, "team": team, "kind": int(kind), "name": name} for team, kind, name in gone
    ]
    if parameters:
        connection.execute(_REMOVE, parameters)
