"""Count ranges of one user's time from their facts, and put the result in the place of what is stored."""

from __future__ import annotations

import gc
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from timegrain.counting.instants import DAY, Range, clip, to_slots
from timegrain.counting.spans import DeviceFacts, Pieces, Span, cut, judge
from timegrain.counting.tallies import Counted, Tally, tally
from timegrain.deciding import by_device, device_facts, named, periods
from timegrain.storage import slots, stretches
from timegrain.storage.devices import Device, devices_of
from timegrain.storage.names import Name, all_names, names_by_id
from timegrain.storage.policies import Policy, UserPolicy, of_user
from timegrain.storage.queries import deciding_facts
from timegrain.storage.queries.deciding_facts import FactRow
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
    devices = devices_of(connection, policy.organisation, user)
    return Counting(connection, policy, of_user(connection, policy, user), devices)


def counting_each(connection: Connection, policy: Policy, users: Iterable[int]) -> dict[int, Counting]:
    """Of each of some users, in their order."""
    return {user: counting(connection, policy, user) for user in users}


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
        slots.replace(of.connection, of.owner, ranges, counted_anew(of, ranges), of.policy.zone)


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
    read = _read(of, ranges)
    return _judged(of, read, _cut(read, ranges), ranges) if read else []


def _cut(read: _Read, ranges: Sequence[Range]) -> Pieces:
    return cut(read.devices, named(read.names), ranges)


def _judged(of: Counting, read: _Read, pieces: Pieces, ranges: Sequence[Range]) -> list[Span]:
    within = ranges[0][0], ranges[-1][1]
    return judge(pieces, of.user.limits, list(periods(of.user, of.policy.book, read.names, within)))


@dataclass(frozen=True, slots=True)
class _Read:
    """The facts that decide some ranges, and the names that they hold."""

    devices: Sequence[DeviceFacts]
    names: Mapping[int, Name]


def _read(of: Counting, ranges: Sequence[Range]) -> _Read | None:
    """None where there are no facts."""
    organisation, user = of.whom
    reach = max(of.reach.values(), default=0)
    around = [(start - reach, end + reach) for start, end in ranges]
    timeout = max((device.timeout for device in of.devices.values()), default=0)
    rows = deciding_facts.read_shown(of.connection, organisation, user, around, timeout)
    if not rows:
        return None
    names = _names_in(of, rows)
    within = ranges[0][0], ranges[-1][1]
    devices = [
        device_facts(
            of.devices[device],
            shown,
            names,
            stretches.touching(of.connection, organisation, user, device, within),
            of.user.erased,
        )
        for device, shown in by_device(rows).items()
    ]
    return _Read(devices, names)


def _names_in(of: Counting, rows: Sequence[FactRow]) -> Mapping[int, Name]:
    """The names that facts hold; of many facts, all of the user: there are some hundred."""
    organisation, user = of.whom
    if len(rows) > MANY_FACTS:
        return all_names(of.connection, organisation, user)
    return names_by_id(of.connection, organisation, user, {id_ for row in rows for id_ in (*row[5:], row[3])})


def counted_anew(of: Counting, ranges: Sequence[Range]) -> Counted:
    """What the slots of `ranges` should hold; nothing is written."""
    return tally(spans(of, ranges))


def rate_frozen(of: Counting, windows: Iterable[Range]) -> None:
    """Rate the frozen slots under `windows` anew."""
    for within in frozen(of, windows):
        rated = rated_anew(of, slots.read(of.connection, of.owner, within), within)
        slots.replace(of.connection, of.owner, [within], rated, of.policy.zone, with_subjects=False)


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
    read = _read(first, ranges)
    if read is None:
        return tally(()), tally(())
    pieces = _cut(read, ranges)
    return (
        tally(_judged(first, read, pieces, ranges)),
        tally(_judged(second, read, pieces, ranges)),
    )


def stretches_anew(of: Counting) -> dict[int, list[Range]]:
    """What the stretches of each device should be by the facts that there are; nothing is written."""
    organisation, user = of.whom
    whole = deciding_facts.bounds(of.connection, organisation, user)
    return stretches.from_facts(of.connection, organisation, user, whole, of.reach) if whole else {}
