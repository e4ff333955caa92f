"""Live: who is working now, on what class and since when. Never on what: no subjects, no titles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from timegrain.counting.ratings import Rating
from timegrain.figures.live import Live, live
from timegrain.figures.worked import JUST_NOW
from timegrain.web.growth import grown
from timegrain.web.pages import Page, Result, Shown, Unchanged
from timegrain.web.views import View, iso, read_view
from timegrain.web.visits import Visit

OPERATION = "POST /v1/my-team"
CLASS_OF = {Rating.PRODUCTIVE: "productive", Rating.NEUTRAL: "neutral", Rating.UNPRODUCTIVE: "unproductive"}


class Row(NamedTuple):
    """Of one person. `since` is when this run of work began or, of whoever is not working, when they last were; of a
    run it leads to its first span."""

    who: str
    name: str
    address: str
    total: int
    of_total: str
    working_on: str
    since: int | None
    of_since: str


def _show(visit: Visit) -> Result:
    if visit.partial and _is_as_it_was(visit, visit.query.one("grown")):
        return Unchanged()
    call = visit.call(OPERATION)
    view = read_view(visit, call)
    people = live(call.asker, view.profiles, view.zone, visit.now)
    rows = [_row(view, one) for one in sorted(people, key=lambda one: one.profile.name.lower())]
    working = [one for one in rows if one.working_on]
    given = {
        "title": f"{len(working)} of {len(rows)} working now",
        "view": view,
        "dates": view.dates,
        "working": working,
        "others": [one for one in rows if not one.working_on],
        "classes": Counter(one.working_on for one in working),
        "just_now": JUST_NOW,
        "now": visit.now,
        "growth": view.to(week=None, grown=f"{grown(visit, OPERATION)}.{_holds_until(people, visit.now)}"),
    }
    return Shown("live.html", given)


def _row(view: View, one: Live) -> Row:
    who = str(one.profile.uuid)
    day = view.to("/day", who=who, week=None, date=iso(view.today))
    since = one.last_active if one.working_on is None else one.since
    return Row(
        who,
        one.profile.name,
        view.to("/person", who=who),
        one.tally.total,
        day,
        "" if one.working_on is None else CLASS_OF[one.working_on],
        since,
        day if one.since is None else f"{day}#t{view.dates.clock(one.since, seconds=True).replace(':', '')}",
    )


def _holds_until(people: Sequence[Live], now: int) -> int:
    """The second from which somebody is not working any more, if nothing new comes."""
    leaving = [
        now if one.last_active is None else one.last_active + JUST_NOW for one in people if one.working_on is not None
    ]
    return max(min(leaving), now + 1) if leaving else 0


def _is_as_it_was(visit: Visit, known: str) -> bool:
    version, _, until = known.rpartition(".")
    return version == grown(visit, OPERATION) and until.isdecimal() and not 0 < int(until) <= visit.now


PAGES: tuple[Page, ...] = (Page(path="/live", show=_show, name="Live", opened_by=OPERATION, grows=True),)
