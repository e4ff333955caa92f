"""The facts of one user as their rows hold them, what a change of them alters, and how they are removed.

Device, kind, start in milliseconds and, of a page or a heartbeat, the browser or editor identify a fact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, and_, bindparam, case, delete, or_, select, update

from timegrain.counting.instants import Range
from timegrain.counting.stretches import input_seconds
from timegrain.counting.window import needed, of_growth, of_heartbeat, of_interval
from timegrain.storage.devices import Device
from timegrain.storage.names import keep_texts
from timegrain.storage.schema import HEARTBEAT_KIND, facts


class FactKind(IntEnum):
    FOCUS = 0
    PAGE = 1
    AWAY = 2
    PRESENT = 3
    HEARTBEAT = HEARTBEAT_KIND


class Held(NamedTuple):
    """A fact as its row holds it, after its identity: names and texts by their ids."""

    length: int
    app: int
    site: int
    url: int | None
    title: int | None


Identity = tuple[int, int, int, int]
"""Start in milliseconds, device, kind, browser or editor."""


@dataclass(slots=True)
class Changes:
    """What a user's facts changed: windows of what is shown, and away or present seconds by device."""

    windows: list[Range] = field(default_factory=list)
    inputs: dict[int, list[Range]] = field(default_factory=dict)

    def note(self, identity: Identity, old: Held | None, new: Held | None, device: Device) -> None:
        """That one fact took the place of another, came (`old` is None) or went (`new` is None)."""
        start, _, kind, _ = identity
        end = start + max(old.length if old else 0, new.length if new else 0)
        if kind in (FactKind.AWAY, FactKind.PRESENT):
            seconds = input_seconds(start, end) if kind == FactKind.PRESENT else (start // 1000, end // 1000)
            if old and new:
                seconds = ((start + old.length) // 1000, seconds[1])
            if seconds[0] < seconds[1]:
                self.inputs.setdefault(device.id, []).append(seconds)
        elif old and new and (old.app, old.site) == (new.app, new.site):
            if old.length != new.length:
                self.windows.append(of_growth(start + old.length, end, device.reach))
        elif kind == FactKind.HEARTBEAT:
            self.windows.append(of_heartbeat(start, device.reach, device.timeout))
        else:
            self.windows.append(of_interval(start, end, device.reach))


OF_USER = and_(facts.c.organisation_id == bindparam("organisation"), facts.c.user_id == bindparam("user"))
COLUMNS = (
    facts.c.start_ms,
    facts.c.device_id,
    facts.c.kind,
    facts.c.browser_id,
    facts.c.length_ms,
    facts.c.app_id,
    facts.c.site_id,
)
"""Identity, length in milliseconds, application, site."""

TEXT_COLUMNS = (facts.c.url_id, facts.c.title_id)
_IN_RANGE = select(*COLUMNS, *TEXT_COLUMNS).where(
    OF_USER,
    facts.c.start_ms >= bindparam("low"),
    facts.c.start_ms < bindparam("high"),
    or_(bindparam("device") == 0, facts.c.device_id == bindparam("device")),
)
_THIS_FACT = and_(
    OF_USER,
    facts.c.start_ms == bindparam("b_start"),
    facts.c.device_id == bindparam("b_device"),
    facts.c.kind == bindparam("b_kind"),
    facts.c.browser_id == bindparam("b_browser"),
)
_REMOVE = delete(facts).where(_THIS_FACT)
NOT_NEEDED = and_(
    facts.c.start_ms < bindparam("since"),
    facts.c.start_ms + facts.c.length_ms
    < case(
        (facts.c.kind.in_((int(FactKind.AWAY), int(FactKind.PRESENT))), bindparam("inputs", type_=BigInteger)),
        (facts.c.kind == int(FactKind.HEARTBEAT), bindparam("heartbeats", type_=BigInteger)),
        else_=bindparam("shown", type_=BigInteger),
    ),
)
"""Facts that decide no second from some one on: `ends_needed`."""

_RETIRED = (
    select(*COLUMNS, *TEXT_COLUMNS).where(OF_USER, NOT_NEEDED).order_by(facts.c.start_ms).limit(bindparam("most"))
)
HAS_TEXT = or_(facts.c.url_id.is_not(None), facts.c.title_id.is_not(None))
_WITH_TEXT = (
    select(*COLUMNS, *TEXT_COLUMNS)
    .where(OF_USER, facts.c.start_ms >= bindparam("low"), facts.c.start_ms < bindparam("high"), HAS_TEXT)
    .order_by(facts.c.start_ms)
    .limit(bindparam("most"))
)
_TAKE_TEXT = update(facts).where(_THIS_FACT).values(url_id=None, title_id=None)


def remove(
    connection: Connection,
    organisation: int,
    user: int,
    starting: Range,
    ending_by: int | None,
    device: int,
    devices: Mapping[int, Device],
    changes: Changes,
) -> int:
    """Remove the facts of a device (0: of all) that begin in the milliseconds `starting`.

    With `ending_by`, only those that end by then. Returns how many; what they changed is in `changes`.
    """
    whom = {"organisation": organisation, "user": user}
    low, high = starting
    rows = connection.execute(_IN_RANGE, {**whom, "low": low, "high": high, "device": device}).all()
    gone = [row for row in rows if ending_by is None or row.start_ms + row.length_ms <= ending_by]
    if not gone:
        return 0
    for row in gone:
        changes.note((row[0], row[1], row[2], row[3]), Held(*row[4:]), None, devices[row.device_id])
    connection.execute(_REMOVE, [{**whom, **by_identity(row)} for row in gone])
    drop_texts(connection, organisation, user, gone)
    return len(gone)


def by_identity(row: Sequence[int]) -> dict[str, int]:
    """What tells a fact, which `row` begins with, in a statement's parameters."""
    return {"b_start": row[0], "b_device": row[1], "b_kind": row[2], "b_browser": row[3]}


def drop_texts(connection: Connection, organisation: int, user: int, rows: Sequence[Any]) -> None:
    """The facts that these were no longer hold their texts."""
    dropped = [(user, id_) for row in rows for id_ in (row.url_id, row.title_id) if id_ is not None]
    keep_texts(connection, organisation, (), dropped)


def retire(connection: Connection, organisation: int, user: int, since: int, most: int) -> int:
    """Remove up to `most` of the facts that decide no second from `since` on; returns how many."""
    whom = {"organisation": organisation, "user": user}
    rows = connection.execute(_RETIRED, {**whom, **ends_needed(since), "most": most}).all()
    if rows:
        connection.execute(_REMOVE, [{**whom, **by_identity(row)} for row in rows])
        drop_texts(connection, organisation, user, rows)
    return len(rows)


def ends_needed(since: int) -> dict[str, int]:
    """Parameters of `NOT_NEEDED`."""
    ends = {name: second * 1000 for name, second in needed(since)._asdict().items()}
    return {"since": since * 1000, **ends}


def retire_texts(connection: Connection, organisation: int, user: int, starting: Range, most: int) -> tuple[int, int]:
    """Take titles and URLs from up to `most` facts that begin in the milliseconds `starting`.

    Returns of how many, and before which start none is left.
    """
    whom = {"organisation": organisation, "user": user}
    low, high = starting
    rows = connection.execute(_WITH_TEXT, {**whom, "low": low, "high": high, "most": most}).all()
    if rows:
        connection.execute(_TAKE_TEXT, [{**whom, **by_identity(row)} for row in rows])
        drop_texts(connection, organisation, user, rows)
    return len(rows), high if len(rows) < most else rows[-1].start_ms
