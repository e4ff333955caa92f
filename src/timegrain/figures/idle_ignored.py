"""What it comes to where idle is ignored otherwise: the facts under long stretches, counted as now and as then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from timegrain.counting.instants import Range, union
from timegrain.counting.ratings import RatedAnew, RuleBook
from timegrain.figures.pieces import Asker, own_seconds, spans_of, tally_of_all
from timegrain.storage.queries import pieces
from timegrain.storage.queries.long_stretches import long_stretches
from timegrain.storage.queries.people_meant import Profile
from timegrain.storage.queries.told import Part
from timegrain.storage.ratings import RuleKey

MOST_WINDOWS = 4000
"""More than so many stretches are too many to count while somebody waits."""


def ignores_otherwise(now: RuleBook, then: RuleBook, rules: Iterable[RuleKey]) -> bool:
    """Whether the rules, of those two books, that change make a difference to what ignores idle."""
    return any(
        now.settle(team or None, kind, name).ignore_idle != then.settle(team or None, kind, name).ignore_idle
        for team, kind, name in rules
    )


def idle_judged_anew(
    asker: Asker, profiles: Sequence[Profile], within: Range, now: RuleBook, then: RuleBook
) -> Mapping[int, list[int]] | None:
    """By user, what each class and idle would have more or less beyond what other ratings move; None where that is
    too much to count at once. Two statements."""
    parts = [Part(0, one.user, 0, *own) for one in profiles for own in own_seconds(one, within, asker.home_zone)]
    stretches = {
        user: union(ranges) for user, ranges in long_stretches(asker.connection, asker.organisation, parts).items()
    }
    windows = [(user, one) for user, ranges in stretches.items() for one in ranges]
    if len(windows) > MOST_WINDOWS:
        return None
    found = pieces.read(asker.connection, asker.organisation, (), (), (), windows) if windows else None
    rated = RatedAnew(then, now)
    moved = {}
    for user, ranges in stretches.items():
        of = found.users.get(user) if found else None
        if of is not None:
            before, after = (tally_of_all(spans_of(of, user, ranges, asker.home_zone, book)) for book in (rated, then))
            if before != after:
                moved[user] = [new - old for old, new in zip(before, after, strict=True)]
    return moved
