"""`GET /v1/ratings`: the rules. `PUT /v1/ratings`: many set or removed at once."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple
from uuid import UUID

import msgspec

from timegrain.api.calls import Answered, Call, Given
from timegrain.api.jobs import JobStarted, WhatChanged, change_within, what_changed
from timegrain.api.paging import PageQuery, page_of, read_cursor
from timegrain.api.routes import Route
from timegrain.counting.facts import LONGEST_NAME
from timegrain.counting.ratings import STARTER
from timegrain.counting.subjects import NameKind
from timegrain.errors import wrong
from timegrain.rating_changes import KINDS, LONGEST_CATEGORY, RATINGS, GivenRating, as_change, kind_name, known_team
from timegrain.storage import people, ratings
from timegrain.storage.ratings import ORGANISATION, ListedRule

MOST_RATINGS = 1000

KindName = Literal["application", "domain"]
RatingName = Literal["productive", "neutral", "unproductive"]
Subject = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME, pattern=r"^[^\0]*$")]
Category = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_CATEGORY, pattern=r"^[^\0]*$")]


class ListedRating(msgspec.Struct, rename="camel"):
    """One rule. `teamId` is null for one of the organisation or the starter catalogue; `ignoreIdle` is null for a
    team's that leaves it to the organisation's."""

    subject: str
    kind: KindName
    rating: RatingName
    ignore_idle: bool | None
    category: str | None
    team_id: UUID | None
    starter: bool


class ListedRatings(msgspec.Struct, rename="camel"):
    items: list[ListedRating]
    next_cursor: str | None


class RatingToSet(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Without `kind` what could be a host is rated as an application and as a domain; `rating` null removes."""

    subject: Subject
    rating: RatingName | None
    kind: KindName | None = None
    ignore_idle: bool | None = None
    category: Category | None = None
    team_id: UUID | None = None


class RatingsRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    ratings: Annotated[list[RatingToSet], msgspec.Meta(min_length=1, max_length=MOST_RATINGS)]


class DryRunQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """`dryRun` only says what would change."""

    dry_run: bool = False


class _PageAsked(NamedTuple):
    after: ratings.RuleKey | None
    limit: int


def _read_page(given: Given) -> _PageAsked:
    query: PageQuery = given.query
    after = read_cursor(query.cursor, tuple[int, NameKind, str])
    return _PageAsked(after, query.limit)


def _list(call: Call, asked: _PageAsked) -> ListedRatings:
    found = ratings.some_rules(call.connection, call.caller.organisation, asked.after, asked.limit + 1)
    items, following = page_of(found, asked.limit, lambda one: one.rule.key)
    return ListedRatings([_listed(one) for one in items], following)


def _listed(one: ListedRule) -> ListedRating:
    rule = one.rule
    rating: RatingName = rule.rating.name.lower()  # type: ignore[assignment]
    kind: KindName = kind_name(rule.kind)
    return ListedRating(rule.subject, kind, rating, rule.ignore_idle, rule.category, one.team, rule.team == STARTER)


class _ChangeAsked(NamedTuple):
    ratings: list[RatingToSet]
    dry_run: bool


def _read_change(given: Given) -> _ChangeAsked:
    body: RatingsRequest = given.body
    query: DryRunQuery = given.query
    for place, one in enumerate(body.ratings):
        if not one.subject.strip():
            raise wrong(f"ratings[{place}].subject", "is empty")
        if not _as_given(one, ORGANISATION).kinds():
            raise wrong(f"ratings[{place}].subject", "not a bare host name")
    return _ChangeAsked(body.ratings, query.dry_run)


def _as_given(one: RatingToSet, team: int) -> GivenRating:
    rating = RATINGS[one.rating] if one.rating else None
    kind = KINDS[one.kind] if one.kind else None
    return GivenRating(one.subject, rating, kind, one.ignore_idle, one.category, team)


def _change(call: Call, asked: _ChangeAsked) -> WhatChanged | Answered:
    organisation = call.caller.organisation
    teams = {one.uuid: one.id for one in people.all_teams(call.connection, organisation)}
    given = [_as_given(one, known_team(one.team_id, teams) if one.team_id else ORGANISATION) for one in asked.ratings]
    changed = change_within(call, as_change(given), asked.dry_run)
    return changed if isinstance(changed, Answered) else what_changed(changed)


ROUTES = (
    Route(
        method="GET",
        path="/v1/ratings",
        name="getRatings",
        summary="The rating rules: the organisation's, the teams', the starter catalogue's",
        message="Fetched ratings successfully",
        query=PageQuery,
        read=_read_page,
        data=ListedRatings,
        work=_list,
    ),
    Route(
        method="PUT",
        path="/v1/ratings",
        name="putRatings",
        summary="Set and remove many ratings at once, for all stored time",
        message="Changed ratings successfully",
        body=RatingsRequest,
        query=DryRunQuery,
        read=_read_change,
        data=WhatChanged,
        also={202: JobStarted},
        work=_change,
    ),
)
