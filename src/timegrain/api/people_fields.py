"""What calls about people take and give alike: names, days, ids of roles and teams."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from timegrain.counting.facts import LONGEST_NAME
from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.errors import Detail, TeamNotFound, UserNotFound, wrong
from timegrain.storage import passwords, people

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME, pattern=r"^[^\0]*[^\s\0][^\0]*$")]
PersonName = Annotated[str, msgspec.Meta(min_length=2, max_length=100, pattern=r"^[^\0]*[^\s\0][^\0]*$")]
Email = Annotated[str, msgspec.Meta(max_length=LONGEST_NAME, pattern=r"^[^@\s\0]+@[^@\s\0]+$(?!\n)")]
Password = Annotated[str, msgspec.Meta(min_length=passwords.SHORTEST, max_length=passwords.LONGEST)]
WorkMode = Literal["remote", "office", "hybrid"]
_EARLIEST, _LATEST = date(1970, 1, 1).toordinal(), date(2199, 12, 31).toordinal()


class TrackPilotsBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """What clients of TrackPilots may send with any call: ignored where it is of no use."""

    offset: int | None = None
    limit: int | None = None


def day(field: str, given: date) -> int:
    """Its ordinal. Raises `ValidationFailed` before 1970 and after 2199."""
    ordinal = given.toordinal()
    if not _EARLIEST <= ordinal <= _LATEST:
        raise wrong(field, "must be a day from 1970 to 2199")
    return ordinal


def first_day(ordinal: int) -> date | None:
    return None if ordinal == ALWAYS else date.fromordinal(ordinal)


def last_day(end: int) -> date | None:
    """The day before the end; None where it is open."""
    return None if end == FOREVER else date.fromordinal(end - 1)


def instant(second: int | None) -> str | None:
    return None if second is None else datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def checked_password(password: str) -> str:
    if (message := passwords.what_is_wrong(password)) is not None:
        raise wrong("password", message)
    return password


def team_ids(connection: Connection, organisation: int, wanted: Sequence[UUID]) -> list[int]:
    """Without doubles, in order. Raises `TeamNotFound`."""
    known = {one.uuid: one.id for one in people.all_teams(connection, organisation)}
    unknown = sorted(set(wanted) - known.keys())
    if unknown:
        raise TeamNotFound("no such team in this organisation", [Detail("teamId", str(one)) for one in unknown])
    return [known[one] for one in dict.fromkeys(wanted)]


def person(connection: Connection, organisation: int, uuid: UUID) -> people.Person:
    """Raises `UserNotFound`."""
    found = people.user_by_uuid(connection, organisation, uuid)
    if found is None:
        raise UserNotFound("no such user in this organisation", [Detail("userId", str(uuid))])
    return found
