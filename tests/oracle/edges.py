"""People whose facts before a boundary of retention decide seconds after it, each in another way, and what comes after.

Seconds are told from the boundary, the midnight with which `DAY` begins at `HOME`. Each person is there for one margin
of `timegrain.counting.window.needed`: without it they count otherwise.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from random import Random

import httpx

from timegrain.counted import counting
from timegrain.recounting import recount_everything
from timegrain.storage import slots
from timegrain.storage.engine import Database
from timegrain.storage.names import all_names
from timegrain.storage.policies import Policies

from . import attendance
from .days import SLOT, day_start
from .facts import Kind, OFact
from .replay import (
    Batch,
    Erase,
    Heartbeats,
    Limits,
    PolicyChange,
    Question,
    RatingChange,
    ReachChange,
    Retire,
    Start,
    Step,
    TimeoutChange,
    World,
    ZoneChange,
)
from .replaying import Program
from .subjects import name_key
from .test_worlds import Replay

HOME = "Asia/Kolkata"
DAY = date(2026, 3, 10)
EDGE = day_start(HOME, DAY)
A_DAY = 86_400
DEVICE, OTHER = "laptop", "phone"
CLASSES = ("productive", "neutral", "unproductive", "idle")


def fact(kind: Kind, start: float, end: float, app: str = "", url: str = "", device: str = DEVICE) -> OFact:
    """Of a page `app` is its browser."""
    first, last = (round((EDGE + second) * 1000) for second in (start, end))
    if kind == "page":
        return OFact(kind, device, first, last, browser=app, url=url)
    return OFact(kind, device, first, last, app, url=url)


def focus(start: float, end: float, app: str = "Code", device: str = DEVICE) -> OFact:
    return fact("focus", start, end, app, device=device)


def page(start: float, end: float, url: str) -> OFact:
    return fact("page", start, end, "chrome", url)


def away(start: float, end: float) -> OFact:
    return fact("away", start, end)


def present(start: float, end: float) -> OFact:
    return fact("present", start, end)


def beat(at: float, editor: str = "vim") -> OFact:
    when = round((EDGE + at) * 1000)
    return OFact("heartbeat", DEVICE, when, when, editor, title="a — b.py", editor=editor)


# What is in front while a stretch crosses: stretches run on whatever it is.
FRONT = (focus(-1900, 1900), focus(1900, 2700, "zoom"))

PEOPLE: dict[str, tuple[OFact, ...]] = {
    "focus reaches over": (focus(-900, -29), focus(31, 300, "Slack")),
    "focus reaches the first second": (focus(-900, -59), focus(1, 300, "Slack")),
    "focus reaches by milliseconds": (focus(-900, -58.001), focus(1.999, 300, "Slack")),
    "focus reaches too far": (focus(-900, -59), focus(2, 300, "Slack")),
    "empty focus reaches over": (focus(-900, -59), focus(-40, -40, "zoom"), focus(20, 300, "Slack")),
    "another device": (focus(-900, 20), focus(-40, -30, "zoom", OTHER), focus(25, 300, "Slack", OTHER)),
    "page reaches over": (
        focus(-900, 700, "Google Chrome"),
        page(-700, -50, "https://github.com/"),
        page(9, 60, "https://mail.google.com/"),
    ),
    "focus of a day": (focus(-A_DAY + 1, 1), focus(40, 700, "Slack")),
    "focus of a day ends at it": (focus(-A_DAY, 0), focus(60, 700, "Slack")),
    "page of a day": (
        focus(-600, 700, "Google Chrome"),
        page(-A_DAY + 500, 500, "https://github.com/"),
        page(-300, -200, "https://mail.google.com/"),
    ),
    "heartbeats join over it": tuple(map(beat, (-3600 * 3, -7000, -3500, 90, 3600, 7300))),
    "heartbeats join to its first second": tuple(map(beat, (-7000, -3598, 1, 3600))),
    "heartbeats a timeout apart": tuple(map(beat, (-7000, -3599, 1, 3600))),
    "heartbeats of two editors": (beat(-3000), beat(-40, "emacs"), beat(19, "emacs"), beat(500), beat(510, "emacs")),
    "heartbeats near to each other": tuple(map(beat, (-170, -60, 50, 160))),
    "stretch just short enough": (*FRONT, away(-A_DAY + 1000, 1000)),
    "stretch a second too long": (*FRONT, away(-A_DAY + 999, -7000), away(-7000, 1000)),
    "stretch of many": (*FRONT, *(away(-A_DAY + 900 + n * 8700, -A_DAY + 9590 + n * 8700) for n in range(10))),
    "stretch of days": (*FRONT, *(away(-4 * A_DAY + n * A_DAY, (n - 3) * A_DAY) for n in range(4)), away(0, 1500)),
    "stretch with a hole a day before": (*FRONT, away(-A_DAY - 3000, -A_DAY - 1), away(-A_DAY + 59, 30)),
    "stretch with holes a day before": (
        *FRONT,
        away(-A_DAY - 3000, -A_DAY - 62),
        away(-A_DAY - 2, -A_DAY - 1),
        away(-A_DAY + 59, 50),
    ),
    "input long before": (
        *FRONT,
        away(-2 * A_DAY + 50, -A_DAY + 50),
        away(-A_DAY + 50, -600),
        away(-600, 200),
        present(-A_DAY + 250, -A_DAY + 260),
    ),
    "input of a day": (*FRONT, present(-A_DAY + 100, 100), away(-900, 1500)),
    "input of milliseconds at it": (*FRONT, away(-3500, 900), present(-0.6, -0.2)),
    "hole with input": (*FRONT, away(-3000, -20), away(30, 1200), present(-10, -9.5)),
    "hole over it": (*FRONT, away(-3000, -20), away(30, 1200)),
}
NAMES = tuple(PEOPLE)
ALL = tuple(range(len(NAMES)))
CHANGES = int(os.environ.get("TIMEGRAIN_TEST_EDGES", "1"))
"""Of each kind; 9 are all there are, and take a minute."""
QUESTION = Question(ALL, (), DAY - timedelta(days=1), DAY + timedelta(days=1), HOME)


def batches(*what: OFact, users: Sequence[int] = ALL) -> list[Step]:
    """What devices send of each of the users."""
    found: list[Step] = []
    for user in users:
        for device in (DEVICE, OTHER):
            told = tuple(one for one in what if one.device == device and one.kind != "heartbeat")
            if told:
                found.append(Batch(user, device, told))
        if beats := tuple(one for one in what if one.kind == "heartbeat"):
            found.append(Heartbeats(user, DEVICE, beats))
    return found


def reported() -> list[Step]:
    return [step for user, name in enumerate(NAMES) for step in batches(*PEOPLE[name], users=[user])]


def of_devices(reach: int, timeout: int) -> list[Step]:
    each = [user for user, name in enumerate(NAMES) if any(one.device == DEVICE for one in PEOPLE[name])]
    found: list[Step] = [ReachChange(user, DEVICE, reach) for user in each]
    found += [TimeoutChange(user, DEVICE, timeout) for user, name in enumerate(NAMES) if name.startswith("heartbeat")]
    return [*found, ReachChange(NAMES.index("another device"), OTHER, reach)]


LONGEST = Limits(away_limit=A_DAY, unattended_limit=A_DAY)
IGNORING = RatingChange(None, "application", "zoom", "productive", ignore_idle=True)
BEFORE: list[Step] = [PolicyChange(limits=LONGEST), IGNORING]

LATE: dict[str, list[Step]] = {
    "at the boundary": batches(
        focus(-0.001, 40, "Late"),
        focus(0, 7, "Late"),
        focus(0, 9, "Later"),
        fact("page", 0, 12, "chrome", "https://late.example/"),
        beat(-1),
        beat(0),
    ),
    "what grows began before": [
        Batch(user, DEVICE, tuple(replace(one, end=min(one.end + 200_000, one.start + A_DAY * 1000)) for one in its))
        for user, name in enumerate(NAMES)
        if (its := [one for one in PEOPLE[name] if one.kind != "heartbeat" and one.device == DEVICE])
    ],
    "stretches grow": batches(away(1, 60), away(1000, 2200)),
    "input parts stretches": batches(present(700, 700.5)),
}
POLICIES: dict[str, list[Step]] = {
    "idle is not counted": [PolicyChange(limits=Limits(idle_counting=False))],
    "limits in the middle": [
        PolicyChange(limits=Limits(threshold=1500, away_limit=80_000, unattended_limit=A_DAY - 60, idle_counting=True))
    ],
    "limits as long as can be": [PolicyChange(limits=Limits(300, A_DAY, A_DAY, True))],
    "no subject ignores idle": [RatingChange(None, "application", "zoom", "unproductive")],
    "all ignore idle": [
        RatingChange(None, "application", name, "productive", ignore_idle=True) for name in ("zoom", "code")
    ],
}
DEVICES: dict[str, list[Step]] = {
    "short reach and timeout": of_devices(5, 120),
    "no reach": of_devices(0, 1),
    "longest reach and timeout": of_devices(60, 3600),
}
ERASURES: dict[str, list[Step]] = {
    "around it": [Erase(user, EDGE - 45, EDGE + 45) for user in ALL],
    "facts before it": [Erase(user, EDGE - 2 * A_DAY, EDGE + 2) for user in ALL],
}


class EdgeReplay(Replay):
    """Everybody of `PEOPLE` in one organisation; compared to the slot, beside what questions answer."""

    def __init__(self, database: Database, client: httpx.Client, name: str, longest: bool = True) -> None:
        start = Start(len(PEOPLE), 1, tuple((DEVICE, OTHER) for _ in PEOPLE), HOME)
        self.world = World(0, start, [])
        self.program = Program(database, client, name, start)
        self.calendar = attendance.calendar(self.world)
        self.program.set_calendar(self.calendar)
        self.rng, self.pending, self.asked, self.place = Random(0), None, None, name
        # With the shortest first: what is kept must do for the longest that may come.
        for step in [*BEFORE, *reported(), *of_devices(*((60, 3600) if longest else (0, 1)))]:
            self.do(step)

    def do(self, step: Step) -> None:
        expected = self.world.apply(step)
        assert self.program.apply(step) == expected, f"{self.place}: {step}"

    def retire(self, day: date = DAY) -> None:
        """All that can go, goes."""
        self.do(Retire(day))
        while self.program.retire_some():
            pass

    def recount(self) -> None:
        recount_everything(self.program.database, self.program.id, [one.id for one in self.program.users])

    def go_through(self, *chapters: dict[str, list[Step]]) -> None:
        for name, steps in (both for chapter in chapters for both in chapter.items()):
            self.place = f"after {name}"
            for step in steps:
                self.do(step)
            self.compare_slots()

    def compare_slots(self) -> None:
        """As they are, and counted again."""
        for user in ALL:
            expected, found = self._expected(user), self._found(user)
            assert found == expected, f"{self.place}, {NAMES[user]}: {_differences(found, expected)}"
        assert self.program.differences() == 0, f"{self.place}: recount --check"

    def ask(self) -> None:
        """What clients see."""
        expected = [(day, tuple(getattr(sums, name) for name in CLASSES)) for day, sums in self.world.answer(QUESTION)]
        assert self.program.answer(QUESTION) == expected, self.place

    def _expected(self, user: int) -> Counter[tuple[int, str]]:
        seconds = self.world.count(user).seconds
        found = Counter((second // SLOT, it.rated) for second, it in seconds.items())
        found.update((second // SLOT, name_key(it.subject.name)) for second, it in seconds.items() if it.subject)
        return found

    def _found(self, user: int) -> Counter[tuple[int, str]]:
        with self.program.database.read() as connection:
            policy = Policies().read(connection, self.program.id)
            of = counting(connection, policy, self.program.users[user].id)
            held, names = slots.read(connection, of.owner, slots.EVER), all_names(connection, *of.whom)
        found: Counter[tuple[int, str]] = Counter()
        for slot, tally in held.totals.items():
            for name, seconds in zip(CLASSES, tally, strict=True):
                found[slot // SLOT, name] += seconds
        for (slot, subject), seconds in held.subjects.items():
            found[slot // SLOT, name_key(names[subject].spelling)] += seconds
        return +found


def _differences(found: Counter[tuple[int, str]], expected: Counter[tuple[int, str]]) -> str:
    both = sorted(found.keys() | expected.keys())
    return str([(slot * SLOT - EDGE, name, found[slot, name], expected[slot, name]) for slot, name in both
                if found[slot, name] != expected[slot, name]][:6])  # fmt: skip


def retired_at_once(replay: EdgeReplay) -> None:
    """And everything counted from what is left."""
    replay.retire()
    replay.compare_slots()
    replay.recount()
    replay.compare_slots()
    replay.ask()


def some(chapter: dict[str, list[Step]]) -> dict[str, list[Step]]:
    """As many of its changes as are asked for."""
    return dict(islice(chapter.items(), CHANGES))


def changed_afterwards(replay: EdgeReplay) -> None:
    """Each change meets what is left of the facts."""
    replay.retire()
    replay.go_through(some(DEVICES), some(POLICIES), some(LATE))
    replay.recount()
    replay.go_through(some(ERASURES))
    replay.ask()
    replay.go_through({"another zone": [ZoneChange("America/New_York")]})
    replay.retire(DAY + timedelta(days=1))
    replay.recount()
    replay.go_through({"another day": []})
