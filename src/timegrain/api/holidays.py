"""`/v1/holidays`: days on which nobody of the organisation is expected to work."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec

from timegrain.api.calls import Call, Given
from timegrain.api.paging import PageQuery, page_of, read_cursor
from timegrain.api.routes import Route
from timegrain.counting.calendar import FIRST_YEAR, LAST_YEAR
from timegrain.errors import wrong
from timegrain.storage import schedules
from timegrain.storage.schedules import Holiday


class HolidayQuery(PageQuery, rename="camel", forbid_unknown_fields=True):
    """Without `year` those of all years."""

    year: Annotated[int, msgspec.Meta(ge=FIRST_YEAR, le=LAST_YEAR)] | None = None


class ShownHoliday(msgspec.Struct, rename="camel"):
    holiday_id: UUID
    day: date
    name: str


class ShownHolidays(msgspec.Struct, rename="camel"):
    items: list[ShownHoliday]
    next_cursor: str | None


class HolidayToAdd(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    day: date
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\0]*$")]


class _Page(NamedTuple):
    first: int
    end: int
    limit: int


def _read_page(given: Given) -> _Page:
    query: HolidayQuery = given.query
    first, end = (1, date.max.toordinal())
    if query.year is not None:
        first, end = date(query.year, 1, 1).toordinal(), date(query.year + 1, 1, 1).toordinal()
    after = read_cursor(query.cursor, int)
    return _Page(first if after is None else max(first, after + 1), end, query.limit)


def _list(call: Call, asked: _Page) -> ShownHolidays:
    found = schedules.holidays_between(call.connection, call.caller.organisation, asked.first, asked.end)
    items, following = page_of(found, asked.limit, lambda one: one.day)
    return ShownHolidays([_shown(one) for one in items], following)


def _shown(one: Holiday) -> ShownHoliday:
    return ShownHoliday(one.uuid, date.fromordinal(one.day), one.name)


def _read_new(given: Given) -> HolidayToAdd:
    body: HolidayToAdd = given.body
    if not FIRST_YEAR <= body.day.year <= LAST_YEAR:
        raise wrong("day", f"outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return body


def _add(call: Call, asked: HolidayToAdd) -> ShownHoliday:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        made = schedules.add_holiday(connection, organisation, asked.day.toordinal(), asked.name)
        call.record(connection, after=_fields(made))
    return _shown(made)


def _fields(one: Holiday) -> dict[str, Any]:
    return {"day": date.fromordinal(one.day).isoformat(), "name": one.name}


def _read_id(given: Given) -> UUID:
    return given.id("holidayId")


def _remove(call: Call, uuid: UUID) -> None:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        was = schedules.remove_holiday(connection, organisation, uuid)
        call.record(connection, before=_fields(was))


ROUTES = (
    Route(
        method="GET",
        path="/v1/holidays",
        name="getHolidays",
        summary="The organisation's holidays, by day",
        message="Fetched holidays successfully",
        query=HolidayQuery,
        read=_read_page,
        data=ShownHolidays,
        work=_list,
    ),
    Route(
        method="POST",
        path="/v1/holidays",
        name="postHoliday",
        summary="Add a holiday",
        message="Added holiday successfully",
        body=HolidayToAdd,
        read=_read_new,
        data=ShownHoliday,
        status=201,
        work=_add,
    ),
    Route(
        method="DELETE",
        path="/v1/holidays/{holidayId}",
        name="deleteHoliday",
        summary="Remove a holiday",
        read=_read_id,
        status=204,
        work=_remove,
    ),
)
