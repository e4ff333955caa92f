"""One user's figures under a policy to come: what it alters, and the next generation that holds it.

Ratings move seconds between classes and need the slots' subjects alone. Limits and ignore idle decide what is active
at all: the slots under the stretches that they judge otherwise are counted anew from the facts, whole::

    slots       |---0---|---1---|---2---|---3---|---4---|
    stretches        [====)           [=)
    current     |   a   |   a   |   a   |   a   |   a   |
    next        |   n   |   n   |   m   |   n   |   c   |    n counted anew, m moved by ratings, c copied
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from timegrain.counted import Counting, counted_anew, counted_under, everything, parts, recount, under
from timegrain.counting.instants import SLOT, Range, to_slots
from timegrain.counting.ratings import Settled
from timegrain.counting.tallies import NOTHING, Counted, Tally, summed
from timegrain.counting.window import ignored_otherwise, judged_otherwise
from timegrain.storage import generations, jobs, slots, stretches
from timegrain.storage.names import Name, all_names
from timegrain.storage.policies import Policy
from timegrain.storage.slots import Owner

Counts = list[tuple[list[Range], Counted]]
Otherwise = dict[int, tuple[Settled, Settled]]
"""Stored names that are settled otherwise: before and after."""


@dataclass(slots=True)
class Altered:
    """What a policy to come alters of one user's slots."""

    rated: dict[int, list[int]] = field(default_factory=dict)
    """Seconds by class, more or less, of slots that only ratings touch."""
    counted: Counts = field(default_factory=list)
    seconds: int = 0
    """In another class: of each slot what its classes gain or lose, whichever is more."""
    moved: Tally = NOTHING
    """What each class has more or less."""

    def note(self, differences: Iterable[list[int]]) -> None:
        sums = [0, 0, 0, 0]
        for by_class in differences:
            gained = sum(d for d in by_class if d > 0)
            self.seconds += max(gained, gained - sum(by_class))
            for place, seconds in enumerate(by_class):
                sums[place] += seconds
        self.moved = summed([self.moved, Tally(*sums)])


def altered(of: Counting, to: Policy) -> Altered:
    """What the policy `to` would alter; nothing is written."""
    then = under(of, to, of.owner)
    found = Altered()
    names = all_names(of.connection, *of.whom) if then.policy.book is not of.policy.book else {}
    otherwise = list(_settled_otherwise(of, then, names))
    windows = list(_windows(of, then, otherwise))
    for ranges in parts(windows):
        new = counted_anew(then, ranges)
        found.counted.append((ranges, new))
        found.note(_differences(slots.totals(of.connection, of.owner, (ranges[0][0], ranges[-1][1])), ranges, new))
    anew = {slot for start, end in to_slots(windows) for slot in range(start, end, SLOT)}
    for within, settled in otherwise:
        rated = {id_: pair for id_, pair in settled.items() if pair[0].rating != pair[1].rating}
        if rated:
            _rate(of, within, rated, anew, found.rated)
    found.rated = {slot: by_class for slot, by_class in found.rated.items() if any(by_class)}
    found.note(found.rated.values())
    return found


def _windows(of: Counting, then: Counting, otherwise: Sequence[tuple[Range, Otherwise]]) -> Iterator[Range]:
    """The seconds whose states the policy to come may judge otherwise."""
    if of.user.periods != then.user.periods:
        # Another home zone moves the edges of dated memberships.
        if whole := everything(of):
            yield whole
        return
    before, after = of.user.limits, then.user.limits
    ignoring = any(old.ignore_idle != new.ignore_idle for _, settled in otherwise for old, new in settled.values())
    if before == after and not ignoring:
        return
    # What is shorter than both thresholds is active either way.
    long_ones = stretches.at_least(of.connection, *of.whom, min(before.threshold, after.threshold))
    yield from judged_otherwise(long_ones, before, after)
    if ignoring:
        yield from ignored_otherwise(long_ones, after)


def _settled_otherwise(of: Counting, then: Counting, names: Mapping[int, Name]) -> Iterator[tuple[Range, Otherwise]]:
    """Of each period with one primary team, the names that it settles otherwise."""
    old_book, new_book = of.policy.book, then.policy.book
    for start, end, team in then.user.periods:
        pairs = (
            (id_, (old_book.settle(team, kind, name), new_book.settle(team, kind, name)))
            for id_, (kind, name, _) in names.items()
        )
        if otherwise := {id_: (old, new) for id_, (old, new) in pairs if old != new}:
            yield (start, end), otherwise


def _rate(of: Counting, within: Range, rated: Otherwise, anew: set[int], moved: dict[int, list[int]]) -> None:
    """Add to `moved` the active seconds of subjects that are in another class then, but in the slots `anew`."""
    for slot, subject, seconds in slots.of_subjects(of.connection, of.owner, within, list(rated)):
        if slot not in anew:
            old, new = rated[subject]
            by_class = moved.setdefault(slot, [0, 0, 0, 0])
            by_class[old.rating] -= seconds
            by_class[new.rating] += seconds


def _differences(stored: Mapping[int, Tally], ranges: Iterable[Range], new: Counted) -> Iterator[list[int]]:
    for start, end in ranges:
        for slot in range(start, end, SLOT):
            pairs = zip(stored.get(slot, NOTHING), new.totals.get(slot, NOTHING), strict=True)
            yield [after - before for before, after in pairs]


def count_following(of: Counting, to: Policy, found: Altered) -> None:
    """Write the user's next generation, `found` being what `to` alters."""
    owner = of.owner
    rezoned = to.zone != of.policy.zone
    following = Owner(
        *of.whom,
        owner.generation + bool(rezoned or found.rated or found.counted),
        owner.subject_generation + bool(found.counted),
    )
    generations.copy(of.connection, owner, following)
    if rezoned:
        slots.sum_all_days(of.connection, following, to.zone)
    slots.add_totals(of.connection, following, found.rated, to.zone)
    for ranges, counted in found.counted:
        slots.replace(of.connection, following, ranges, counted, to.zone)
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
        now, new = counted_under(of, then, ranges)
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
