"""The six figures of some time, each with its share, its change and what it means."""

from __future__ import annotations

from typing import NamedTuple

from timegrain.counting.tallies import Tally
from timegrain.storage.sessions import SignedIn
from timegrain.web.formats import change, minutes, percent
from timegrain.web.views import CLASSES, View


class Tile(NamedTuple):
    name: str
    seconds: int
    address: str
    notes: tuple[str, ...]
    help: tuple[str, ...]


def tiles(view: View, path: str, tally: Tally, more: Tally | None, me: SignedIn, **at: str | None) -> list[Tile]:
    """`more`: than the week before, in each class; None: there is nothing to compare with. `at` is what their
    addresses have besides."""
    found = []
    for name in CLASSES:
        seconds = getattr(tally, name)
        notes = []
        if name in ("active", "idle"):
            notes.append(f"{percent(seconds, tally.total)} of total")
        elif name != "total":
            notes.append(f"{percent(seconds, tally.active)} of active")
        if more is not None:
            notes.append(f"{change(getattr(more, name))} week on week")
        found.append(Tile(name, seconds, view.to(path, **at, show=name), tuple(notes), help_on(name, me)))
    return found


def help_on(name: str, me: SignedIn) -> tuple[str, ...]:
    """What a word means here, with the limits that hold for the reader; `docs/counting.md` has the same sentences."""
    idle, away, unattended = minutes(me.idle_threshold), minutes(me.away_limit), minutes(me.unattended_limit)
    return {
        "total": (
            "Total: every second in which somebody was at work on one of the person’s devices, or paused and came "
            "back in time. Each second counts once, also where two devices are on.",
            "Total = active + idle.",
        ),
        "active": (
            f"Active: an application was in front, and there was keyboard or mouse input, or a pause shorter than "
            f"{idle}. Where a call, a talk or the like is marked ignore idle, longer pauses are active too, up to "
            f"{unattended}.",
            "Active = productive + neutral + unproductive.",
        ),
        "idle": (
            f"Idle: no input for {idle} or longer, counted from the first second without input. A pause longer than "
            f"{away} is untracked instead: somebody left.",
        ),
        "productive": ("Productive: active time on applications and sites that are rated productive.",),
        "neutral": (
            "Neutral: active time on what is rated neutral or not rated yet. It says nothing about the person.",
        ),
        "unproductive": ("Unproductive: active time on applications and sites that are rated unproductive.",),
        "untracked": (
            "Untracked: nothing was in front on any device, the screen was locked, or somebody left. It is in no "
            "figure: a gap stays a gap.",
        ),
    }[name]
