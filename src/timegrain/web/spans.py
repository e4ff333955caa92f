"""The rows of a day: what is told alike and touches is one, and between what was tracked gaps stay gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from timegrain.counting.instants import Range
from timegrain.counting.tallies import Tally
from timegrain.figures.explain import Explained, Explanation
from timegrain.storage.queries.usage import Subject
from timegrain.web.subject_ratings import KEYS, read_key

UNTRACKED = "untracked"
_ACTIVE = ("productive", "neutral", "unproductive")


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds `[start, end)` that are one thing; `began` is where they began before they were cut."""

    start: int
    end: int
    began: int
    name: str
    """Their class."""
    parts: tuple[Explained, ...]
    """What is behind them; nothing where no device had anything in front."""

    @property
    def seconds(self) -> int:
        return self.end - self.start

    @property
    def subject(self) -> str:
        subject = self.parts[0].subject if self.parts else None
        return subject.name if subject else ""

    @property
    def key(self) -> Subject | None:
        """By which its subject is compared, however a device spells it."""
        return read_key("subject", self.written_key)[0] if self.written_key else None

    @property
    def written_key(self) -> str:
        """As addresses have it: `application:Code`; "" of a gap."""
        subject = self.parts[0].subject if self.parts else None
        return "" if subject is None else f"{subject.type}:{subject.name}"

    @property
    def device(self) -> str:
        return self.parts[0].device if self.parts else ""


def rows_of(explanation: Explanation, own: Sequence[Range]) -> list[Row]:
    """In order and disjoint; `own` are the seconds that were explained."""
    found: list[Row] = []
    held: list[Explained] = []
    start = end = 0
    alike: tuple[object, ...] = ()
    for one in explanation.spans:
        low, high, told = second(one.start), second(one.end), _told(one)
        if held and low == end and told == alike:
            held.append(one)
        else:
            if held:
                found.append(Row(start, end, start, class_of(held[0]), tuple(held)))
            held, start, alike = [one], low, told
        end = high
    if held:
        found.append(Row(start, end, start, class_of(held[0]), tuple(held)))
    return list(_with_gaps(found, own))


def second(written: str) -> int:
    return int(datetime.fromisoformat(written).timestamp())


def class_of(one: Explained) -> str:
    return one.rating or one.state


def _told(one: Explained) -> tuple[object, ...]:
    """What neighbours must have in common. A stretch without input that leaves time active need not be."""
    subject = None if one.subject is None else (one.subject.name, one.subject.type)
    stretch = None if one.state == "active" else one.stretch
    return one.state, one.rating, subject, one.application, one.title, one.device, stretch, one.rule, one.reason


def _with_gaps(rows: Iterable[Row], own: Sequence[Range]) -> Iterator[Row]:
    """With what lies between two of them, as far as it is theirs."""
    at: int | None = None
    for row in rows:
        if at is not None and at < row.start:
            for low, high in own:
                start, end = max(low, at), min(high, row.start)
                if start < end:
                    yield Row(start, end, start, UNTRACKED, ())
        yield row
        at = row.end


def cut(rows: Iterable[Row], ranges: Sequence[Range]) -> Iterator[Row]:
    """What of them lies in some seconds, which are in order and disjoint."""
    for row in rows:
        for low, high in ranges:
            start, end = max(row.start, low), min(row.end, high)
            if start < end:
                yield row if (start, end) == (row.start, row.end) else replace(row, start=start, end=end)


def chosen(rows: Iterable[Row], show: str, subject: str) -> list[Row]:
    """Those of a class (`total` has all that is tracked, "" gaps too) and, unless it is empty, of a subject.

    A subject is as `key_of` writes it, however devices spell it; or it is a name alone, as they spell it.
    """
    if not show:
        classes: tuple[str, ...] = (*_ACTIVE, "idle", UNTRACKED)
    else:
        classes = {"total": (*_ACTIVE, "idle"), "active": _ACTIVE}.get(show, (show,))
    found = [row for row in rows if row.name in classes]
    if subject.startswith(KEYS):
        wanted = read_key("subject", subject)[0]
        return [row for row in found if row.key == wanted]
    return [row for row in found if not subject or row.subject == subject]


def tally_of_rows(rows: Iterable[Row]) -> Tally:
    seconds = dict.fromkeys((*_ACTIVE, "idle", UNTRACKED), 0)
    for row in rows:
        seconds[row.name] += row.seconds
    return Tally(*(seconds[name] for name in (*_ACTIVE, "idle")))


def untracked_seconds(rows: Iterable[Row]) -> int:
    return sum(row.seconds for row in rows if row.name == UNTRACKED)
