"""One person's facts to a file and back: the figures that it gives are the same, wherever it is read.

A file holds what decides figures and is not policy: the facts as kept, how far the devices reach, and what
was erased. Ratings, limits and memberships are the organisation's and stay there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from sqlalchemy import Connection

from timegrain import clock
from timegrain.batches import Batch, Outcome
from timegrain.counting.facts import Fact, report_of
from timegrain.erasing import erase_in
from timegrain.recording import FACTS_A_GROUP, record_all
from timegrain.storage import audit, erasures
from timegrain.storage.audit import Actor, Entry
from timegrain.storage.devices import ListedDevice, add_device, all_devices, devices_of, set_device
from timegrain.storage.engine import Database
from timegrain.storage.facts import FactKind
from timegrain.storage.policies import ALL_DEVICES, Policies, raise_version
from timegrain.storage.queries.stored_facts import StoredFact, stored_facts
from timegrain.trackers.facts_file import (
    AwayLine,
    DeviceLine,
    ErasedLine,
    FocusLine,
    HeartbeatLine,
    Line,
    PageLine,
    PresentLine,
    Told,
    instant,
    milliseconds,
    read,
    written,
)

Progress = Callable[[int, int], None]


def export_facts(connection: Connection, organisation: int, user: int, counts: Counter[str]) -> Iterator[bytes]:
    """The lines of the file, as one state of the database has them; `counts` says how much of what went by."""
    return written(_lines(connection, organisation, user, counts))


def _lines(connection: Connection, organisation: int, user: int, counts: Counter[str]) -> Iterator[Line]:
    devices = devices_of(connection, organisation, user)
    for _, one in sorted(devices.items()):
        counts["devices"] += 1
        yield DeviceLine(one.name, one.reach, one.timeout)
    for device, (start, end) in sorted(erasures.of_user(connection, organisation, user)):
        counts["erasedRanges"] += 1
        name = None if device == ALL_DEVICES else devices[device].name
        yield ErasedLine(instant(start * 1000), instant(end * 1000), name)
    for fact in stored_facts(connection, organisation, user):
        counts["facts"] += 1
        yield _line(fact, devices[fact.device].name)


def _line(fact: StoredFact, device: str) -> Line:
    start, end = instant(fact.start), instant(fact.end)
    match fact.kind:
        case FactKind.FOCUS:
            return FocusLine(device, start, end, fact.app, fact.host, fact.url, fact.title)
        case FactKind.PAGE:
            return PageLine(device, start, end, fact.browser, fact.host, fact.url, fact.title)
        case FactKind.AWAY:
            return AwayLine(device, start, end)
        case FactKind.PRESENT:
            return PresentLine(device, start, end)
        case FactKind.HEARTBEAT:
            return HeartbeatLine(device, start, fact.browser, fact.app, fact.host, fact.url, fact.title)


@dataclass(slots=True)
class Imported:
    """What became of a file. `kept_settings` are devices whose reach or timeout differ here and stay."""

    facts: int = 0
    stored: int = 0
    unchanged: int = 0
    erased: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """By reason."""
    new_devices: list[str] = field(default_factory=list)
    kept_settings: list[str] = field(default_factory=list)
    erased_ranges: int = 0
    removed_facts: int = 0
    """Facts that were here and lie within a range that the file says is erased."""

    def add(self, outcomes: Iterable[Outcome]) -> None:
        for one in outcomes:
            self.stored += one.stored
            self.unchanged += one.unchanged
            self.erased += one.erased
            self.refused.update(rejected.code for rejected in one.rejected)


class _UndoneError(Exception):
    """Takes a dry run's transaction back."""


def import_facts(
    database: Database, organisation: int, user: int, file: BinaryIO, by: Actor, dry_run: bool, progress: Progress
) -> Imported:
    """Read a file into a user's facts: first its devices and erased ranges, then its facts.

    Raises `FactsFileError` before anything is written where any of it cannot be read. With `dry_run` all of it
    is done and taken back. `file` must be seekable.
    """
    devices, erased, imported = _checked(file)
    file.seek(0)
    policies = Policies()
    if dry_run:
        try:
            with database.write(organisation, policy=True) as connection:
                _settle(connection, organisation, user, devices, erased, imported)
                for batches in _batches(file, organisation, user):
                    imported.add(record_all(connection, policies, batches))
                    progress(_done(imported), imported.facts)
                raise _UndoneError
        except _UndoneError:
            return imported
    with database.write(organisation, policy=True) as connection:
        _settle(connection, organisation, user, devices, erased, imported)
        audit.record(connection, organisation, Entry(by, (user,)))
    if imported.removed_facts:
        database.scrub()
    for batches in _batches(file, organisation, user):
        with database.write(organisation, [user]) as connection:
            outcomes = record_all(connection, policies, batches)
        imported.add(outcomes)
        progress(_done(imported), imported.facts)
    return imported


def _done(imported: Imported) -> int:
    return imported.stored + imported.unchanged + imported.erased + imported.refused.total()


def _checked(file: BinaryIO) -> tuple[list[DeviceLine], list[ErasedLine], Imported]:
    devices: dict[str, DeviceLine] = {}
    erased: list[ErasedLine] = []
    imported = Imported()
    for one in read(file):
        match one:
            case DeviceLine():
                devices[one.name] = one
            case ErasedLine():
                erased.append(one)
            case Told():
                imported.facts += 1
    return list(devices.values()), erased, imported


def _settle(
    connection: Connection,
    organisation: int,
    user: int,
    devices: Iterable[DeviceLine],
    erased: Iterable[ErasedLine],
    imported: Imported,
) -> None:
    """Devices and erased ranges. A device that has reported here keeps its own settings."""
    known = {one.name: one for one in all_devices(connection, organisation, user)}
    named = [one.name for one in devices]
    for line in devices:
        _settle_device(connection, organisation, user, line, known.get(line.name), imported)
    raise_version(connection, organisation)
    # A range of every device is one of those in the file where others report here too: their facts stay.
    others = any(one.reported_at is not None and name not in named for name, one in known.items())
    held = set(erasures.of_user(connection, organisation, user))
    ids = {one.name: one.id for one in devices_of(connection, organisation, user).values()}
    for range_ in erased:
        within = milliseconds(range_.start) // 1000, milliseconds(range_.end) // 1000
        if (ALL_DEVICES, within) in held:
            continue
        for name in [range_.device] if range_.device or not others else named:
            if name is not None and (ids.get(name), within) in held:
                continue
            imported.removed_facts += erase_in(connection, organisation, user, within, name).facts
            imported.erased_ranges += 1


def _settle_device(
    connection: Connection,
    organisation: int,
    user: int,
    line: DeviceLine,
    held: ListedDevice | None,
    imported: Imported,
) -> None:
    settings = {"reach": line.reach, "timeout": line.timeout}
    if held is None:
        made = add_device(connection, organisation, user, line.name, clock.now())
        set_device(connection, organisation, user, made.id, settings)
        imported.new_devices.append(line.name)
    elif held.reported_at is None:
        set_device(connection, organisation, user, held.id, settings)
    elif (held.reach, held.timeout) != (line.reach, line.timeout):
        imported.kept_settings.append(line.name)


def _batches(file: BinaryIO, organisation: int, user: int) -> Iterator[list[Batch]]:
    """The facts in groups that one transaction takes, a batch for each device."""
    told = (one for one in read(file) if isinstance(one, Told))
    while group := list(islice(told, FACTS_A_GROUP)):
        by_device: dict[str, list[Fact]] = {}
        for one in group:
            by_device.setdefault(one.device, []).append(one.fact)
        yield [Batch(organisation, user, report_of(device, facts)) for device, facts in by_device.items()]
