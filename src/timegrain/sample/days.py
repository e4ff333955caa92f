"""One person's day as a device's watchers tell it: a plan becomes facts."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from functools import cache
from math import log
from typing import NamedTuple

from timegrain.counting.facts import Away, Focus, Page, Present, Report
from timegrain.sample.catalogue import (
    ACTIVITIES,
    APPLICATIONS,
    BROWSER,
    CALLS,
    COLLEAGUES,
    LOCK_SCREENS,
    TOPICS,
    Activity,
)
from timegrain.sample.people import Habits, SampleDevice
from timegrain.sample.plans import Kind, Piece

_SHORTEST_LOOK = 3_500
_LONGEST_LOOK = 12 * 60_000


class _Window(NamedTuple):
    """A window as it is in front; `page_title` and `url` are those of a browser's tab."""

    app: str
    title: str
    url: str
    page_title: str
    dwell: float


def device_day(
    device: SampleDevice,
    team: str,
    habits: Habits,
    pieces: Sequence[Piece],
    midnight: int,
    rng: random.Random,
) -> Report:
    """What this device reports of its pieces; `midnight` is in milliseconds since the epoch."""
    screen = _Screen(device, team, habits, midnight, rng)
    screen.follow(pieces)
    away, present = _input(pieces, midnight) if device.watched_closely else ([], [])
    return Report(device.name, screen.focus, screen.pages, away, present)


def cut_at(report: Report, end: int) -> Report:
    """Only what was known at `end`, in milliseconds: later facts left out, running ones cut."""
    return Report(
        report.device,
        [fact._replace(end=min(fact.end, end)) for fact in report.focus if fact.start < end],
        [fact._replace(end=min(fact.end, end)) for fact in report.pages if fact.start < end],
        [fact._replace(end=min(fact.end, end)) for fact in report.away if fact.start < end],
        [fact._replace(end=min(fact.end, end)) for fact in report.present if fact.start < end],
    )


def _input(pieces: Sequence[Piece], midnight: int) -> tuple[list[Away], list[Present]]:
    """Away and present by turns; pieces that touch and are alike make one fact."""
    away: list[Away] = []
    present: list[Present] = []
    for start, end, kind in pieces:
        start, end = start + midnight, end + midnight
        if kind is Kind.STILL or kind is Kind.LOCKED:
            if away and away[-1].end == start:
                start = away.pop().start
            away.append(Away(start, end))
        else:
            if present and present[-1].end == start:
                start = present.pop().start
            present.append(Present(start, end))
    return away, present


class _Screen:
    """What is in front on one device, told in order of time. A window's facts are written when it is left."""

    def __init__(self, device: SampleDevice, team: str, habits: Habits, midnight: int, rng: random.Random) -> None:
        self.focus: list[Focus] = []
        self.pages: list[Page] = []
        self._device = device
        self._activities = _drawn_by_weight(team)
        self._call_activity = CALLS[habits.call]
        self._pace = habits.pace * 1000 - _SHORTEST_LOOK
        self._midnight = midnight
        self._random = rng.random
        self._window: _Window | None = None
        self._since = 0
        self._call: _Window | None = None
        self._recent: deque[_Window] = deque(maxlen=6)

    def follow(self, pieces: Sequence[Piece]) -> None:
        at = 0
        for start, end, kind in pieces:
            if start != at:
                self._show(at, None)
            if kind is Kind.WORK:
                self._work(start, end)
            elif kind is Kind.CALL:
                self._attend(start, end)
            elif kind is Kind.LOCKED:
                app, title = LOCK_SCREENS.get(self._device.system, ("", ""))
                self._show(start, _Window(app, title, "", "", 1.0) if app else None)
            at = end
        self._show(at, None)

    def _work(self, start: int, end: int) -> None:
        window = self._window
        self._call = None
        # After a pause the eyes are on the same window still; not after a call or at a lock screen.
        at = start + self._look(window) if window is not None and window in self._recent else start
        while at < end:
            window = self._next_window()
            self._show(at, window)
            at += self._look(window)

    def _attend(self, start: int, end: int) -> None:
        """The call in front, with glances at other windows; at the end it is in front again."""
        call = self._call
        if call is None:
            call = self._call = self._open(self._call_activity)
        if self._window is not call:
            self._show(start, call)
        at = start
        while True:
            at += 15_000 + int(self._random() * 45_000)
            back = at + 5_000 + int(self._random() * 30_000)
            if back >= end:
                return
            self._show(at, self._next_window())
            self._show(back, call)
            at = back

    def _look(self, window: _Window) -> int:
        """How long a window is looked at, in milliseconds: mostly short, sometimes long."""
        length = _SHORTEST_LOOK - log(1.0 - self._random()) * self._pace * window.dwell
        return min(int(length), _LONGEST_LOOK)

    def _next_window(self) -> _Window:
        """Back to one of the last windows, or a new one."""
        recent = self._recent
        if recent and self._random() < 0.28:
            window = recent[int(self._random() * len(recent))]
            if window is not self._window:
                return window
        window = self._open(self._activities[int(self._random() * len(self._activities))])
        recent.append(window)
        return window

    def _open(self, activity: Activity) -> _Window:
        draw = self._random
        _, app, template, host, path, dwell = activity
        topic, slug = TOPICS[int(draw() * len(TOPICS))]
        who = COLLEAGUES[int(draw() * len(COLLEAGUES))]
        n = 1000 + int(draw() * 40_000)
        title = template.format(topic=topic, slug=slug, who=who, n=n)
        if app != BROWSER:
            return _Window(APPLICATIONS[app][self._device.system], title, "", "", dwell)
        browser = self._device.browser
        url = f"https://{host}/{path.format(slug=slug, n=n)}" if host else "about:newtab"
        return _Window(browser.app, title + browser.suffix, url, title, dwell)

    def _show(self, at: int, window: _Window | None) -> None:
        """`window` is in front from `at` (milliseconds from midnight) on; None is a dark screen."""
        left = self._window
        if left is not None:
            start = self._since + self._midnight
            end = at + self._midnight
            chance = self._random()
            if chance < 0.2:  # the watcher polls, and now and then it comes late
                end = max(start + 1, end - int(chance * 15_000))
            self.focus.append(Focus(start, end, left.app, "", left.title))
            if left.url and self._device.watched_closely:
                # The extension says the page a moment after the window came to the front.
                start += int(chance * 800)
                if start < end:
                    self.pages.append(Page(start, end, self._device.browser.key, left.url, left.page_title))
        self._window = window
        self._since = at


@cache
def _drawn_by_weight(team: str) -> tuple[Activity, ...]:
    """Each activity as often as its weight says, to be drawn from evenly."""
    return tuple(activity for activity in ACTIVITIES[team] for _ in range(activity.weight))
