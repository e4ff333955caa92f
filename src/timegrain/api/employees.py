"""`/v1/employees` and `GET /v1/settings/idle-alert`: people, in TrackPilots' shape."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from timegrain.api.calls import Call, Given
from timegrain.api.people_fields import (
    Email,
    Password,
    PersonName,
    TrackPilotsBody,
    WorkMode,
    checked_password,
    person,
    team_ids,
)
from timegrain.api.routes import Route, nothing
from timegrain.people_changes import NewPerson, PersonChange, add_person, change_person
from timegrain.storage.queries.accounts import Account, accounts
from timegrain.storage.queries.people_meant import profiles_within
from timegrain.storage.roles import all_roles, role_of

Teams = Annotated[list[UUID], msgspec.Meta(min_length=1)]


class NewEmployee(TrackPilotsBody, rename="camel", forbid_unknown_fields=True):
    """The first of `teamId` is primary. Member for all time."""

    user_name: PersonName
    email_id: Email
    password: Password
    role_id: UUID
    team_id: Teams
    work_mode: WorkMode


class AddedEmployee(msgspec.Struct, rename="camel"):
    user_name: str
    email_id: str
    user_id: UUID


class ChangedEmployee(TrackPilotsBody, rename="camel", forbid_unknown_fields=True):
    """Memberships change from today on."""

    user_id: UUID
    user_name: PersonName
    role_id: UUID
    team_id: Teams
    work_mode: WorkMode


class UpdatedEmployee(msgspec.Struct, rename="camel"):
    user_name: str
    user_id: UUID


class EmployeesFilter(TrackPilotsBody, rename="camel", forbid_unknown_fields=True):
    user_id: Annotated[list[UUID], msgspec.Meta(min_length=1)]


class EmployeeTeam(msgspec.Struct, rename="camel"):
    team_id: UUID
    team_name: str


class Employee(msgspec.Struct, rename="camel"):
    """`teamId` are today's teams, the primary one first; `uniqueUrl` is the person's page on this server."""

    user_id: UUID
    user_name: str
    email_id: str
    unique_url: str
    profile_pic_url: str | None
    team_id: list[EmployeeTeam]
    account_status: Literal["Active", "Inactive"]
    role_id: UUID
    role_name: str
    work_mode: str


class IdleAlert(msgspec.Struct, rename="camel"):
    minimum_idle_time_minutes: int
    enable_idle_time_alert: bool


class EmployeeIdleAlert(msgspec.Struct, rename="camel"):
    user_id: UUID
    user_name: str
    email_id: str
    profile_pic_url: str | None
    idle_alert_settings: IdleAlert


def _read_new(given: Given) -> NewEmployee:
    body: NewEmployee = given.body
    checked_password(body.password)
    return body


def _add(call: Call, asked: NewEmployee) -> AddedEmployee:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        role = role_of(all_roles(connection, organisation), asked.role_id).id
        teams = team_ids(connection, organisation, asked.team_id)
        new = NewPerson(asked.user_name, asked.email_id, role, teams, asked.work_mode, asked.password)
        made = add_person(connection, organisation, new)
    call.about.add(made.id)
    return AddedEmployee(made.name, made.email, made.uuid)


def _update(call: Call, asked: ChangedEmployee) -> UpdatedEmployee:
    organisation = call.caller.organisation
    call.connection.rollback()
    with call.house.database.write(organisation, policy=True) as connection:
        user = person(connection, organisation, asked.user_id)
        role = role_of(all_roles(connection, organisation), asked.role_id).id
        teams = team_ids(connection, organisation, asked.team_id)
        values = {"name": asked.user_name, "role_id": role, "work_mode": asked.work_mode}
        change_person(connection, organisation, user.id, PersonChange(call.reach.today, values, teams))
    call.about.add(user.id)
    return UpdatedEmployee(asked.user_name, asked.user_id)


def _filter(call: Call, asked: EmployeesFilter) -> list[Employee]:
    found = call.profiles(asked.user_id)
    today = call.reach.today
    return [
        _employee(one, today)
        for one in accounts(call.connection, call.caller.organisation, (who.user for who in found))
    ]


def _employee(one: Account, today: int) -> Employee:
    return Employee(
        one.uuid,
        one.name,
        one.email,
        f"/people/{one.uuid}",
        None,
        [EmployeeTeam(held.team, held.name) for held in one.teams_on(today)],
        "Active" if one.active(today) else "Inactive",
        one.role,
        one.role_name,
        one.work_mode,
    )


def _idle_alerts(call: Call, _asked: None) -> list[EmployeeIdleAlert]:
    organisation = call.caller.organisation
    found = profiles_within(call.connection, organisation, call.reach)
    call.about.update(one.user for one in found)
    return [
        EmployeeIdleAlert(one.uuid, one.name, one.email, None, IdleAlert(one.idle_threshold // 60, one.idle_counting))
        for one in accounts(call.connection, organisation, (who.user for who in found))
    ]


ROUTES = (
    Route(
        method="POST",
        path="/v1/employees",
        name="addEmployee",
        summary="Add a person",
        message="User added successfully",
        body=NewEmployee,
        read=_read_new,
        response=AddedEmployee,
        changes=True,
        work=_add,
    ),
    Route(
        method="PATCH",
        path="/v1/employees",
        name="updateEmployee",
        summary="Change a person's name, role and work mode, and their teams from today on",
        message="User details updated successfully",
        body=ChangedEmployee,
        response=UpdatedEmployee,
        work=_update,
    ),
    Route(
        method="POST",
        path="/v1/employees/filter",
        name="filterEmployees",
        summary="People by their ids",
        message="Fetched employee details successfully",
        body=EmployeesFilter,
        data=list[Employee],
        work=_filter,
    ),
    Route(
        method="GET",
        path="/v1/settings/idle-alert",
        name="getIdleAlerts",
        summary="Whose idle time is counted, from how many minutes on",
        message="Fetched idle alert settings successfully",
        read=nothing,
        data=list[EmployeeIdleAlert],
        work=_idle_alerts,
    ),
)
