"""Why a row of a day counts as it does, in sentences that give devices, clock times, and rules with their limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from uuid import UUID

from timegrain.counting.accounts import Reason
from timegrain.figures.explain import Explained, Explanation, RuleBehind, Stretch
from timegrain.figures.story import idle, length, no_input, untracked
from timegrain.web.formats import counted, minutes
from timegrain.web.local_day import LocalDay
from timegrain.web.spans import UNTRACKED, Row, second

MOST_FACTS = 6


class Reasons(NamedTuple):
    """What sentences are made with."""

    day: LocalDay
    explanation: Explanation
    teams: Mapping[UUID, str]
    """Names."""

    def why(self, row: Row) -> list[str]:
        if row.name == UNTRACKED:
            return [self._gap(row)]
        said = list(self._idle(row) if row.name == "idle" else self._active(row))
        said.append(f"Reported: {self._facts(row)}.")
        return said

    def _gap(self, row: Row) -> str:
        if not row.parts:
            start, end = self.day.clock(row.start), self.day.clock(row.end)
            return f"No device reported an application in front from {start} to {end}."
        one = row.parts[0]
        told = _sentence(untracked(one, self.explanation.limits, self.day.zone))
        return f"{told} All of it is untracked." if one.stretch else told

    def _idle(self, row: Row) -> Iterator[str]:
        one = row.parts[0]
        if one.stretch is not None:
            yield _sentence(idle(one.device, one.stretch, self.explanation.limits, self.day.zone))
            yield "All of it is idle, from the first second without input."

    def _active(self, row: Row) -> Iterator[str]:
        one = row.parts[0]
        yield self._rated(one, row.subject)
        shown_in = f" in {one.application}" if one.application and one.application != row.subject else ""
        yield f"{row.subject} was in front on {row.device}{shown_in}."
        held: Stretch | None = None
        for part in row.parts:
            if part.stretch is not None and part.stretch != held:
                yield self._without_input(part, part.stretch, row.subject)
            held = part.stretch
        if row.device in self.explanation.never_idle:
            yield f"{row.device} reports no input: its time is never idle."

    def _rated(self, one: Explained, subject: str) -> str:
        rule = one.rule
        if rule is None:
            return f"{subject} has no rule yet, so it is {one.rating}."
        what = subject if rule.subject.lower() == subject.lower() else f"{rule.subject}, and so {subject},"
        return f"{self._owner(rule)} rates {what} {one.rating}."

    def _owner(self, rule: RuleBehind) -> str:
        if rule.owner == "starter":
            return "The starter catalogue"
        if rule.owner == "organisation":
            return "A rule of the organisation"
        name = self.teams.get(rule.team_id) if rule.team_id else None
        return f"A rule of team {name}" if name else "A rule of the team"

    def _without_input(self, one: Explained, stretch: Stretch, subject: str) -> str:
        limits = self.explanation.limits
        told = f"{_capital(no_input(one.device, stretch, self.day.zone))}: {length(stretch.seconds)}"
        if stretch.seconds < limits.idle_threshold_seconds:
            limit = length(limits.idle_threshold_seconds)
            return f"{told}, shorter than the threshold of {limit}, so it stays active."
        if not limits.idle_counting:
            return f"{told}, but idle time is not counted for this person."
        return f"{told}, but {subject} ignores idle, so it stays active."

    def _facts(self, row: Row) -> str:
        """To the millisecond, as they are kept."""
        found = dict.fromkeys((fact.kind, fact.browser, fact.start) for part in row.parts for fact in part.facts)
        told = []
        for kind, browser, start in list(found)[:MOST_FACTS]:
            inside = f" in {browser}" if browser else ""
            told.append(f"{kind}{inside} from {self._instant(start)}")
        if len(found) > MOST_FACTS:
            told.append(f"and {counted(len(found) - MOST_FACTS, 'more', 'more')}")
        return ", ".join(told)

    def _instant(self, written: str) -> str:
        at = second(written)
        if self.day.start <= at < self.day.end:
            return self.day.clock(at) + written[-5:-1]
        return f"{written[:10]} {written[11:-1]} UTC"


def reason(row: Row, explanation: Explanation) -> str:
    """Of a gap, in a few words."""
    limits = explanation.limits
    if not row.parts:
        return "nothing reported"
    return {
        Reason.LOCKED: "lock screen in front",
        Reason.AWAY: f"no input for over {minutes(limits.away_limit_seconds)}",
        Reason.UNATTENDED: f"no input for over {minutes(limits.unattended_limit_seconds)}",
        Reason.ERASED: "erased",
    }[Reason(row.parts[0].reason or "")]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    return f"{_capital(text)}."
