"""What is written beside the answers: who looked at whom, and when a key was last used.

A question writes nothing: what it notes waits in memory and goes to the database in one short transaction an
organisation, at most a second later. Changes are recorded in their own transactions (`storage/audit.py`).
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import NamedTuple

from timegrain import clock
from timegrain.counting.instants import DAY
from timegrain.storage import audit, keys
from timegrain.storage.audit import Actor, Entry
from timegrain.storage.engine import Database

log = logging.getLogger("timegrain.journal")

GATHER_S = 0.5
"""How long looks wait for others before they are written together."""

AGAIN_S = 5.0
"""After a failure."""

REPEATED_S = 15 * 60
"""The same look this soon after the first is the same entry."""

USED_S = 60
"""A key's last use is written this seldom."""

PRUNE_S = 3600.0
"""How often what is too old is removed."""

MOST_WAITING = 200_000
"""Mentions that wait: a look that finds more is written before its answer is out."""

MOST_REMEMBERED = 50_000


class _Look(NamedTuple):
    """What makes two looks the same. The people are in it as a digest.

    The policy's version is in it too: erasing a person raises it, and their number may be somebody else's then.
    """

    organisation: int
    by: Actor
    people: bytes
    policy_version: int


@dataclass(slots=True)
class _Seen:
    about: tuple[int, ...]
    first: int
    last: int
    times: int


class Journal:
    """Of one database. What is noted is written by `flush`, and once started by a thread of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changing, self._writing = threading.Lock(), threading.Lock()
        self._waiting: dict[_Look, _Seen] = {}
        self._mentions = 0
        self._entries: dict[_Look, tuple[int, int]] = {}
        self._used: dict[tuple[int, int], int] = {}
        self._used_written: dict[tuple[int, int], int] = {}
        self._closing, self._woken = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Write what is noted, until closed."""
        self._thread = threading.Thread(target=self._run, name="timegrain-journal", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """After what waits has been written."""
        self._closing.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
        self._logged(self.flush)

    def looked(self, organisation: int, by: Actor, about: Collection[int], policy_version: int) -> None:
        """Somebody was shown data of these users. Raises `Unavailable` where too much waits to be written."""
        people, now = tuple(sorted(about)), clock.now()
        look = _Look(organisation, by, sha256(json.dumps(people).encode()).digest(), policy_version)
        with self._changing:
            self._note(look, _Seen(people, now, now, 1))
            full = self._mentions > MOST_WAITING
        if full:
            self.flush()
        self._woken.set()

    def used(self, organisation: int, key: int) -> None:
        """A key was used just now."""
        which, now = (organisation, key), clock.now()
        if now - self._used_written.get(which, 0) >= USED_S:
            with self._changing:
                self._used[which] = now
            self._woken.set()

    def _note(self, look: _Look, seen: _Seen) -> None:
        held = self._waiting.get(look)
        if held is None:
            self._waiting[look] = seen
            self._mentions += len(seen.about) + 1
        else:
            held.first, held.last = min(held.first, seen.first), max(held.last, seen.last)
            held.times += seen.times

    def flush(self) -> None:
        """Write all that waits. Raises `Unavailable`, and keeps what could not be written."""
        with self._writing:
            with self._changing:
                looks, self._waiting, self._mentions = self._waiting, {}, 0
                used, self._used = self._used, {}
            by_organisation: dict[int, dict[_Look, _Seen]] = defaultdict(dict)
            for look, seen in looks.items():
                by_organisation[look.organisation][look] = seen
            for organisation in sorted({*by_organisation, *(one for one, _ in used)}):
                mine = {key: at for (owner, key), at in used.items() if owner == organisation}
                try:
                    self._database.again(partial(self._write, organisation, by_organisation[organisation], mine))
                except BaseException:
                    self._keep(by_organisation, used)
                    raise
                by_organisation.pop(organisation)
                used = {which: at for which, at in used.items() if which[0] != organisation}

    def _keep(self, looks: dict[int, dict[_Look, _Seen]], used: dict[tuple[int, int], int]) -> None:
        with self._changing:
            for of_one in looks.values():
                for look, seen in of_one.items():
                    self._note(look, seen)
            self._used = {**used, **self._used}

    def _write(self, organisation: int, looks: dict[_Look, _Seen], used: dict[int, int]) -> None:
        self._forget_old()
        held = {look: self._entries[look] for look in looks if look in self._entries}
        repeated = {look: entry for look, (entry, first) in held.items() if looks[look].last - first < REPEATED_S}
        new = {look: seen for look, seen in looks.items() if look not in repeated}
        entries = [
            Entry(look.by, seen.about, at=seen.first, last_at=seen.last, times=seen.times) for look, seen in new.items()
        ]
        with self._database.write(organisation) as connection:
            made = audit.record_all(connection, organisation, entries)
            again = ((entry, looks[look].times, looks[look].last) for look, entry in repeated.items())
            audit.repeat_all(connection, organisation, again)
            keys.note_used(connection, organisation, used)
        for look, entry in zip(new, made, strict=True):
            self._entries[look] = entry, new[look].first
        self._used_written.update({(organisation, key): at for key, at in used.items()})

    def _forget_old(self) -> None:
        """What is remembered stays small; what is forgotten too early makes one entry more."""
        if len(self._entries) > MOST_REMEMBERED:
            since = clock.now() - REPEATED_S
            self._entries = {look: held for look, held in self._entries.items() if held[1] > since}
            if len(self._entries) > MOST_REMEMBERED:
                self._entries.clear()
        if len(self._used_written) > MOST_REMEMBERED:
            self._used_written.clear()

    def prune(self) -> None:
        """Remove the entries that are older than their organisation keeps them."""
        with self._database.read() as connection:
            kept = audit.kept_days(connection)
        for organisation, days in kept.items():
            with self._database.write(organisation) as connection:
                audit.drop_before(connection, organisation, clock.now() - days * DAY)

    def _run(self) -> None:
        pruned: float | None = None
        while not self._closing.is_set():
            self._woken.wait(PRUNE_S)
            self._closing.wait(GATHER_S)
            self._woken.clear()
            if not self._logged(self.flush):
                self._closing.wait(AGAIN_S)
                self._woken.set()
            if pruned is None or time.monotonic() - pruned >= PRUNE_S:
                pruned = time.monotonic()
                self._logged(self.prune)

    def _logged(self, work: Callable[[], None]) -> bool:
        """Whether it was done."""
        try:
            work()
            return True
        except Exception as error:
            # The type alone: an exception's text may hold somebody's name. The next round tries again.
            log.error(json.dumps({"journal": "failed", "error": type(error).__name__}))
            return False
