"""How much is taken on at once: what comes beyond it is refused at once, instead of waiting in memory.

Each kind of work has a lane of its own, so that none waits for another's threads: some requests are worked on, some
wait for these, in order, and the rest are told to come again. Bodies count by their bytes. All of this is decided in
the server's one loop, so nothing here is locked; why so: decision 0020.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from anyio import CapacityLimiter

from timegrain.errors import Overloaded, RequestTimeout

LONGEST_QUESTION_S = 60.0
"""A statement that still reads after this is given up. What goes on, statement after statement, may take longer."""

RECEIVE_S = 20.0
"""A body has this long to arrive, and a second more for each `SLOWEST` bytes of it."""

SLOWEST = 16 * 1024
MOST_HELD = 32 * 1024 * 1024
"""Bytes of bodies in memory, as they came."""

SMALL_BODY = 256 * 1024
SMALL_PACKED = 8 * 1024
"""Up to this many bytes a batch is a small one; of a compressed one, which is more once it is decompressed."""


class Gone(Overloaded):
    """Whoever asked has closed the connection while they waited: nothing is to be done."""


class Observer(Protocol):
    """Told in the server's loop."""

    def lane(self, name: str, working: int, waiting: int) -> None:
        """So many are worked on, and so many wait, from now on."""

    def lane_refused(self, name: str) -> None:
        """One had no room, or waited too long."""


class Lane:
    """Work of one kind: at most `at_once` in threads, at most `waiting` before these, each for `patience` seconds."""

    def __init__(self, name: str, at_once: int, waiting: int, patience: float) -> None:
        self.name, self.at_once = name, at_once
        self._most_waiting, self._patience = waiting, patience
        self._working = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self.observer: Observer | None = None

    @property
    def working(self) -> int:
        return self._working

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def require_room(self) -> None:
        """Raises `Overloaded` where as many wait as may: before a body is read for nothing."""
        if len(self._queue) >= self._most_waiting:
            raise self._refused("come again")

    @asynccontextmanager
    async def place(self, receive: Callable[[], Awaitable[Any]]) -> AsyncIterator[None]:
        """One of the places in work, after waiting for it. Raises `Overloaded`, or `Gone`.

        `receive` tells of a client that goes away; its body has been read.
        """
        if self._working < self.at_once:
            self._working += 1
            self.tell()
        else:
            self.require_room()
            await self._wait(receive)
        try:
            yield
        finally:
            self._leave()

    async def _wait(self, receive: Callable[[], Awaitable[Any]]) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(mine)
        self.tell()
        leaving = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait((mine, leaving), timeout=self._patience, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done():
                raise Gone("whoever asked has gone")
            if not mine.done():
                raise self._refused("this one waited too long")
        except BaseException:
            if mine.done():
                self._leave()
            else:
                self._queue.remove(mine)
                self.tell()
            raise
        finally:
            leaving.cancel()

    def _leave(self) -> None:
        """The next who waits takes the place."""
        if self._queue:
            self._queue.popleft().set_result(None)
        else:
            self._working -= 1
        self.tell()

    def _refused(self, why: str) -> Overloaded:
        if self.observer is not None:
            self.observer.lane_refused(self.name)
        return Overloaded(f"Too many {self.name} at once; {why}")

    def tell(self) -> None:
        if self.observer is not None:
            self.observer.lane(self.name, self._working, len(self._queue))


async def _gone(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@contextmanager
def watched(receive: Callable[[], Awaitable[Any]]) -> Iterator[Callable[[], bool]]:
    """Whether a client has gone while its request is worked on; its body has been read."""
    gone = threading.Event()
    leaving = asyncio.ensure_future(_gone(receive))
    leaving.add_done_callback(lambda _: gone.set())
    try:
        yield gone.is_set
    finally:
        leaving.cancel()


class Bodies:
    """The bytes of all bodies that are being received or worked on."""

    def __init__(self, most: int = MOST_HELD) -> None:
        self.held = 0
        self._most = most

    @contextmanager
    def one(self, announced: int) -> Iterator[Callable[[int], None]]:
        """Counts the bytes of one body, as they come, until it is done with. Raises `Overloaded`.

        `announced` is its length as its sender says, 0 where that is not known.
        """
        mine = 0
        if self.held + announced > self._most:
            raise Overloaded("Too much is being sent at once; come again")

        def add(more: int) -> None:
            nonlocal mine
            if self.held + more > self._most:
                raise Overloaded("Too much is being sent at once; come again")
            mine += more
            self.held += more

        try:
            yield add
        finally:
            self.held -= mine


@dataclass(frozen=True, slots=True)
class Admission:
    """The lanes of one server. Small and large batches, short and long questions do not wait for one another."""

    batches: Lane = field(default_factory=lambda: Lane("batches", 32, 256, 15))
    large_batches: Lane = field(default_factory=lambda: Lane("large batches", 2, 8, 15))
    questions: Lane = field(default_factory=lambda: Lane("questions", 8, 64, 10))
    long_questions: Lane = field(default_factory=lambda: Lane("long questions", 2, 16, 20))
    health: Lane = field(default_factory=lambda: Lane("looks at the health", 1, 1000, 10))
    bodies: Bodies = field(default_factory=Bodies)
    threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(64))
    """One for whoever has a place: the lanes together have fewer."""

    def observe(self, observer: Observer) -> None:
        for lane in (self.batches, self.large_batches, self.questions, self.long_questions, self.health):
            lane.observer = observer
            lane.tell()

    def of(self, heavy: bool) -> Lane:
        return self.long_questions if heavy else self.questions

    def of_batch(self, length: int, packed: bool) -> Lane:
        """By the bytes of its body, which may be announced only."""
        return self.large_batches if length > (SMALL_PACKED if packed else SMALL_BODY) else self.batches


async def received(
    chunks: AsyncIterator[bytes], most: int, count: Callable[[int], None], patience: float = RECEIVE_S
) -> bytes | None:
    """A whole body, or None where it has more than `most` bytes. Raises `RequestTimeout` for one that trickles in."""
    body = bytearray()
    try:
        async with asyncio.timeout(patience) as limit:
            ends = limit.when() or 0.0
            async for chunk in chunks:
                count(len(chunk))
                body += chunk
                if len(body) > most:
                    return None
                limit.reschedule(ends + len(body) / SLOWEST)
    except TimeoutError:
        raise RequestTimeout("The body did not arrive in time") from None
    return bytes(body)
