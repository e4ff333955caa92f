"""The cast: who they are, where they sit, which computers they use and how they work.

Everything about a person follows from the seed and the person's number, never from how many others there are.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from timegrain.sample.catalogue import BROWSERS, TEAMS, Browser, System, words

MAX_PEOPLE = 10_000

Lunch = Literal["locked", "left on", "asleep"]
SecondUse = Literal["none", "evenings", "calls", "trials"]
Call = Literal["zoom", "teams", "meet"]


@dataclass(frozen=True, slots=True)
class SampleMembership:
    """In `team` on the days `[first_day, last_day)`; None is open. One is primary on any one day."""

    team: str
    first_day: date | None = None
    last_day: date | None = None
    primary: bool = True

    def holds_on(self, day: date) -> bool:
        return (self.first_day is None or self.first_day <= day) and (self.last_day is None or day < self.last_day)


@dataclass(frozen=True, slots=True)
class SampleDevice:
    """A computer. Only one that is `watched_closely` reports pages and input, the others focus alone."""

    name: str
    system: System
    browser: Browser
    watched_closely: bool


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody's days go. Hours are local; shares are chances between 0 and 1."""

    starts: float
    ends: float
    lunch_at: float
    lunch: Lunch
    pace: float
    """Mean seconds in one window."""
    breaks: float
    """Share of pauses that are long enough to be idle."""
    meetings: float
    """Mean number a day, besides the stand-up."""
    call: Call
    evenings: float
    saturdays: float
    second_use: SecondUse


@dataclass(frozen=True, slots=True)
class SamplePerson:
    name: str
    email: str
    zone: str
    teams: tuple[SampleMembership, ...]
    devices: tuple[SampleDevice, ...]
    habits: Habits
    admin: bool = False
    lead: bool = False

    def primary_team_on(self, day: date) -> str:
        return next(member.team for member in self.teams if member.primary and member.holds_on(day))


_KOLKATA, _BERLIN, _NEW_YORK = "Asia/Kolkata", "Europe/Berlin", "America/New_York"
# Cycles whose lengths share no factor, so that every zone has people of every team and system.
_ZONES = (_KOLKATA, _KOLKATA, _BERLIN, _KOLKATA, _NEW_YORK, _KOLKATA, _KOLKATA)
_TEAMS = ("Engineering", "Support", "Sales", "Engineering", "Support")
_SYSTEMS: tuple[System, ...] = (
    "windows", "macos", "windows", "linux", "macos", "windows", "windows", "macos",
)  # fmt: skip
_SECOND_SYSTEMS: tuple[System, ...] = ("macos", "windows", "linux")
_SECOND_USES: tuple[SecondUse, ...] = ("evenings", "calls", "trials")
_CALLS: tuple[Call, ...] = ("zoom", "teams", "meet")
_LUNCHES: tuple[Lunch, ...] = ("locked", "left on", "asleep", "left on")

# Given names and family names of a zone, in such numbers that _name meets each pair once before any twice:
# the second number has no factor in common with the first one plus one.
_NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    _KOLKATA: (
        words(
            "Asha Ravi Meera Arjun Priya Karan Divya Sanjay Leela Vikram Anita Rohan Kavya Nikhil Sunita "
            "Amit Farah Imran Lakshmi Deepak Neha Suresh Tara Manoj"
        ),
        words(
            "Rao Sharma Nair Iyer Banerjee Patel Menon Gupta Reddy Das Khan Joshi Kulkarni Pillai Mehta Bose "
            "Desai Chopra Hegde Mishra Fernandes Verma Shetty"
        ),
    ),
    _BERLIN: (
        words("Jonas Lena Felix Marta Emre Clara Paul Ines Moritz Hanna Tobias Greta"),
        words("Weber Krause Yilmaz Lindner Vogel Hartmann Brandt Seidel Kowalski Neumann Busch"),
    ),
    _NEW_YORK: (
        words("Grace Marcus Elena Tyrone Hannah Luis Nora Caleb Maya Owen Ruth Dwayne"),
        words("Coleman Rivera Bennett Chen Murphy Brooks Santos Fischer Hayes Walker Novak"),
    ),
}


def cast(people: int, seed: int, period_start: date, weeks: int) -> tuple[SamplePerson, ...]:
    """The first `people` of the cast; who moves team does so on a Monday halfway through the period."""
    if not 1 <= people <= MAX_PEOPLE:
        raise ValueError(f"people must be between 1 and {MAX_PEOPLE}")
    middle = period_start + timedelta(days=weeks * 7 // 2)
    moves_on = middle - timedelta(days=middle.weekday())
    seen = dict.fromkeys(_NAMES, 0)
    persons = []
    for number in range(people):
        zone = _ZONES[number % len(_ZONES)]
        persons.append(_person(number, seen[zone], zone, seed, moves_on))
        seen[zone] += 1
    return tuple(persons)


def _person(number: int, number_in_zone: int, zone: str, seed: int, moves_on: date) -> SamplePerson:
    name = _name(zone, number_in_zone)
    email = name.lower().replace(" ", ".").replace("..", ".") + "@example.com"
    rng = random.Random(f"{seed}/{email}")
    return SamplePerson(
        name=name,
        email=email,
        zone=zone,
        teams=_memberships(number, moves_on),
        devices=_devices(number, name.split()[0], rng),
        habits=_habits(number, rng),
        admin=number == 0,
        lead=number < len(TEAMS),
    )


def _name(zone: str, number: int) -> str:
    given, family = _NAMES[zone]
    again, pair = divmod(number, len(given) * len(family))
    first, last = given[pair % len(given)], family[(pair // len(given) + pair) % len(family)]
    # Namesakes are told apart by middle initials, counted like the columns of a spreadsheet.
    middle = ""
    while again:
        again, letter = divmod(again - 1, 26)
        middle = f"{chr(ord('A') + letter)}. {middle}"
    return f"{first} {middle}{last}"


def _memberships(number: int, moves_on: date) -> tuple[SampleMembership, ...]:
    team = _TEAMS[number % len(_TEAMS)]
    other = TEAMS[(TEAMS.index(team) + 1) % len(TEAMS)]
    if number % 17 == 4:
        return (SampleMembership(team, last_day=moves_on), SampleMembership(other, first_day=moves_on))
    if number % 11 == 6:
        return (SampleMembership(team), SampleMembership(other, primary=False))
    return (SampleMembership(team),)


def _devices(number: int, first_name: str, rng: random.Random) -> tuple[SampleDevice, ...]:
    """One computer, or two for every third person.

    The devices that report focus alone are second ones, so that idle time can be told for everybody.
    """
    main = _device(_SYSTEMS[number % len(_SYSTEMS)], first_name, rng, watched_closely=True)
    if number % 3 != 1:
        return (main,)
    second = number // 3
    system = _SECOND_SYSTEMS[second % len(_SECOND_SYSTEMS)]
    return (main, _device(system, first_name, rng, watched_closely=second % 4 == 3))


def _device(system: System, first_name: str, rng: random.Random, *, watched_closely: bool) -> SampleDevice:
    code = "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=7))
    names = {
        "windows": f"LAPTOP-{code}",
        "macos": f"{first_name}s-MacBook-{code[:2]}.local",
        "linux": f"{first_name.lower()}-thinkpad-{code[:2].lower()}",
    }
    return SampleDevice(names[system], system, rng.choice(BROWSERS[system]), watched_closely)


def _habits(number: int, rng: random.Random) -> Habits:
    starts = rng.uniform(8.75, 10.25)
    lunch = _LUNCHES[number % len(_LUNCHES)]
    return Habits(
        starts=starts,
        ends=starts + rng.uniform(8.6, 9.3),
        lunch_at=rng.uniform(12.5, 13.4),
        lunch=lunch,
        pace=rng.uniform(48.0, 68.0),
        # A lunch that is spent before a lit screen counts as idle where it is short.
        breaks=rng.uniform(0.25, 0.4) if lunch == "left on" else rng.uniform(0.4, 0.6),
        meetings=rng.uniform(0.5, 2.2),
        call=_CALLS[number % len(_CALLS)],
        evenings=rng.uniform(0.25, 0.4) if number % 4 == 2 else 0.04,
        saturdays=rng.uniform(0.2, 0.4) if number % 8 == 2 else 0.0,
        second_use=_SECOND_USES[number // 3 % len(_SECOND_USES)] if number % 3 == 1 else "none",
    )
