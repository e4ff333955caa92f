"""What each of many people did on one local day, by the quarter of an hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from timegrain.counting.calendar import day_start
from timegrain.counting.tallies import Tally
from timegrain.figures.pieces import Asker, own_seconds
from timegrain.storage.queries.people_meant import Profile
from timegrain.storage.queries.slots_each import slots_each
from timegrain.storage.queries.told import Part


def day_of_each(asker: Asker, profiles: Sequence[Profile], zone: str, day: int) -> dict[int, Mapping[int, Tally]]:
    """By user, their slots with any second, by the second in which they begin; one statement.

    Every midnight falls between two slots, those of the home zone too: nothing has to be counted.
    """
    within = day_start(zone, day), day_start(zone, day + 1)
    parts = [
        Part(one.user, one.user, one.generation, *range_)
        for one in profiles
        for range_ in own_seconds(one, within, asker.home_zone)
    ]
    found = slots_each(asker.connection, asker.organisation, parts) if parts else {}
    return {one.user: found.get(one.user, {}) for one in profiles}
