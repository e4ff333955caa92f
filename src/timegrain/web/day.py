"""Day: what happened in this minute of one person's day, and why it counts as it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any, NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from timegrain.api.calls import Call
from timegrain.api.timeline import titles_shown
from timegrain.counting.calendar import local_day
from timegrain.counting.instants import Range
from timegrain.counting.tallies import summed
from timegrain.errors import wrong
from timegrain.figures.day import day_of_each
from timegrain.figures.explain import Explanation, explain
from timegrain.figures.pieces import own_seconds
from timegrain.storage import people
from timegrain.storage.queries.people_meant import Profile
from timegrain.web.cells import IN_ROWS, none_of_six, six, six_to_the_minute
from timegrain.web.day_picture import Window, devices_drawn, drawn, lines, quarters, strip, window_of
from timegrain.web.day_rows import SWATCHES, Item, listed
from timegrain.web.figures import tiles
from timegrain.web.local_day import LocalDay, local_day_of
from timegrain.web.pages import Page, Result, Shown
from timegrain.web.spans import UNTRACKED, Row, chosen, cut, rows_of, tally_of_rows, untracked_seconds
from timegrain.web.subject_ratings import RATE
from timegrain.web.views import CLASSES, View, iso, read_view
from timegrain.web.visits import Visit
from timegrain.web.why import Reasons, reason

OPERATION = "POST /v1/proof-of-work/timeline"
ROWS_A_PAGE, PEOPLE_A_PAGE = 2000, 100
SHOWS = (*CLASSES, UNTRACKED)
KEPT = ("show", "subject", "hour", "from", "to")
"""What links within a day keep of its address."""


class PersonRow(NamedTuple):
    """Of one person of several."""

    name: str
    address: str
    strip: Markup
    cells: Markup


class HourRow(NamedTuple):
    hour: str
    cells: Markup


class Chip(NamedTuple):
    show: str
    seconds: int
    address: str
    chosen: bool

    @property
    def swatch(self) -> Markup:
        return Markup(SWATCHES[self.show])  # noqa: S704  # our own


@dataclass
class PersonDay:
    """One person's day as the address wants it."""

    view: View
    asked: Mapping[str, str]
    """`KEPT`, as the address has it or ""."""
    page: int
    day: LocalDay
    explanation: Explanation
    rows: Sequence[Row]
    window: Window
    reasons: Reasons

    @cached_property
    def within(self) -> list[Row]:
        return list(cut(self.rows, self.window.ranges))

    @cached_property
    def listed(self) -> list[Row]:
        return chosen(self.within, self.asked["show"], self.asked["subject"])

    @property
    def pages(self) -> int:
        return max(1, ceil(len(self.listed) / ROWS_A_PAGE))

    @property
    def tracked(self) -> Range | None:
        return tracked_of(self.rows)

    @property
    def between(self) -> int:
        """What is untracked between the first and the last tracked second."""
        found = self.tracked
        return 0 if found is None else found[1] - found[0] - tally_of_rows(self.rows).total

    @property
    def _kept(self) -> dict[str, str | None]:
        return {name: value or None for name, value in self.asked.items()}

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it is left out."""
        return not any(self.asked.values())

    @property
    def is_cut(self) -> bool:
        """Whether a part of its seconds is looked at."""
        return any(self.asked[name] for name in ("hour", "from", "to"))

    def to(self, **changed: str | None) -> str:
        """Another view of the same day."""
        return self.view.to("/day", **{"week": None, "date": iso(self.day.day), **self._kept, **changed})

    def looking(self, range_: Range) -> str:
        """At other seconds of it."""
        start, end = map(self.day.written, range_)
        return self.to(**{"hour": None, "from": start, "to": "24:00" if range_[1] == self.day.end else end})

    def items(self) -> Markup:
        """Of its page."""
        first = (self.page - 1) * ROWS_A_PAGE
        return listed(map(self._item, self.listed[first : first + ROWS_A_PAGE]))

    def _item(self, row: Row) -> Item:
        clock = self.day.clock
        title = row.parts[0].title if row.parts else ""
        return Item(
            row,
            self.day.anchor(row.start),
            f"{clock(row.start)} – {clock(row.end)}",
            self._name(row),
            title,
            self.reasons.why(row),
            f"{self._of_subject}{quote(row.written_key, safe='')}#spans" if row.written_key else "",
        )

    @cached_property
    def _of_subject(self) -> str:
        """Of one subject alone; what it is follows."""
        return f"{self.to(subject=None, show=None)}&subject="

    def _name(self, row: Row) -> str:
        return reason(row, self.explanation) if row.name == UNTRACKED else row.subject

    def picture(self) -> Markup:
        places = {row.start: place for place, row in enumerate(self.listed)}
        shown = cut(self.within, [(self.window.start, self.window.end)])
        return drawn(((row, self._address(row, places), self._name(row)) for row in shown), self.window)

    def _address(self, row: Row, places: Mapping[int, int]) -> str:
        place = places.get(row.start)
        if place is None:
            return ""
        page = place // ROWS_A_PAGE + 1
        anchor = f"#{self.day.anchor(row.start)}"
        return anchor if page == self.page else self.to(page=str(page)) + anchor

    def hours(self) -> list[HourRow]:
        """Those in which something is tracked."""
        found = []
        for hour in range(24):
            tally = tally_of_rows(cut(self.rows, self.day.hour(hour)))
            if tally.total:
                address = self.to(**{**dict.fromkeys(KEPT), "hour": str(hour)})
                found.append(HourRow(f"{hour:02d}:00 – {hour + 1:02d}:00", six(tally, address, "#spans")))
        return found

    def chips(self) -> list[Chip]:
        rows = chosen(self.within, "", self.asked["subject"])
        tally, show = tally_of_rows(rows), self.asked["show"]
        found = [Chip("", tally.total, self.to(show=None), show in ("", "total"))]
        for name in ("productive", "neutral", "unproductive", "idle"):
            found.append(Chip(name, getattr(tally, name), self.to(show=name), show == name))
        return [*found, Chip(UNTRACKED, untracked_seconds(rows), self.to(show=UNTRACKED), show == UNTRACKED)]


def _rating(found: PersonDay) -> str:
    """How the subject that is looked at alone is rated; "" where there is none, or where that differs."""
    subject = found.asked["subject"]
    classes = {row.name for row in chosen(found.rows, "active", subject)} if ":" in subject else set()
    return classes.pop() if len(classes) == 1 else ""


def tracked_of(rows: Sequence[Row]) -> Range | None:
    found = [row for row in rows if row.name != UNTRACKED]
    return (found[0].start, found[-1].end) if found else None


def _show(visit: Visit) -> Result:
    call = visit.call(OPERATION)
    view = read_view(visit, call, SHOWS)
    page = visit.query.one("page", "1")
    if not (page.isascii() and page.isdigit() and 0 < int(page) < 100_000):
        raise wrong("page", "pages begin at 1")
    day = local_day_of(view.zone, view.day)
    if len(view.profiles) == 1 and not _frozen(view, day):
        return _of_one(visit, call, view, day, int(page))
    return _of_several(call, view, day, int(page))


def _frozen(view: View, day: LocalDay) -> bool:
    """Whether facts of the day were retired: its quarter hours are known, what was in front when is not."""
    return any(one.facts_from is not None and day.start < one.facts_from for one in view.profiles)


def _facts_from(view: View) -> str:
    """The date from which facts of everybody shown are kept."""
    return view.dates.date(local_day(view.home_zone, max(one.facts_from or 0 for one in view.profiles)))


def _of_one(visit: Visit, call: Call, view: View, day: LocalDay, page: int) -> Result:
    (person,) = view.profiles
    teams = people.all_teams(call.connection, call.caller.organisation)
    within = day.start, day.end
    numbers = {one.id: one.uuid for one in teams}
    explanation = explain(call.asker, person, within, numbers, bool(titles_shown(call, view.profiles)))
    own = own_seconds(person, within, view.home_zone)
    rows = rows_of(explanation, own)
    found = PersonDay(
        view,
        {name: visit.query.one(name) for name in KEPT},
        page,
        day,
        explanation,
        rows,
        window_of(visit.query, day, tracked_of(rows)),
        Reasons(day, explanation, {one.uuid: one.name for one in teams}),
    )
    return Shown("day.html", _given(visit, found, person, own))


def _given(visit: Visit, found: PersonDay, person: Profile, own: Sequence[Range]) -> dict[str, Any]:
    view, day = found.view, found.day
    show = found.asked["show"]
    listed = found.listed
    tally = tally_of_rows(listed)
    at = {"week": None, "date": iso(view.day)}
    return {
        "title": f"{person.name}, {view.dates.day(view.day)}",
        "view": view,
        "dates": view.dates,
        "found": found,
        "tally": tally_of_rows(found.rows),
        "tiles": tiles(view, "/day", tally_of_rows(found.rows), None, visit.me, **at),
        "week": view.to("/person"),
        "seconds": untracked_seconds(listed) if show == UNTRACKED else tally.total,
        "in_rows": IN_ROWS,
        "lines": lines(found.window),
        "strip": strip([(row.start, row.end, row.name) for row in found.rows], (day.start, day.end)),
        "devices": devices_drawn(list(cut(found.within, [(found.window.start, found.window.end)])), found.window),
        "whole": Window(day, day.start, day.end, ()),
        "part": [] if list(own) == [(day.start, day.end)] else own,
        "titles": visit.caller.titles,
        "rating": _rating(found),
        "may_rate": ":" in found.asked["subject"] and visit.may(RATE),
    }


def _of_several(call: Call, view: View, day: LocalDay, number: int) -> Result:
    within = day.start, day.end
    done = day_of_each(call.asker, view.profiles, view.zone, view.day)
    at = {"week": None, "date": iso(view.day)}
    of_page = view.profiles[(number - 1) * PEOPLE_A_PAGE : number * PEOPLE_A_PAGE]
    rows, nothing = [], "to come" if view.day > view.today else "no data"
    for one in of_page:
        address = view.to("/day", **at, who=str(one.uuid))
        cells = six_to_the_minute(summed(done[one.user].values()), address) if done[one.user] else none_of_six(nothing)
        rows.append(PersonRow(one.name, address, quarters(done[one.user], within), cells))
    whole = summed(tally for slots in done.values() for tally in slots.values())
    given = {
        "title": f"{view.name}, {view.dates.day(view.day)}",
        "view": view,
        "dates": view.dates,
        "with_data": sum(1 for slots in done.values() if slots),
        "rows": rows,
        "tally": whole,
        "in_rows": IN_ROWS,
        "number": number,
        "pages": max(1, ceil(len(view.profiles) / PEOPLE_A_PAGE)),
        "at": at,
        "facts_from": _facts_from(view) if _frozen(view, day) else None,
    }
    return Shown("days.html", given)


PAGES = (Page(path="/day", show=_show, name="Day", opened_by=OPERATION),)
