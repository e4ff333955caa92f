"""SQLite's one writer: items that wait together are written in one commit, with one sync."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_ITEMS = 64
MOST_WEIGHT = 20_000
"""A group ends where its items weigh this much, so that nobody waits long for others."""

_Waiting = tuple[Item, int, "Future[Result]"]


class GroupWriter(Generic[Item, Result]):
    """Hands groups of items to `write`, which does all of a group or, raising, none.

    If a group fails each of its items is written alone, so that one bad item does not take others along.
    """

    def __init__(self, write: Callable[[Sequence[Item]], list[Result]]) -> None:
        self._write = write
        self._closed = False
        self._queue: queue.SimpleQueue[_Waiting[Item, Result] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="timegrain-writer", daemon=True)
        self._thread.start()

    def submit(self, item: Item, weight: int = 1) -> Result:
        """The result once it is committed; raises what writing raised."""
        if self._closed:
            raise RuntimeError("the writer is closed")
        future: Future[Result] = Future()
        self._queue.put((item, weight, future))
        return future.result()

    def waiting(self) -> int:
        """How many items are not being written yet."""
        return self._queue.qsize()

    def close(self) -> None:
        """After what waits has been written."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        ended = False
        while not ended:
            first = self._queue.get()
            if first is None:
                return
            group, weight = [first], first[1]
            while len(group) < MOST_ITEMS and weight < MOST_WEIGHT:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    ended = True
                    break
                group.append(following)
                weight += following[1]
            self._write_group(group)

    def _write_group(self, group: list[_Waiting[Item, Result]]) -> None:
        try:
            results = self._write([item for item, _, _ in group])
        except Exception as error:
            if len(group) == 1:
                group[0][2].set_exception(error)
                return
            for one in group:
                self._write_group([one])
            return
        for (_, _, future), result in zip(group, results, strict=True):
            future.set_result(result)
