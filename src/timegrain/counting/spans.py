"""Facts and policy of one user to spans: who was in which state when (T3 to T8).

One device: what is in front is cut where the page in front changes, where stretches begin and end, and
where the policy does; each piece gets its state. Several devices: the best piece of each second wins::

    laptop   [== Code, active ==][-- Code, idle --]
    desktop            [==== Slack, active ====)
    spans    [== Code =][======= Slack ========]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from timegrain.counting.fronts import Front, Interval, fronts
from timegrain.counting.instants import Range, subtract
from timegrain.counting.ratings import Rating, Settled
from timegrain.counting.stretches import Limits, State


class Span(NamedTuple):
    """Seconds `[start, end)` in one state.

    `subject` is a stored name; `began` the start in milliseconds of the focus interval in front; `stretch`
    the length of the device's stretch it lies in, 0 where there was input.
    """

    start: int
    end: int
    state: State
    subject: int
    rating: Rating
    device: int
    began: int
    stretch: int


class Period(NamedTuple):
    """Seconds in which a user's primary team is the same, and what holds then for a stored name."""

    start: int
    end: int
    settled: Callable[[int], Settled]


@dataclass(slots=True)
class DeviceFacts:
    """What one device has to say about a range of seconds, as far as it decides them."""

    device: int
    name: str
    reach: int
    focus: list[Interval] = field(default_factory=list)
    pages: dict[int, list[Interval]] = field(default_factory=dict)
    """By browser, as their `owner`."""
    stretches: list[Range] = field(default_factory=list)
    erased: list[Range] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Named:
    """What the stored names of applications mean for counting."""

    locked: frozenset[int] = frozenset()
    browser_of: Mapping[int, int] = field(default_factory=dict)
    """Application → browser, both stored names; of those browsers that have pages."""


class _Piece(NamedTuple):
    start: int
    end: int
    subject: int
    began: int
    stretch: int


Pieces = Sequence[tuple[int, Sequence[_Piece]]]
"""By device, in the order of their names."""


def count(
    devices: Sequence[DeviceFacts], named: Named, limits: Limits, periods: Sequence[Period], ranges: Sequence[Range]
) -> list[Span]:
    """The spans of one user in `ranges`, in order, disjoint; what is untracked has none.

    The facts are at least all that touch the ranges; `periods` follow each other and cover them.
    """
    return judge(cut(devices, named, ranges), limits, periods)


def cut(devices: Sequence[DeviceFacts], named: Named, ranges: Sequence[Range]) -> Pieces:
    """What lies in `ranges` whatever the policy, for `judge` to be asked under more than one."""
    in_order = sorted(devices, key=lambda device: device.name)
    return [(device.device, _pieces(device, named, ranges)) for device in in_order]


def judge(pieces: Pieces, limits: Limits, periods: Sequence[Period]) -> list[Span]:
    """The spans that pieces make under one policy."""
    judged = []
    for device, of_device in pieces:
        spans = [span for period in periods for span in _judged(device, of_device, limits, period)]
        if spans:
            judged.append(spans)
    return judged[0] if len(judged) == 1 else list(_best(judged))


def _pieces(device: DeviceFacts, named: Named, ranges: Sequence[Range]) -> list[_Piece]:
    pages = {browser: fronts(shown, device.reach) for browser, shown in device.pages.items()}
    subjects = _subjects(_within(fronts(device.focus, device.reach), ranges), pages, named)
    pieces = list(_cut_by_stretches(subjects, device.stretches))
    if not device.erased:
        return pieces
    return [
        piece._replace(start=start, end=end)
        for piece in pieces
        for start, end in subtract([(piece.start, piece.end)], device.erased)
    ]


def _within(focus: Sequence[Front], ranges: Sequence[Range]) -> Iterator[Front]:
    """What of `focus` lies in the ranges; both in order and disjoint."""
    index, count = 0, len(ranges)
    for front in focus:
        while index < count and ranges[index][1] <= front.start:
            index += 1
        here = index
        while here < count and ranges[here][0] < front.end:
            first, last = ranges[here]
            if first <= front.start and front.end <= last:
                yield front
                break
            yield Front(max(front.start, first), min(front.end, last), front.interval)
            here += 1


def _subjects(focus: Iterator[Front], pages: Mapping[int, list[Front]], named: Named) -> Iterator[_Piece]:
    """What each second is about; lock screens are left out."""
    at = dict.fromkeys(pages, 0)
    for start, end, (began, _, app, site) in focus:
        if app in named.locked:
            continue
        browser = named.browser_of.get(app)
        if site or browser is None or browser not in pages:
            yield _Piece(start, end, site or app, began, 0)
            continue
        shown = pages[browser]
        index = at[browser]
        while index < len(shown) and shown[index].end <= start:
            index += 1
        at[browser] = index
        while start < end:
            if index == len(shown) or shown[index].start >= end:
                yield _Piece(start, end, app, began, 0)
                break
            page = shown[index]
            if page.start > start:
                yield _Piece(start, page.start, app, began, 0)
                start = page.start
            stop = min(end, page.end)
            yield _Piece(start, stop, page.interval.site or app, began, 0)
            start = stop
            index += 1


def _cut_by_stretches(pieces: Iterator[_Piece], stretches: Sequence[Range]) -> Iterator[_Piece]:
    index = 0
    count = len(stretches)
    for piece in pieces:
        start, end, subject, began, _ = piece
        while index < count and stretches[index][1] <= start:
            index += 1
        here = index
        while start < end:
            if here == count or stretches[here][0] >= end:
                yield piece if start == piece.start else _Piece(start, end, subject, began, 0)
                break
            low, high = stretches[here]
            if low > start:
                yield _Piece(start, low, subject, began, 0)
                start = low
            stop = min(end, high)
            yield _Piece(start, stop, subject, began, high - low)
            start = stop
            here += 1


def _judged(device: int, pieces: Sequence[_Piece], limits: Limits, period: Period) -> Iterator[Span]:
    first, last, settled = period
    for start, end, subject, began, stretch in pieces:
        if end <= first or start >= last:
            continue
        rating, ignore_idle = settled(subject)
        state = limits.state(stretch, ignore_idle) if stretch else State.ACTIVE
        if state:
            yield Span(max(start, first), min(end, last), state, subject, rating, device, began, stretch)


def _best(by_device: Sequence[Sequence[Span]]) -> Iterator[Span]:
    """Each second once (T6). The devices come sorted by name: of equals the first wins."""
    edges = sorted({edge for spans in by_device for span in spans for edge in (span.start, span.end)})
    at = [0] * len(by_device)
    for start, end in pairwise(edges):
        best: Span | None = None
        rank: tuple[State, bool, int] | None = None
        for device, spans in enumerate(by_device):
            while at[device] < len(spans) and spans[at[device]].end <= start:
                at[device] += 1
            if at[device] == len(spans) or spans[at[device]].start > start:
                continue
            span = spans[at[device]]
            standing = (span.state, span.stretch == 0, span.began)
            if rank is None or standing > rank:
                best, rank = span, standing
        if best is not None:
            yield best._replace(start=start, end=end)
