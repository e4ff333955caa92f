"""What an explanation says of one second, in a sentence."""

from __future__ import annotations

from datetime import datetime

from timegrain.counting.accounts import Reason
from timegrain.counting.calendar import zone_named
from timegrain.figures.explain import Explained, Explanation, Limits, Stretch


def _local(written: str, zone: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(zone_named(zone))


def length(seconds: int) -> str:
    """`5 minutes`, `10 minutes 30 seconds`."""
    minutes, rest = divmod(seconds, 60)
    whole = f"{minutes} minute{'' if minutes == 1 else 's'}"
    return whole if not rest else f"{seconds} seconds" if not minutes else f"{whole} {rest} seconds"


def no_input(device: str, stretch: Stretch, zone: str) -> str:
    """Clock times are the zone's, with their dates where those differ."""
    start, end = _local(stretch.start, zone), _local(stretch.end, zone)
    form = "%H:%M:%S" if start.date() == end.date() else "%Y-%m-%d %H:%M:%S"
    return f"no input on {device} from {start.strftime(form)} to {end.strftime(form)}"


def _rating(one: Explained) -> str:
    if one.rule is None:
        return f"{one.rating}, since no rule rates it"
    owner = {"team": "the team's", "organisation": "the organisation's", "starter": "the starter catalogue's"}
    return f"{one.rating} by {owner[one.rule.owner]} rule for {one.rule.subject}"


def _active(one: Explained, limits: Limits, zone: str) -> str:
    subject = one.subject.name if one.subject else "unknown"
    told = f"active on {subject}, {_rating(one)}; {one.device} was in front"
    if one.stretch is None:
        return told
    without = no_input(one.device, one.stretch, zone)
    if one.stretch.seconds < limits.idle_threshold_seconds:
        return f"{told}; {without}, shorter than the threshold of {length(limits.idle_threshold_seconds)}"
    why = "idle time is not counted for this person" if not limits.idle_counting else f"{subject} ignores idle"
    return f"{told}; {without}, but {why}"


def idle(device: str, stretch: Stretch, limits: Limits, zone: str) -> str:
    """Why a stretch without input is idle."""
    threshold = limits.idle_threshold_seconds
    than = "as long as" if stretch.seconds == threshold else "longer than"
    return f"idle: {no_input(device, stretch, zone)}, {than} the threshold of {length(threshold)}"


def untracked(one: Explained, limits: Limits, zone: str) -> str:
    """Why seconds in which something was in front are untracked."""
    if one.reason == Reason.LOCKED:
        return f"a lock screen was in front on {one.device}"
    if one.reason == Reason.ERASED or one.stretch is None:
        return f"erased on {one.device}"
    away = one.reason == Reason.AWAY
    name, limit = (
        ("away limit", limits.away_limit_seconds) if away else ("unattended limit", limits.unattended_limit_seconds)
    )
    return f"{no_input(one.device, one.stretch, zone)}, longer than the {name} of {length(limit)}"


def story(explanation: Explanation, zone: str) -> str:
    """Of an explanation of one second. Clock times are the zone's."""
    if not explanation.spans:
        return "untracked: nothing was in front on any device"
    one, limits = explanation.spans[0], explanation.limits
    if one.state == "untracked":
        return f"untracked: {untracked(one, limits, zone)}"
    if one.state == "idle" and one.stretch is not None:
        return idle(one.device, one.stretch, limits, zone)
    told = _active(one, limits, zone)
    never = f" ({one.device} reports no input: its time is never idle)" if one.device in explanation.never_idle else ""
    return told + never
