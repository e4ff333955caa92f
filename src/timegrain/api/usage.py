"""`POST /v1/app-usage`: what people used. `GET /v1/subjects`: what was really used, to be rated."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, NamedTuple

import msgspec

from timegrain import clock
from timegrain.api.calls import Call, Given
from timegrain.api.paging import MOST_ITEMS, PageQuery, page_of, read_cursor
from timegrain.api.ranges import LocalTime, PeopleAsked, RangeRequest, ZoneName, known_zone, read_range
from timegrain.api.ratings import KindName
from timegrain.api.routes import Route
from timegrain.counting.calendar import Asked, local_day
from timegrain.counting.ratings import STARTER, RuleBook
from timegrain.figures.usage import SubjectUsed, Use, place_of, rating_of, shown, used
from timegrain.rating_changes import kind_name
from timegrain.storage.queries.people_meant import profiles_within
from timegrain.storage.queries.usage import Subject
from timegrain.summary import asked

SUBJECT_DAYS = 28
"""How far back subjects are listed unless told."""


class AppUsage(msgspec.Struct, rename="camel"):
    """The most used first. `activeSeconds` are those of all pages."""

    items: list[SubjectUsed]
    next_cursor: str | None
    active_seconds: int


class WinningRule(msgspec.Struct, rename="camel"):
    """The organisation's rule that rates a subject, or the starter catalogue's."""

    kind: KindName
    subject: str
    starter: bool


class ListedSubject(SubjectUsed, rename="camel"):
    """`rule` is null where no rule of the organisation or the starter catalogue rates it."""

    rule: WinningRule | None


class Subjects(msgspec.Struct, rename="camel"):
    """Those without a rule first; the most used first."""

    items: list[ListedSubject]
    next_cursor: str | None


class SubjectsQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Without dates the last 28 days; without `timeZone` those of the home zone. `q` is a part of the name."""

    rating: Literal["productive", "neutral", "unproductive", "mixed", "unrated"] | None = None
    q: str | None = None
    start_date: LocalTime | None = None
    end_date: LocalTime | None = None
    time_zone: ZoneName | None = None
    cursor: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_ITEMS)] = 50


class _Usage(NamedTuple):
    people: PeopleAsked
    after: tuple[int, str, int] | None
    limit: int


class _SubjectsAsked(NamedTuple):
    range: Asked
    query: SubjectsQuery
    after: tuple[bool, int, str, int] | None


def _read_usage(given: Given) -> _Usage:
    query: PageQuery = given.query
    return _Usage(read_range(given), read_cursor(query.cursor, tuple[int, str, int]), query.limit)


def _usage(call: Call, asked: _Usage) -> AppUsage:
    within = asked.people.range.start, asked.people.range.end
    uses, book, tally = used(call.asker, call.profiles(asked.people.users, asked.people.teams), within)
    found = sorted(uses.items(), key=place_of)
    if asked.after is not None:
        found = [one for one in found if place_of(one) > asked.after]
    items, following = page_of(found[: asked.limit + 1], asked.limit, place_of)
    return AppUsage([shown(*one, book, tally.active) for one in items], following, tally.active)


def _read_subjects(given: Given) -> _SubjectsAsked:
    query: SubjectsQuery = given.query
    zone = given.caller.zone if query.time_zone is None else known_zone(query.time_zone)
    today = local_day(zone, clock.now())
    start, end = query.start_date, query.end_date
    if start is None:
        start = f"{date.fromordinal(today - SUBJECT_DAYS + 1)} 00:00:00"
    if end is None:
        end = f"{date.fromordinal(today)} 23:59:59"
    return _SubjectsAsked(asked(start, end, zone), query, read_cursor(query.cursor, tuple[bool, int, str, int]))


def _subjects(call: Call, asked: _SubjectsAsked) -> Subjects:
    profiles = profiles_within(call.connection, call.caller.organisation, call.reach)
    call.about.update(one.user for one in profiles)
    uses, book, tally = used(call.asker, profiles, (asked.range.start, asked.range.end))

    def place(one: tuple[Subject, Use]) -> tuple[bool, int, str, int]:
        return book.rule_for(None, *one[0]) is not None, *place_of(one)

    found = sorted(_wanted(uses.items(), asked.query, book), key=place)
    if asked.after is not None:
        found = [one for one in found if place(one) > asked.after]
    items, following = page_of(found[: asked.query.limit + 1], asked.query.limit, place)
    return Subjects([_listed(*one, book, tally.active) for one in items], following)


def _wanted(uses: Iterable[tuple[Subject, Use]], query: SubjectsQuery, book: RuleBook) -> Iterable[tuple[Subject, Use]]:
    part = (query.q or "").casefold()
    for subject, use in uses:
        rating = rating_of(use)
        rated = "mixed" if rating is None else rating.name.lower()
        unrated = book.rule_for(None, *subject) is None
        if part in subject[1].casefold() and query.rating in (None, rated, "unrated" if unrated else None):
            yield subject, use


def _listed(subject: Subject, use: Use, book: RuleBook, all_seconds: int) -> ListedSubject:
    told = shown(subject, use, book, all_seconds)
    rule = book.rule_for(None, *subject)
    winning = None if rule is None else WinningRule(kind_name(rule.kind), rule.name, rule.team == STARTER)
    return ListedSubject(**msgspec.structs.asdict(told), rule=winning)


ROUTES = (
    Route(
        method="POST",
        path="/v1/app-usage",
        name="postAppUsage",
        summary="What people used in a range, and for how long",
        message="Fetched app usage successfully",
        body=RangeRequest,
        query=PageQuery,
        read=_read_usage,
        data=AppUsage,
        long=True,
        work=_usage,
    ),
    Route(
        method="GET",
        path="/v1/subjects",
        name="getSubjects",
        summary="What was really used, those without a rule first",
        message="Fetched subjects successfully",
        query=SubjectsQuery,
        read=_read_subjects,
        data=Subjects,
        long=True,
        work=_subjects,
    ),
)
