"""Days and instants on the command line: how days are given, and how ends that are open and instants are shown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import click

from timegrain.counting.memberships import ALWAYS, FOREVER

FOR_EVER = "forever"


class KeptDays(click.ParamType[int | str]):
    """A number of days, or `forever`."""

    name = "days"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        return FOR_EVER if value == FOR_EVER else int(click.IntRange(1, 36_525).convert(value, param, ctx))


DAY = click.DateTime(["%Y-%m-%d"])


def first_day(ordinal: int) -> str | None:
    return None if ordinal == ALWAYS else date.fromordinal(ordinal).isoformat()


def last_day(end: int) -> str | None:
    """The day before the end; None where it is open."""
    return None if end == FOREVER else date.fromordinal(end - 1).isoformat()


def at(second: int | None) -> str:
    """For people; in UTC."""
    return "never" if second is None else datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
