"""Whether a database is sound: what it says of itself, what its rows refer to, and facts against slots against days.

Each person is read in one state of the database, so that a server may write meanwhile.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from timegrain.recounting import Progress, differences_in, silent
from timegrain.storage import people, rows, soundness
from timegrain.storage.engine import Database
from timegrain.storage.people import Organisation, Person

SAMPLE = 20
"""People of an organisation who are looked at unless told: others each time."""

FIGURES = "figures other than their facts give"


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was found, and of how many; of whom, where it is of one person."""

    organisation: str
    what: str
    count: int
    email: str | None = None
    user: UUID | None = None

    @property
    def recount_mends(self) -> bool:
        return self.what == FIGURES or self.what in soundness.MENDED_BY_RECOUNT


@dataclass(slots=True)
class Checked:
    """What was looked at, and what is wrong. `integrity` is how the database looked at itself; "": it could not."""

    integrity: str
    damage: Sequence[str]
    people: int = 0
    of_people: int = 0
    looked_at: Counter[str] = field(default_factory=Counter)
    """By what could be wrong, how many people or organisations."""
    wrong: list[Wrong] = field(default_factory=list)
    whom: list[UUID] = field(default_factory=list)
    """Who was to be looked at."""

    @property
    def sound(self) -> bool:
        return not self.damage and not self.wrong


def check(
    database: Database,
    organisations: Sequence[Organisation],
    sample: int | None = SAMPLE,
    email: str | None = None,
    progress: Progress = silent,
    again: Checked | None = None,
) -> Checked:
    """Look at some people of each organisation, with `sample` None at all, with `email` at that one.

    With `again` at those who were looked at then, whatever else is told.
    Raises `Refused` where nobody has that mail.
    """
    with database.read() as connection:
        rows.take_time(connection)
        itself = soundness.integrity(connection)
    checked = Checked(itself.how, itself.found)
    if itself.found:
        return checked
    chosen: list[tuple[Organisation, Person]] = []
    for one in organisations:
        with database.read() as connection:
            everybody = people.all_users(connection, one.id)
            some = [people.user_by_email(connection, one.id, email)] if email else _some(everybody, sample, again)
            found = soundness.of_organisation(connection, one.id)
        checked.of_people += len(everybody)
        checked.looked_at.update(soundness.OF_ORGANISATION)
        checked.wrong += (Wrong(one.name, what, count) for what, count in found.items())
        chosen += ((one, person) for person in some)
    checked.whom += (person.uuid for _, person in chosen)
    for done, (one, person) in enumerate(chosen, 1):
        _check_person(database, one, person, checked)
        progress(done, len(chosen))
    return checked


def _some(everybody: Sequence[Person], sample: int | None, again: Checked | None) -> Sequence[Person]:
    if again is not None:
        return [one for one in everybody if one.uuid in again.whom]
    if sample is None or sample >= len(everybody):
        return everybody
    # Which ones need not be a secret; over many checks it is everybody's turn.
    return random.sample(everybody, sample)


def _check_person(database: Database, organisation: Organisation, person: Person, checked: Checked) -> None:
    with database.read() as connection:
        if people.user_by_uuid(connection, organisation.id, person.uuid) is None:
            return  # erased meanwhile
        found = soundness.of_person(connection, organisation.id, person.id)
        checked.people += 1
        checked.looked_at.update(soundness.OF_PEOPLE)
        # Facts of no device or name cannot be counted.
        if not found.keys() & soundness.UNCOUNTABLE:
            checked.looked_at[FIGURES] += 1
            if different := differences_in(connection, organisation.id, person.id):
                found[FIGURES] = different
    whose = person.email, person.uuid
    checked.wrong += (Wrong(organisation.name, what, count, *whose) for what, count in found.items())
