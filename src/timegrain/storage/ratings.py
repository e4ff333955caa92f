"""Rating rules, kept by normalised subject: a later one replaces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Connection,
    and_,
    bindparam,
    case,
    delete,
    insert,
    literal_column,
    select,
    tuple_,
)

from timegrain.counting.ratings import STARTER, Rating
from timegrain.counting.subjects import NameKind
from timegrain.starter.catalogue import starter_rules
from timegrain.storage.schema import rules, teams

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


_RULE = (
    rules.c.team_id,
    rules.c.kind,
    rules.c.name,
    rules.c.subject,
    rules.c.rating,
    rules.c.ignore_idle,
    rules.c.category,
)
# The organisation's first, then the teams', then the starter catalogue's.
_PLACE = case((rules.c.team_id == STARTER, literal_column(str(1 << 31), BigInteger)), else_=rules.c.team_id)
_IN_ORDER = (
    select(*_RULE, teams.c.uuid)
    .select_from(
        rules.outerjoin(teams, and_(teams.c.organisation_id == rules.c.organisation_id, teams.c.id == rules.c.team_id))
    )
    .where(rules.c.organisation_id == bindparam("organisation"))
    .order_by(_PLACE, rules.c.name, rules.c.kind)
)
_PAGE = _IN_ORDER.where(
    tuple_(_PLACE, rules.c.name, rules.c.kind) > tuple_(bindparam("place"), bindparam("name"), bindparam("kind"))
).limit(bindparam("most"))


class ListedRule(NamedTuple):
    """`team` is None for a rule of the organisation or the starter catalogue."""

    rule: StoredRule
    team: UUID | None


def _stored(row: Sequence[Any]) -> StoredRule:
    team, kind, name, subject, rating, ignore_idle, category = row
    return StoredRule(team, NameKind(kind), name, subject, Rating(rating), ignore_idle, category)


def all_rules(connection: Connection, organisation: int) -> list[StoredRule]:
    """The organisation's first, then the teams', then the starter catalogue's."""
    return [_stored(row[:7]) for row in connection.execute(_IN_ORDER, {"organisation": organisation})]


def some_rules(connection: Connection, organisation: int, after: RuleKey | None, most: int) -> list[ListedRule]:
    """At most so many rules in that order, those that come after one's key."""
    team, kind, name = after or (-1, NameKind.APPLICATION, "")
    place = 1 << 31 if after and team == STARTER else team
    parameters = {"organisation": organisation, "place": place, "name": name, "kind": int(kind), "most": most}
    return [ListedRule(_stored(row[:7]), row[7]) for row in connection.execute(_PAGE, parameters)]


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
