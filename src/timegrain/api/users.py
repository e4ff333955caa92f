"""`/v1/users`: people with their employment and teams over time."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from timegrain.api.calls import Call, Given
from timegrain.api.paging import PageQuery, page_of, read_cursor
from timegrain.api.people_fields import (
    Email,
    Password,
    PersonName,
    WorkMode,
    checked_password,
    day,
    first_day,
    instant,
    last_day,
    person,
    team_ids,
)
from timegrain.api.routes import Route
from timegrain.counting.memberships import ALWAYS, FOREVER
from timegrain.errors import wrong
from timegrain.people_changes import NewPerson, PersonChange, add_person, change_person, erase_person_for_good
from timegrain.storage.audit import Actor
from timegrain.storage.passwords import hashed
from timegrain.storage.queries.accounts import Account, accounts
from timegrain.storage.queries.people_meant import Profile, profiles_within
from timegrain.storage.roles import Role, all_roles, role_of
from timegrain.storage.schema import EMPLOYEE


class Days(msgspec.Struct, rename="camel"):
    """`from` null: from the beginning; `to`, the last day, null: without an end."""

    from_: date | None = msgspec.field(name="from")
    to: date | None


class TeamOfUser(msgspec.Struct, rename="camel"):
    team_id: UUID
    name: str
    from_: date | None = msgspec.field(name="from")
    to: date | None
    primary: bool


class RoleOfUser(msgspec.Struct, rename="camel"):
    role_id: UUID
    name: str


class User(msgspec.Struct, rename="camel"):
    """`joinedOn` is the first day of the first employment, `leftOn` the last day of the last; null: open.
    Without employments a person counts as employed at all times."""

    user_id: UUID
    name: str
    email: str
    active: bool
    role: RoleOfUser
    work_mode: str
    joined_on: date | None
    left_on: date | None
    employments: list[Days]
    teams: list[TeamOfUser]
    created_at: str | None


class Users(msgspec.Struct, rename="camel"):
    items: list[User]
    next_cursor: str | None


class NewUser(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Employed and a member from `joinedOn` on, without it for all time; the first team is primary."""

    name: PersonName
    email: Email
    role_id: UUID | None = None
    work_mode: WorkMode = "office"
    teams: list[UUID] = []
    joined_on: date | None = None
    password: Password | None = None


class ChangedUser(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What is not given stays. `teams` hold from today on, the first one primary. `active` false ends employment
    with today and refuses tokens, keys and sessions at once; true begins another today."""

    name: PersonName | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    role_id: UUID | UnsetType = UNSET
    work_mode: WorkMode | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    teams: list[UUID] | UnsetType = UNSET
    joined_on: date | UnsetType | None = UNSET
    left_on: date | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET


class ConfirmQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """`confirm` is the person's id once more."""

    confirm: UUID


class UsersQuery(PageQuery, rename="camel", forbid_unknown_fields=True):
    """`q` is a part of the name or the mail, `teamId` a team that they belong to today."""

    q: str = ""
    team_id: UUID | None = None
    active: bool | None = None


class _PageAsked(NamedTuple):
    after: tuple[str, str] | None
    limit: int
    text: str
    team: UUID | None
    active: bool | None

    @property
    def narrows(self) -> bool:
        return bool(self.text) or self.team is not None or self.active is not None

    def means(self, one: Account, today: int) -> bool:
        return (
            (self.text in one.name.lower() or self.text in one.email.lower())
            and (self.team is None or any(held.team == self.team for held in one.teams_on(today)))
            and (self.active is None or one.active(today) == self.active)
        )


class _ChangeAsked(NamedTuple):
    uuid: UUID
    body: ChangedUser
    joined: int | None
    ends: int | None


def _read_page(given: Given) -> _PageAsked:
    query: UsersQuery = given.query
    after = read_cursor(query.cursor, tuple[str, str])
    return _PageAsked(after, query.limit, query.q.strip().lower(), query.team_id, query.active)


def _place(one: Profile | Account) -> tuple[str, str]:
    return one.name, str(one.uuid)


def _list(call: Call, asked: _PageAsked) -> Users:
    organisation, today = call.caller.organisation, call.reach.today
    found = profiles_within(call.connection, organisation, call.reach, most=None)
    after = [one for one in found if asked.after is None or _place(one) > asked.after]
    if asked.narrows:
        every = accounts(call.connection, organisation, (one.user for one in after))
        items, following = page_of([one for one in every if asked.means(one, today)], asked.limit, _place)
    else:
        page, following = page_of(after, asked.limit, _place)
        items = accounts(call.connection, organisation, (one.user for one in page))
    call.about.update(one.id for one in items)
    return Users([shown(one, today) for one in items], following)


def shown(one: Account, today: int) -> User:
    return User(
        one.uuid,
        one.name,
        one.email,
        one.active(today),
        RoleOfUser(one.role, one.role_name),
        one.work_mode,
        first_day(one.employments[0][0]) if one.employments else None,
        last_day(one.employments[-1][1]) if one.employments else None,
        [Days(first_day(first), last_day(end)) for first, end in one.employments],
        [
            TeamOfUser(held.team, held.name, first_day(held.days.first), last_day(held.days.end), held.days.primary)
            for held in one.teams
        ],
        instant(one.created_at),
    )


def _read_id(given: Given) -> UUID:
    return given.id("userId")


def _one(call: Call, uuid: UUID) -> User:
    (profile,) = call.profiles([uuid])
    return shown(accounts(call.connection, call.caller.organisation, [profile.user])[0], call.reach.today)


def _read_new(given: Given) -> NewUser:
    body: NewUser = given.body
    if body.joined_on is not None:
        day("joinedOn", body.joined_on)
    if body.password is not None:
        checked_password(body.password)
    return body


def _add(call: Call, asked: NewUser) -> User:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        found = all_roles(connection, organisation)
        role = _role(found, asked.role_id)
        teams = team_ids(connection, organisation, asked.teams)
        joined = asked.joined_on.toordinal() if asked.joined_on else ALWAYS
        new = NewPerson(asked.name, asked.email, role, teams, asked.work_mode, asked.password, joined)
        made = add_person(connection, organisation, new)
        call.about.add(made.id)
        return shown(accounts(connection, organisation, [made.id])[0], call.reach.today)


def _role(found: list[Role], uuid: UUID | None) -> int:
    return EMPLOYEE if uuid is None else role_of(found, uuid).id


def _read_change(given: Given) -> _ChangeAsked:
    body: ChangedUser = given.body
    if isinstance(body.password, str):
        checked_password(body.password)
    joined = None if body.joined_on is UNSET else ALWAYS
    if isinstance(body.joined_on, date):
        joined = day("joinedOn", body.joined_on)
    ends = None if body.left_on is UNSET else FOREVER
    if isinstance(body.left_on, date):
        ends = day("leftOn", body.left_on) + 1
    return _ChangeAsked(given.id("userId"), body, joined, ends)


def _change(call: Call, asked: _ChangeAsked) -> User:
    organisation, body = call.caller.organisation, asked.body
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        user = person(connection, organisation, asked.uuid).id
        given = {"name": body.name, "email": body.email, "work_mode": body.work_mode}
        values: dict[str, Any] = {column: value for column, value in given.items() if value is not UNSET}
        if isinstance(body.role_id, UUID):
            values["role_id"] = role_of(all_roles(connection, organisation), body.role_id).id
        if isinstance(body.password, str):
            values["password"] = hashed(body.password)
        teams = None if isinstance(body.teams, UnsetType) else team_ids(connection, organisation, body.teams)
        active = None if isinstance(body.active, UnsetType) else body.active
        change = PersonChange(call.reach.today, values, teams, asked.joined, asked.ends, active)
        change_person(connection, organisation, user, change)
        call.about.add(user)
        return shown(accounts(connection, organisation, [user])[0], call.reach.today)


def _read_erasure(given: Given) -> UUID:
    query: ConfirmQuery = given.query
    uuid = given.id("userId")
    if query.confirm != uuid:
        raise wrong("confirm", "must be the id of the person to be erased")
    return uuid


def _erase(call: Call, uuid: UUID) -> None:
    organisation = call.caller.organisation
    user = person(call.connection, organisation, uuid).id
    call.connection.rollback()
    # What waits may mention them.
    call.house.journal.flush()
    if user == call.caller.user:
        # Who did it is no more, nor is their key.
        erase_person_for_good(call.house.database, organisation, user, Actor(call.operation))
        call.trail.recorded = True
    else:
        erase_person_for_good(call.house.database, organisation, user)


_ITEM = "/v1/users/{userId}"
ROUTES = (
    Route(
        method="GET",
        path="/v1/users",
        name="getUsers",
        summary="People, by name",
        message="Fetched users successfully",
        query=UsersQuery,
        read=_read_page,
        data=Users,
        work=_list,
    ),
    Route(
        method="POST",
        path="/v1/users",
        name="addUser",
        summary="Add a person",
        message="Added user successfully",
        body=NewUser,
        read=_read_new,
        data=User,
        work=_add,
        status=201,
    ),
    Route(
        method="GET",
        path=_ITEM,
        name="getUser",
        summary="One person",
        message="Fetched user successfully",
        read=_read_id,
        data=User,
        work=_one,
    ),
    Route(
        method="PATCH",
        path=_ITEM,
        name="updateUser",
        summary="Change a person; deactivate them or bring them back",
        message="Updated user successfully",
        body=ChangedUser,
        read=_read_change,
        data=User,
        work=_change,
    ),
    Route(
        method="DELETE",
        path=_ITEM,
        name="eraseUser",
        summary="Erase a person with all their facts, for good",
        query=ConfirmQuery,
        read=_read_erasure,
        long=True,
        work=_erase,
        status=204,
    ),
)
