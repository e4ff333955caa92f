"""A small organisation, the steps that happen to it, and what the oracle answers after each.

Users and teams are named by their index. A harness takes `World.start`, does each of `World.steps` to the real
program and to the world (`apply`), and compares at each `Question` (`answer`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import cache
from typing import Literal

from .days import SLOT, Asked, Membership, Row, WeekStart, daily, day_start, local_day, primary_team, whole_weeks
from .facts import Erasure, OFact, Shelf, TextKept
from .seconds import Count, Policy, Second, count_user
from .subjects import Rating, Rule, Subject, rate

STARTER = -1
"""Stands for a team in rules of the starter catalogue."""

NEVER = -(1 << 62)
ALL_DEFAULT = (300, 3600, 14400, True)


@dataclass(frozen=True, slots=True)
class Limits:
    """Idle policy, in seconds. None: unchanged by a step; as the organisation has it, of what is a user's own."""

    threshold: int | None = None
    away_limit: int | None = None
    unattended_limit: int | None = None
    idle_counting: bool | None = None

    def over(self, under: Limits) -> Limits:
        """This where it says something, else `under`."""
        return replace(under, **{name: value for name, value in asdict(self).items() if value is not None})


@dataclass(frozen=True, slots=True)
class Batch:
    """One report of one device. The facts are in no order, and may hold forms of one fact twice."""

    user: int
    device: str
    facts: tuple[OFact, ...]


@dataclass(frozen=True, slots=True)
class Heartbeats:
    """One bulk of an editor's plugin, or of several: heartbeats of one device, in no order."""

    user: int
    device: str
    facts: tuple[OFact, ...]


@dataclass(frozen=True, slots=True)
class RatingChange:
    """Sets a rule of the organisation (`team` None), a team or the `STARTER` catalogue; rating None removes it.

    "both" sets a rule for the application and one for the domain. `ignore_idle` None is for teams alone.
    """

    team: int | None
    kind: Literal["application", "domain", "both"]
    subject: str
    rating: Rating | None
    ignore_idle: bool | None = False


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """Sets what `limits` names, for the organisation (`user` None) or one user; a week start is everybody's."""

    user: int | None = None
    limits: Limits = Limits()
    week_start: WeekStart | None = None


@dataclass(frozen=True, slots=True)
class ReachChange:
    user: int
    device: str
    seconds: int


@dataclass(frozen=True, slots=True)
class TimeoutChange:
    user: int
    device: str
    seconds: int


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """A new home zone."""

    zone: str


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """A user joins a team, is made primary there, or leaves, from a local day on (None: for all time).

    Changes of one user come in the order of their days, and on each day with any team exactly one is primary;
    a new primary team takes that from the old one, which stays. `memberships` is all that the user then has.
    """

    user: int
    action: Literal["join", "make primary", "leave"]
    team: int
    from_day: date | None
    primary: bool
    memberships: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class Erase:
    """Erases the seconds `[start_s, end_s)` of a user, on one device or (None) all, now and when they come again."""

    user: int
    start_s: int
    end_s: int
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Retire:
    """Facts are kept from the beginning of a day of the home zone on, slots from that of another, or (None) all."""

    facts_from: date
    slots_from: date | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A weekly summary of the union of these users and teams, over the weeks of these local days of the zone."""

    users: tuple[int, ...]
    teams: tuple[int, ...]
    first_day: date
    last_day: date
    zone: str


Step = (
    Batch
    | Heartbeats
    | RatingChange
    | PolicyChange
    | ReachChange
    | TimeoutChange
    | ZoneChange
    | MembershipChange
    | Erase
    | Retire
    | Question
)


@dataclass(frozen=True, slots=True)
class Start:
    """The organisation before the first step: default limits, no rules, nobody in a team."""

    users: int
    teams: int
    devices: tuple[tuple[str, ...], ...]  # by user
    home_zone: str
    text: TextKept = field(default_factory=TextKept)
    week_start: WeekStart = "monday"


@dataclass
class World:
    """The oracle's own state. `decided` says how many seconds each rule decided in all counts so far."""

    seed: int
    start: Start
    steps: list[Step]
    decided: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        users = range(self.start.users)
        self.home_zone = self.start.home_zone
        self.week_start: WeekStart = self.start.week_start
        self.limits = Limits(*ALL_DEFAULT)
        self.own_limits = [Limits() for _ in users]
        self.reach: list[dict[str, int]] = [{} for _ in users]
        self.timeout: list[dict[str, int]] = [{} for _ in users]
        self.memberships: list[tuple[Membership, ...]] = [() for _ in users]
        self.rules: dict[int | None, dict[tuple[str, str], Rule]] = {
            team: {} for team in (None, STARTER, *range(self.start.teams))
        }
        self.shelves = [Shelf(self.start.text) for _ in users]
        self._counts: dict[int, Count] = {}  # of users of whom nothing changed since
        self.facts_from = NEVER
        self._frozen: list[dict[int, Second]] = [{} for _ in users]

    def apply(self, step: Step) -> Counter[str]:
        """Does the step to the oracle's state; of a batch, says what became of its facts. A question does nothing.

        Heartbeats have no outcome: their answer does not tell what was known.
        """
        outcomes: Counter[str] = Counter()
        match step:
            case Batch():
                outcomes = self._receive(step)
            case Heartbeats():
                self._receive(step)
            case RatingChange():
                self._rate(step)
            case PolicyChange():
                self._decide(step)
            case ReachChange():
                self.reach[step.user][step.device] = step.seconds
            case TimeoutChange():
                self.timeout[step.user][step.device] = step.seconds
            case ZoneChange():
                self.home_zone = step.zone
            case MembershipChange():
                self.memberships[step.user] = step.memberships
            case Erase():
                self.shelves[step.user].erase(Erasure(step.start_s, step.end_s, step.device))
                self._erase_frozen(step)
            case Retire():
                self._retire(step)
            case Question():
                return outcomes
        self._forget(getattr(step, "user", None))
        return outcomes

    def answer(self, question: Question) -> list[Row]:
        """One row a local day, in order, over whole weeks."""
        days = whole_weeks(question.first_day, question.last_day, self.week_start)
        people = [
            Asked(self.count(user).slots(), user in question.users, self.memberships[user])
            for user in range(self.start.users)
        ]
        teams = frozenset(question.teams)
        return daily(people, teams, self.home_zone, question.zone, days, self.decided)

    def count(self, user: int) -> Count:
        """All seconds of a user as things stand."""
        if user not in self._counts:
            shelf = self.shelves[user]
            counted = count_user(shelf.facts, self.policy(user), shelf.erasures)
            self.decided.update(counted.decided)
            if self.facts_from > NEVER:
                counted = Count(self._with_frozen(user, counted), counted.decided)
            self._counts[user] = counted
        return self._counts[user]

    def _with_frozen(self, user: int, counted: Count) -> dict[int, Second]:
        """All facts that ever came are still there: only what lies before is as it was, but for ratings."""
        anew = _rated_anew(self.policy(user))
        seconds = {second: anew(second, it) for second, it in self._frozen[user].items()}
        return seconds | {second: it for second, it in counted.seconds.items() if second >= self.facts_from}

    def _retire(self, step: Retire) -> None:
        since = max(self.facts_from, day_start(self.home_zone, step.facts_from))
        for user, frozen in enumerate(self._frozen):
            counted = self.count(user).seconds
            self.decided["frozen"] += sum(self.facts_from <= second < since for second in counted)
            kept = NEVER if step.slots_from is None else day_start(self.home_zone, step.slots_from)
            frozen.update({second: it for second, it in counted.items() if second < since})
            self.decided["slots retired"] += sum(second < kept for second in frozen)
            self._frozen[user] = {second: it for second, it in frozen.items() if second >= min(kept, since)}
        self.facts_from = since

    def _erase_frozen(self, step: Erase) -> None:
        """Whole quarter hours, whatever the device."""
        low, high = step.start_s // SLOT, -(-step.end_s // SLOT)
        held = self._frozen[step.user]
        left = {second: it for second, it in held.items() if not low <= second // SLOT < high}
        self.decided["erased while frozen"] += len(held) - len(left)
        self._frozen[step.user] = left

    def whole(self, second: int) -> int:
        """Frozen slots are not cut: they count where they begin."""
        return second + -second % SLOT if second < self.facts_from else second

    def policy(self, user: int) -> Policy:
        limits = self.own_limits[user].over(self.limits)
        teams = {team: rules for team, rules in self.rules.items() if team not in (None, STARTER)}
        return Policy(
            **asdict(limits),
            reach=self.reach[user],
            timeout=self.timeout[user],
            home_zone=self.home_zone,
            organisation=self.rules[None],
            starter=self.rules[STARTER],
            teams=teams,
            memberships=self.memberships[user],
        )

    def _receive(self, batch: Batch | Heartbeats) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        for fact in batch.facts:
            if fact.start < self.facts_from * 1000:
                outcomes["rejected"] += 1
                continue
            outcome = self.shelves[batch.user].arrive(fact)
            outcomes[outcome] += 1
            if outcome == "erased":
                self.decided["T14 kept out"] += fact.end // 1000 - fact.start // 1000
        return outcomes

    def _decide(self, step: PolicyChange) -> None:
        if step.user is None:
            self.limits = step.limits.over(self.limits)
            self.week_start = step.week_start or self.week_start
        else:
            self.own_limits[step.user] = step.limits.over(self.own_limits[step.user])

    def _rate(self, step: RatingChange) -> None:
        kinds: list[Literal["application", "domain"]] = (
            ["application", "domain"] if step.kind == "both" else [step.kind]
        )
        for kind in kinds:
            rule = Rule(kind, step.subject, step.rating or "neutral", step.ignore_idle)
            if step.rating is None:
                del self.rules[step.team][rule.key]
            else:
                self.rules[step.team][rule.key] = rule

    def _forget(self, user: int | None) -> None:
        if user is None:
            self._counts.clear()
        else:
            self._counts.pop(user, None)


def _rated_anew(policy: Policy) -> Callable[[int, Second], Second]:
    """A frozen second as its subject is rated now."""

    @cache
    def team(slot: int) -> int | None:
        return primary_team(policy.memberships, local_day(policy.home_zone, slot))

    @cache
    def rating(subject: Subject, team: int | None) -> Rating:
        rules = policy.teams.get(team, {}) if team is not None else {}
        return rate(subject, rules, policy.organisation, policy.starter).rating

    def anew(second: int, it: Second) -> Second:
        return it if it.subject is None else it._replace(rated=rating(it.subject, team(second // SLOT)))

    return anew
