"""Writers of a database, on SQLite one: items that wait together are written in one commit, with one sync.

Of items that may go together one group is written at a time, and what comes meanwhile is the next: two at once would be
two commits of half as many, which cost twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from typing import Generic, NamedTuple, TypeVar

from timegrain.errors import Overloaded, Unavailable

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_ITEMS = 64
MOST_WEIGHT = 20_000
"""A group ends where its items weigh this much, so that nobody waits long for others."""

PATIENCE_S = 20.0
"""Whoever sent what waited longer has given up, and sends it again."""


HELD_UP_S = 0.1
"""Of a group that takes longer, such as one that waits for a lock, the next is not kept waiting."""


class _Waiting(NamedTuple, Generic[Item, Result]):
    item: Item
    weight: int
    future: Future[Result]
    until: float


class GroupWriter(Generic[Item, Result]):
    """Hands groups of items to `write`, which does all of a group or, raising, none.

    If a group fails each of its items is written alone, so that one bad item does not take others along; not so
    where nothing can be written at all (`Unavailable`), which would take each of them as long.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], list[Result]],
        patience: float = PATIENCE_S,
        threads: int = 1,
        together: Callable[[Item], Hashable] = lambda _: None,
        held_up_s: float = HELD_UP_S,
    ) -> None:
        """A group holds items alone for which `together` is the same; each thread writes one group at a time."""
        self._write = write
        self._patience, self._held_up_s = patience, held_up_s
        self._together = together
        self._closed = False
        self._waiting: list[_Waiting[Item, Result]] = []
        self._begun: dict[Hashable, tuple[float, object]] = {}
        """By what is the same of their items: of the groups that are being written the newest, and when it began."""
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._run, name="timegrain-writer", daemon=True) for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, item: Item, weight: int = 1) -> Result:
        """The result once it is committed; raises what writing raised, `Overloaded` for what waited too long."""
        future: Future[Result] = Future()
        with self._changed:
            if self._closed:
                raise Unavailable("the server ends; send again")
            self._waiting.append(_Waiting(item, weight, future, time.monotonic() + self._patience))
            self._changed.notify()
        return future.result()

    def waiting(self) -> int:
        """How many items are not being written yet."""
        return len(self._waiting)

    def close(self) -> None:
        """After what waits has been written."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while group := self._next():
            self._write_group(group)
            self._note_end(group)

    def _next(self) -> list[_Waiting[Item, Result]]:
        """Those who have waited longest; none at the end."""
        with self._changed:
            while (first := next(filter(self._may_begin, self._waiting), None)) is None:
                if self._closed and not self._waiting:
                    return []
                self._changed.wait(self._held_up_s if self._waiting else None)
            of = self._together(first.item)
            group: list[_Waiting[Item, Result]] = []
            others: list[_Waiting[Item, Result]] = []
            weight = 0
            for one in self._waiting:
                if len(group) < MOST_ITEMS and weight < MOST_WEIGHT and self._together(one.item) == of:
                    group.append(one)
                    weight += one.weight
                else:
                    others.append(one)
            self._waiting = others
            self._begun[of] = time.monotonic(), group
            return group

    def _may_begin(self, one: _Waiting[Item, Result]) -> bool:
        begun = self._begun.get(self._together(one.item))
        return begun is None or time.monotonic() - begun[0] > self._held_up_s

    def _note_end(self, group: list[_Waiting[Item, Result]]) -> None:
        of = self._together(group[0].item)
        with self._changed:
            if of in self._begun and self._begun[of][1] is group:
                del self._begun[of]
            self._changed.notify()

    def _write_group(self, group: list[_Waiting[Item, Result]]) -> None:
        now = time.monotonic()
        for one in group:
            if one.until < now:
                one.future.set_exception(Overloaded("this batch waited too long to be written; send it again"))
        self._write_all([one for one in group if one.until >= now])

    def _write_all(self, group: list[_Waiting[Item, Result]]) -> None:
        if not group:
            return
        try:
            results = self._write([one.item for one in group])
        except Exception as error:
            if len(group) == 1 or isinstance(error, Unavailable):
                for one in group:
                    one.future.set_exception(error)
                return
            for one in group:
                self._write_all([one])
            return
        for one, result in zip(group, results, strict=True):
            one.future.set_result(result)
