"""One user's figures under a policy to come: the next generation, which holds what it alters.

All other totals are copied as they are, and no subjects. What is altered (`alterations.py`) is found out beside the
user's batches, which wait for the writing alone: it holds while no batch of theirs and no change of policy came
between. Of a long history each transaction writes a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from timegrain.alterations import Altered, Prepared, altered
from timegrain.counted import Counting, Read, Window, counting_each, together, under
from timegrain.counting.calendar import day_at, day_start
from timegrain.counting.instants import DAY, SLOT, Range, clip
from timegrain.counting.tallies import Counted
from timegrain.storage import generations, jobs, recounted, slots
from timegrain.storage.generations import Standing
from timegrain.storage.policies import Policy
from timegrain.storage.recounted import Recounted
from timegrain.storage.slots import EVER, Owner

PART = 98 * DAY
"""Seconds of one user that a transaction writes at most: batches wait for it."""

OUTDATED_PART = 28 * DAY
"""The same where they are counted in the transaction, because a batch came between."""


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
    slots.add(of.connection, following, found.totals, found.days(to.zone))
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
