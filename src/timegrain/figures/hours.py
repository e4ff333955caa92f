"""What somebody did in each hour that the clock on the wall shows, day by day.

A slot is in the hour that the clock shows as it begins; clocks change at edges of slots, but for St. John's, which
did so at 00:01 until 2011. An hour that a change repeats holds the seconds of both times, one that it skips is absent.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from timegrain.counting.calendar import day_edges, hour_at
from timegrain.counting.instants import SLOT
from timegrain.counting.tallies import NOTHING, Tally, summed
from timegrain.figures.pieces import Asker
from timegrain.storage.queries.people_meant import Meant, Profile
from timegrain.storage.queries.slots_between import slots_between


@dataclass(frozen=True, slots=True)
class Hour:
    """`lasts` is how many seconds of the day the clock shows this hour: 3600, but where clocks change."""

    hour: int
    lasts: int
    tally: Tally


def hours_of(asker: Asker, profile: Profile, zone: str, first: int, last: int) -> dict[int, list[Hour]]:
    """By local day from `first` to `last`, the hours from 0 to 23 that it has; one statement."""
    edges = day_edges(zone, first, last)
    people = [Meant(profile.user, profile.generation, *days) for days in profile.days]
    within = edges[0], edges[-1]
    done: dict[tuple[int, int], Tally] = {}
    for slot, tally in slots_between(asker.connection, asker.organisation, asker.home_zone, people, within):
        key = bisect_right(edges, slot) - 1, hour_at(zone, slot)
        done[key] = summed([done.get(key, NOTHING), tally])
    return {
        first + place: [
            Hour(hour, lasts, done.get((place, hour), NOTHING)) for hour, lasts in sorted(_lengths(zone, *of).items())
        ]
        for place, of in enumerate(pairwise(edges))
    }


def _lengths(zone: str, start: int, end: int) -> Mapping[int, int]:
    lengths: dict[int, int] = {}
    for slot in range(start, end, SLOT):
        hour = hour_at(zone, slot)
        lengths[hour] = lengths.get(hour, 0) + SLOT
    return lengths
