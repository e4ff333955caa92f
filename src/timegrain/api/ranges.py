"""RANGE: which people, and from when to when in which zone, as most questions ask it."""

from __future__ import annotations

from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec

from timegrain.api.calls import Given
from timegrain.counting.calendar import WRITTEN, Asked, UnknownZoneError, zone_named
from timegrain.errors import UserOrTeamRequired
from timegrain.storage.queries.people_meant import few_enough
from timegrain.summary import asked, invalid_zone

LocalTime = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": f"^{WRITTEN.pattern}$"})]
ZoneName = Annotated[str, msgspec.Meta(extra_json_schema={"$ref": "#/components/schemas/ZoneName"})]
"""Described in full, and checked where they are understood: what is wrong is said better there."""


class RangeRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Dates are wall-clock time in `timeZone`, the end inclusive to the second."""

    start_date: LocalTime
    end_date: LocalTime
    time_zone: ZoneName
    user_id: list[UUID] | None = None
    team_id: list[UUID] | None = None
    offset: int | None = None
    limit: int | None = None


class PeopleAsked(NamedTuple):
    """Understood: people by their ids, and a range to the second."""

    users: list[UUID]
    teams: list[UUID]
    range: Asked
    zone: str


def read_range(given: Given) -> PeopleAsked:
    """Raises what is wrong with the range or the people."""
    body: RangeRequest = given.body
    range_ = asked(body.start_date, body.end_date, body.time_zone)
    return PeopleAsked(*named(body.user_id, body.team_id), range_, body.time_zone)


def named(users: list[UUID] | None, teams: list[UUID] | None) -> tuple[list[UUID], list[UUID]]:
    """Raises `UserOrTeamRequired`, `TooManyPeople`."""
    if not users and not teams:
        raise UserOrTeamRequired
    few_enough(users or (), teams or ())
    return users or [], teams or []


def known_zone(name: str) -> str:
    """Raises `InvalidTimeZone`."""
    try:
        zone_named(name)
    except UnknownZoneError:
        raise invalid_zone() from None
    return name
