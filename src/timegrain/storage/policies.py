"""What an organisation decided, read as the counting needs it.

Rules, limits and memberships are remembered in the process under the organisation's `policy_version`, which
every change of them raises in its own transaction. So each batch reads one small row, and sees the change.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, select, update

from timegrain.counting.calendar import day_start
from timegrain.counting.instants import Range
from timegrain.counting.memberships import ALWAYS, FOREVER, Membership, primary_periods
from timegrain.counting.ratings import Rating, Rule, RuleBook, Verdict
from timegrain.counting.stretches import Limits
from timegrain.counting.subjects import NameKind
from timegrain.storage import erasures
from timegrain.storage.schema import memberships, organisations, rules, users

_ORGANISATION = select(organisations).where(organisations.c.id == bindparam("organisation"))
_RULES = select(
    rules.c.team_id, rules.c.kind, rules.c.name, rules.c.rating, rules.c.ignore_idle, rules.c.category
).where(rules.c.organisation_id == bindparam("organisation"))
_USER = select(
    users.c.idle_counting,
    users.c.idle_threshold,
    users.c.away_limit,
    users.c.unattended_limit,
    users.c.generation,
).where(users.c.organisation_id == bindparam("organisation"), users.c.id == bindparam("user"))
_MEMBERSHIPS = select(
    memberships.c.team_id, memberships.c.first_day, memberships.c.end_day, memberships.c.is_primary
).where(memberships.c.organisation_id == bindparam("organisation"), memberships.c.user_id == bindparam("user"))
_BUMP = (
    update(organisations)
    .where(organisations.c.id == bindparam("organisation"))
    .values(policy_version=organisations.c.policy_version + 1)
)

ALL_DEVICES = 0
BEGINNING, END_OF_TIME = -(1 << 62), 1 << 62


@dataclass(frozen=True, slots=True)
class UserPolicy:
    """What holds for one user. `periods` are seconds by primary team, in order, over all time."""

    user: int
    limits: Limits
    generation: int
    periods: tuple[tuple[int, int, int | None], ...]
    erased: tuple[tuple[int, Range], ...]
    """Device (or `ALL_DEVICES`) and the seconds of each erased range."""


@dataclass(slots=True)
class Policy:
    """What holds in one organisation at one version."""

    organisation: int
    version: int
    zone: str
    week_start: str
    limits: Limits
    titles: str
    urls: str
    book: RuleBook
    users: dict[int, UserPolicy] = field(default_factory=dict)


class Policies:
    """The policies of a database's organisations, as of their newest version that was read."""

    def __init__(self) -> None:
        self._known: dict[int, Policy] = {}
        self._changing = threading.Lock()

    def read(self, connection: Connection, organisation: int) -> Policy:
        row = connection.execute(_ORGANISATION, {"organisation": organisation}).one()
        known = self._known.get(organisation)
        if known is not None and known.version == row.policy_version:
            return known
        policy = Policy(
            organisation,
            row.policy_version,
            row.zone,
            row.week_start,
            Limits(row.idle_threshold, row.away_limit, row.unattended_limit, row.idle_counting),
            row.titles,
            row.urls,
            RuleBook(read_rules(connection, organisation)),
        )
        with self._changing:
            known = self._known.get(organisation)
            # A reader that began earlier must not put an old version over a new one.
            if known is None or known.version < policy.version:
                self._known[organisation] = policy
        return policy


def of_user(connection: Connection, policy: Policy, user: int) -> UserPolicy:
    known = policy.users.get(user)
    if known is None:
        known = policy.users[user] = _read_user(connection, policy, user)
    return known


def _read_user(connection: Connection, policy: Policy, user: int) -> UserPolicy:
    whom = {"organisation": policy.organisation, "user": user}
    row = connection.execute(_USER, whom).one()
    general = policy.limits
    limits = Limits(
        general.threshold if row.idle_threshold is None else row.idle_threshold,
        general.away if row.away_limit is None else row.away_limit,
        general.unattended if row.unattended_limit is None else row.unattended_limit,
        general.idle_counting if row.idle_counting is None else row.idle_counting,
    )
    held = [Membership(*one) for one in connection.execute(_MEMBERSHIPS, whom)]
    return UserPolicy(
        user,
        limits,
        row.generation,
        tuple(in_seconds(policy.zone, *period) for period in primary_periods(held)),
        tuple(erasures.of_user(connection, policy.organisation, user)),
    )


def in_seconds(zone: str, first: int, end: int, team: int | None) -> tuple[int, int, int | None]:
    """Days of the home zone as seconds; open ends stay open."""
    return (
        BEGINNING if first == ALWAYS else day_start(zone, first),
        END_OF_TIME if end == FOREVER else day_start(zone, end),
        team,
    )


def read_rules(connection: Connection, organisation: int) -> list[Rule]:
    return [
        Rule(team or None, NameKind(kind), name, Verdict(Rating(rating), ignore_idle, category))
        for team, kind, name, rating, ignore_idle, category in connection.execute(
            _RULES, {"organisation": organisation}
        )
    ]


def raise_version(connection: Connection, organisation: int) -> None:
    connection.execute(_BUMP, {"organisation": organisation})
