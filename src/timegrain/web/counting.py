"""How time is counted here: the words, the limits that hold, a picture, and why figures change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from timegrain.api.access import reach
from timegrain.counting.calendar import local_day
from timegrain.counting.stretches import Limits, State
from timegrain.errors import Forbidden
from timegrain.storage.roles import Level
from timegrain.web.charts import FILLS
from timegrain.web.dates import Dates
from timegrain.web.figures import help_on
from timegrain.web.formats import minutes
from timegrain.web.pages import Page, Result, Shown
from timegrain.web.views import CLASSES
from timegrain.web.visits import Visit

WORDS = (*CLASSES, "untracked")
_SEES = {
    Level.FULL: "everybody in the organisation",
    Level.TEAM: "yourself and the people of the teams that you lead, for the days on which they belong to them",
    Level.OWN: "yourself, and nobody else",
}


class Moment(NamedTuple):
    """A piece of the picture: something in front, with input or without."""

    front: str
    rating: str
    ignores_idle: bool
    paused: bool
    seconds: int
    counts: str
    why: str


class Drawn(NamedTuple):
    """Where a moment stands in the picture, in percent: widths are not to scale."""

    moment: Moment
    number: int
    at: float
    width: float
    fill: str


def moments(limits: Limits) -> list[Moment]:
    """A morning with a pause of each kind; how each counts is asked of the counting rules."""
    minute, threshold = 60, limits.threshold
    pause = min(2 * threshold, limits.away)
    told = [
        ("Editor", "productive", False, 0, 20 * minute),
        ("Editor", "productive", False, max(threshold * 3 // 5, 1), 0),
        ("Mail", "neutral", False, 0, 15 * minute),
        ("Mail", "neutral", False, pause, 0),
        ("Shop", "unproductive", False, 0, 8 * minute),
        ("Call", "productive", True, pause, 0),
        ("Editor", "productive", False, 0, 30 * minute),
        ("Editor", "productive", False, limits.away + threshold, 0),
    ]
    return [
        _moment(limits, front, rating, ignores, paused, worked or paused)
        for front, rating, ignores, paused, worked in told
    ]


def _moment(limits: Limits, front: str, rating: str, ignores: bool, paused: int, seconds: int) -> Moment:
    state = limits.state(paused, ignores)
    counts = rating if state is State.ACTIVE else state.name.lower()
    return Moment(front, rating, ignores, bool(paused), seconds, counts, _why(limits, rating, ignores, paused, state))


def _why(limits: Limits, rating: str, ignores: bool, paused: int, state: State) -> str:
    if not paused:
        return f"input: active, and {rating} as it is rated"
    told = f"no input for {minutes(paused)}"
    free = ignores or not limits.idle_counting
    if state is State.UNTRACKED:
        name, limit = ("unattended limit", limits.unattended) if free else ("away limit", limits.away)
        return f"{told}, longer than the {name} of {minutes(limit)}: untracked"
    if state is State.IDLE:
        return f"{told}, at least the threshold of {minutes(limits.threshold)}: idle from the first second on"
    if paused < limits.threshold:
        return f"{told}, shorter than the threshold of {minutes(limits.threshold)}: active"
    return f"{told}, but {'it is marked ignore idle' if ignores else 'idle is not counted'}: active"


def drawn(found: Sequence[Moment]) -> list[Drawn]:
    width = 100 / len(found)
    return [Drawn(one, place + 1, place * width, width, FILLS.get(one.counts, "")) for place, one in enumerate(found)]


def _without(word: str, lines: Sequence[str]) -> list[str]:
    """Sentences that begin with the word, for where it stands beside them already."""
    cut = [line.removeprefix(f"{word.capitalize()}: ") for line in lines]
    return [line[:1].upper() + line[1:] for line in cut]


def _sees(visit: Visit) -> str:
    """Whom the reader's role lets them see, as the first page of the API's has it; empty: nobody."""
    try:
        return _SEES[reach(visit.caller, "POST /v1/dashboard/weekly-summary").level]
    except Forbidden:
        return ""


def _show(visit: Visit) -> Result:
    me = visit.me
    limits = Limits(me.idle_threshold, me.away_limit, me.unattended_limit, me.idle_counting)
    dates = Dates(visit.locale, me.caller.zone)
    given = {
        "title": "How time is counted",
        "words": [(name, _without(name, help_on(name, me))) for name in WORDS],
        "limits": limits,
        "drawn": drawn(moments(limits)),
        "sees": _sees(visit),
        "facts_from": None if me.facts_from is None else dates.date(local_day(me.caller.zone, me.facts_from)),
    }
    return Shown("counting.html", given)


PAGES = (Page(path="/counting", show=_show),)
