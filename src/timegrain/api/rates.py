"""How many requests a minute a key may send: a token bucket a key, in memory, of all worker processes together."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from timegrain.errors import RateLimited
from timegrain.storage.keys import Caller

if TYPE_CHECKING:
    from timegrain.api.shared import SharedTable

MOST_KEYS = 50_000
"""Beyond these, keys that were silent long enough to be full again are forgotten, and if none are, all."""

_MINUTE = 60.0
_NEARLY = 1e-6
"""So that who waits exactly as long as told is let in, however the sums are rounded."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float
    a_minute: int

    def filled(self, now: float) -> float:
        return min(self.a_minute, self.left + (now - self.at) * self.a_minute / _MINUTE)


class Rates:
    """A key may send a minute's worth at once, and what trickles in after it."""

    def __init__(self, now: Callable[[], float] = time.monotonic, shared: SharedTable | None = None) -> None:
        self._now, self._shared = now, shared
        self._buckets: dict[tuple[int, int], _Bucket] = {}
        self._changing = threading.Lock()

    def __len__(self) -> int:
        return len(self._buckets)

    def count(self, caller: Caller) -> None:
        """One request more. Raises `RateLimited`, which is not counted."""
        a_minute = caller.questions_a_minute if caller.device is None else caller.batches_a_minute
        if a_minute:
            # People who signed in have no key: they are counted by themselves, under numbers that no key has.
            self.take((caller.organisation, caller.key or -(caller.user or 0)), a_minute)

    def take(self, key: tuple[int, int], a_minute: int) -> None:
        """The same of whatever is counted under `key`."""
        if self._shared is None:
            with self._changing:
                now = self._now()
                held = self._buckets.get(key)
                if held is None:
                    self._forget_full(now)
                self._buckets[key] = _taken(held, now, a_minute)
            return
        name = f"rate {key}"
        with self._shared.changing():
            known = self._shared.get(name)
            taken = _taken(_Bucket(*known) if known else None, self._now(), a_minute)
            self._shared.put(name, (taken.left, taken.at, taken.a_minute))

    def _forget_full(self, now: float) -> None:
        if len(self._buckets) < MOST_KEYS:
            return
        self._buckets = {key: held for key, held in self._buckets.items() if held.filled(now) < held.a_minute}
        if len(self._buckets) >= MOST_KEYS:
            self._buckets.clear()


def _taken(held: _Bucket | None, now: float, a_minute: int) -> _Bucket:
    """With one less. Raises `RateLimited`."""
    # A limit that was changed begins anew.
    left = held.filled(now) if held is not None and held.a_minute == a_minute else float(a_minute)
    if left < 1 - _NEARLY:
        raise RateLimited(f"More than {a_minute} requests a minute", math.ceil((1 - left) * _MINUTE / a_minute))
    return _Bucket(left - 1, now, a_minute)
