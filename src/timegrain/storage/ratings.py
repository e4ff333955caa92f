"""Rating rules, kept by normalised subject: a later one replaces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from timegrain.counting.ratings import Rating
from timegrain.counting.subjects import NameKind
from timegrain.storage.schema import rules

ORGANISATION = 0
RuleKey = tuple[int, NameKind, str]
"""Team (or `ORGANISATION`), kind and normalised subject."""


class StoredRule(NamedTuple):
    team: int
    kind: NameKind
    name: str
    subject: str
    rating: Rating
    ignore_idle: bool | None

    @property
    def key(self) -> RuleKey:
        return self.team, self.kind, self.name


def all_rules(connection: Connection, organisation: int) -> list[StoredRule]:
    statement = (
        select(rules.c.team_id, rules.c.kind, rules.c.name, rules.c.subject, rules.c.rating, rules.c.ignore_idle)
        .where(rules.c.organisation_id == organisation)
        .order_by(rules.c.team_id, rules.c.name, rules.c.kind)
    )
    return [
        StoredRule(team, NameKind(kind), name, subject, Rating(rating), ignore_idle)
        for team, kind, name, subject, rating, ignore_idle in connection.execute(statement)
    ]


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
            }
            for rule in latest
        ],
    )


def remove(connection: Connection, organisation: int, gone: Sequence[RuleKey]) -> None:
    for team, kind, name in gone:
        connection.execute(
            delete(rules).where(
                rules.c.organisation_id == organisation,
                rules.c.team_id == team,
                rules.c.kind == int(kind),
                rules.c.name == name,
            )
        )
