"""`check`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from timegrain.checking import SAMPLE, Checked, Wrong
from timegrain.checking import check as looked_at
from timegrain.cli.answering import table
from timegrain.cli.session import Session, command
from timegrain.errors import Refused
from timegrain.recounting import recount_everything
from timegrain.storage import people
from timegrain.storage.engine import Database
from timegrain.storage.people import Organisation


@command(None, "check")
@click.option("--sample", type=click.IntRange(1), help=f"People of each organisation to look at; {SAMPLE} unless told.")
@click.option("--whole", is_flag=True, help="Look at everybody.")
@click.option("--user", "mail", metavar="MAIL", help="Look at one person.")
@click.option("--repair", "mend", is_flag=True, help="Count again whose figures are wrong, and look once more.")
def check(session: Session, sample: int | None, whole: bool, mail: str | None, mend: bool) -> None:
    """Whether the database is sound, and facts, slots and days agree; exit with 1 where not.

    Of every organisation, unless --organisation names one or --user is given. A server may run meanwhile.
    """
    if (sample is not None) + whole + (mail is not None) > 1:
        raise click.UsageError("give one of --sample, --whole and --user")
    how_many = None if whole else sample or SAMPLE
    with session.database() as database:
        organisations = session.organisations(database, one=mail is not None)
        with session.progress("Checking") as progress:
            found = looked_at(database, organisations, how_many, mail, progress)
            mended = _repair(session, database, organisations, found) if mend else 0
            if mended:
                found = looked_at(database, organisations, progress=progress, again=found)
    session.answer({**as_data(found), "repaired": mended}, as_table(found))
    require_sound(found)


def _repair(session: Session, database: Database, organisations: Sequence[Organisation], found: Checked) -> int:
    """How many people were counted again."""
    by_name = {one.name: one for one in organisations}
    whom = {(one.organisation, one.user) for one in found.wrong if one.recount_mends and one.user is not None}
    for name, user in whom:
        with database.read() as connection:
            person = people.user_by_uuid(connection, by_name[name].id, user)
        if person is not None:
            recount_everything(database, by_name[name].id, [person.id])
            with database.write(by_name[name].id) as connection:
                session.record(connection, by_name[name], person.id)
    return len(whom)


def as_data(found: Checked) -> dict[str, Any]:
    return {
        "sound": found.sound,
        "integrity": {"how": found.integrity or None, "damage": list(found.damage)},
        "people": found.people,
        "ofPeople": found.of_people,
        "wrong": [
            {"organisation": one.organisation, "what": one.what, "count": one.count, "email": one.email}
            for one in found.wrong
        ],
    }


def as_table(found: Checked) -> Any:
    shown = table("What was looked at", "Of", "Found")
    itself = len(found.damage) or "nothing"
    shown.add_row(
        "pages and indexes", found.integrity or "not looked at: no amcheck that this role may use", str(itself)
    )
    for what, looked in found.looked_at.items():
        wrong = [one for one in found.wrong if one.what == what]
        of = f"{looked} people" if looked == found.people and looked else str(looked)
        shown.add_row(what, of, str(sum(one.count for one in wrong) or "nothing"))
    for line in found.damage:
        shown.add_row("", "", line)
    for one in found.wrong:
        shown.add_row("", one.email or one.organisation, f"{one.count} {one.what}")
    return shown


def require_sound(found: Checked) -> None:
    """Raises `Refused`, which says what to do."""
    if found.damage:
        raise Refused(f"the database is damaged: {found.damage[0]}; restore a backup")
    if not found.sound:
        raise Refused(advice(found.wrong))


def advice(wrong: Sequence[Wrong]) -> str:
    mendable = sorted({one.email for one in wrong if one.recount_mends and one.email})
    commands = ", ".join(f"`timegrain recount --user {email}`" for email in mendable[:5])
    more = f" and {len(mendable) - 5} more" if len(mendable) > 5 else ""
    parts = [f"{commands}{more}, or `timegrain check --repair`, counts them again"] if mendable else []
    if any(not one.recount_mends for one in wrong):
        parts.append("what no count mends needs a backup")
    return f"the database is not sound: {'; '.join(parts)}"
