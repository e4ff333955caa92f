"""Who belongs to which team from which day to which, and which team is primary when.

Days are proleptic Gregorian ordinals (`date.toordinal`), half-open; `ALWAYS` and `FOREVER` leave an end open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

ALWAYS = 0
FOREVER = 9_999_999


class Membership(NamedTuple):
    """Of one user in a team, on the days `[first, end)`."""

    team: int
    first: int
    end: int
    primary: bool


def joined(held: Iterable[Membership], team: int, first: int, primary: bool, end: int = FOREVER) -> list[Membership]:
    """In `team` on the days `[first, end)`; as primary, no other team is it then. The days around stay."""
    around = [
        part
        for one in held
        for part in (
            one._replace(end=min(one.end, first)),
            one._replace(first=max(one.first, first), end=min(one.end, end), primary=one.primary and not primary),
            one._replace(first=max(one.first, end)),
        )
        if part.first < part.end and (part.team != team or part.end <= first or part.first >= end)
    ]
    return settled([*around, Membership(team, first, end, primary)])


def left(held: Iterable[Membership], team: int, first: int) -> list[Membership]:
    """After leaving `team`, the day `first` being the first without it."""
    kept = [one for one in held if one.team != team]
    return settled([*kept, *(one for one in _before(held, first) if one.team == team)])


def placed(held: Iterable[Membership], teams: Sequence[int], first: int) -> list[Membership]:
    """In exactly these teams from the day `first` on, the first one being primary; the days before stay."""
    after = [Membership(team, first, FOREVER, place == 0) for place, team in enumerate(teams)]
    return settled([*_before(held, first), *after])


def _before(held: Iterable[Membership], day: int) -> list[Membership]:
    return [one._replace(end=min(one.end, day)) for one in held if one.first < day]


def settled(held: Iterable[Membership]) -> list[Membership]:
    """The same memberships, with exactly one primary on each day that has any.

    Where none is primary it is the one joined first, of several the team made first.
    """
    given = _longest_first(held)
    edges = sorted({edge for one in given for edge in (one.first, one.end)})
    parts: list[Membership] = []
    for first, end in pairwise(edges):
        here = [one for one in given if one.first <= first and one.end >= end]
        chosen = max(here, key=lambda one: one.primary, default=None)
        parts += [Membership(one.team, first, end, one is chosen) for one in here]
    return _merged(parts)


def _longest_first(held: Iterable[Membership]) -> list[Membership]:
    """By the day on which the team was joined, without a gap since, then by team."""
    since: dict[Membership, int] = {}
    last: Membership | None = None
    for one in sorted(held):
        goes_on = last is not None and (last.team, last.end) == (one.team, one.first)
        since[one] = since[last] if goes_on and last else one.first
        last = one
    return sorted(since, key=lambda one: (since[one], one.team))


def _merged(parts: Iterable[Membership]) -> list[Membership]:
    whole: list[Membership] = []
    for part in sorted(parts):
        last = whole[-1] if whole else None
        if last and (last.team, last.primary, last.end) == (part.team, part.primary, part.first):
            whole[-1] = last._replace(end=part.end)
        else:
            whole.append(part)
    return whole


def primary_periods(held: Iterable[Membership]) -> list[tuple[int, int, int | None]]:
    """All time by primary team: `(first day, end day, team or None)`, in order, without gaps."""
    periods: list[tuple[int, int, int | None]] = []
    cursor = ALWAYS
    for one in sorted((one for one in held if one.primary), key=lambda one: one.first):
        if one.first > cursor:
            periods.append((cursor, one.first, None))
        periods.append((one.first, one.end, one.team))
        cursor = one.end
    if cursor < FOREVER:
        periods.append((cursor, FOREVER, None))
    return periods


def moved(before: Iterable[Membership], after: Iterable[Membership]) -> list[tuple[int, int, set[int | None]]]:
    """The days whose primary team differs, with the two teams: `(first day, end day, teams)`, in order."""
    old, new = primary_periods(before), primary_periods(after)
    edges = sorted({edge for first, end, _ in (*old, *new) for edge in (first, end)})
    found = [(first, end, {_primary(old, first), _primary(new, first)}) for first, end in pairwise(edges)]
    return [one for one in found if len(one[2]) > 1]


def _primary(periods: Iterable[tuple[int, int, int | None]], day: int) -> int | None:
    return next(team for first, end, team in periods if first <= day < end)
