"""What people did in a range that is exact to the second: sums, sessions, days and subjects, a second at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import NamedTuple

from .days import CLASSES, SLOT, day_start, local_day, zone
from .replay import STARTER, Question, World
from .seconds import Second
from .subjects import Rule, Subject, matching

JUST_NOW = 300
LONGEST = 366 * 86400

Sums = tuple[int, ...]
"""Seconds by class, in the order of CLASSES."""


class Ranged(NamedTuple):
    """The seconds `[start, end)` of the union of these users and teams, with days of a zone, asked at `now`."""

    users: tuple[int, ...]
    teams: tuple[int, ...]
    start: int
    end: int
    zone: str
    now: int


class Day(NamedTuple):
    """A local day. `came` and `went` are its zone's wall clock; None where nothing was active."""

    day: date
    came: datetime | None
    went: datetime | None
    sums: Sums


@dataclass(frozen=True, slots=True)
class Person:
    """What one did. Instants are seconds; `went` is the end of the last active one."""

    user: int
    sums: Sums
    came: int | None
    went: int | None
    working: bool
    days: list[Day]
    average_came: str | None
    average_went: str | None


class Used(NamedTuple):
    """Of one subject: active seconds by class, people, and the winning rule of those that hold for everybody."""

    subject: Subject
    by_rating: tuple[int, ...]
    people: int
    rule: tuple[str, str, bool] | None  # kind, name as compared, of the starter catalogue

    @property
    def seconds(self) -> int:
        return sum(self.by_rating)

    @property
    def rating(self) -> str:
        held = [name for name, seconds in zip(CLASSES, self.by_rating, strict=False) if seconds]
        return held[0] if len(held) == 1 else "mixed"


def range_near(world: World, question: Question) -> Ranged:
    """A range near to what was done, for the people of a question; the same for the same world and question."""
    rng = Random(f"{world.seed} {question}")
    counts = [world.count(user).seconds for user in range(world.start.users)]
    seconds = sorted({second for count in counts for second in count})
    seconds = seconds or [day_start(question.zone, question.first_day)]
    idle = sorted({second for count in counts for second, it in count.items() if it.state == "idle"})
    start, end = sorted(_instant(rng, seconds, idle or seconds, question.zone) for _ in range(2))
    end = min(max(end, start + 1), start + LONGEST)
    now = rng.choice([seconds[-1], rng.choice(seconds)])
    now += rng.choice([0, 1, 60, JUST_NOW, JUST_NOW + 1, 2 * JUST_NOW])
    return Ranged(question.users, question.teams, start, end, question.zone, now)


def _instant(rng: Random, seconds: list[int], idle: list[int], zone_name: str) -> int:
    """Some second of those done, one near by, or the edge of its slot or local day."""
    near = rng.choice([seconds[0], seconds[-1], rng.choice(seconds), rng.choice(idle)])
    day = local_day(zone_name, near // SLOT)
    return rng.choice(
        [
            near,
            near + rng.choice([-1, 1, 2]),
            near + rng.randrange(-SLOT, SLOT),
            near - near % SLOT + rng.choice([0, SLOT]),
            day_start(zone_name, day),
            day_start(zone_name, day + timedelta(days=1)),
            day_start(zone_name, day + timedelta(days=rng.choice([-2, 3]))) + rng.randrange(-2, 3),
        ]
    )


def people(world: World, asked: Ranged) -> list[Person]:
    """What each of those asked for did."""
    return [_person(world, asked, user) for user in asked_for(world, asked)]


def asked_for(world: World, asked: Ranged) -> list[int]:
    """Everybody who is in an answer, by number: named, or ever a member of one of the teams."""
    return [
        user
        for user in range(world.start.users)
        if user in asked.users or any(one.team in asked.teams for one in world.memberships[user])
    ]


def own_seconds(world: World, asked: Ranged, user: int) -> dict[int, Second]:
    """All tracked seconds of a person on the home-zone days on which they count, whatever the range."""

    @cache
    def counts_on(day: date) -> bool:
        return _counts_on(world, asked, user, day)

    return {
        second: it
        for second, it in world.count(user).seconds.items()
        if counts_on(local_day(world.home_zone, second // SLOT))
    }


def _counts_on(world: World, asked: Ranged, user: int, day: date) -> bool:
    return user in asked.users or any(one.team in asked.teams and one.holds(day) for one in world.memberships[user])


def _within(world: World, own: Mapping[int, Second], asked: Ranged) -> dict[int, Second]:
    start, end = world.whole(asked.start), world.whole(asked.end)
    return {second: it for second, it in sorted(own.items()) if start <= second < end}


def _sums(seconds: Iterable[Second]) -> Sums:
    counted = Counter(it.rated for it in seconds)
    return tuple(counted[name] for name in CLASSES)


def _person(world: World, asked: Ranged, user: int) -> Person:
    own = own_seconds(world, asked, user)
    done = _within(world, own, asked)
    came, went = _session(world, done)
    lately = range(max(asked.now - JUST_NOW, world.facts_from), asked.now)
    working = any(own[second].state == "active" for second in lately if second in own)
    days = _days(world, asked.zone, done)
    _note(world, asked, done, came, went, working)
    return Person(
        user,
        _sums(done.values()),
        came,
        went,
        working,
        days,
        _average([(one.day, one.came) for one in days if one.came]),
        _average([(one.day, one.went) for one in days if one.went]),
    )


def _session(world: World, done: Mapping[int, Second]) -> tuple[int | None, int | None]:
    """The first active second and the end of the last; None where they are frozen."""
    active = [second for second, it in done.items() if it.state == "active"]
    if not active:
        return None, None
    came = active[0] if active[0] >= world.facts_from else None
    return came, active[-1] + 1 if active[-1] >= world.facts_from else None


def _days(world: World, zone_name: str, done: Mapping[int, Second]) -> list[Day]:
    of_day: dict[date, dict[int, Second]] = {}
    for second, it in done.items():
        of_day.setdefault(local_day(zone_name, second // SLOT), {})[second] = it
    days = []
    for day, seconds in of_day.items():
        came, went = (None if one is None else _wall(zone_name, one) for one in _session(world, seconds))
        days.append(Day(day, came, went, _sums(seconds.values())))
    return days


def hours(world: World, asked: Ranged) -> list[dict[tuple[date, int], Sums]]:
    """Of each of those asked for: by local day that the range touches and hour of its clock, all day long.

    St. John's set its clocks at a minute past midnight until 2011: a slot is in the hour in which it begins.
    """
    first, last = (local_day(asked.zone, second // SLOT) for second in (asked.start, asked.end - 1))
    whole = asked._replace(start=day_start(asked.zone, first), end=day_start(asked.zone, last + timedelta(days=1)))
    found = []
    for user in asked_for(world, asked):
        of_hour: dict[tuple[date, int], list[Second]] = {}
        for second, it in _within(world, own_seconds(world, asked, user), whole).items():
            key = local_day(asked.zone, second // SLOT), _wall(asked.zone, second // SLOT * SLOT).hour
            of_hour.setdefault(key, []).append(it)
        found.append({key: _sums(seconds) for key, seconds in of_hour.items()})
    return found


class Live(NamedTuple):
    """One person today: sums, the class of the last active second just now, since when, and the end of the last."""

    sums: Sums
    working_on: str | None
    since: int | None
    went: int | None


def live(world: World, asked: Ranged) -> list[Live]:
    """Of those asked for who count on the home-zone day that holds the present, on its day of the asked zone."""
    today, home_day = (local_day(name, asked.now // SLOT) for name in (asked.zone, world.home_zone))
    whole = asked._replace(start=day_start(asked.zone, today), end=day_start(asked.zone, today + timedelta(days=1)))
    found = []
    for user in asked_for(world, asked):
        if not _counts_on(world, asked, user, home_day):
            continue
        own = own_seconds(world, asked, user)
        done = _within(world, own, whole)
        active = [second for second, it in done.items() if it.state == "active"]
        lately = [
            own[second].rated
            for second in range(asked.now - JUST_NOW, asked.now)
            if second in own and own[second].state == "active"
        ]
        since = before = None
        for second in active:
            if second < asked.now:
                since = second if before is None or second - before > JUST_NOW else since
                before = second
        found.append(
            Live(
                _sums(done.values()),
                lately[-1] if lately else None,
                since if lately else None,
                active[-1] + 1 if active else None,
            )
        )
    return found


def _wall(zone_name: str, second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC).astimezone(zone(zone_name)).replace(tzinfo=None)


def _average(clocks: list[tuple[date, datetime]]) -> str | None:
    """Of clock times: the midnight that ends a day is 24:00, whatever date comes next."""
    if not clocks:
        return None
    seconds = 0
    for day, wall in clocks:
        seconds += wall.hour * 3600 + wall.minute * 60 + wall.second
        if wall.date() > day:
            seconds += 86400
        if wall.date() < day:  # a clock set back at midnight
            seconds -= 86400
    average = seconds // len(clocks) % 86400
    return f"{average // 3600:02d}:{average % 3600 // 60:02d}:{average % 60:02d}"


def used(world: World, asked: Ranged) -> list[Used]:
    """The subjects with an active second, the most used first, then by name."""
    by_rating: dict[Subject, Counter[str]] = {}
    users: dict[Subject, set[int]] = {}
    for user in asked_for(world, asked):
        for it in _within(world, own_seconds(world, asked, user), asked).values():
            if it.subject is not None:
                by_rating.setdefault(it.subject, Counter())[it.rated] += 1
                users.setdefault(it.subject, set()).add(user)
    found = [
        Used(subject, tuple(seconds[name] for name in CLASSES[:3]), len(users[subject]), _rule(world, subject))
        for subject, seconds in by_rating.items()
    ]
    world.decided["R used by several"] += sum(one.seconds for one in found if one.people > 1)
    world.decided["R mixed"] += sum(one.seconds for one in found if one.rating == "mixed")
    return sorted(found, key=lambda one: (-one.seconds, one.subject.name, one.subject.kind))


def _rule(world: World, subject: Subject) -> tuple[str, str, bool] | None:
    for team in (None, STARTER):
        rules: Mapping[tuple[str, str], Rule] = world.rules[team]
        for rule in matching(rules, subject)[:1]:
            return *rule.key, team == STARTER
    return None


def _note(
    world: World, asked: Ranged, done: Mapping[int, Second], came: int | None, went: int | None, working: bool
) -> None:
    """How many seconds, or answers, were decided by what is special about ranges."""
    decided = world.decided
    first, last = asked.start // SLOT, (asked.end - 1) // SLOT
    cut = {first} if asked.start % SLOT else set()
    cut |= {last} if asked.end % SLOT else set()
    decided["R cut slot"] += sum(second // SLOT in cut for second in done)
    decided["R within one slot"] += len(done) if first == last and len(cut) == 1 else 0
    decided["R whole slots"] += sum(second // SLOT not in cut for second in done)
    if came is None or went is None:
        decided["R idle alone"] += len(done)
        return
    decided["R came in a cut slot"] += came // SLOT in cut
    decided["R came in a whole slot"] += came // SLOT not in cut
    decided["R went in a cut slot"] += (went - 1) // SLOT in cut
    decided["R went in a whole slot"] += (went - 1) // SLOT not in cut
    decided["R idle before or after"] += sum(second < came or second >= went for second in done)
    decided["R working in the range"] += working and asked.start <= asked.now < asked.end
    decided["R working outside the range"] += working and not asked.start <= asked.now < asked.end
