"""When devices of people last reported, as far as that lies in the time in which the people count."""

from __future__ import annotations

from collections.abc import Sequence

from timegrain.figures.pieces import Asker, own_seconds
from timegrain.storage.queries.last_reports import last_reports
from timegrain.storage.queries.people_meant import Profile


def last_reported(asker: Asker, profiles: Sequence[Profile]) -> dict[int, int]:
    """By user. Of whoever reported last when they did not count, nothing is told. At most one statement."""
    if not profiles:
        return {}
    found = last_reports(asker.connection, asker.organisation, [one.user for one in profiles])
    return {
        one.user: at
        for one in profiles
        if (at := found.get(one.user)) is not None and own_seconds(one, (at, at + 1), asker.home_zone)
    }
