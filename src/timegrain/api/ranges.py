"""RANGE: which people, and from when to when in which zone, as most questions ask it."""

from __future__ import annotations

from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec

from timegrain.api.calls import Given
from timegrain.counting.calendar import WRITTEN, Asked
from timegrain.errors import UserOrTeamRequired
from timegrain.storage.queries.people_meant import few_enough
from timegrain.summary import asked

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
    users, teams = body.user_id or [], body.team_id or []
    if not users and not teams:
        raise UserOrTeamRequired
    few_enough(users, teams)
    return PeopleAsked(users, teams, range_, body.time_zone)
