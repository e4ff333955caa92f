"""The stretches of each device, mended where away or present facts changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, and_, bindparam, delete, func, select

from timegrain.counting.instants import Range, union
from timegrain.counting.stretches import input_seconds, mended, near, runs
from timegrain.counting.window import changed_stretches, needed
from timegrain.storage.dialect import store
from timegrain.storage.facts import FactKind
from timegrain.storage.queries.deciding_facts import FactRow, read_inputs
from timegrain.storage.schema import stretches

_OF_USER = and_(stretches.c.organisation_id == bindparam("organisation"), stretches.c.user_id == bindparam("user"))
_earlier = stretches.alias("earlier")
_LAST_BEFORE = (
    select(func.max(_earlier.c.start_s))
    .where(
        _earlier.c.organisation_id == bindparam("organisation"),
        _earlier.c.user_id == bindparam("user"),
        _earlier.c.device_id == bindparam("device"),
        _earlier.c.start_s < bindparam("low"),
    )
    .scalar_subquery()
)
# Those of one device are disjoint, so of those that begin before `low` only the last can reach it.
_TOUCHING = select(stretches.c.start_s, stretches.c.end_s).where(
    _OF_USER,
    stretches.c.device_id == bindparam("device"),
    stretches.c.start_s <= bindparam("high"),
    stretches.c.start_s >= func.coalesce(_LAST_BEFORE, bindparam("low")),
    stretches.c.end_s >= bindparam("low"),
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


def touching(connection: Connection, organisation: int, user: int, device: int, within: Range) -> list[Range]:
    """A device's stretches that touch or meet the seconds `within`, in order."""
    parameters = {
        "organisation": organisation,
        "user": user,
        "device": device,
        "low": within[0],
        "high": within[1],
    }
    return sorted((start, end) for start, end in connection.execute(_TOUCHING, parameters))


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


def mend(
    connection: Connection,
    organisation: int,
    user: int,
    inputs: Mapping[int, Sequence[Range]],
    reach: Mapping[int, int],
) -> list[Range]:
    """Bring stretches up to date after away or present seconds changed; returns the seconds it altered."""
    altered: list[Range] = []
    for device, changed in inputs.items():
        # Apart by no more than what is read around each, they are mended as one.
        room = reach[device] + 1
        for start, end in union((start - room, end + room) for start, end in changed):
            altered += _mend_one(connection, organisation, user, device, (start + room, end - room), reach[device])
    return altered


def _mend_one(
    connection: Connection, organisation: int, user: int, device: int, changed: Range, reach: int
) -> list[Range]:
    within = near(changed, reach)
    before = touching(connection, organisation, user, device, within)
    rows = [row for row in read_inputs(connection, organisation, user, within) if row[1] == device]
    after = mended(before, away_of(rows), present_of(rows), changed, reach)
    write(connection, organisation, user, device, before, after)
    return changed_stretches(before, after)


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
    starts = {start for start, _ in after}
    gone = [start for start, _ in before if start not in starts]
    if gone:
        whom = {"organisation": organisation, "user": user, "device": device}
        connection.execute(_DELETE, [{**whom, "b_start": start} for start in gone])
    known = set(before)
    rows = [(organisation, user, device, *one) for one in after if one not in known]
    store(connection, stretches, rows)
