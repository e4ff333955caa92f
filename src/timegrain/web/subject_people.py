"""Who used a subject and when, and the rules that rate it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from timegrain.counting.calendar import day_start, whole_weeks
from timegrain.counting.ratings import STARTER, Rule, RuleBook
from timegrain.figures.pieces import Asker
from timegrain.figures.usage import Usage
from timegrain.figures.usage_by_person import used_by_each
from timegrain.storage.queries.teams_seen import SeenTeam
from timegrain.storage.queries.usage import Subject
from timegrain.web.subject_ratings import key_of
from timegrain.web.subject_rows import Address, rating_name, shown_name
from timegrain.web.views import iso


class OfPerson(NamedTuple):
    name: str
    address: str
    seconds: int
    cells: Sequence[tuple[int, str]]


class HeldRule(NamedTuple):
    """One that rates the subject, by its own name; `team` is "" for the organisation's."""

    whose: str
    name: str
    rating: str
    key: str
    team: str


class UsedBy(NamedTuple):
    name: str
    key: str
    rating: str
    columns: Sequence[str]
    begun: int
    """How many of them are not wholly to come."""
    people: Sequence[OfPerson]
    sums: Sequence[int]
    rules: Sequence[HeldRule]
    close: str

    @property
    def seconds(self) -> int:
        return sum(self.sums)


def used_by(at: Address, asker: Asker, usage: Usage, teams: Sequence[SeenTeam]) -> UsedBy:
    """Who used the subject of the address, on which days; of a month, in which weeks."""
    assert at.subject is not None  # noqa: S101  # asked for only then
    view, use = at.view, usage.uses.get(at.subject)
    key = key_of(at.subject, use.spelling if use else "")
    days = _columns_of(at)
    ranges = [(day_start(view.zone, first), day_start(view.zone, last + 1)) for first, last in days]
    uses = used_by_each(asker, view.profiles, ranges, at.subject)
    uses.sort(key=lambda one: -one.sum)
    people = []
    for one in uses:
        who = str(one.profile.uuid)
        to = [
            at.to(who=who, month=None, week=iso(first))
            if at.month
            else view.to("/day", who=who, week=None, date=iso(first), show="active", subject=key)
            for first, _ in days
        ]
        people.append(
            OfPerson(one.profile.name, at.to(who=who) + "#by-whom", one.sum, list(zip(one.seconds, to, strict=True)))
        )
    return UsedBy(
        shown_name(at.subject, use),
        key,
        rating_name(use) if use else "",
        [f"from {view.dates.short(first)}" if at.month else view.dates.short(first) for first, _ in days],
        sum(1 for first, _ in days if first <= view.today),
        people,
        [sum(of) for of in zip(*(one.seconds for one in uses), strict=True)],
        _rules(usage.book, teams, at.subject),
        at.to(subject=None),
    )


def _columns_of(at: Address) -> list[tuple[int, int]]:
    if not at.month:
        return [(day, day) for day in range(at.first, at.last + 1)]
    found = []
    day = at.first
    while day <= at.last:
        _, end = whole_weeks(day, day, at.week_start)
        found.append((day, min(end, at.last)))
        day = end + 1
    return found


def _rules(book: RuleBook, teams: Sequence[SeenTeam], subject: Subject) -> list[HeldRule]:
    found = []
    general = book.rule_for(None, *subject)
    if general is not None:
        found.append(_held(general, "Starter catalogue" if general.team == STARTER else "The organisation", ""))
    for team in teams:
        rule = book.rule_for(team.id, *subject)
        if rule is not None and rule.team == team.id:
            found.append(_held(rule, team.name, str(team.uuid)))
    return found


def _held(rule: Rule, whose: str, team: str) -> HeldRule:
    key = "" if rule.team == STARTER else key_of((rule.kind, rule.name))
    return HeldRule(whose, rule.name, rule.verdict.rating.name.lower(), key, team)
