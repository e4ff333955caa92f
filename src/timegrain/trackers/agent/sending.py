"""Sends facts and remembers what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from timegrain import clock
from timegrain.trackers.agent.batches import body_of, encoded, in_batches, order
from timegrain.trackers.agent.failures import ServerUnknown
from timegrain.trackers.agent.state import Gathered, State, list_of
from timegrain.trackers.agent.timegrain_server import NotTakenError, TimegrainServer, TooLargeError

BAD_ENTRY, TOO_LARGE = "BAD_ENTRY", "PAYLOAD_TOO_LARGE"


@dataclass(slots=True)
class Sent:
    """What became of facts: acknowledged, refused for good, or refused for now, so that they wait."""

    acknowledged: int = 0
    refused: int = 0
    waiting: int = 0
    reason: str = ""
    """The code of the last that was refused for now."""

    def add(self, other: Sent) -> None:
        self.acknowledged += other.acknowledged
        self.refused += other.refused
        self.waiting += other.waiting
        self.reason = other.reason or self.reason


class Sending:
    """Facts go from here to one server; what it answers is in the state before the next batch goes."""

    def __init__(self, server: TimegrainServer, state: State, keep_from: Mapping[str, int]) -> None:
        self._server, self._state, self._keep_from = server, state, keep_from
        self._takes_batches = False

    def send(self, facts: Sequence[Gathered]) -> Sent:
        """Oldest first. Raises what the server's methods raise; what was answered till then is kept."""
        sent = Sent()
        ordered = sorted(facts, key=lambda told: order(told.fact))
        for batch in in_batches(ordered):
            sent.add(self._batch(batch))
        return sent

    def _batch(self, batch: Sequence[Gathered]) -> Sent:
        try:
            rejected = self._server.send(encoded(body_of([told.fact for told in batch])), len(batch))
        except TooLargeError:
            self._expect_batches("too large")
            return self._halves(batch, TOO_LARGE, "too large by itself")
        except NotTakenError as reason:
            self._expect_batches(str(reason))
            return self._halves(batch, BAD_ENTRY, str(reason))
        lists: dict[str, list[Gathered]] = {}
        for told in batch:
            lists.setdefault(list_of(told.fact), []).append(told)
        sent, refused, left = Sent(), [], set()
        for one in rejected:
            try:
                told = lists[one.list][one.index]
            except (KeyError, IndexError):
                raise ServerUnknown("the server refuses a fact that was not sent") from None
            left.add(id(told))
            if one.retryable:
                sent.waiting += 1
                sent.reason = one.code
            else:
                refused.append((told, one.code, one.message))
        acknowledged = [told for told in batch if id(told) not in left]
        sent.acknowledged, sent.refused = len(acknowledged), len(refused)
        self._state.answer(acknowledged, refused, self._keep_from, clock.now_ms())
        return sent

    def _halves(self, batch: Sequence[Gathered], code: str, message: str) -> Sent:
        """Each half by itself, down to the one fact that is refused and kept aside."""
        if len(batch) == 1:
            self._state.answer([], [(batch[0], code, message)], self._keep_from, clock.now_ms())
            return Sent(refused=1)
        middle = len(batch) // 2
        sent = self._batch(batch[:middle])
        sent.add(self._batch(batch[middle:]))
        return sent

    def _expect_batches(self, reason: str) -> None:
        """A server that refuses even an empty batch has nothing against the facts: they must wait, not be refused."""
        if self._takes_batches:
            return
        try:
            self._server.send(b"{}", 0)
        except (TooLargeError, NotTakenError):
            raise ServerUnknown(f"the server takes no batch at all: {reason}") from None
        self._takes_batches = True
