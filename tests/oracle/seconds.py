"""The slow, obvious count of one user, a second at a time: contract T1 to T8 and T14.

Nothing is swept or merged: for each second that a focus interval covers or reaches, each device says what is in
front and in which stretch the second lies, then the rules decide. The one shortcut: a second whose inputs are the
same as those of the second before is decided the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from .days import SLOT, Membership, local_day, primary_team
from .facts import Erasure, Kept
from .fronts import Beats, Front, in_front
from .subjects import BROWSERS, LOCK_SCREENS, Rated, RuleBook, Subject, application, name_key, rate

DEFAULT_REACH = 5
DEFAULT_TIMEOUT = 120


@dataclass(frozen=True)
class Policy:
    """What holds for one user. Limits, reaches and timeouts in seconds; `teams` are rules by team."""

    threshold: int = 300
    away_limit: int = 3600
    unattended_limit: int = 14400
    idle_counting: bool = True
    reach: Mapping[str, int] = field(default_factory=dict)
    timeout: Mapping[str, int] = field(default_factory=dict)
    home_zone: str = "UTC"
    organisation: RuleBook = field(default_factory=dict)
    starter: RuleBook = field(default_factory=dict)
    teams: Mapping[int, RuleBook] = field(default_factory=dict)
    memberships: tuple[Membership, ...] = ()


class Second(NamedTuple):
    """A tracked second. `subject` and `rated` are of active seconds, else None and "idle"."""

    state: Literal["active", "idle"]
    rated: str
    subject: Subject | None
    device: str


@dataclass(frozen=True)
class Count:
    """Tracked seconds by instant (one that is missing is untracked), and how many each rule decided."""

    seconds: Mapping[int, Second]
    decided: Counter[str]

    def slots(self) -> Counter[tuple[int, str]]:
        """Seconds by slot and class."""
        return Counter((second // SLOT, it.rated) for second, it in self.seconds.items())

    def sums(self) -> Counter[str]:
        return Counter(it.rated for it in self.seconds.values())


def stretches(facts: Sequence[Kept], reach: int) -> tuple[dict[int, int], dict[int, str]]:
    """The length of the stretch in which each second lies (T4), and the seconds that a finer rule decided."""
    present: set[int] = set()
    away: set[int] = set()
    notes: dict[int, str] = {}
    for fact in facts:
        if fact.kind == "present":
            present.update(range(fact.first, fact.last))
        elif fact.kind == "away":
            away.update(range(fact.first, fact.last))
    for fact in facts:
        if fact.kind == "present":
            label = "T1 short input" if fact.end // 1000 == fact.first else "T4 input"
            notes.update((second, label) for second in range(fact.first, fact.last) if second in away)
    runs: list[tuple[int, int]] = []
    for second in sorted(away - present):
        start, end = runs[-1] if runs else (second, second)
        hole = range(end, second)
        if runs and len(hole) <= reach and not any(at in present for at in hole):
            runs[-1] = (start, second + 1)
        else:
            runs.append((second, second + 1))
    lengths = {second: end - start for start, end in runs for second in range(start, end)}
    notes.update((second, "T4 hole") for second in lengths if second not in away)
    return lengths, notes


class Cell(NamedTuple):
    """One device at one second: all that the rules look at."""

    device: str
    front: Front
    page: Front | None
    stretch: int | None
    erased: bool
    note: str


class DeviceCells:
    """The cells of one device."""

    def __init__(
        self, device: str, facts: Sequence[Kept], reach: int, timeout: int, erasures: Sequence[Erasure]
    ) -> None:
        self.device = device
        beats = Beats(facts, timeout)
        self.front = in_front([*beats.intervals, *(fact for fact in facts if fact.kind == "focus")], reach)
        self.apart = beats.apart - self.front.keys()
        pages: dict[str, list[Kept]] = {}
        for fact in facts:
            if fact.kind == "page":
                pages.setdefault(name_key(fact.browser), []).append(fact)
        self._pages = {browser: in_front(of_browser, reach) for browser, of_browser in pages.items()}
        self._stretch, self._notes = stretches(facts, reach)
        self._erased = [erasure for erasure in erasures if erasure.concerns(device)]

    def at(self, second: int) -> Cell:
        front = self.front[second]
        browser = BROWSERS.get(name_key(front.fact.app), "")
        page = self._pages.get(browser, {}).get(second)
        erased = any(erasure.start_s <= second < erasure.end_s for erasure in self._erased)
        note = self._notes.get(second, "")
        return Cell(self.device, front, page, self._stretch.get(second), erased, note)


class Verdict(NamedTuple):
    """What one device says of a second."""

    state: Literal["active", "idle", "untracked"]
    by: tuple[str, ...]
    rated: str = "idle"
    subject: Subject | None = None


def subject_of(cell: Cell) -> tuple[Subject, tuple[str, ...]]:
    """T7, and the labels that settled it."""
    fact, page = cell.front.fact, cell.page
    if fact.host:
        before = ("T7 own URL before page",) if page and page.fact.host else ()
        return Subject("site", fact.host), ("T7 own URL", *before)
    by = ("T7 URL without host",) if fact.url else ()
    if page and page.fact.host:
        how = tuple(
            {"T2 reach": "T7 page reach", "T3 began latest": "T7 page began latest"}.get(b, "") for b in page.by
        )
        return Subject("site", page.fact.host), ("T7 page", *by, *how, page.fact.won)
    subject = application(fact.app)
    if page:
        return subject, ("T7 page without host", *by)
    if name_key(fact.app) in BROWSERS:
        return subject, ("T7 no page", *by)
    return subject, ("T7 application" if name_key(fact.app) else "T7 unknown", *by)


def verdict(cell: Cell, day: date, policy: Policy, erasures: Sequence[Erasure]) -> Verdict:
    """What one device is at a second (T3 to T5, T14)."""
    fact = cell.front.fact
    if cell.erased:
        return Verdict("untracked", ("T14 erased",))
    if name_key(fact.app) in LOCK_SCREENS:
        return Verdict("untracked", ("T3 lock screen",))
    subject, about_by = subject_of(cell)
    team = primary_team(policy.memberships, day)
    rules_of_team = policy.teams.get(team, {}) if team is not None else {}
    rated = rate(subject, rules_of_team, policy.organisation, policy.starter)
    state, state_by = _state(cell, rated, policy)
    edge = "T14 over an edge" if any(erasure.cuts(fact) for erasure in erasures) else ""
    by = (*cell.front.by, *state_by, cell.note, edge, fact.won)
    if state == "active":
        return Verdict(state, (*by, *about_by, *rated.by), rated.rating, subject)
    return Verdict(state, by)


def _state(cell: Cell, rated: Rated, policy: Policy) -> tuple[Literal["active", "idle", "untracked"], tuple[str, ...]]:
    if cell.stretch is None:
        return "active", ()
    if rated.ignore_idle or not policy.idle_counting:
        if cell.stretch > policy.unattended_limit:
            return "untracked", ("T5 unattended", *rated.ignored_by)
        if cell.stretch < policy.threshold:
            return "active", ()
        return "active", (
            "T5 ignored idle" if rated.ignore_idle else "T5 idle not counted",
            *rated.ignored_by,
        )
    if cell.stretch < policy.threshold:
        return "active", ("T4 short stretch",)
    if cell.stretch <= policy.away_limit:
        return "idle", ("T4 idle", *rated.ignored_by)
    return "untracked", ("T4 away", *rated.ignored_by)


def combine(told: Sequence[tuple[Cell, Verdict]]) -> tuple[Second | None, set[str]]:
    """What the user is, of what the devices say (T6), and the labels that decided."""
    active = [(cell, v) for cell, v in told if v.state == "active"]
    idle = [(cell, v) for cell, v in told if v.state == "idle"]
    untracked = [v for _, v in told if v.state == "untracked"]
    by = {label for v in untracked for label in v.by}
    if active:
        if idle:
            by.add("T6 active beats idle")
        if untracked:
            by.add("T6 active beats untracked")
        cell, winner, how = _first_of(active)
        return Second("active", winner.rated, winner.subject, cell.device), by | how | set(winner.by)
    if not idle:
        return None, by
    if untracked:
        by.add("T6 idle beats untracked")
    return Second("idle", "idle", None, idle[0][0].device), by | {label for _, v in idle for label in v.by}


def _first_of(active: list[tuple[Cell, Verdict]]) -> tuple[Cell, Verdict, set[str]]:
    """The active device that the second goes to."""
    by = {"T6 once"} if len(active) > 1 else set()
    with_input = [it for it in active if it[0].stretch is None]
    if with_input and len(with_input) < len(active):
        by.add("T6 input first")
        active = with_input
    latest = max(cell.front.fact.start for cell, _ in active)
    began_latest = [it for it in active if it[0].front.fact.start == latest]
    if len(began_latest) < len(active):
        by.add("T6 began latest")
    if len(began_latest) > 1:
        by.add("T6 name")
    cell, winner = min(began_latest, key=lambda it: it[0].device)
    return cell, winner, by


def count_user(
    facts: Iterable[Kept],
    policy: Policy,
    erasures: Sequence[Erasure] = (),
    first_s: int | None = None,
    last_s: int | None = None,
) -> Count:
    """Counts one user's facts. Seconds outside `[first_s, last_s)` are left out of the result, not of the rules."""
    of_device: dict[str, list[Kept]] = {}
    for fact in facts:
        of_device.setdefault(fact.device, []).append(fact)
    devices = [
        DeviceCells(
            device,
            its,
            policy.reach.get(device, DEFAULT_REACH),
            policy.timeout.get(device, DEFAULT_TIMEOUT),
            erasures,
        )
        for device, its in of_device.items()
    ]
    seconds: dict[int, Second] = {}
    decided: Counter[str] = Counter()
    before: tuple[date, list[Cell]] | None = None
    outcome: Second | None = None
    labels: set[str] = set()
    lasting = 0
    for second in sorted(set[int]().union(*(device.front for device in devices))):
        if (first_s is not None and second < first_s) or (last_s is not None and second >= last_s):
            continue
        day = local_day(policy.home_zone, second // SLOT)
        cells = [device.at(second) for device in devices if second in device.front]
        if (day, cells) != before:
            decided.update(dict.fromkeys(labels, lasting))
            before, lasting = (day, cells), 0
            outcome, labels = combine([(cell, verdict(cell, day, policy, erasures)) for cell in cells])
        lasting += 1
        if outcome is not None:
            seconds[second] = outcome
    decided.update(dict.fromkeys(labels, lasting))
    if apart := set[int]().union(*(device.apart for device in devices)) - seconds.keys():
        decided["T2 timeout apart"] = len(apart)
    del decided[""]
    return Count(seconds, decided)
