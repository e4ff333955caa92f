"""Who may write to SQLite next, in a process: whoever has waited longest."""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType

from timegrain.storage import sqlite, sqlite_faults
from timegrain.storage.sqlite_faults import Fault


class Turns:
    """A lock that goes to those who wait in their order. Python's own goes to whoever comes first once it is free,
    and that is whoever gave it up a moment ago where the machine is busy.

    Raises `Unavailable` where the others take too long.
    """

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._changing:
            if not self._is_taken:
                self._is_taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        try:
            if not mine.acquire(timeout=sqlite.BUSY_S):
                raise Fault(sqlite_faults.BUSY)
        except BaseException:
            # Too late, or Ctrl+C: the turn must not come to somebody who is gone.
            with self._changing:
                if mine in self._waiting:
                    self._waiting.remove(mine)
                    raise
            self._pass_on()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pass_on()

    def waiting(self) -> int:
        """How many."""
        return len(self._waiting)

    def _pass_on(self) -> None:
        with self._changing:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False
