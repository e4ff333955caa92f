"""Writers of a database, on SQLite one: items that wait together are written in one commit, with one sync."""

from __future__ import annotations

import threading
import time
from collections import deque
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
    ) -> None:
        """A group holds items alone for which `together` is the same; each thread writes one group."""
        self._write = write
        self._patience = patience
        self._together = together
        self._closed = False
        self._waiting: deque[_Waiting[Item, Result]] = deque()
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

    def _next(self) -> list[_Waiting[Item, Result]]:
        """Those who have waited longest; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return []
            first = self._waiting.popleft()
            group, weight, others = [first], first.weight, []
            while self._waiting and len(group) < MOST_ITEMS and weight < MOST_WEIGHT:
                following = self._waiting.popleft()
                if self._together(following.item) == self._together(first.item):
                    group.append(following)
                    weight += following.weight
                else:
                    others.append(following)
            self._waiting.extendleft(reversed(others))
            return group

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
