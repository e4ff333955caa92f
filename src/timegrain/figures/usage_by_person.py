"""What each of many people used, and what other ratings of it would come to; in whole slots, as local days are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from timegrain.counting.instants import Range
from timegrain.counting.ratings import RuleBook
from timegrain.counting.tallies import Tally
from timegrain.figures.idle_ignored import idle_judged_anew, ignores_otherwise
from timegrain.figures.pieces import Asker, own_seconds
from timegrain.figures.usage import Usage, day_starts
from timegrain.storage.queries import usage
from timegrain.storage.queries.people_meant import Profile
from timegrain.storage.queries.told import Part
from timegrain.storage.queries.usage import EachUsed, Subject
from timegrain.storage.ratings import RuleKey


class PersonUse(NamedTuple):
    """Active seconds of one person with a subject, by the place of the range."""

    profile: Profile
    seconds: tuple[int, ...]

    @property
    def sum(self) -> int:
        return sum(self.seconds)


def used_by_each(
    asker: Asker, profiles: Sequence[Profile], ranges: Sequence[Range], subject: Subject
) -> list[PersonUse]:
    """Who used a subject in ranges of whole local days, in order; those who did not are left out. One statement."""
    found = _of_each(asker, profiles, ranges, {subject}).by_key
    uses = [
        PersonUse(one, tuple(found.get((place, one.user, subject), 0) for place in range(len(ranges))))
        for one in profiles
    ]
    return [one for one in uses if one.sum]


class Effect(NamedTuple):
    """What other rules would come to: seconds by class now and then, and of how many people some change."""

    now: Tally
    then: Tally
    people: int
    with_idle: bool = True
    """Whether what ignores idle otherwise is in it."""


def effect_of(
    asker: Asker, profiles: Sequence[Profile], within: Range, used: Usage, then: RuleBook, rules: Collection[RuleKey]
) -> Effect:
    """Of whole local days `within`, in which these people used `used`; `rules` are those that change to `then`.

    At most three statements.
    """
    moved = _rated_otherwise(asker, profiles, within, used, then, rules)
    ignored: Mapping[int, list[int]] | None = {}
    if ignores_otherwise(used.book, then, rules):
        ignored = idle_judged_anew(asker, profiles, within, used.book, then)
    for user, more in (ignored or {}).items():
        moved[user] = [held + one for held, one in zip(moved.get(user, [0, 0, 0, 0]), more, strict=True)]
    sums = [sum(one) for one in zip(used.tally, *moved.values(), strict=True)]
    return Effect(used.tally, Tally(*sums), len(moved), ignored is not None)


def _rated_otherwise(
    asker: Asker, profiles: Sequence[Profile], within: Range, used: Usage, then: RuleBook, rules: Collection[RuleKey]
) -> dict[int, list[int]]:
    """By user with other ratings, what each class has more or less."""
    # A team may get its first rule.
    given = {team for team, _, _ in rules if team > 0}
    wanted = {
        subject
        for subject in used.uses
        if any(
            used.book.settle(one, *subject).rating != then.settle(one, *subject).rating
            for one in {None, *given, *used.book.teams}
        )
    }
    moved: dict[int, list[int]] = {}
    if not wanted:
        return moved
    found = _of_each(asker, profiles, [within], wanted, max(given, default=0))
    for (of_team, user, subject), seconds in _by_team(found).items():
        before, after = used.book.settle(of_team, *subject).rating, then.settle(of_team, *subject).rating
        if before != after and seconds:
            by_class = moved.setdefault(user, [0, 0, 0, 0])
            by_class[before] -= seconds
            by_class[after] += seconds
    return moved


def _by_team(found: EachUsed) -> Mapping[tuple[int | None, int, Subject], int]:
    """Seconds by team with rules (None: as a member of none), user and subject."""
    seconds: dict[tuple[int | None, int, Subject], int] = {
        (None, user, subject): held for (_, user, subject), held in found.by_key.items()
    }
    for (team, user, subject), held in found.in_teams.items():
        seconds[None, user, subject] -= held
        seconds[team, user, subject] = held
    return seconds


def _of_each(
    asker: Asker, profiles: Sequence[Profile], ranges: Sequence[Range], wanted: Collection[Subject], team: int = 0
) -> EachUsed:
    parts = [
        Part(place, one.user, generation, *own)
        for place, range_ in enumerate(ranges)
        for one in profiles
        for generation in one.subject_generations
        for own in own_seconds(one, range_, asker.home_zone)
    ]
    starts = day_starts(asker.home_zone, (ranges[0][0], ranges[-1][1]))
    return usage.of_each(asker.connection, asker.organisation, parts, starts, wanted, team)
