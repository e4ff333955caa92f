"""One user's figures under a policy to come: what it alters, and the next generation that holds it.

Ratings move seconds between classes and need the slots' subjects alone. Limits and ignore idle decide what is active
at all: the seconds under the stretches that they judge otherwise are counted from the facts, as before and as then,
and the slots get the difference. All other totals are copied as they are, and no subjects.

What is altered is found out beside the user's batches, which wait for the writing alone: it holds while no batch of
theirs and no change of policy came between. Of a long history each transaction writes a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from timegrain.counted import (
    Counting,
    Read,
    Window,
    at_once,
    counted_twice,
    counting_each,
    everything,
    frozen,
    rated_anew,
    together,
    under,
)
from timegrain.counting.calendar import day_at, day_start
from timegrain.counting.instants import DAY, SLOT, Range, clip, union
from timegrain.counting.ratings import RatedAnew, Settled
from timegrain.counting.tallies import NOTHING, Counted, Tally
from timegrain.counting.window import ignored_otherwise, judged_otherwise
from timegrain.storage import generations, jobs, recounted, slots, stretches
from timegrain.storage.devices import Device
from timegrain.storage.generations import Standing
from timegrain.storage.names import Name, all_names
from timegrain.storage.policies import Policy
from timegrain.storage.recounted import Recounted
from timegrain.storage.slots import EVER, Owner

PART = 49 * DAY
"""Seconds of one user that a transaction writes at most: batches wait for it."""

OUTDATED_PART = 28 * DAY
"""The same where they are counted in the transaction, because a batch came between."""

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

    @property
    def moved(self) -> Tally:
        """What each class has more or less."""
        return Tally(*map(sum, zip(NOTHING, *self.totals.values(), strict=True)))

    @property
    def seconds(self) -> int:
        """In another class than before: of each slot what its classes gain or lose, whichever is more."""
        seconds = 0
        for by_class in self.totals.values():
            gained = lost = 0
            for more in by_class:
                if more > 0:
                    gained += more
                else:
                    lost -= more
            seconds += max(gained, lost)
        return seconds

    def told(self) -> tuple[int, Tally]:
        """`seconds` and `moved`, summed once until some of it is found out anew."""
        if self._told is None:
            self._told = self.seconds, self.moved
        return self._told

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

    def within(self, within: Range) -> Altered:
        low, high = within
        return Altered(
            {slot: by_class for slot, by_class in self.totals.items() if low <= slot < high},
            {key: seconds for key, seconds in self.subjects.items() if low <= key[0] < high},
        )

    def put(self, found: Altered, within: Range) -> None:
        """What was found out anew of some slots."""
        low, high = within
        self._told = None
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
    found.told()  # now, while nobody waits for it
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
        rated = {id_: pair for id_, pair in settled.items() if pair[0].rating != pair[1].rating}
        if rated:
            both = max(start, within[0]), min(end, within[1])
            for slot, subject, seconds in slots.of_subjects(of.connection, of.owner, both, list(rated)):
                old, new = rated[subject]
                found.rate(slot, old.rating, new.rating, seconds)
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


class Following:
    """The next generations of some users, in a transaction that writes their figures."""

    def __init__(self, connection: Connection, policy: Policy, to: Policy, ready: Iterable[Prepared]) -> None:
        self._to = to
        self._of = counting_each(connection, policy, [one.user for one in ready])
        self._standing = generations.standings(connection, [of.owner for of in self._of.values()])

    def count_part(self, prepared: Prepared) -> bool:
        """Write the next part of one of them; True once all of it is there."""
        of = self._of[prepared.user]
        standing = self._standing.pop(prepared.user, None)
        if standing is None:
            # The part before this one altered it.
            standing = generations.standings(of.connection, [of.owner])[prepared.user]
        return _count_part(of, self._to, prepared, standing)


def _count_part(of: Counting, to: Policy, prepared: Prepared, standing: Standing) -> bool:
    """Write the next part of the user's next generation, which stands as it does; True once all of it is there.

    What was prepared is put right where it is out of date.
    """
    whole, begun = prepared.found, standing.following
    if begun is None and whole.subjects and generations.bring_in(of.connection, of.owner, PART):
        # There is room for one difference.
        return False
    following, low = begun or (_begun(of, to, whole, standing.unused), EVER[0])
    if low == EVER[1]:
        return True
    is_current = prepared.is_of(of)
    edges = standing.edges
    within = low, _end_of_part(to.zone, low, edges, PART if is_current else OUTDATED_PART)
    if not is_current:
        whole.put(altered(of, to, within), within)
    found = whole if within == EVER else whole.within(within)
    owner = of.owner
    if (found.totals and following.generation == owner.generation) or (
        found.subjects and following.subject_difference == owner.subject_difference
    ):
        # A batch brought the first seconds that it alters, and the rows are shared.
        generations.forget_following(of.connection, *of.whom)
        return False
    _write(of, to, following, found, within, edges)
    return within[1] == EVER[1]


def _begun(of: Counting, to: Policy, found: Altered, unused: Owner) -> Owner:
    """The generations to be written: those that answer where nothing in them is altered."""
    owner = of.owner
    totals = to.zone != of.policy.zone or found.totals or found.subjects
    return owner._replace(
        generation=unused.generation if totals else owner.generation,
        subject_difference=unused.subject_difference if found.subjects else owner.subject_difference,
    )


def _end_of_part(zone: str, low: int, edges: Range | None, length: int) -> int:
    """Where a day begins: the days before it are whole."""
    if edges is None:
        return EVER[1]
    high = day_start(zone, day_at(zone, max(low, edges[0]) + length))
    return EVER[1] if high > edges[1] else high


def _write(of: Counting, to: Policy, following: Owner, found: Altered, within: Range, edges: Range | None) -> None:
    low, high = within
    rezoned = to.zone != of.policy.zone
    first, end = (day_at(to.zone, second) if second not in EVER else second for second in within)
    generations.copy(of.connection, of.owner, following, within, None if rezoned else (first, end))
    if rezoned and edges is not None and low <= edges[1] and high > edges[0]:
        copied = max(low, edges[0]), min(high, edges[1] + SLOT)
        slots.sum_days(of.connection, following, [copied], to.zone)
    slots.add(of.connection, following, found.totals, to.zone)
    slots.add_difference(of.connection, following, found.subjects)
    generations.set_following(of.connection, following, high)


def recount_both(changed: Sequence[tuple[Counting, Iterable[Range]]]) -> None:
    """Count the slots under the windows of some users of one organisation again, and for a pending change too, as far
    as it has counted them."""
    if not changed:
        return
    first, _ = changed[0]
    to = first.policy.next
    begun = generations.followings(first.connection, [of.owner for of, _ in changed]) if to else {}
    for group in together(changed):
        forgotten = _recount_group(group, to, begun)
        for of, _ in group:
            if of.user.user in forgotten:
                forget_following(of)


def _recount_group(group: Sequence[Window], to: Policy | None, begun: Mapping[int, tuple[Owner, int]]) -> set[int]:
    """Returns the users who share rows between the two policies that cannot hold both any more."""
    put: list[Recounted] = []
    differences: list[tuple[Owner, Sequence[Range], dict[tuple[int, int], int]]] = []
    unshared: set[int] = set()
    for (of, ranges), read in zip(group, Read.each(group), strict=True):
        now, user = read.counted(of), of.user.user
        put.append(Recounted(of.owner, ranges, now, of.policy.zone))
        if to is None or user not in begun:
            continue
        following, until = begun[user]
        if not (before := clip(ranges, EVER[0], until)):
            continue
        then = under(of, to, following)
        now, new = _before(now, until), _before(read.counted(then), until)
        if following.generation != of.owner.generation:
            put.append(Recounted(following, before, new, to.zone, with_subjects=False))
            if following.subject_difference != of.owner.subject_difference:
                differences.append((following, before, _difference(now.subjects, new.subjects)))
            elif now.subjects != new.subjects:
                unshared.add(user)
        elif now != new:
            unshared.add(user)
    recounted.put(group[0][0].connection, put)
    for one in differences:
        slots.replace_difference(group[0][0].connection, *one)
    return unshared


def _difference(
    before: Mapping[tuple[int, int], int], after: Mapping[tuple[int, int], int]
) -> dict[tuple[int, int], int]:
    return {key: after.get(key, 0) - before.get(key, 0) for key in before.keys() | after.keys()}


def _before(counted: Counted, until: int) -> Counted:
    if until == EVER[1]:
        return counted
    return Counted(
        {slot: tally for slot, tally in counted.totals.items() if slot < until},
        {key: seconds for key, seconds in counted.subjects.items() if key[0] < until},
    )


def forget_following(of: Counting) -> None:
    """Where a pending change has counted the user, it does so again."""
    if of.policy.job is not None:
        generations.forget_following(of.connection, *of.whom)
        jobs.forget(of.connection, of.policy.organisation, of.policy.job, of.user.user)
