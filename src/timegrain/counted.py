"""Count ranges of one user's time from their facts, and put the result in the place of what is stored."""

from __future__ import annotations

import gc
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from timegrain.counting.instants import DAY, Range, clip, to_slots
from timegrain.counting.spans import DeviceFacts, Span, cut, judge
from timegrain.counting.tallies import Counted, Tally, tally
from timegrain.deciding import by_device, device_facts, named, periods
from timegrain.storage import recounted, slots, stretches
from timegrain.storage.devices import Device, devices_of_each
from timegrain.storage.names import Name, all_names, names_by_id_of_each
from timegrain.storage.policies import Policy, UserPolicy, of_user, remember
from timegrain.storage.queries import deciding_facts
from timegrain.storage.queries.deciding_facts import FactRow
from timegrain.storage.recounted import Recounted
from timegrain.storage.slots import Owner

AT_ONCE = 28 * DAY
"""Seconds counted at a time, which bounds the memory of a long recount."""

MANY_FACTS = 1000
"""More than this hold so many names that all of the user are read instead of those."""


@dataclass(frozen=True, slots=True)
class Counting:
    """One user in one transaction: what is needed to count them."""

    connection: Connection
    policy: Policy
    user: UserPolicy
    devices: dict[int, Device]

    @property
    def whom(self) -> tuple[int, int]:
        """Organisation and user."""
        return self.policy.organisation, self.user.user

    @property
    def owner(self) -> Owner:
        user = self.user
        return Owner(*self.whom, user.generation, user.subject_generation, user.subject_difference)

    @property
    def reach(self) -> dict[int, int]:
        return {device.id: device.reach for device in self.devices.values()}


def collect_seldom() -> None:
    """For a program that counts: it makes a great many small tuples and no cycles, and the collector took a
    fifth of the time to look through them again and again."""
    gc.set_threshold(100_000, 50, 50)


def counting(connection: Connection, policy: Policy, user: int) -> Counting:
    return counting_each(connection, policy, [user])[user]


def counting_each(connection: Connection, policy: Policy, users: Sequence[int]) -> dict[int, Counting]:
    """Of each of some users, in their order; what a pending change makes of them is read too."""
    for one in (policy, policy.next):
        if one is not None:
            remember(connection, one, users)
    devices = devices_of_each(connection, policy.organisation, users)
    return {user: Counting(connection, policy, policy.users[user], devices[user]) for user in users}


def everything(of: Counting) -> Range | None:
    """The seconds from the user's first fact that can be counted to the last; None without such facts."""
    whole = of.user.counted(filter(None, [deciding_facts.bounds(of.connection, *of.whom)]))
    return whole[0] if whole else None


def under(of: Counting, policy: Policy, owner: Owner) -> Counting:
    """The same user counted under another policy, the figures being those of `owner`."""
    user = of_user(of.connection, policy, owner.user)
    user = replace(user, generation=owner.generation, subject_difference=owner.subject_difference)
    return Counting(of.connection, policy, user, of.devices)


def recount(of: Counting, windows: Iterable[Range]) -> None:
    """Count the slots under `windows` again, but for those that are frozen."""
    for ranges in parts(of.user.counted(windows)):
        recounted.put(of.connection, [Recounted(of.owner, ranges, counted_anew(of, ranges), of.policy.zone)])


Window = tuple[Counting, Sequence[Range]]
"""Whole slots of one user, in order."""


def together(changed: Iterable[tuple[Counting, Iterable[Range]]]) -> Iterator[list[Window]]:
    """Whole slots that cover the windows of some users, but for those that are frozen, in groups that can be counted
    at once and hold no user twice."""
    group: list[Window] = []
    left = AT_ONCE
    for of, windows in changed:
        for ranges in parts(of.user.counted(windows)):
            length = ranges[-1][1] - ranges[0][0]
            if group and (length > left or group[-1][0] is of):
                yield group
                group, left = [], AT_ONCE
            group.append((of, ranges))
            left -= length
    if group:
        yield group


def parts(windows: Iterable[Range]) -> Iterator[list[Range]]:
    """Whole slots that cover the windows, in order, in groups that can be counted at once."""
    return at_once(to_slots(windows))


def at_once(ranges: Iterable[Range]) -> Iterator[list[Range]]:
    """Ranges in order, in groups that span at most `AT_ONCE` seconds; a longer one is cut."""
    group: list[Range] = []
    for start, end in ranges:
        for first in range(start, end, AT_ONCE):
            last = min(first + AT_ONCE, end)
            if group and last - group[0][0] > AT_ONCE:
                yield group
                group = []
            group.append((first, last))
    if group:
        yield group


def spans(of: Counting, ranges: Sequence[Range]) -> list[Span]:
    """The spans of a user in `ranges`, in order, from the facts that decide them."""
    return Read.each([(of, ranges)])[0].spans(of)


class Read:
    """The facts that decide some slots of one user, cut to them; they may be judged under several policies."""

    def __init__(self, devices: Sequence[DeviceFacts], names: Mapping[int, Name], ranges: Sequence[Range]) -> None:
        self._names = names
        self._within = ranges[0][0], ranges[-1][1]
        self._pieces = cut(devices, named(names), ranges) if devices else None

    @classmethod
    def each(cls, windows: Sequence[Window]) -> list[Read]:
        """Of some users of one organisation, none of them twice."""
        first, _ = windows[0]
        connection, organisation = first.connection, first.policy.organisation
        around, timeout = {}, 0
        for of, ranges in windows:
            reach = max(of.reach.values(), default=0)
            around[of.user.user] = [(start - reach, end + reach) for start, end in ranges]
            timeout = max(timeout, *(device.timeout for device in of.devices.values()), 0)
        rows = deciding_facts.read_shown(connection, organisation, around, timeout)
        names = _names_in(connection, organisation, rows)
        by_user = {user: by_device(found) for user, found in rows.items()}
        places = {
            (of.user.user, device): [(ranges[0][0], ranges[-1][1])]
            for of, ranges in windows
            for device in by_user[of.user.user]
        }
        held = stretches.touching_each(connection, organisation, places) if places else {}

        def facts_of(of: Counting) -> list[DeviceFacts]:
            user = of.user.user
            return [
                device_facts(of.devices[device], shown, names[user], held[user, device], of.user.erased)
                for device, shown in by_user[user].items()
            ]

        return [cls(facts_of(of), names[of.user.user], ranges) for of, ranges in windows]

    def spans(self, of: Counting) -> list[Span]:
        if self._pieces is None:
            return []
        return judge(self._pieces, of.user.limits, list(periods(of.user, of.policy.book, self._names, self._within)))

    def counted(self, of: Counting) -> Counted:
        return tally(self.spans(of))


def _names_in(
    connection: Connection, organisation: int, rows: Mapping[int, Sequence[FactRow]]
) -> dict[int, Mapping[int, Name]]:
    """The names that facts of some users hold; of many facts, all of the user: there are some hundred."""
    few = {
        user: {id_ for row in found for id_ in (*row[5:], row[3])}
        for user, found in rows.items()
        if len(found) <= MANY_FACTS
    }
    named_: dict[int, Mapping[int, Name]] = dict(names_by_id_of_each(connection, organisation, few))
    for user in rows.keys() - few.keys():
        named_[user] = all_names(connection, organisation, user)
    return named_


def counted_anew(of: Counting, ranges: Sequence[Range]) -> Counted:
    """What the slots of `ranges` should hold; nothing is written."""
    return Read.each([(of, ranges)])[0].counted(of)


def rate_frozen(of: Counting, windows: Iterable[Range]) -> None:
    """Rate the frozen slots under `windows` anew."""
    for within in frozen(of, windows):
        rated = rated_anew(of, slots.read(of.connection, of.owner, within), within)
        recounted.put(of.connection, [Recounted(of.owner, [within], rated, of.policy.zone, with_subjects=False)])


def frozen(of: Counting, windows: Iterable[Range] = (slots.EVER,)) -> Iterator[Range]:
    """The frozen slots under `windows`, a part that can be read at once after the other."""
    for whole in slots.before(of.connection, of.owner, of.user.facts_from):
        for ranges in parts(clip(windows, *whole)):
            yield from ranges


def rated_anew(of: Counting, held: Counted, within: Range) -> Counted:
    """What slots hold, with their subjects rated as they are now; what is idle stays so. Nothing is written."""
    names = all_names(of.connection, *of.whom)
    edges = sorted(periods(of.user, of.policy.book, names, within), key=lambda period: period.start)
    by_slot: dict[int, list[int]] = {slot: [0, 0, 0, tally.idle] for slot, tally in held.totals.items()}
    for (slot, subject), seconds in held.subjects.items():
        period = edges[bisect_right(edges, slot, key=lambda period: period.start) - 1]
        by_slot[slot][period.settled(subject).rating] += seconds
    return Counted({slot: Tally(*seconds) for slot, seconds in by_slot.items()}, held.subjects)


def counted_twice(first: Counting, second: Counting, ranges: Sequence[Range]) -> tuple[Counted, Counted]:
    """What the seconds of `ranges` come to under two policies, the facts being read once."""
    read = Read.each([(first, ranges)])[0]
    return read.counted(first), read.counted(second)


def stretches_anew(of: Counting) -> dict[int, list[Range]]:
    """What the stretches of each device should be by the facts that there are; nothing is written."""
    organisation, user = of.whom
    whole = deciding_facts.bounds(of.connection, organisation, user)
    return stretches.from_facts(of.connection, organisation, user, whole, of.reach) if whole else {}
