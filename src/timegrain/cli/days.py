"""Days on the command line: how they are given, and how ends that are open are shown."""

from __future__ import annotations

from datetime import date

import click

from timegrain.counting.memberships import ALWAYS, FOREVER

DAY = click.DateTime(["%Y-%m-%d"])


def first_day(ordinal: int) -> str | None:
    return None if ordinal == ALWAYS else date.fromordinal(ordinal).isoformat()


def last_day(end: int) -> str | None:
    """The day before the end; None where it is open."""
    return None if end == FOREVER else date.fromordinal(end - 1).isoformat()
