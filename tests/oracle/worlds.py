"""Random worlds: who there is, what they report, what is decided and asked, in which order.

All that a harness needs can be imported from here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Literal

from .days import SLOT, Membership, Metrics, Row, WeekStart, day_start, local_day
from .facts import Erasure, OFact, Shelf, TextKept
from .nasty import Scribe
from .replay import (
    STARTER,
    Batch,
    Erase,
    Heartbeats,
    Limits,
    MembershipChange,
    PolicyChange,
    Question,
    RatingChange,
    ReachChange,
    Start,
    Step,
    TimeoutChange,
    World,
    ZoneChange,
)
from .rules import RULES
from .seconds import Count, Policy, count_user
from .subjects import Rating, Rule, rule_book

__all__ = [
    "RULES",
    "Batch",
    "Count",
    "Erase",
    "Erasure",
    "Heartbeats",
    "Limits",
    "Membership",
    "MembershipChange",
    "Metrics",
    "OFact",
    "Policy",
    "PolicyChange",
    "Question",
    "RatingChange",
    "ReachChange",
    "Row",
    "Rule",
    "Shelf",
    "Start",
    "Step",
    "TextKept",
    "TimeoutChange",
    "World",
    "ZoneChange",
    "count_user",
    "random_world",
    "rule_book",
]

CLOCK_CHANGES = {  # the instants in UTC
    "Europe/Berlin": ["2025-03-30T01:00", "2024-10-27T01:00"],
    "America/St_Johns": ["2010-11-07T02:31", "2011-03-13T03:31", "2025-03-09T05:30"],
    "Australia/Lord_Howe": ["2025-04-05T15:00", "2025-10-04T15:30"],
    "Africa/Cairo": ["2024-04-25T22:00", "2024-10-31T21:00"],
    "Pacific/Apia": ["2011-12-30T10:00"],
}
HOME_ZONES = [
    "Asia/Kolkata",
    "Europe/Berlin",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Cairo",
]
OTHER_ZONES = [
    "UTC",
    "America/New_York",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Antarctica/Troll",
]
DEVICES = ["a", "Z", "é", "laptop-7"]
WEEK_STARTS: list[WeekStart] = ["monday", "sunday", "saturday"]
RULE_KINDS: list[Literal["application", "domain", "both"]] = ["application", "domain", "domain", "both"]
RATINGS: list[Rating] = ["productive", "neutral", "unproductive"]
RATED_APPS = [
    "Code",
    "zoom ",
    "SLACK",
    "Strasse",
    "CAFÉ",
    "unknown",
    "Firefox",
    "google chrome",
    "msedge.exe",
    "notes",
]
RATED_DOMAINS = [
    "github.com",
    "GitHub.com.",
    "gist.github.com",
    "google.com",
    "docs.google.com",
    "www.google.com",
]
RATED_DOMAINS += [
    "bücher.example",
    "Straße.example",
    "com",
    "example",
    "10.0.0.1",
    "0.0.1",
    "::1",
    "my_host.example",
]
RATED_DOMAINS += ["meet.example"]
RATED_BOTH = ["zoom", "slack", "github.com", "x", "firefox"]
_NAMED = {"application": RATED_APPS, "domain": RATED_DOMAINS, "both": RATED_BOTH}

# Any three of one row, in this order, are a policy that is not refused.
SMALL_LIMITS = ([60, 120, 180, 300], [300, 360, 600], [600, 900, 1200])
LARGE_LIMITS = ([180, 300], [1800, 3600], [7200, 14400])


def random_world(seed: int) -> World:
    """The world of this seed, at its start: `apply` its steps in order."""
    return _Maker(seed).world()


class _Maker:
    """Makes up one world. All that it decides comes from `rng`, in one order; what editors do and
    the starter catalogue says, from ones of their own."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = rng = Random(seed)
        self.base = self._base(zone := rng.choice([*HOME_ZONES, "Europe/Berlin", "Pacific/Apia"]))
        home = zone if zone in HOME_ZONES and rng.random() < 0.8 else rng.choice(HOME_ZONES)
        self.users = rng.choice([1, 1, 2, 2, 3])
        self.teams = rng.choice([0, 1, 2, 2])
        self.devices = tuple(
            tuple(rng.sample(DEVICES, rng.choice([1, 2, 2, 3] if self.users < 3 else [1, 2])))
            for _ in range(self.users)
        )
        self.large = rng.random() < 0.06
        self.limits = LARGE_LIMITS if self.large else SMALL_LIMITS
        text = TextKept(rng.choice(["host", "full"]), rng.choice(["none", "self", "managers"]))
        self.start = Start(self.users, self.teams, self.devices, home, text)
        self.zones = [home, zone, *rng.sample(HOME_ZONES, 2), *rng.sample(OTHER_ZONES, 2)]
        self.base_day = local_day(home, self.base // SLOT)
        self.reaches = {
            (user, device): rng.choice([5, 5, 5, 0, 2, 20, 60])
            for user in range(self.users)
            for device in self.devices[user]
        }
        self.editing = Random(f"{seed} editors")
        self.starting = Random(f"{seed} starter")
        self.rules: dict[tuple[int | None, str, str], RatingChange] = {}
        self.timelines: list[list[tuple[date | None, dict[int, bool]]]] = [[] for _ in range(self.users)]

    def world(self) -> World:
        batches = [batch for user in range(self.users) for batch in self._batches(user)]
        self.rng.shuffle(batches)
        thresholds, aways, unattendeds = self.limits
        steps: list[Step] = [PolicyChange(limits=Limits(thresholds[0], aways[0], unattendeds[0]))]
        steps += [self._rating() for _ in range(self.rng.randint(2, 8))]
        steps += [change for _ in range(2 * self.users) if (change := self._membership())]
        asked = self.rng.sample(range(len(batches)), min(2, len(batches)))
        for number, batch in enumerate(batches):
            steps.append(batch)
            if self.rng.random() < 0.5:
                steps += self._change(batch)
            if number in asked:
                steps.append(self._question())
        for _ in range(self.rng.randint(0, 3)):
            steps += self._change(self.rng.choice(batches))
        for step in self._editors(batches):
            steps.insert(self.editing.randint(0, len(steps)), step)
        changes = self._starter()
        places = sorted(self.starting.randint(0, len(steps)) for _ in changes)
        for place, change in reversed(list(zip(places, changes, strict=True))):
            steps.insert(place, change)
        steps += self._last_questions()
        return World(self.seed, self.start, steps)

    def _starter(self) -> list[RatingChange]:
        """Rules of the starter catalogue that come and go, in order."""
        rng, changes = self.starting, list[RatingChange]()
        held: dict[tuple[str, str], RatingChange] = {}
        for _ in range(rng.choice([0, 3, 6, 12])):
            if held and rng.random() < 0.15:
                changes.append(held.pop(rng.choice(list(held))))
                continue
            kind: Literal["application", "domain"] = rng.choice(["application", "domain"])
            rated = [
                one.subject for (team, single, _), one in self.rules.items() if single == kind and team is not None
            ]
            subject = rng.choice(rated if rated and rng.random() < 0.5 else _NAMED[kind])
            changes.append(RatingChange(STARTER, kind, subject, rng.choice(RATINGS), rng.random() < 0.5))
            held[Rule(kind, subject, "neutral").key] = RatingChange(STARTER, kind, subject, None)
        return changes

    def _editors(self, batches: list[Batch]) -> list[Step]:
        """What plugins report near the facts of some devices, and changes of the devices' timeouts."""
        rng, steps = self.editing, list[Step]()
        scribe = Scribe(rng, [], 0)
        for user, device in self.reaches:
            near = [fact for batch in batches if (batch.user, batch.device) == (user, device) for fact in batch.facts]
            if not near or rng.random() < 0.3:
                continue
            timeout = rng.choice([120, 120, 60, 10, 2, 1, 400])
            if timeout != 120:
                steps.append(TimeoutChange(user, device, timeout))
            for _ in range(rng.choice([0, 0, 1, 2])):
                steps.append(TimeoutChange(user, device, rng.choice([timeout, timeout, timeout + 1, 120])))
            for _ in range(rng.choice([1, 1, 2])):
                beats = scribe.heartbeats(device, near, timeout, self.reaches[user, device])
                rng.shuffle(beats)
                parts = rng.randint(1, 4)
                for part in range(parts):
                    bulk = Heartbeats(user, device, tuple(beats[part::parts]))
                    steps += [bulk] * rng.choice([1, 1, 1, 2])
                if rng.random() < 0.15:
                    first = rng.choice(beats).start // 1000
                    steps.append(Erase(user, first, first + rng.choice([1, timeout, 2 * timeout]), device))
        return steps

    def _base(self, zone: str) -> int:
        """An instant close to a clock change, a local midnight or a slot's edge."""
        rng = self.rng
        if zone in CLOCK_CHANGES and rng.random() < 0.6:
            return int(datetime.fromisoformat(rng.choice(CLOCK_CHANGES[zone])).replace(tzinfo=UTC).timestamp())
        midnight = day_start(zone, date(2025, 1, 1) + timedelta(days=rng.randrange(300)))
        return midnight if rng.random() < 0.7 else midnight + SLOT * rng.randrange(96)

    def _batches(self, user: int) -> list[Batch]:
        """All that a user's devices report, cut into batches, some of them sent twice."""
        rng, batches = self.rng, list[Batch]()
        scribe = Scribe(rng, [limit for column in self.limits for limit in column], 20_000 if self.large else 1800)
        centres = [self.base, self.base + rng.choice([-86400, -3600, 3600, 7200, 86400, 86400 * 3])]
        of_device: dict[str, list[OFact]] = {device: [] for device in self.devices[user]}
        for centre in centres[: rng.choice([1, 2, 2])]:
            for device, facts in of_device.items():
                if rng.random() < 0.85:
                    facts += scribe.session(device, centre, self.reaches[user, device])
        if len(of_device) > 1 and rng.random() < 0.5:
            one, other = rng.sample(list(of_device), 2)
            of_device[other] += scribe.on_another(of_device[one], other)
        for device, facts in of_device.items():
            rng.shuffle(facts)
            parts = rng.randint(1, 3)
            for part in range(parts):
                batches += [Batch(user, device, tuple(facts[part::parts]))] * rng.choice([1, 1, 1, 2])
        return batches

    def _change(self, after: Batch) -> list[Step]:
        """Something that happens after this batch."""
        rng = self.rng
        made: list[Callable[[], Step | None]] = [
            self._rating,
            self._rating,
            self._membership,
            self._policy,
            self._policy,
            lambda: self._reach(after),
            lambda: ZoneChange(rng.choice([zone for zone in self.zones if zone in HOME_ZONES])),
        ]
        if rng.random() < 0.2 and after.facts:
            again = [after] if rng.random() < 0.7 else []
            return [self._erase(after), *again]
        step = rng.choice(made)()
        return [step] if step else []

    def _reach(self, after: Batch) -> ReachChange:
        """Mostly the reach that the device's facts aim at."""
        aimed = self.reaches[after.user, after.device]
        return ReachChange(after.user, after.device, self.rng.choice([aimed, aimed, 5, 4, 6]))

    def _rating(self) -> RatingChange:
        rng = self.rng
        team = rng.randrange(self.teams) if self.teams and rng.random() < 0.4 else None
        if self.rules and rng.random() < 0.12:
            old = self.rules.pop(rng.choice(list(self.rules)))
            return RatingChange(old.team, old.kind, old.subject, None)
        kind = rng.choice(RULE_KINDS)
        ignore = rng.choice([True, False, False]) if team is None else rng.choice([None, None, None, True, False])
        change = RatingChange(team, kind, rng.choice(_NAMED[kind]), rng.choice(RATINGS), ignore)
        singles: list[Literal["application", "domain"]] = ["application", "domain"] if kind == "both" else [kind]
        for single in singles:
            rule = Rule(single, change.subject, "neutral")
            self.rules[team, *rule.key] = RatingChange(team, single, change.subject, None)
        return change

    def _policy(self) -> PolicyChange:
        rng = self.rng
        if rng.random() < 0.2:
            return PolicyChange(week_start=rng.choice(WEEK_STARTS))
        threshold, away, unattended = (rng.choice([None, *column]) for column in self.limits)
        user = rng.randrange(self.users) if rng.random() < 0.6 else None
        counted = rng.choice([None, True, False])
        if (threshold, away, unattended, counted) == (None, None, None, None):
            counted = False
        return PolicyChange(user, Limits(threshold, away, unattended, counted))

    def _membership(self) -> MembershipChange | None:
        """Joins, makes primary or leaves, later than the user's last change; None where there is nothing to do."""
        rng = self.rng
        if not self.teams or rng.random() < 0.25:
            return None
        user, team = rng.randrange(self.users), rng.randrange(self.teams)
        timeline = self.timelines[user]
        now = dict(timeline[-1][1]) if timeline else {}
        last = timeline[-1][0] if timeline else None
        day = self.base_day + timedelta(days=rng.choice([-30, -1, 0, 0, 1, 1, 2]))
        if last is not None and day <= last:
            day = last + timedelta(days=1)
        from_day = None if not timeline and rng.random() < 0.4 else day
        primary = not now or rng.random() < 0.5
        action: Literal["join", "make primary", "leave"]
        if team not in now:
            action = "join"
        elif not now[team] and rng.random() < 0.5:
            action, primary = "make primary", True
        elif not now[team] or len(now) == 1:
            action, primary = "leave", False
        else:
            return None
        if primary:
            now = dict.fromkeys(now, False)
        if action == "leave":
            del now[team]
        else:
            now[team] = primary
        timeline.append((from_day, now))
        return MembershipChange(user, action, team, from_day, primary, _rows(timeline))

    def _erase(self, after: Batch) -> Erase:
        """A range about some fact: all of it, to the second, or a part."""
        rng = self.rng
        fact = rng.choice(after.facts)
        first, last = fact.start // 1000, -(-fact.end // 1000)
        start = first + rng.choice([0, 0, -60, 1, rng.randrange(-300, 300)])
        end = max(start + 1, last + rng.choice([0, 0, 60, -1, rng.randrange(-300, 300)]))
        return Erase(after.user, start, end, after.device if rng.random() < 0.5 else None)

    def _question(self) -> Question:
        rng = self.rng
        users = tuple(user for user in range(self.users) if rng.random() < 0.6)
        teams = tuple(team for team in range(self.teams) if rng.random() < 0.6)
        zone = rng.choice(self.zones)
        first = local_day(zone, self.base // SLOT) + timedelta(days=rng.choice([-1, 0, 0, 0, 1]))
        last = first + timedelta(days=rng.choice([0, 0, 1, 9]))
        return Question(users if users or teams else (0,), teams, _asked(zone, first), _asked(zone, last), zone)

    def _last_questions(self) -> list[Step]:
        """Everybody over all that there is, and everybody through teams."""
        first, last = self.base_day - timedelta(days=8), self.base_day + timedelta(days=8)
        everybody, teams = tuple(range(self.users)), tuple(range(self.teams))
        questions: list[Step] = [Question(everybody, (), first, last, self.start.home_zone), self._question()]
        if teams:
            zone = self.rng.choice(self.zones)
            questions.append(Question((), teams, _asked(zone, first), _asked(zone, last), zone))
        return questions


def _asked(zone: str, day: date) -> date:
    """A day that the zone has: one that it skips cannot be asked for by wall clock."""
    return day + timedelta(days=1) if day_start(zone, day) == day_start(zone, day + timedelta(days=1)) else day


def _rows(timeline: list[tuple[date | None, dict[int, bool]]]) -> tuple[Membership, ...]:
    """The memberships of a user, of what holds from each day on: team -> primary."""
    ends = [day for day, _ in timeline[1:]] + [None]
    rows: list[Membership] = []
    for (day, teams), end in zip(timeline, ends, strict=True):
        for team, primary in teams.items():
            before = next((r for r in rows if r.team == team and r.last_day_exclusive == day and day), None)
            if before and before.primary == primary:
                rows.remove(before)
                rows.append(Membership(team, before.first_day, end, primary))
            else:
                rows.append(Membership(team, day, end, primary))
    return tuple(rows)
