"""What the worker processes of one server know together, in a file that each maps into its memory.

A table of fixed size: of what was not touched for long, the oldest makes room. It is lost when the server ends, as
the memory of a single process is.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

ROWS = 1 << 16
_ROW = struct.Struct("16sddq")
_NEAR = 8
"""Places in which a key may stand."""

_NONE = bytes(16)

Numbers = tuple[float, float, int]
"""Of a key; the second are seconds of a clock that never goes back, by which the oldest is known."""


class SharedTable:
    """One table of all processes that open the same file, which may be empty at first.

    Raises `OSError` where the disk has no room for it.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("r+b")
        # Each block is taken now: a page of the map for which the disk has no room later would end the process.
        os.posix_fallocate(self._file.fileno(), 0, ROWS * _ROW.size)
        self._rows = mmap.mmap(self._file.fileno(), ROWS * _ROW.size)
        self._threads = threading.Lock()

    def close(self) -> None:
        self._rows.close()
        self._file.close()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """No other process or thread reads or writes meanwhile."""
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)

    def get(self, key: str) -> Numbers | None:
        """Under `changing`, as `put` is."""
        place = self._place(digest := _digest(key))
        found, left, at, a_minute = _ROW.unpack_from(self._rows, place)
        return (left, at, a_minute) if found == digest else None

    def put(self, key: str, held: Numbers) -> None:
        digest = _digest(key)
        _ROW.pack_into(self._rows, self._place(digest), digest, *held)

    def add(self, key: str) -> bool:
        """Whether it was not there yet."""
        with self.changing():
            new = self.get(key) is None
            self.put(key, (0, time.monotonic(), 0))
        return new

    def drop(self, key: str) -> None:
        with self.changing():
            if self.get(key) is not None:
                _ROW.pack_into(self._rows, self._place(_digest(key)), _NONE, 0, 0, 0)

    def _place(self, digest: bytes) -> int:
        """Where the key stands or, where it does not, may take the place of another."""
        first = int.from_bytes(digest[:4], "big")
        places = [(first + near) % ROWS * _ROW.size for near in range(_NEAR)]
        rows = [_ROW.unpack_from(self._rows, place) for place in places]
        known = next((place for place, row in zip(places, rows, strict=True) if row[0] == digest), None)
        return min(zip(places, rows, strict=True), key=lambda one: one[1][2])[0] if known is None else known


def _digest(key: str) -> bytes:
    return blake2b(key.encode(), digest_size=16).digest()
