"""What was used: active seconds of applications and sites by class, and by how many people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import msgspec

from timegrain.counting.calendar import day_at, day_start
from timegrain.counting.instants import SLOT, Range, union
from timegrain.counting.ratings import Rating, RuleBook
from timegrain.counting.spans import Span
from timegrain.counting.stretches import State
from timegrain.counting.subjects import NameKind
from timegrain.counting.tallies import NOTHING, Tally, summed
from timegrain.figures.parts import Parts
from timegrain.figures.pieces import Asker, by_user, own_seconds, spans_of, tally_of_all
from timegrain.starter.catalogue import category_of
from timegrain.storage.names import Name
from timegrain.storage.queries import usage
from timegrain.storage.queries.people_meant import Profile
from timegrain.storage.queries.told import Part
from timegrain.storage.queries.usage import FoundUsage, Subject


@dataclass(slots=True)
class Use:
    """Of one subject: active seconds by class (in the order of `Rating`), and how many people used it."""

    people: int = 0
    by_rating: list[int] = field(default_factory=lambda: [0, 0, 0])
    spelled: Counter[str] = field(default_factory=Counter)
    """Seconds by spelling."""

    @property
    def seconds(self) -> int:
        return sum(self.by_rating)

    @property
    def spelling(self) -> str:
        """The most used one."""
        return min(self.spelled, key=lambda spelling: (-self.spelled[spelling], spelling))


SubjectType = Literal["application", "website"]
SubjectRating = Literal["productive", "neutral", "unproductive", "mixed"]


class SubjectUsed(msgspec.Struct, rename="camel"):
    """Active seconds. `rating` is `mixed` where teams rate the subject differently; `share` is of all active
    seconds of the same people in the same range, from 0 to 1."""

    name: str
    type: SubjectType
    category: str | None
    rating: SubjectRating
    active_seconds: int
    productive_seconds: int
    neutral_seconds: int
    unproductive_seconds: int
    share: float
    people: int


class Usage(NamedTuple):
    """Every subject with an active second, the rules that hold, and all seconds by class."""

    uses: dict[Subject, Use]
    book: RuleBook
    tally: Tally


def used(asker: Asker, profiles: Sequence[Profile], within: Range) -> Usage:
    """What these people used in the range; one statement."""
    subjects: list[Part] = []
    parts = Parts()
    for one in profiles:
        for start, end in own_seconds(one, within, asker.home_zone):
            parts.add(asker.home_zone, 0, one.user, one.generation, (start, end))
            whole = start + -start % SLOT, end - end % SLOT
            if whole[0] < whole[1]:
                subjects += (Part(0, one.user, generation, *whole) for generation in one.subject_generations)
    known = asker.known_book()
    starts = day_starts(asker.home_zone, within)
    found = usage.read(
        asker.connection, asker.organisation, subjects, starts, parts.slots, parts.days, parts.counted, known is None
    )
    book = asker.book(known, found.rules)
    spans = list(_counted(asker, found, parts.counted, book))
    uses = _uses(found, [one for one in spans if one[1].state is State.ACTIVE], book)
    edges = tally_of_all(span for _, span, _ in spans)
    return Usage(uses, book, summed([found.sums.get(0, NOTHING), edges]))


def day_starts(zone: str, within: Range) -> list[tuple[int, int]]:
    """Each local day of the range, and the one after it, with the second at which it begins."""
    days = range(day_at(zone, within[0]), day_at(zone, within[1] - 1) + 2)
    return [(day, day_start(zone, day)) for day in days]


def _uses(found: FoundUsage, counted: Iterable[tuple[int, Span, Name]], book: RuleBook) -> dict[Subject, Use]:
    """Seconds of whole slots as the organisation rates them, then as teams do, then those of cut slots."""
    uses: dict[Subject, Use] = {}
    for subject, spelled in found.used.items():
        use = uses[subject] = Use(people=found.people[subject], spelled=Counter(spelled))
        use.by_rating[book.settle(None, *subject).rating] += sum(spelled.values())
    for (team, subject), seconds in found.in_teams.items():
        uses[subject].by_rating[book.settle(None, *subject).rating] -= seconds
        uses[subject].by_rating[book.settle(team, *subject).rating] += seconds
    known_users = found.known_users
    for user, span, name in counted:
        subject = name.kind, name.name
        use = uses.setdefault(subject, Use())
        use.by_rating[span.rating] += span.end - span.start
        use.spelled[name.spelling] += span.end - span.start
        if (user, subject) not in known_users:
            known_users.add((user, subject))
            use.people += 1
    return uses


def _counted(
    asker: Asker, found: FoundUsage, windows: Sequence[tuple[int, Range]], book: RuleBook
) -> Iterator[tuple[int, Span, Name]]:
    """The spans of the cut slots, with their users and subjects."""
    for user, ranges in by_user(windows).items():
        of = found.users.get(user)
        if of is not None:
            for span in spans_of(of, user, union(ranges), asker.home_zone, book):
                yield user, span, of.names[span.subject]


def rating_of(use: Use) -> Rating | None:
    """The class of all its seconds; None where teams rate it differently."""
    classes = [rating for rating in Rating if use.by_rating[rating]]
    return classes[0] if len(classes) == 1 else None


def place_of(one: tuple[Subject, Use]) -> tuple[int, str, int]:
    """Sorts the most used first, then by name."""
    (kind, name), use = one
    return -use.seconds, name, int(kind)


def shown(subject: Subject, use: Use, book: RuleBook, all_seconds: int) -> SubjectUsed:
    kind, name = subject
    rating = rating_of(use)
    productive, neutral, unproductive = use.by_rating
    return SubjectUsed(
        use.spelling.strip() or name,
        "application" if kind is NameKind.APPLICATION else "website",
        category_of(kind, name, book),
        "mixed" if rating is None else rating.name.lower(),  # type: ignore[arg-type]
        use.seconds,
        productive,
        neutral,
        unproductive,
        round(use.seconds / all_seconds, 6),
        use.people,
    )
