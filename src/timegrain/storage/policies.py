"""What an organisation decided, read as the counting needs it.

Rules, limits and memberships are remembered in the process under the organisation's `policy_version`, which
every change of them raises in its own transaction. So each batch reads one small row, and sees the change.

While a job counts a change of policy, `Policy.next` is what holds once it is in force.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, select, update

from timegrain.counting.calendar import day_start
from timegrain.counting.instants import Range, clip
from timegrain.counting.memberships import ALWAYS, FOREVER, Membership, primary_periods
from timegrain.counting.ratings import Rule, RuleBook
from timegrain.counting.stretches import Limits
from timegrain.errors import Refused, UserNotFound
from timegrain.storage import erasures, jobs
from timegrain.storage.changes import LIMITS, Change, as_rule, limits_over
from timegrain.storage.dialect import near_each
from timegrain.storage.erasures import ErasedRange
from timegrain.storage.given import numbers, once
from timegrain.storage.schema import memberships, organisations, rules, users

_ORGANISATION = select(organisations).where(organisations.c.id == bindparam("organisation"))
_RULES = select(
    rules.c.team_id, rules.c.kind, rules.c.name, rules.c.rating, rules.c.ignore_idle, rules.c.category
).where(rules.c.organisation_id == bindparam("organisation"))
_asked = once(numbers("users"), "asked")
_USERS = near_each(
    _asked,
    users,
    (
        users.c.id,
        users.c.idle_counting,
        users.c.idle_threshold,
        users.c.away_limit,
        users.c.unattended_limit,
        users.c.generation,
        users.c.subject_generation,
        users.c.subject_difference,
        users.c.facts_from,
        users.c.titles_from,
    ),
    and_(users.c.organisation_id == bindparam("organisation"), users.c.id == _asked.c.c0),
)
_OWN_LIMITS = (
    select(users.c.id, users.c.email, *(users.c[name] for name in LIMITS))
    .where(users.c.organisation_id == bindparam("organisation"))
    .order_by(users.c.name, users.c.id)
)
_MEMBERSHIPS = near_each(
    _asked,
    memberships,
    (
        memberships.c.user_id,
        memberships.c.team_id,
        memberships.c.first_day,
        memberships.c.end_day,
        memberships.c.is_primary,
    ),
    and_(memberships.c.organisation_id == bindparam("organisation"), memberships.c.user_id == _asked.c.c0),
)
_BUMP = (
    update(organisations)
    .where(organisations.c.id == bindparam("organisation"))
    .values(policy_version=organisations.c.policy_version + 1)
)

KEPT = ("titles_days", "facts_days", "slots_days")
"""Columns that say how many days something is kept, None for ever: each at most the next."""

ALL_DEVICES = 0
BEGINNING, END_OF_TIME = -(1 << 62), 1 << 62


@dataclass(frozen=True, slots=True)
class UserPolicy:
    """What holds for one user. `periods` are seconds by primary team, in order, over all time."""

    user: int
    limits: Limits
    generation: int
    subject_generation: int
    periods: tuple[tuple[int, int, int | None], ...]
    erased: tuple[ErasedRange, ...]
    """Device (or `ALL_DEVICES`) and the seconds of each erased range."""
    facts_from: int = BEGINNING
    """Slots before are frozen: their facts were retired."""
    titles_from: int = BEGINNING
    """Facts that begin before hold no titles and no full URLs any more."""
    subject_difference: int | None = None

    def counted(self, windows: Iterable[Range]) -> list[Range]:
        """Those seconds of windows that can still be counted."""
        return clip(windows, self.facts_from, END_OF_TIME)

    def frozen(self, windows: Iterable[Range]) -> list[Range]:
        """The others."""
        return clip(windows, BEGINNING, self.facts_from)


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
    job: int | None = None
    """The job that brings `next` into force."""
    next: Policy | None = None
    change: Change | None = None
    """Of one that is not in force: what makes it, which the database does not hold yet."""
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
        policy = _policy(connection, row)
        if policy.job is not None:
            policy.next = _policy(connection, row, jobs.change_of(connection, organisation, policy.job))
        with self._changing:
            known = self._known.get(organisation)
            # A reader that began earlier must not put an old version over a new one.
            if known is None or known.version < policy.version:
                self._known[organisation] = policy
        return policy


def after(connection: Connection, organisation: int, change: Change) -> Policy:
    """What would hold after a change."""
    return _policy(connection, connection.execute(_ORGANISATION, {"organisation": organisation}).one(), change)


def _policy(connection: Connection, row: Row[Any], change: Change | None = None) -> Policy:
    rules = read_rules(connection, row.id)
    values = {**row._mapping, **(change.values_of(None) if change else {})}
    return Policy(
        row.id,
        row.policy_version,
        values["zone"],
        values["week_start"],
        limits_over(values, Limits()),
        values["titles"],
        values["urls"],
        RuleBook(change.rules_after(rules) if change else rules),
        job=row.job_id,
        change=change,
    )


def of_user(connection: Connection, policy: Policy, user: int) -> UserPolicy:
    remember(connection, policy, [user])
    return policy.users[user]


def remember(connection: Connection, policy: Policy, of: Iterable[int]) -> None:
    """Read what holds for those users of whom it is not known yet. Raises `UserNotFound`."""
    unknown = list({user for user in of if user not in policy.users})
    if not unknown:
        return
    given = {"organisation": policy.organisation, "users": unknown}
    rows = connection.execute(_USERS.on(connection), given).all()
    if len(rows) < len(unknown):
        raise UserNotFound("this person is not here any more")
    held: dict[int, list[Membership]] = {}
    for user, *one in _MEMBERSHIPS.rows(connection, given):
        held.setdefault(user, []).append(Membership(*one))
    erased = erasures.of_users(connection, policy.organisation, unknown)
    for row in rows:
        policy.users[row.id] = _user_policy(policy, row, held.get(row.id, []), erased[row.id])


def _user_policy(
    policy: Policy, row: Row[Any], held: Sequence[Membership], erased: Sequence[ErasedRange]
) -> UserPolicy:
    own = {**row._mapping, **(policy.change.values_of(row.id) if policy.change else {})}
    return UserPolicy(
        row.id,
        limits_over(own, policy.limits),
        row.generation,
        row.subject_generation,
        tuple(in_seconds(policy.zone, *period) for period in primary_periods(held)),
        tuple(erased),
        BEGINNING if row.facts_from is None else row.facts_from,
        BEGINNING if row.titles_from is None else row.titles_from,
        row.subject_difference,
    )


def in_seconds(zone: str, first: int, end: int, team: int | None) -> tuple[int, int, int | None]:
    """Days of the home zone as seconds; open ends stay open."""
    return (
        BEGINNING if first == ALWAYS else day_start(zone, first),
        END_OF_TIME if end == FOREVER else day_start(zone, end),
        team,
    )


def read_rules(connection: Connection, organisation: int) -> list[Rule]:
    return [as_rule(*row) for row in connection.execute(_RULES, {"organisation": organisation})]


def _limits_after(connection: Connection, organisation: int, made: Sequence[Change]) -> Iterator[tuple[str, Limits]]:
    """Whose limits would be what after these changes, one after the other: the organisation's and everybody's."""
    row = connection.execute(_ORGANISATION, {"organisation": organisation}).one()
    general: dict[str, Any] = dict(row._mapping)
    for change in made:
        general |= change.values_of(None)
    limits = limits_over(general, Limits())
    yield "the organisation", limits
    for id_, email, *columns in connection.execute(_OWN_LIMITS, {"organisation": organisation}):
        own = dict(zip(LIMITS, columns, strict=True))
        for change in made:
            own |= change.values_of(id_)
        yield email, limits_over(own, limits)


def require_order(connection: Connection, organisation: int, made: Sequence[Change]) -> None:
    """Raises `Refused` where limits, or what is kept how long, would be out of order after these changes, one after
    the other."""
    _require_order_kept(connection, organisation, made)
    if not any(change.values.keys() & LIMITS.keys() for change in made):
        return
    for whose, limits in _limits_after(connection, organisation, made):
        if not limits.in_order():
            minutes = " ≤ ".join(f"{seconds / 60:g}" for seconds in (limits.threshold, limits.away, limits.unattended))
            raise Refused(
                f"idle threshold ≤ away limit ≤ unattended limit does not hold for {whose}: {minutes} minutes"
            )


def _require_order_kept(connection: Connection, organisation: int, made: Sequence[Change]) -> None:
    """Titles go with their facts, and slots cannot go before the facts that would count them again."""
    if not any(change.values.keys() & KEPT for change in made):
        return
    kept: dict[str, Any] = dict(connection.execute(_ORGANISATION, {"organisation": organisation}).one()._mapping)
    for change in made:
        kept |= change.values_of(None)
    titles, facts, slots = (kept[name] for name in KEPT)
    require_order_of_days(facts, titles, slots)


def require_order_of_days(facts: int | None, titles: int | None, slots: int | None) -> None:
    """Raises `Refused` where titles would be kept longer than facts, or facts longer than slots. None: for ever."""
    if titles is not None and facts is not None and titles > facts:
        raise Refused(f"titlesDays: {titles} is more than factsDays, {facts}: titles go with their facts")
    if slots is not None and (facts is None or facts > slots):
        held = "for ever" if facts is None else f"{facts} days"
        raise Refused(f"slotsDays: {slots} is less than factsDays ({held}): slots go after the facts that count them")


def raise_version(connection: Connection, organisation: int) -> None:
    connection.execute(_BUMP, {"organisation": organisation})
