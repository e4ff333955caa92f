"""Which seconds a change of facts or of policy can alter. What is outside is not read and not written.

A focus or page that is new alters what it covers, what it reaches to, and what others reached before::

    before   [== a ==]..........[== b ==]       a reaches b over the hole, at most `reach`
    new                 [== n ==]
    window   |<-reach-->[== n ==]<-reach->|

A heartbeat alters as much, and where the one before it and its own seconds end, each at most at the farthest
that joins, a second less than the timeout away::

    before   1===========)2=======)            of one editor, 1 and 2 less than the timeout apart
    new            n
    after    1====)n=====)2=======)
    window   |<-timeout-->|<-timeout-->|<-reach->|

One that only grew alters from its old end on. Away and present alter the stretches that they make, join
or part: `changed_stretches` compares those before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from timegrain.counting.instants import LONGEST_REACH, LONGEST_TIMEOUT, Range
from timegrain.counting.stretches import LONGEST_LIMIT, Limits


def of_interval(start_ms: int, end_ms: int, reach: int) -> Range:
    """What a focus or page interval can alter by coming or going."""
    return start_ms // 1000 - reach, end_ms // 1000 + reach


def of_growth(old_end_ms: int, new_end_ms: int, reach: int) -> Range:
    """What a focus or page interval can alter that only ends later."""
    return old_end_ms // 1000, new_end_ms // 1000 + reach


def of_heartbeat(at_ms: int, reach: int, timeout: int) -> Range:
    """What a heartbeat can alter by coming or going."""
    farthest = timeout - 1
    return at_ms // 1000 - max(reach, farthest), at_ms // 1000 + farthest + reach


class Needed(NamedTuple):
    """Of facts that begin before some second, those that decide seconds from there on: those that end at these
    seconds or later, whatever policies may come. What reaches, or is reached to, is at most `LONGEST_REACH` off.

    ::

        from                           |
        focus, page     [=====)  [===)....            gone, kept: it may reach over
        heartbeats          |     |    |              gone, kept, kept: less than the longest timeout apart
        stretches   [-------------------------)       its facts of the last `LONGEST_LIMIT` are kept: longer than
                          |<---a day--->|             any limit it is anyway
    """

    shown: int
    heartbeats: int
    inputs: int


def needed(since: int) -> Needed:
    shown = since - LONGEST_REACH - 1
    return Needed(shown, shown - LONGEST_TIMEOUT, since - LONGEST_LIMIT - 2 * LONGEST_REACH)


def changed_stretches(before: Iterable[Range], after: Iterable[Range]) -> list[Range]:
    """The seconds under stretches that came, went or changed their length; disjoint only by accident."""
    return sorted(set(before) ^ set(after))


def judged_otherwise(stretches: Sequence[Range], before: Limits, after: Limits) -> list[Range]:
    """The stretches whose seconds new limits may put into another state, ignored idle or not."""

    def otherwise(length: int) -> bool:
        return any(before.state(length, ignored) is not after.state(length, ignored) for ignored in (False, True))

    return _of_lengths(stretches, otherwise)


def ignored_otherwise(stretches: Sequence[Range], limits: Limits) -> list[Range]:
    """The stretches in which it matters whether the subject in front is marked ignore idle."""
    return _of_lengths(stretches, lambda length: limits.state(length, False) is not limits.state(length, True))


def _of_lengths(stretches: Sequence[Range], wanted: Callable[[int], bool]) -> list[Range]:
    """Asks once a length: of thousands of stretches there are some hundred."""
    asked = {length: wanted(length) for length in {end - start for start, end in stretches}}
    return [(start, end) for start, end in stretches if asked[end - start]]
