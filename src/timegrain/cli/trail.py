"""`audit`: who did or looked at what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from timegrain.cli.answering import table
from timegrain.cli.days import DAY
from timegrain.cli.session import Session, command
from timegrain.counting.calendar import day_start, written_instant
from timegrain.storage import audit as trail
from timegrain.storage import people
from timegrain.storage.audit import Listed, Subjects, Wanted


@command(None, "audit")
@click.option("--user", "mail", metavar="MAIL", help="Whom it is by or about.")
@click.option("--since", type=DAY, help="The first day, of the home zone.")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 10_000))
def audit(session: Session, mail: str | None, since: datetime | None, limit: int) -> None:
    """Who changed or looked at what, about whom, when and from where; the newest first."""
    with session.opened() as (database, organisation), database.read() as connection:
        user = people.user_by_email(connection, organisation.id, mail).uuid if mail else None
        start = day_start(organisation.zone, since.toordinal()) if since else None
        found = trail.some(connection, organisation.id, Wanted(user=user, start=start), most=limit)
        about = trail.subjects(connection, organisation.id, [one.id for one in found])
    shown = table("At", "Who", "Call", "About", "Times", "From")
    rows = [_data(one, about.get(one.id)) for one in found]
    for row in rows:
        who = row["user"] or row["key"] or ""
        names = ", ".join(row["about"])
        shown.add_row(row["at"], who, row["call"], names, str(row["times"]), row["address"] or "this computer")
    session.answer({"entries": rows}, shown)


def _data(one: Listed, about: Subjects | None) -> dict[str, Any]:
    return {
        "id": str(one.uuid),
        "at": written_instant(one.at),
        "lastAt": written_instant(one.last_at),
        "times": one.times,
        "user": one.user[1] if one.user else None,
        "key": one.key[1] if one.key else None,
        "call": one.call,
        "address": one.address,
        "people": about.people if about else 0,
        "about": [name for _, name in about.shown] if about else [],
        "before": one.before,
        "after": one.after,
    }
