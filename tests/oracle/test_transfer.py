"""A person's facts to a file and back: for another person with the same policy the figures are the same."""

from __future__ import annotations

from collections import Counter
from io import BytesIO

import pytest
from sqlalchemy import Connection

from tests.serving import served
from timegrain.counted import counting
from timegrain.counting.tallies import Counted
from timegrain.recounting import differences
from timegrain.storage import people, slots
from timegrain.storage.audit import Actor
from timegrain.storage.engine import Database
from timegrain.storage.names import all_names
from timegrain.storage.people import Person
from timegrain.storage.policies import Policies, raise_version
from timegrain.transfer import Imported, export_facts, import_facts

from .replaying import Program
from .worlds import random_world

WORLDS = range(500, 512)
IDLE = ("idle_counting", "idle_threshold", "away_limit", "unattended_limit")


def twin(connection: Connection, organisation: int, of: Person) -> Person:
    """Another person with the same memberships and limits, and no facts."""
    made = people.add_user(connection, organisation, "twin", f"twin-{of.email}", 0)
    people.set_memberships(connection, organisation, made.id, people.memberships_of(connection, organisation, of.id))
    row = people.user_row(connection, organisation, of.id)
    people.set_user(connection, organisation, made.id, {name: getattr(row, name) for name in IDLE})
    raise_version(connection, organisation)
    return made


def figures(database: Database, organisation: int, user: int) -> tuple[Counted, dict[tuple[int, str], int]]:
    """All that is counted, subjects by name: their ids are each person's own."""
    with database.read() as connection:
        of = counting(connection, Policies().read(connection, organisation), user)
        held = slots.read(connection, of.owner, slots.EVER)
        names = all_names(connection, organisation, user)
        subjects: Counter[tuple[int, str]] = Counter()
        for (slot, subject), seconds in held.subjects.items():
            subjects[slot, names[subject].name] += seconds
        return Counted(held.totals, {}), dict(subjects)


def written(database: Database, organisation: int, user: int) -> bytes:
    with database.read() as connection:
        return b"".join(export_facts(connection, organisation, user, Counter()))


def read(database: Database, organisation: int, user: int, file: bytes, dry_run: bool = False) -> Imported:
    by = Actor("timegrain import facts")
    return import_facts(database, organisation, user, BytesIO(file), by, dry_run, lambda _done, _total: None)


@pytest.mark.slow
def test_figures_are_the_same_after_the_way_through_a_file(database: Database) -> None:
    facts = erased = 0
    with served(database) as client:
        for seed in WORLDS:
            world = random_world(seed)
            program = Program(database, client, f"world {seed}", world.start)
            for step in world.steps:
                program.apply(step)
            for one in list(program.users):
                file = written(database, program.id, one.id)
                with database.write(program.id, policy=True) as connection:
                    other = twin(connection, program.id, one)
                nothing = figures(database, program.id, other.id)
                planned = read(database, program.id, other.id, file, dry_run=True)
                assert figures(database, program.id, other.id) == nothing
                done = read(database, program.id, other.id, file)
                assert (planned, done.stored) == (done, done.facts)
                assert figures(database, program.id, other.id) == figures(database, program.id, one.id)
                assert differences(database, program.id, other.id) == 0
                assert set(written(database, program.id, other.id).splitlines()) == set(file.splitlines())
                again = read(database, program.id, one.id, file)
                assert (again.stored, again.unchanged, again.erased_ranges) == (0, again.facts, 0)
                facts, erased = facts + done.facts, erased + done.erased_ranges
    assert facts > 500
    assert erased > 3
