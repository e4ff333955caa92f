"""SQLite's one writer: items that wait together are written in one commit, with one sync."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
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

    def __init__(self, write: Callable[[Sequence[Item]], list[Result]], patience: float = PATIENCE_S) -> None:
        self._write = write
        self._patience = patience
        self._closed = False
        self._entering = threading.Lock()
        """Nothing gets into the queue behind the end of it."""
        self._queue: queue.SimpleQueue[_Waiting[Item, Result] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="timegrain-writer", daemon=True)
        self._thread.start()

    def submit(self, item: Item, weight: int = 1) -> Result:
        """The result once it is committed; raises what writing raised, `Overloaded` for what waited too long."""
        future: Future[Result] = Future()
        with self._entering:
            if self._closed:
                raise Unavailable("the server ends; send again")
            self._queue.put(_Waiting(item, weight, future, time.monotonic() + self._patience))
        return future.result()

    def waiting(self) -> int:
        """How many items are not being written yet."""
        return self._queue.qsize()

    def close(self) -> None:
        """After what waits has been written."""
        with self._entering:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        ended = False
        while not ended:
            first = self._queue.get()
            if first is None:
                return
            group, weight = [first], first.weight
            while len(group) < MOST_ITEMS and weight < MOST_WEIGHT:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    ended = True
                    break
                group.append(following)
                weight += following.weight
            self._write_group(group)

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
