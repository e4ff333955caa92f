"""Why each second of one person was counted as it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from timegrain.counting.accounts import Account, Gap, accounts, gaps
from timegrain.counting.calendar import written_instant
from timegrain.counting.instants import Range, clip
from timegrain.counting.ratings import STARTER, RuleBook
from timegrain.counting.stretches import State
from timegrain.counting.subjects import NameKind
from timegrain.counting.tallies import NOTHING, summed
from timegrain.figures.parts import Parts
from timegrain.figures.pieces import Asker, Made, facts_from, frozen_seconds, made_of, own_seconds, tally_of_all
from timegrain.figures.timeline import FactIndex, fact_key, indexed, title_of
from timegrain.storage.facts import FactKind
from timegrain.storage.policies import END_OF_TIME
from timegrain.storage.queries import deciding_facts, pieces
from timegrain.storage.queries.deciding_facts import FactRow
from timegrain.storage.queries.people_meant import Profile
from timegrain.storage.queries.told import OfUser
from timegrain.summary import DayMetrics, day_metrics

LONGEST_DAYS = 7

KindOfFact = Literal["focus", "page", "away", "heartbeat"]


class Subject(msgspec.Struct):
    name: str
    type: Literal["application", "website"]


class FactBehind(msgspec.Struct):
    """`browser` is that of a page, or the editor of a heartbeat."""

    device: str
    kind: KindOfFact
    start: str
    browser: str | None


class Stretch(msgspec.Struct):
    """A stretch without input, which decides all its seconds by its length."""

    start: str
    end: str
    seconds: int


class RuleBehind(msgspec.Struct, rename="camel"):
    owner: Literal["team", "organisation", "starter"]
    team_id: UUID | None
    kind: Literal["application", "domain"]
    subject: str
    rating: Literal["productive", "neutral", "unproductive"]
    ignore_idle: bool


class Explained(msgspec.Struct, rename="camel"):
    """Seconds `[start, end)` in true UTC. Untracked ones have a reason instead of a rating and a subject, and are
    told only where something was in front."""

    start: str
    end: str
    seconds: int
    state: Literal["active", "idle", "untracked"]
    rating: Literal["productive", "neutral", "unproductive"] | None
    subject: Subject | None
    application: str | None
    title: str
    device: str
    facts: list[FactBehind]
    stretch: Stretch | None
    rule: RuleBehind | None
    reason: str | None


class Limits(msgspec.Struct, rename="camel"):
    """What holds for this person, in seconds."""

    idle_counting: bool
    idle_threshold_seconds: int
    away_limit_seconds: int
    unattended_limit_seconds: int


class Explanation(msgspec.Struct, rename="camel"):
    """`neverIdle` are devices with facts in the range that have never reported input or its absence.

    Before `factsFrom`, which is there where the range begins earlier, `totals` are of whole quarter hours that no span
    explains: what was in front when is not kept.
    """

    spans: list[Explained]
    totals: DayMetrics
    limits: Limits
    never_idle: list[str]
    facts_from: str | UnsetType = UNSET


class _Teller:
    """Tells spans and gaps of one user, whose facts and names it has at hand."""

    def __init__(
        self, of: OfUser, made: Made, away: Iterable[FactRow], book: RuleBook, teams: dict[int, UUID], titles: bool
    ) -> None:
        self._of, self._made, self._book, self._teams, self._titles = of, made, book, teams, titles
        self._index: FactIndex = indexed(of)
        self._away = [row for row in away if row[2] == FactKind.AWAY]

    def span(self, account: Account) -> Explained:
        span, of = account.span, self._of
        name = of.names[span.subject]
        idle = span.state is State.IDLE
        return Explained(
            str(written_instant(span.start)),
            str(written_instant(span.end)),
            span.end - span.start,
            "idle" if idle else "active",
            None if idle else span.rating.name.lower(),  # type: ignore[arg-type]
            Subject(name.shown, "application" if name.kind is NameKind.APPLICATION else "website"),
            of.names[account.focus.owner].shown,
            title_of(of, self._index, account) if self._titles and not idle else "",
            of.devices[span.device].name,
            self._facts(account),
            _stretch(account.stretch),
            self._rule(account),
            None,
        )

    def gap(self, gap: Gap) -> Explained:
        return Explained(
            str(written_instant(gap.start)),
            str(written_instant(gap.end)),
            gap.end - gap.start,
            "untracked",
            None,
            None,
            None,
            "",
            self._of.devices[gap.device].name,
            self._absences(gap.device, (gap.start, gap.end)) if gap.stretch else [],
            _stretch(gap.stretch),
            None,
            gap.reason.value,
        )

    def _facts(self, account: Account) -> list[FactBehind]:
        start, device, kind, browser = fact_key(self._index, account)
        name = self._of.devices[device].name
        editor = self._of.names[browser].spelling if kind == FactKind.HEARTBEAT else None
        found = [FactBehind(name, "heartbeat" if editor else "focus", _written_ms(start), editor)]
        if (page := account.page) is not None:
            shown_in = self._of.names[page.owner].spelling
            found.append(FactBehind(name, "page", _written_ms(page.start), shown_in))
        if account.stretch is not None:
            found += self._absences(device, (account.span.start, account.span.end))
        return found

    def _absences(self, device: int, within: Range) -> list[FactBehind]:
        """The away facts of a device that touch some seconds."""
        low, high = within[0] * 1000, within[1] * 1000
        return [
            FactBehind(self._of.devices[device].name, "away", _written_ms(row[0]), None)
            for row in self._away
            if row[1] == device and row[0] < high and row[0] + row[4] > low
        ]

    def _rule(self, account: Account) -> RuleBehind | None:
        span = account.span
        team = next((team for start, end, team in self._made.policy.periods if start <= span.start < end), None)
        kind, name, _ = self._of.names[span.subject]
        rule = self._book.rule_for(team, kind, name)
        if rule is None:
            return None
        owner: Literal["team", "organisation", "starter"] = "team" if rule.team is not None else "organisation"
        return RuleBehind(
            "starter" if rule.team == STARTER else owner,
            self._teams.get(rule.team) if rule.team is not None else None,
            "application" if rule.kind is NameKind.APPLICATION else "domain",
            rule.name,
            rule.verdict.rating.name.lower(),  # type: ignore[arg-type]
            self._book.settle(team, kind, name).ignore_idle,
        )


def _written_ms(instant: int) -> str:
    """To the millisecond, as facts are kept."""
    whole = str(written_instant(instant // 1000))
    return f"{whole[:-4]}{instant % 1000:03d}Z"


def _stretch(range_: Range | None) -> Stretch | None:
    if range_ is None:
        return None
    start, end = range_
    return Stretch(str(written_instant(start)), str(written_instant(end)), end - start)


def explain(asker: Asker, one: Profile, within: Range, teams: dict[int, UUID], with_titles: bool) -> Explanation:
    """Every span of one person in the range, and what is untracked though something was in front. Two statements;
    `teams` are ids by number."""
    ranges = own_seconds(one, within, asker.home_zone)
    windows = [(one.user, range_) for range_ in ranges]
    known = asker.known_book()
    parts = Parts()
    for frozen in frozen_seconds(one, ranges):
        parts.add(asker.home_zone, 0, one.user, one.generation, frozen)
    found = pieces.read(
        asker.connection, asker.organisation, parts.slots, parts.days, (), windows, known is None, with_titles
    )
    book = asker.book(known, found.rules)
    of = found.users.get(one.user)
    if of is None or not ranges:
        return Explanation([], day_metrics(tally_of_all(())), Limits(True, 0, 0, 0), [])
    ranges, whole = clip(ranges, of.facts_from, END_OF_TIME), within
    within = max(within[0], of.facts_from), within[1]
    away = deciding_facts.read_inputs(asker.connection, asker.organisation, one.user, within)
    made = made_of(of, one.user, ranges, asker.home_zone, book)
    teller = _Teller(of, made, away, book, teams, with_titles)
    told = [(account.span.start, teller.span(account)) for account in accounts(made.devices, made.named, made.spans)]
    told += [(gap.start, teller.gap(gap)) for gap in _all_gaps(made, ranges)]
    limits = made.policy.limits
    return Explanation(
        [shown for _, shown in sorted(told, key=lambda pair: pair[0])],
        day_metrics(summed([found.sums.get(0, NOTHING), tally_of_all(made.spans)])),
        Limits(limits.idle_counting, limits.threshold, limits.away, limits.unattended),
        sorted({of.devices[row[1]].name for row in of.facts if row[1] in of.silent}),
        facts_from(one, whole),
    )


def _all_gaps(made: Made, ranges: Sequence[Range]) -> list[Gap]:
    found: list[Gap] = []
    for low, high in ranges:
        within = [span for span in made.spans if low <= span.start < high]
        found += gaps(made.devices, made.named, made.policy.limits, made.periods, within, (low, high))
    return found
