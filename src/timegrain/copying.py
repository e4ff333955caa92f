"""A whole database into another that is empty: all rows of one state, and the same figures at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection, Table

from timegrain.errors import Refused
from timegrain.recounting import Progress, silent
from timegrain.storage import audit, people, rows
from timegrain.storage.audit import Actor, Entry
from timegrain.storage.dialect import Row
from timegrain.storage.engine import Database
from timegrain.storage.migrations import begin_filling, end_filling, require_current
from timegrain.storage.placing import alone, beside, file_of, put_in_place

NOT_EMPTY = "the database to copy to is not empty"

_DIGEST = 1 << 64


class Copied(NamedTuple):
    """What is in the new database, the same as in the old."""

    tables: dict[str, int]
    """Rows."""
    people: int
    seconds: int
    """Tracked, as days have them."""


def copy(source: Database, url: str, by: Actor, progress: Progress = silent) -> Copied:
    """Copy everything into the database of `url`, which must be empty or not there.

    It is filled and compared in one transaction, so that it has all or nothing; where it has nothing, nobody takes
    it for a new one. Raises `Refused` where it is not empty, or where anything differs.
    """
    require_current(source)
    with _target(url) as target, source.read() as reading:
        with target.change_schema() as writing:
            _require_empty(writing)
            begin_filling(writing)
        with target.change_schema() as writing:
            _require_empty(writing)
            copied = _copy(reading, writing, progress)
            for one in people.all_organisations(writing):
                audit.record(writing, one.id, Entry(by))
            end_filling(writing)
        with target.engine.connect() as writing, writing.begin():
            rows.gather_statistics(writing)
    return copied


def _require_empty(writing: Connection) -> None:
    if not rows.is_empty(writing):
        raise Refused(NOT_EMPTY)


@contextmanager
def _target(url: str) -> Iterator[Database]:
    """A file is made beside its place, and put there when it is whole."""
    place = file_of(url)
    if place is None:
        target = Database(url)
        try:
            yield target
        finally:
            target.close()
        return
    with beside(place) as made, alone(place) as old:
        replace = place.exists()
        if replace and place.stat().st_size and (old is None or not rows.is_empty(old) or rows.is_of_others(old)):
            raise Refused(NOT_EMPTY)
        target = Database(f"sqlite:///{made}")
        try:
            yield target
        finally:
            target.close()
        put_in_place(made, place, None, replace)


def _copy(reading: Connection, writing: Connection, progress: Progress) -> Copied:
    for connection in (reading, writing):
        rows.take_time(connection)
    counts = {table.name: rows.count(reading, table) for table in rows.TABLES}
    total = 2 * sum(counts.values())
    rows.begin_loading(writing)
    done = 0
    for table in rows.TABLES:
        sent = _Seen(progress, done, total)
        rows.write(writing, table, sent.passing(rows.read(reading, table)))
        arrived = _Seen(progress, done + sent.rows, total)
        for _ in arrived.passing(rows.read(writing, table)):
            pass
        _require_same(table, counts[table.name], sent, arrived)
        done += 2 * sent.rows
    before, after = rows.figures(reading), rows.figures(writing)
    if before != after:
        raise Refused("the figures of the copy differ: nothing was kept of it")
    return Copied(counts, len(after), sum(sum(sums[:4]) for sums in after.values()))


class _Seen:
    """Rows that went by: how many, and a digest of them that does not depend on their order."""

    def __init__(self, progress: Progress, done: int, total: int) -> None:
        self.rows = self.digest = 0
        self._progress, self._done, self._total = progress, done, total

    def passing(self, groups: Iterator[Sequence[Row]]) -> Iterator[Sequence[Row]]:
        for group in groups:
            self.rows += len(group)
            self.digest = (self.digest + sum(map(hash, group))) % _DIGEST
            yield group
            self._progress(self._done + self.rows, self._total)


def _require_same(table: Table, counted: int, sent: _Seen, arrived: _Seen) -> None:
    if not (counted == sent.rows == arrived.rows and sent.digest == arrived.digest):
        raise Refused(f"the rows of {table.name} differ in the copy: nothing was kept of it")
