"""The stretches of each device, mended where away or present facts changed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, func, select

from timegrain.counting.instants import LONGEST_FACT, Range, union
from timegrain.counting.stretches import input_seconds, mended, near, runs
from timegrain.counting.window import changed_stretches, needed
from timegrain.storage.dialect import near_each, store
from timegrain.storage.facts import FactKind
from timegrain.storage.given import once, quadruples
from timegrain.storage.queries.deciding_facts import FactRow, read_inputs, read_inputs_of_each
from timegrain.storage.schema import stretches

_OF_USER = and_(stretches.c.organisation_id == bindparam("organisation"), stretches.c.user_id == bindparam("user"))
_earlier = stretches.alias("earlier")
# User, device, and the first and last second.
_places = once(quadruples("places"), "places")
_LAST_BEFORE = (
    select(func.max(_earlier.c.start_s))
    .where(
        _earlier.c.organisation_id == bindparam("organisation"),
        _earlier.c.user_id == _places.c.c0,
        _earlier.c.device_id == _places.c.c1,
        _earlier.c.start_s < _places.c.c2,
    )
    .correlate(_places)
    .scalar_subquery()
)
# Those of one device are disjoint, so of those that begin before `low` only the last can reach it.
_TOUCHING = near_each(
    _places,
    stretches,
    (stretches.c.user_id, stretches.c.device_id, stretches.c.start_s, stretches.c.end_s),
    and_(
        stretches.c.organisation_id == bindparam("organisation"),
        stretches.c.user_id == _places.c.c0,
        stretches.c.device_id == _places.c.c1,
        stretches.c.start_s <= _places.c.c3,
        stretches.c.start_s >= func.coalesce(_LAST_BEFORE, _places.c.c2),
        stretches.c.end_s >= _places.c.c2,
    ),
)
_ALL = select(stretches.c.device_id, stretches.c.start_s, stretches.c.end_s).where(_OF_USER)
_LONGER = _ALL.where(stretches.c.end_s - stretches.c.start_s >= bindparam("length"))
_ENDED = (
    select(stretches.c.device_id, stretches.c.start_s)
    .where(_OF_USER, stretches.c.end_s < bindparam("by"))
    .limit(bindparam("most"))
)
_DELETE = delete(stretches).where(
    _OF_USER, stretches.c.device_id == bindparam("device"), stretches.c.start_s == bindparam("b_start")
)


def retire(connection: Connection, organisation: int, user: int, since: int, most: int) -> int:
    """Remove up to `most` stretches that decide no second from `since` on; returns how many."""
    whom = {"organisation": organisation, "user": user}
    rows = connection.execute(_ENDED, {**whom, "by": needed(since).inputs, "most": most}).all()
    if rows:
        connection.execute(_DELETE, [{**whom, "device": device, "b_start": start} for device, start in rows])
    return len(rows)


Of = tuple[int, int]
"""User and device."""


def touching_each(
    connection: Connection, organisation: int, ranges: Mapping[Of, Sequence[Range]]
) -> dict[Of, list[Range]]:
    """The stretches of some devices, of each those that touch or meet any of its ranges of seconds, in order."""
    places = [(*of, *within) for of, all_ in ranges.items() for within in all_]
    found: dict[Of, set[Range]] = {of: set() for of in ranges}
    given = {"organisation": organisation, "places": places}
    for user, device, start, end in _TOUCHING.rows(connection, given):
        found[user, device].add((start, end))
    return {of: sorted(held) for of, held in found.items()}


def all_of(connection: Connection, organisation: int, user: int) -> dict[int, list[Range]]:
    """Every stretch of a user, by device."""
    return _by_device(connection.execute(_ALL, {"organisation": organisation, "user": user}))


def at_least(connection: Connection, organisation: int, user: int, length: int) -> list[Range]:
    """The stretches of a user's devices that are at least `length` seconds long."""
    rows = connection.execute(_LONGER, {"organisation": organisation, "user": user, "length": length}).all()
    return [(start, end) for _, start, end in rows]


def _by_device(rows: Iterable[tuple[int, int, int]]) -> dict[int, list[Range]]:
    found: dict[int, list[Range]] = {}
    for device, start, end in sorted(tuple(row) for row in rows):
        found.setdefault(device, []).append((start, end))
    return found


class Changed(NamedTuple):
    """Of one device the away or present seconds that changed, and its reach."""

    seconds: Sequence[Range]
    reach: int


def mend(connection: Connection, organisation: int, changed: Mapping[Of, Changed]) -> dict[int, list[Range]]:
    """Bring stretches of some users up to date after away or present seconds changed; returns the seconds of each
    user that it altered."""
    if not changed:
        return {}
    places = {of: list(_apart(one)) for of, one in changed.items()}
    around = {of: [near(place, changed[of].reach) for place in found] for of, found in places.items()}
    before = touching_each(connection, organisation, around)
    inputs = _inputs(connection, organisation, around)
    after = {of: list(held) for of, held in before.items()}
    altered: dict[int, list[Range]] = {}
    for of, found in places.items():
        for place in found:
            _mend_one(after[of], inputs[of], place, changed[of].reach)
        altered.setdefault(of[0], []).extend(changed_stretches(before[of], after[of]))
    _write_each(connection, organisation, before, after)
    return altered


def _apart(changed: Changed) -> Iterator[Range]:
    """What is apart by no more than what is read around each is mended as one."""
    room = changed.reach + 1
    for start, end in union((start - room, end + room) for start, end in changed.seconds):
        yield start + room, end - room


def _inputs(connection: Connection, organisation: int, around: Mapping[Of, Sequence[Range]]) -> dict[Of, list[FactRow]]:
    """The away and present facts of some devices near what changed, by start."""
    of_users: dict[int, list[Range]] = {}
    for (user, _), ranges in around.items():
        of_users.setdefault(user, []).extend(ranges)
    ordered = {user: list(union(ranges)) for user, ranges in of_users.items()}
    found: dict[Of, list[FactRow]] = {of: [] for of in around}
    for user, rows in read_inputs_of_each(connection, organisation, ordered).items():
        for row in rows:
            if (user, row[1]) in found:
                found[user, row[1]].append(row)
    return found


def _mend_one(held: list[Range], inputs: Sequence[FactRow], changed: Range, reach: int) -> None:
    """Mend the stretches `held` of one device, which are in order, near one change."""
    low, high = near(changed, reach)
    first = bisect_left(held, low, key=lambda one: one[1])
    last = bisect_right(held, high, key=lambda one: one[0])
    earliest = bisect_left(inputs, (low - LONGEST_FACT - 1) * 1000, key=lambda row: row[0])
    latest = bisect_right(inputs, (high + 1) * 1000, key=lambda row: row[0])
    rows = inputs[earliest:latest]
    held[first:last] = mended(held[first:last], away_of(rows), present_of(rows), changed, reach)


def away_of(rows: Iterable[FactRow]) -> list[Range]:
    return [
        (start // 1000, (start + length) // 1000) for start, _, kind, _, length, _, _ in rows if kind == FactKind.AWAY
    ]


def present_of(rows: Iterable[FactRow]) -> list[Range]:
    return [
        input_seconds(start, start + length) for start, _, kind, _, length, _, _ in rows if kind == FactKind.PRESENT
    ]


def from_facts(
    connection: Connection, organisation: int, user: int, within: Range, reach: Mapping[int, int]
) -> dict[int, list[Range]]:
    """All stretches of a user, by device, made anew; `within` holds every fact."""
    rows = read_inputs(connection, organisation, user, within)
    made = {
        device: runs(
            away_of(row for row in rows if row[1] == device),
            present_of(row for row in rows if row[1] == device),
            reach[device],
        )
        for device in {row[1] for row in rows}
    }
    return {device: found for device, found in made.items() if found}


def write(
    connection: Connection,
    organisation: int,
    user: int,
    device: int,
    before: Sequence[Range],
    after: Sequence[Range],
) -> None:
    """Put `after` in the place of `before`."""
    _write_each(connection, organisation, {(user, device): before}, {(user, device): after})


def _write_each(
    connection: Connection,
    organisation: int,
    before: Mapping[Of, Sequence[Range]],
    after: Mapping[Of, Sequence[Range]],
) -> None:
    gone: list[dict[str, int]] = []
    rows: list[tuple[int, ...]] = []
    for (user, device), were in before.items():
        are = after[user, device]
        whose = {"organisation": organisation, "user": user, "device": device}
        starts = {start for start, _ in are}
        gone += [{**whose, "b_start": start} for start, _ in were if start not in starts]
        known = set(were)
        rows += [(organisation, user, device, *one) for one in are if one not in known]
    if gone:
        connection.execute(_DELETE, gone)
    store(connection, stretches, rows)
