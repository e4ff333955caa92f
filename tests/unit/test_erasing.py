"""Of erased text no byte stays in the SQLite file, also where full pages were split."""

from __future__ import annotations

import random
from pathlib import Path

from sqlalchemy import select

from timegrain.batches import Batch
from timegrain.counting.facts import Focus, Report
from timegrain.erasing import erase
from timegrain.recording import record_all
from timegrain.storage import people
from timegrain.storage.engine import Database
from timegrain.storage.policies import Policies
from timegrain.storage.schema import names, texts

START = 1_767_225_600
DAY = 86_400


def test_no_byte_of_erased_text_stays(sqlite_database: Database) -> None:
    database, rng = sqlite_database, random.Random(1)
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "o", "UTC", "test", 0).id
        user = people.add_user(connection, organisation, "u", "u@example.com", 0).id
        people.set_organisation_policy(connection, organisation, {"titles": "managers", "urls": "full"})
    for round_ in range(40):
        day = round_ % 20
        word = "SECRET" if day < 10 else "harmless"
        focus = []
        for _ in range(200):
            start = (START + day * DAY + rng.randrange(80_000)) * 1000 + rng.randrange(1000)
            title = f"{word} {rng.randrange(10**9)} {'x' * rng.randrange(60)}"
            focus.append(Focus(start, start + 20_000, "app", f"https://a.example/{word}{rng.randrange(10**9)}", title))
        with database.write(organisation, [user]) as connection:
            record_all(connection, Policies(), [Batch(organisation, user, Report("d", focus))])
    for day in range(10):
        erase(database, organisation, user, (START + day * DAY, START + (day + 1) * DAY))
    path = Path(database.url.database or "")
    assert b"harmless" in path.read_bytes()
    for file in path.parent.glob(f"{path.name}*"):
        assert b"SECRET" not in file.read_bytes(), file.name


def test_a_text_goes_with_the_last_fact_that_holds_it(database: Database) -> None:
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "o", "UTC", "test", 0).id
        user = people.add_user(connection, organisation, "u", "u@example.com", 0).id
        people.set_organisation_policy(connection, organisation, {"titles": "self", "urls": "full"})

    def send(*facts: Focus) -> None:
        with database.write(organisation, [user]) as connection:
            record_all(connection, Policies(), [Batch(organisation, user, Report("d", facts))])

    def stored() -> dict[str, int]:
        with database.read() as connection:
            return {row.text: row.uses for row in connection.execute(select(texts))}

    start, url = START * 1000, "https://a.example/x"
    send(Focus(start, start + 10_000, "app", url, "same"), Focus(start + 60_000, start + 70_000, "app", url, "same"))
    assert stored() == {"same": 2, url: 2}
    send(Focus(start, start + 10_000, "app", url, "same"))
    assert stored() == {"same": 2, url: 2}
    send(Focus(start, start + 20_000, "app", url, "another"))
    assert stored() == {"same": 1, "another": 1, url: 2}
    erase(database, organisation, user, (START, START + 60), remember=False)
    assert stored() == {"same": 1, url: 1}
    erase(database, organisation, user, (START, START + DAY))
    assert stored() == {}
    with database.read() as connection:
        assert connection.execute(select(names)).all() == []
