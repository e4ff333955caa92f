"""`/v1/policy` and `/v1/users/{userId}/policy`: what holds for everybody, and what for one person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from timegrain.api.calls import Answered, Call, Given
from timegrain.api.jobs import JobStarted, change_within
from timegrain.api.ranges import ZoneName, known_zone
from timegrain.api.routes import Route, nothing
from timegrain.counting.attendance import AS_GENERAL
from timegrain.counting.calendar import date_at, written_instant
from timegrain.errors import wrong
from timegrain.policy_changes import LONGEST_NOTICE, as_columns, as_fields
from timegrain.scheduling import ScheduleChange, as_bits, change_schedule, hours, weekdays
from timegrain.scheduling import as_fields as schedule_fields
from timegrain.storage.changes import Change
from timegrain.storage.queries.policy_shown import PolicyShown, policy_shown
from timegrain.storage.schedules import OF_ORGANISATION

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=1440)]
PerMinute = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Days = Annotated[int, msgspec.Meta(ge=1, le=36_525)]
Hours = Annotated[float, msgspec.Meta(ge=0, le=24)]
Notice = Annotated[str, msgspec.Meta(max_length=LONGEST_NOTICE, pattern=r"^[^\0]*$")]
WeekStart = Literal["monday", "sunday", "saturday"]
Titles = Literal["none", "self", "managers"]
Urls = Literal["host", "full"]


class DatedSchedule(msgspec.Struct, rename="camel"):
    """What holds from a day to the next; of a person null: as the organisation's."""

    first: date | None = msgspec.field(name="from")
    work_days: list[Weekday] | None
    expected_hours: float | None


class RetentionRun(msgspec.Struct, rename="camel"):
    """What a run of retention removed, of `done` of `total` people; `finishedAt` null: it goes on."""

    started_at: str
    finished_at: str | None
    done: int
    total: int
    facts: int
    titles: int
    quarter_hours: int


class Kept(msgspec.Struct, rename="camel"):
    """The first day of which each is kept of everybody; null: all there ever was."""

    facts_from: date | None
    titles_from: date | None
    slots_from: date | None
    last_run: RetentionRun | None


class Policy(msgspec.Struct, rename="camel"):
    """`workDays` and `expectedHours` are today's; `schedules` are all that were set, from when on.

    `factsDays`, `titlesDays` and `slotsDays` null: for ever. `holdsFrom` is there where facts were retired: from that
    day on limits and idle counting hold for everybody, what is older stays as it was.
    """

    time_zone: str
    week_start: WeekStart
    idle_counting: bool
    idle_minutes: int
    away_limit_minutes: int
    unattended_limit_minutes: int
    titles: Titles
    urls: Urls
    notice: str | None
    own_erasure: bool
    questions_a_minute: int
    batches_a_minute: int
    audit_days: int
    facts_days: int | None
    titles_days: int | None
    slots_days: int | None
    kept: Kept
    holds_from: date | None
    work_days: list[Weekday]
    expected_hours: float
    schedules: list[DatedSchedule]


class PolicyInForce(msgspec.Struct, rename="camel"):
    idle_counting: bool
    idle_minutes: int
    away_limit_minutes: int
    unattended_limit_minutes: int
    work_days: list[Weekday]
    expected_hours: float


class UserPolicy(msgspec.Struct, rename="camel"):
    """The person's own; null: as the organisation's. `inForce` is what holds for them today.

    `factsFrom`: since when their facts are kept; `holdsFrom`, where there is older time: from when on limits and idle
    counting hold for them.
    """

    user_id: UUID
    idle_counting: bool | None
    idle_minutes: int | None
    away_limit_minutes: int | None
    unattended_limit_minutes: int | None
    schedules: list[DatedSchedule]
    in_force: PolicyInForce
    facts_from: date | None
    holds_from: date | None


class PolicyToSet(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What is left out stays. `workDays` and `expectedHours` hold `from` a day on, today unless told."""

    time_zone: ZoneName | UnsetType = UNSET
    week_start: WeekStart | UnsetType = UNSET
    idle_counting: bool | UnsetType = UNSET
    idle_minutes: Minutes | UnsetType = UNSET
    away_limit_minutes: Minutes | UnsetType = UNSET
    unattended_limit_minutes: Minutes | UnsetType = UNSET
    titles: Titles | UnsetType = UNSET
    urls: Urls | UnsetType = UNSET
    notice: Notice | UnsetType | None = UNSET
    own_erasure: bool | UnsetType = UNSET
    questions_a_minute: PerMinute | UnsetType = UNSET
    batches_a_minute: PerMinute | UnsetType = UNSET
    audit_days: Days | UnsetType = UNSET
    facts_days: Days | UnsetType | None = UNSET
    titles_days: Days | UnsetType | None = UNSET
    slots_days: Days | UnsetType | None = UNSET
    work_days: list[Weekday] | UnsetType = UNSET
    expected_hours: Hours | UnsetType = UNSET
    first: date | UnsetType = msgspec.field(name="from", default=UNSET)


class UserPolicyToSet(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What is left out stays; null is as the organisation's."""

    idle_counting: bool | UnsetType | None = UNSET
    idle_minutes: Minutes | UnsetType | None = UNSET
    away_limit_minutes: Minutes | UnsetType | None = UNSET
    unattended_limit_minutes: Minutes | UnsetType | None = UNSET
    work_days: list[Weekday] | UnsetType | None = UNSET
    expected_hours: Hours | UnsetType | None = UNSET
    first: date | UnsetType = msgspec.field(name="from", default=UNSET)


class _Asked(NamedTuple):
    user: UUID | None
    columns: dict[str, Any]
    schedule: ScheduleChange | None


def _read_change(given: Given) -> _Asked:
    fields = msgspec.to_builtins(given.body)
    work_days, expected = fields.pop("workDays", UNSET), fields.pop("expectedHours", UNSET)
    first = given.caller.today if given.body.first is UNSET else given.body.first.toordinal()
    if fields.pop("from", None) and work_days is UNSET and expected is UNSET:
        raise wrong("from", "goes with workDays or expectedHours")
    if "timeZone" in fields:
        known_zone(fields["timeZone"])
    _require_order(fields)
    schedule = None
    if not (work_days is UNSET and expected is UNSET):
        schedule = ScheduleChange(first, _bits(work_days), _seconds(expected))
    user = given.id("userId") if "userId" in given.path else None
    return _Asked(user, as_columns(fields), schedule)


def _bits(names: list[str] | UnsetType | None) -> int | None:
    if names is UNSET:
        return None
    return AS_GENERAL if names is None else as_bits(names)


def _seconds(expected: float | UnsetType | None) -> int | None:
    if expected is UNSET:
        return None
    return AS_GENERAL if expected is None else round(expected * 3600)


def _require_order(fields: dict[str, Any]) -> None:
    """Of those that the request itself gives; what it leaves out is looked at when the change is made."""
    for names in (
        ("idleMinutes", "awayLimitMinutes", "unattendedLimitMinutes"),
        ("titlesDays", "factsDays", "slotsDays"),
    ):
        given = [(name, fields[name]) for name in names if fields.get(name) is not None]
        for (lower, least), (higher, most) in pairwise(given):
            if least > most:
                raise wrong(higher, f"is less than {lower}")


def _change(call: Call, asked: _Asked) -> Policy | UserPolicy | Answered:
    house, organisation = call.house, call.caller.organisation
    user = OF_ORGANISATION if asked.user is None else _person(call, asked.user)
    call.trail.recorded = True
    call.connection.rollback()
    started: object = None
    if asked.columns:
        change = Change(values=asked.columns, user=None if asked.user is None else user)
        started = change_within(call, change)
    if asked.schedule is not None:
        change_schedule(house.database, organisation, asked.schedule, call.actor, user)
    if isinstance(started, Answered):
        return started
    with house.database.read() as connection:
        return _shown(policy_shown(connection, organisation, user), asked.user, call.caller.today)


def _person(call: Call, uuid: UUID) -> int:
    return call.people([uuid])[0].user


def _shown(held: PolicyShown, user: UUID | None, today: int) -> Policy | UserPolicy:
    now = held.terms.on(today)
    day = {"workDays": weekdays(now.work_days), "expectedHours": hours(now.expected)}
    holds = _date(held, held.kept_from.holds)
    if user is None:
        schedules = [schedule_fields(one) for one in held.terms.general]
        fields = {**as_fields(held.general), **day, "schedules": schedules, "kept": _kept(held), "holdsFrom": holds}
        return msgspec.convert(fields, Policy)
    in_force = {**as_fields(held.limits), **day}
    schedules = [schedule_fields(one) for one in held.terms.schedules]
    own = {"userId": user, **as_fields(held.own), "schedules": schedules, "inForce": in_force}
    own |= {"factsFrom": _date(held, held.kept_from.facts), "holdsFrom": holds}
    return msgspec.convert(own, UserPolicy)


def _date(held: PolicyShown, second: int | None) -> str | None:
    return None if second is None else date_at(held.general["zone"], second)


def _kept(held: PolicyShown) -> dict[str, Any]:
    facts, titles, slots, _ = held.kept_from
    # Titles go with their facts.
    titles = max((one for one in (facts, titles) if one is not None), default=None)
    since = {"factsFrom": facts, "titlesFrom": titles, "slotsFrom": slots}
    return {**{name: _date(held, second) for name, second in since.items()}, "lastRun": _run(held.run)}


def _run(run: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {
        "startedAt": written_instant(run["started_at"]),
        "finishedAt": written_instant(run["finished_at"]),
        "done": run["done"],
        "total": run["total"],
        "facts": run["facts"],
        "titles": run["texts"],
        "quarterHours": run["slots"],
    }


def _get(call: Call, _asked: None) -> Policy | UserPolicy:
    return _shown(policy_shown(call.connection, call.caller.organisation), None, call.caller.today)


def _read_user(given: Given) -> UUID:
    return given.id("userId")


def _get_user(call: Call, uuid: UUID) -> Policy | UserPolicy:
    user = _person(call, uuid)
    return _shown(policy_shown(call.connection, call.caller.organisation, user), uuid, call.caller.today)


ROUTES = (
    Route(
        method="GET",
        path="/v1/policy",
        name="getPolicy",
        summary="What holds for everybody of the organisation",
        message="Fetched policy successfully",
        read=nothing,
        data=Policy,
        work=_get,
    ),
    Route(
        method="PATCH",
        path="/v1/policy",
        name="patchPolicy",
        summary="Change what holds for everybody; limits, idle counting and zone for all stored time",
        message="Changed policy successfully",
        body=PolicyToSet,
        read=_read_change,
        data=Policy,
        also={202: JobStarted},
        work=_change,
    ),
    Route(
        method="GET",
        path="/v1/users/{userId}/policy",
        name="getUserPolicy",
        summary="What holds for one person alone, and what is in force for them",
        message="Fetched policy successfully",
        read=_read_user,
        data=UserPolicy,
        work=_get_user,
    ),
    Route(
        method="PATCH",
        path="/v1/users/{userId}/policy",
        name="patchUserPolicy",
        summary="Change what holds for one person; null is as the organisation's",
        message="Changed policy successfully",
        body=UserPolicyToSet,
        read=_read_change,
        data=UserPolicy,
        also={202: JobStarted},
        work=_change,
    ),
)
