"""One user's figures under a policy to come: what it alters, and the next generation that holds it.

Ratings move seconds between classes and need the slots' subjects alone. Limits and ignore idle decide what is active
at all: the seconds under the stretches that they judge otherwise are counted from the facts, as before and as then,
and the slots get the difference. All other rows are copied as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from timegrain.counted import Counting, at_once, counted_twice, everything, parts, recount, under
from timegrain.counting.instants import Range, union
from timegrain.counting.ratings import RatedAnew, Settled
from timegrain.counting.tallies import NOTHING, Counted, Tally
from timegrain.counting.window import ignored_otherwise, judged_otherwise
from timegrain.storage import generations, jobs, slots, stretches
from timegrain.storage.names import Name, all_names
from timegrain.storage.policies import Policy
from timegrain.storage.slots import Owner

Otherwise = dict[int, tuple[Settled, Settled]]
"""Stored names that are settled otherwise: before and after."""


@dataclass(slots=True)
class Altered:
    """What a policy to come alters of one user's slots: seconds more or less."""

    totals: dict[int, list[int]] = field(default_factory=dict)
    """By slot, by class."""
    subjects: dict[tuple[int, int], int] = field(default_factory=dict)
    """Active, by slot and subject."""

    @property
    def moved(self) -> Tally:
        """What each class has more or less."""
        return Tally(*map(sum, zip(NOTHING, *self.totals.values(), strict=True)))

    @property
    def seconds(self) -> int:
        """In another class than before: of each slot what its classes gain or lose, whichever is more."""
        return sum(
            max(sum(d for d in by_class if d > 0), -sum(d for d in by_class if d < 0))
            for by_class in self.totals.values()
        )

    def rate(self, slot: int, old: int, new: int, seconds: int) -> None:
        by_class = self.totals.setdefault(slot, [0, 0, 0, 0])
        by_class[old] -= seconds
        by_class[new] += seconds

    def add(self, counted: Counted, sign: int) -> None:
        for slot, tally in counted.totals.items():
            by_class = self.totals.setdefault(slot, [0, 0, 0, 0])
            for place, seconds in enumerate(tally):
                by_class[place] += sign * seconds
        for key, seconds in counted.subjects.items():
            self.subjects[key] = self.subjects.get(key, 0) + sign * seconds

    def without_nothing(self) -> Altered:
        return Altered(
            {slot: by_class for slot, by_class in self.totals.items() if any(by_class)},
            {key: seconds for key, seconds in self.subjects.items() if seconds},
        )


def altered(of: Counting, to: Policy) -> Altered:
    """What the policy `to` would alter; nothing is written."""
    then = under(of, to, of.owner)
    found = Altered()
    if of.user.periods != then.user.periods:
        # Another home zone moves the edges of dated memberships.
        whole = everything(of)
        _judge(of, then, [whole] if whole else [], found)
        return found.without_nothing()
    names = all_names(of.connection, *of.whom) if to.book is not of.policy.book else {}
    otherwise = list(_settled_otherwise(of, then, names))
    for within, settled in otherwise:
        rated = {id_: pair for id_, pair in settled.items() if pair[0].rating != pair[1].rating}
        if rated:
            for slot, subject, seconds in slots.of_subjects(of.connection, of.owner, within, list(rated)):
                old, new = rated[subject]
                found.rate(slot, old.rating, new.rating, seconds)
    # Ratings are moved now: what is left differs by limits and ignore idle alone.
    rated_anew = replace(of, policy=replace(of.policy, book=RatedAnew(to.book, of.policy.book)))
    ignoring = any(old.ignore_idle != new.ignore_idle for _, settled in otherwise for old, new in settled.values())
    _judge(rated_anew if otherwise else of, then, _windows(of, then, ignoring), found)
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
    for ranges in at_once(union(windows)):
        old, new = counted_twice(before, after, ranges)
        found.add(old, -1)
        found.add(new, 1)


def count_following(of: Counting, to: Policy, found: Altered) -> None:
    """Write the user's next generation, `found` being what `to` alters."""
    owner = of.owner
    rezoned = to.zone != of.policy.zone
    following = Owner(
        *of.whom,
        owner.generation + bool(rezoned or found.totals or found.subjects),
        owner.subject_generation + bool(found.subjects),
    )
    generations.copy(of.connection, owner, following)
    if rezoned:
        slots.sum_all_days(of.connection, following, to.zone)
    slots.add(of.connection, following, found.totals, found.subjects, to.zone)
    generations.set_following(of.connection, following)


def recount_both(of: Counting, windows: Iterable[Range]) -> None:
    """Count the slots under `windows` again, and for a pending change too, where it has counted the user."""
    to = of.policy.next
    owner = generations.following(of.connection, of.owner) if to else None
    if to is None or owner is None:
        recount(of, windows)
        return
    then = under(of, to, owner)
    shared = True
    for ranges in parts(windows):
        now, new = counted_twice(of, then, ranges)
        slots.replace(of.connection, of.owner, ranges, now, of.policy.zone)
        if then.owner.generation == of.owner.generation:
            shared = shared and now == new
            continue
        with_subjects = then.owner.subject_generation != of.owner.subject_generation
        shared = shared and (with_subjects or now.subjects == new.subjects)
        slots.replace(of.connection, then.owner, ranges, new, to.zone, with_subjects)
    if not shared:
        # The rows that both read cannot hold both.
        forget_following(of)


def forget_following(of: Counting) -> None:
    """Where a pending change has counted the user, it does so again."""
    if of.policy.job is not None:
        generations.forget_following(of.connection, *of.whom)
        jobs.forget(of.connection, of.policy.organisation, of.policy.job, of.user.user)
