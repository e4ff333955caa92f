"""What a policy to come alters of one user's figures, found out in a transaction that reads.

Ratings move seconds between classes and need the slots' subjects alone. Limits and ignore idle decide what is active
at all: the seconds under the stretches that they judge otherwise are counted from the facts, as before and as then,
and the slots get the difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from timegrain.counted import Counting, at_once, counted_twice, everything, frozen, rated_anew, under
from timegrain.counting.instants import Range, clip, union
from timegrain.counting.ratings import RatedAnew, Settled
from timegrain.counting.tallies import NOTHING, Counted, Tally
from timegrain.counting.window import ignored_otherwise, judged_otherwise
from timegrain.storage import slots, stretches
from timegrain.storage.devices import Device
from timegrain.storage.names import Name, all_names
from timegrain.storage.policies import Policy
from timegrain.storage.slots import EVER

Seconds = tuple[int, ...]
"""By class."""

Otherwise = dict[int, tuple[Settled, Settled]]
"""Stored names that are settled otherwise: before and after."""


@dataclass(slots=True)
class Altered:
    """What a policy to come alters of one user's slots: seconds more or less."""

    totals: dict[int, list[int]] = field(default_factory=dict)
    """By slot, by class."""
    subjects: dict[tuple[int, int], int] = field(default_factory=dict)
    """Active, by slot and subject."""
    _told: tuple[int, Tally] | None = None
    _days: tuple[str, dict[int, Seconds]] | None = None

    @property
    def moved(self) -> Tally:
        """What each class has more or less."""
        return Tally(*map(sum, zip(NOTHING, *self.totals.values(), strict=True)))

    @property
    def seconds(self) -> int:
        """In another class than before: of each slot what its classes gain or lose, whichever is more."""
        seconds = 0
        for by_class in self.totals.values():
            gained = sum([more for more in by_class if more > 0])
            seconds += max(gained, gained - sum(by_class))
        return seconds

    def told(self) -> tuple[int, Tally]:
        """`seconds` and `moved`, summed once until some of it is found out anew."""
        if self._told is None:
            self._told = self.seconds, self.moved
        return self._told

    def days(self, zone: str) -> dict[int, Seconds]:
        """The same by day of this zone, summed once likewise."""
        if self._days is None or self._days[0] != zone:
            self._days = zone, slots.by_day(self.totals, zone)
        return self._days[1]

    def rate(self, active: Iterable[tuple[int, int, int]], rated: Mapping[int, tuple[int, int]]) -> None:
        """Move the seconds of slots' subjects from one class to another."""
        totals = self.totals
        for slot, subject, seconds in active:
            old, new = rated[subject]
            by_class = totals.get(slot)
            if by_class is None:
                by_class = totals[slot] = [0, 0, 0, 0]
            by_class[old] -= seconds
            by_class[new] += seconds

    def add(self, counted: Counted, sign: int) -> None:
        for slot, tally in counted.totals.items():
            by_class = self.totals.setdefault(slot, [0, 0, 0, 0])
            for place, seconds in enumerate(tally):
                by_class[place] += sign * seconds
        for key, seconds in counted.subjects.items():
            self.subjects[key] = self.subjects.get(key, 0) + sign * seconds

    def within(self, within: Range) -> Altered:
        low, high = within
        return Altered(
            {slot: by_class for slot, by_class in self.totals.items() if low <= slot < high},
            {key: seconds for key, seconds in self.subjects.items() if low <= key[0] < high},
        )

    def put(self, found: Altered, within: Range) -> None:
        """What was found out anew of some slots."""
        low, high = within
        self._told = self._days = None
        self.totals = {slot: found_ for slot, found_ in self.totals.items() if not low <= slot < high} | found.totals
        self.subjects = {
            key: seconds for key, seconds in self.subjects.items() if not low <= key[0] < high
        } | found.subjects

    def without_nothing(self) -> Altered:
        return Altered(
            {slot: by_class for slot, by_class in self.totals.items() if any(by_class)},
            {key: seconds for key, seconds in self.subjects.items() if seconds},
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a policy to come alters of one user, and what it was found out from."""

    user: int
    version: int
    """Of the policy."""
    devices: dict[int, Device]
    """They know how many batches there were."""
    found: Altered

    def is_of(self, of: Counting) -> bool:
        """Whether the user's facts and the policy are still those."""
        return self.version == of.policy.version and self.devices == of.devices


def prepare(of: Counting, to: Policy) -> Prepared:
    """In a transaction that reads."""
    found = altered(of, to)
    # Now, while nobody waits for it.
    found.told()
    found.days(to.zone)
    return Prepared(of.user.user, of.policy.version, of.devices, found)


def altered(of: Counting, to: Policy, within: Range = EVER) -> Altered:
    """What the policy `to` would alter in the slots `within`; nothing is written."""
    then = under(of, to, of.owner)
    found = Altered()
    if of.user.periods != then.user.periods:
        # Another home zone moves the edges of dated memberships.
        whole = everything(of)
        _judge(of, then, clip([whole] if whole else [], *within), found)
        for part in frozen(of, [within]):
            held = slots.read(of.connection, of.owner, part)
            found.add(Counted(held.totals, {}), -1)
            found.add(Counted(rated_anew(then, held, part).totals, {}), 1)
        return found.without_nothing()
    names = all_names(of.connection, *of.whom) if to.book is not of.policy.book else {}
    otherwise = list(_settled_otherwise(of, then, names))
    for (start, end), settled in otherwise:
        rated = {
            id_: (int(old.rating), int(new.rating)) for id_, (old, new) in settled.items() if old.rating != new.rating
        }
        if rated:
            both = max(start, within[0]), min(end, within[1])
            found.rate(slots.of_subjects(of.connection, of.owner, both, list(rated)), rated)
    # Ratings are moved now: what is left differs by limits and ignore idle alone.
    already = replace(of, policy=replace(of.policy, book=RatedAnew(to.book, of.policy.book)))
    ignoring = any(old.ignore_idle != new.ignore_idle for _, settled in otherwise for old, new in settled.values())
    _judge(already if otherwise else of, then, clip(_windows(of, then, ignoring), *within), found)
    return found.without_nothing()


def _settled_otherwise(of: Counting, then: Counting, names: Mapping[int, Name]) -> Iterator[tuple[Range, Otherwise]]:
    """Of each period with one primary team, the names that it settles otherwise."""
    old_book, new_book = of.policy.book, then.policy.book
    for start, end, team in of.user.periods:
        pairs = (
            (id_, (old_book.settle(team, kind, name), new_book.settle(team, kind, name)))
            for id_, (kind, name, _) in names.items()
        )
        if otherwise := {id_: (old, new) for id_, (old, new) in pairs if old != new}:
            yield (start, end), otherwise


def _windows(of: Counting, then: Counting, ignoring: bool) -> list[Range]:
    """The seconds whose states the policy to come may judge otherwise."""
    before, after = of.user.limits, then.user.limits
    if before == after and not ignoring:
        return []
    # What is shorter than both thresholds is active either way.
    long_ones = stretches.at_least(of.connection, *of.whom, min(before.threshold, after.threshold))
    return judged_otherwise(long_ones, before, after) + (ignored_otherwise(long_ones, after) if ignoring else [])


def _judge(before: Counting, after: Counting, windows: Iterable[Range], found: Altered) -> None:
    """Count the seconds of the windows under both, and add the difference to `found`."""
    for ranges in at_once(union(before.user.counted(windows))):
        old, new = counted_twice(before, after, ranges)
        found.add(old, -1)
        found.add(new, 1)
