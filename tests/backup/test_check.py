"""`check` finds what is wrong, says what mends it, and mends what counting anew can."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from tests.backup.kept import complaint, printed, ran, sample
from timegrain.checking import FIGURES
from timegrain.storage.engine import Database

FIRST = "organisation_id = 1 AND user_id = 1"

BROKEN: dict[str, str] = {
    f"UPDATE slot_totals SET productive = productive + 1 WHERE {FIRST}": FIGURES,
    f"DELETE FROM slot_subjects WHERE {FIRST}": FIGURES,
    f"UPDATE day_totals SET idle = idle + 7 WHERE {FIRST}": FIGURES,
    f"DELETE FROM stretches WHERE {FIRST}": FIGURES,
    "INSERT INTO day_totals SELECT organisation_id, user_id, 9, day, 1, 1, 1, 1 FROM day_totals"
    f" WHERE {FIRST}": "figures that nobody reads",
    f"UPDATE slot_subjects SET subject_id = subject_id + 7000 WHERE {FIRST}": "slots of no name",
}
"""What is done to the rows, and what is found; counting anew mends it."""

LOST = {
    f"UPDATE facts SET device_id = 77 WHERE {FIRST}": "facts of no device",
    f"UPDATE facts SET app_id = 7777 WHERE {FIRST} AND app_id > 0": "facts of no name",
    "INSERT INTO texts VALUES (1, 1, 5, 'a', 1)": "texts miscounted",
    f"UPDATE facts SET title_id = 99 WHERE {FIRST}": "facts of no text",
    "UPDATE facts SET user_id = 900 WHERE user_id = 2": "rows of no user",
    "UPDATE users SET role_id = 40 WHERE id = 2": "users of no role",
    "INSERT INTO erasures VALUES (1, 1, 0, 900, 55)": "stretches, ranges and buckets of no device",
}
"""The same, which it does not."""


def do(url: str, *statements: str) -> None:
    database = Database(url)
    with database.engine.begin() as connection:
        for one in statements:
            connection.execute(text(one))
    database.close()


def test_what_is_wrong_is_found_and_mended(database_url: str) -> None:
    sample(database_url, 2, 1)
    sound = printed(database_url, "check", "--whole")
    assert (sound["sound"], sound["wrong"], sound["people"], sound["ofPeople"]) == (True, [], 2, 2)
    assert sound["integrity"]["damage"] == []
    do(database_url, *list(BROKEN)[:4])
    assert "`timegrain recount --user " in complaint(database_url, "check", "--whole")
    for statement, what in BROKEN.items():
        do(database_url, statement)
        assert what in ran(database_url, "check", "--whole").output, statement
        mended = printed(database_url, "check", "--whole", "--repair")
        assert (mended["sound"], mended["repaired"]) == (True, 1), (what, mended)
    mail = printed(database_url, "user", "list")["users"][0]["email"]
    one = printed(database_url, "check", "--user", mail)
    assert (one["people"], one["ofPeople"]) == (1, 2)
    assert printed(database_url, "check", "--sample", "1")["people"] == 1
    assert ran(database_url, "check", "--sample", "2", "--whole").exit_code == 2


def test_those_who_were_mended_are_looked_at_again(sqlite_url: str) -> None:
    """Everybody is wrong, one is looked at and mended: whoever else is wrong is nobody's yet."""
    sample(sqlite_url, 3, 1)
    do(sqlite_url, "DELETE FROM stretches")
    repaired = [printed(sqlite_url, "check", "--sample", "1", "--repair")["repaired"] for _ in range(3)]
    assert repaired[0] == 1


def test_what_refers_to_nothing_is_found(sqlite_url: str) -> None:
    sample(sqlite_url, 2, 1)
    do(sqlite_url, *LOST)
    done = ran(sqlite_url, "check", "--whole", "--repair")
    assert [what for what in LOST.values() if what not in done.output] == []
    assert "backup" in str(done.exception)


def test_a_damaged_file_is_found(sqlite_url: str) -> None:
    sample(sqlite_url, 2, 1)
    database = Database(sqlite_url)
    database.scrub()
    with database.read() as connection:
        page = connection.execute(text("SELECT rootpage FROM sqlite_master WHERE name = 'slot_totals'")).scalar_one()
    database.close()
    with Path(sqlite_url.removeprefix("sqlite:///")).open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(range(256)) * 8)
    assert "damaged" in complaint(sqlite_url, "check")
