"""What is refused, or ends in the middle, leaves everything as it was."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from tests.backup.kept import PG_BIN, complaint, printed, ran, sample
from timegrain.storage.engine import Database

COMMAND = (sys.executable, "-c", "from timegrain.cli import main; main()")


@pytest.fixture
def kept(sqlite_url: str, tmp_path: Path) -> Path:
    """A backup of a sample."""
    sample(sqlite_url, 2, 1)
    printed(sqlite_url, "backup", str(tmp_path / "kept.db"))
    return tmp_path / "kept.db"


def content(url: str) -> dict[str, list[str]]:
    database = Database(url)
    with database.read() as connection:
        tables = inspect(connection).get_table_names()
        held = {one: sorted(map(str, connection.execute(text(f"SELECT * FROM {one}")))) for one in tables}
    database.close()
    return held


def test_a_damaged_backup(sqlite_url: str, kept: Path) -> None:
    """Cut, or with one bit the other way round, packed or not, with its digest or without."""
    before = content(sqlite_url)
    whole = kept.read_bytes()
    packed = gzip.compress(whole)
    turned = bytearray(whole)
    turned[whole.index(b"asha.rao@") + 2] ^= 1
    for broken, digest in (
        (whole[: len(whole) // 2], False),
        (whole[: len(whole) - 4096], False),
        (bytes(turned), True),
        (packed[:-1], False),
        (packed[:-100], False),
        (packed[: len(packed) // 2] + b"\0\0" + packed[len(packed) // 2 + 2 :], False),
        (b"", False),
        (b"no backup", False),
        (b"PGDMP", False),
    ):
        kept.write_bytes(broken)
        told = kept.with_name("kept.db.sha256")
        name = told if digest else told.with_suffix(".away")
        if told.exists():
            told.rename(name)
        elif digest:
            told.with_suffix(".away").rename(told)
        said = complaint(sqlite_url, "restore", str(kept), "--replace")
        assert "damaged" in said or "other kind" in said, said
    assert content(sqlite_url) == before
    assert not [one for one in kept.parent.iterdir() if "unfinished" in one.name or "replaced" in one.name]


def test_a_backup_in_the_place_of_the_database(sqlite_url: str, kept: Path) -> None:
    before = content(sqlite_url)
    own = Path(sqlite_url.removeprefix("sqlite:///"))
    linked = own.with_name("linked.db")
    linked.hardlink_to(own)
    for place in (own, linked, Path(f"{own}-wal")):
        assert "the database itself" in complaint(sqlite_url, "backup", str(place), "--force")
        assert "the database itself" in complaint(sqlite_url, "backup", "--erasures", str(place))
    assert ran(sqlite_url, "backup", str(kept), "--force", "--erasures", str(kept)).exit_code == 2
    linked.unlink()
    after = content(sqlite_url)
    # What was tried stands there.
    del before["audit"], after["audit"]
    assert after == before


def test_what_another_program_keeps(
    empty_url: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is no backup of timegrain, and stays unless it is to be kept aside."""
    monkeypatch.setenv("PGBIN", str(PG_BIN))
    kept = tmp_path / "kept"
    own = request.getfixturevalue("sqlite_url" if empty_url.startswith("sqlite") else "postgres_url")
    sample(own, 1, 1)
    printed(own, "backup", str(kept))
    database = Database(empty_url)
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (value integer)"))
        connection.execute(text("INSERT INTO theirs VALUES (7)"))
    database.close()
    assert "no timegrain database" in complaint(empty_url, "backup", str(tmp_path / "none"))
    assert "--replace" in complaint(empty_url, "restore", str(kept), "--without-erasures")
    if empty_url.startswith("sqlite"):
        assert "not empty" in complaint(own, "copy", own, empty_url)
    assert content(empty_url) == {"theirs": ["(7,)"]}


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none.db"
    for command in (("check",), ("backup", str(tmp_path / "b")), ("job", "list"), ("copy", url, f"{url}2")):
        assert "no timegrain database" in complaint(url, *command)
    assert not list(tmp_path.iterdir())


def test_an_address_that_is_none() -> None:
    assert complaint("postgresql://who:secret@host:port/db", "check").startswith("the database must be")


def test_a_folder_that_is_not_there(sqlite_url: str, tmp_path: Path) -> None:
    command = [*COMMAND, "--database", sqlite_url, "backup", str(tmp_path / "none" / "b")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, f"timegrain: {tmp_path}/none: No such file or directory\n")


def test_a_newer_backup(sqlite_url: str, tmp_path: Path) -> None:
    sample(sqlite_url, 1, 1)
    database = Database(sqlite_url)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    printed(sqlite_url, "backup", str(tmp_path / "newer.db"))
    new = f"sqlite:///{tmp_path}/new.db"
    assert "newer" in complaint(new, "restore", str(tmp_path / "newer.db"), "--without-erasures")
    assert not (tmp_path / "new.db").exists()


def test_a_database_in_use(sqlite_url: str, kept: Path) -> None:
    before = content(sqlite_url)
    database = Database(sqlite_url)
    database.ping()
    assert "in use" in complaint(sqlite_url, "restore", str(kept), "--replace")
    database.close()
    assert content(sqlite_url) == before
    assert printed(sqlite_url, "restore", str(kept), "--replace")["keptAside"]


def test_where_nothing_tells_what_was_erased(sqlite_url: str, kept: Path, tmp_path: Path) -> None:
    """The database is lost, or another's; then the file of erasures tells it, with the password of now taken away."""
    lost = f"sqlite:///{tmp_path}/lost.db"
    first, second = printed(sqlite_url, "user", "list")["users"]
    printed(sqlite_url, "user", "erase", second["email"], "--confirm", second["email"])
    file = tmp_path / "erasures.json"
    assert printed(sqlite_url, "backup", "--erasures", str(file))["erasuresSize"] > 0
    told = file.read_text()
    assert first["userId"] in told
    assert not [word for word in (first["email"], first["name"], "argon2", "laptop") if word in told]

    assert "--without-erasures" in complaint(lost, "restore", str(kept))
    assert not (tmp_path / "lost.db").exists()
    done = printed(lost, "restore", str(kept), "--erasures", str(file))
    assert (done["again"]["erased people"], done["people"]) == (1, 1)
    assert second["email"].encode() not in (tmp_path / "lost.db").read_bytes()
    (tmp_path / "lost.db").write_bytes(b"damaged" * 1000)
    (tmp_path / "lost.db-wal").write_bytes(b"of the damaged")
    assert "--without-erasures" in complaint(lost, "restore", str(kept), "--replace")
    aside = Path(printed(lost, "restore", str(kept), "--replace", "--erasures", str(file))["keptAside"])
    assert aside.read_bytes().startswith(b"damaged")
    assert Path(f"{aside}-wal").read_bytes() == b"of the damaged"
    other = f"sqlite:///{tmp_path}/other.db"
    sample(other, 1, 1)
    assert "--without-erasures" in complaint(other, "restore", str(kept), "--replace")
    assert printed(other, "restore", str(kept), "--replace", "--without-erasures")["people"] == 2


def test_a_full_disk(sqlite_url: str, tmp_path: Path) -> None:
    """The system refuses a file above this size, as a full disk would: no file is left that looks whole."""
    sample(sqlite_url, 2, 1)
    for name in ("b.db", "b.db.gz"):
        limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)); {COMMAND[2]}"
        done = subprocess.run(
            [COMMAND[0], "-c", limited, "--database", sqlite_url, "backup", str(tmp_path / name)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert "Traceback" not in done.stderr
    assert not [one.name for one in tmp_path.iterdir() if not one.name.startswith("timegrain.db")]


KILLED = """
import os, signal, timegrain.{module} as module
def killed(*_given, **_named):
    os.kill(os.getpid(), signal.SIGKILL)
module.{function} = killed
from timegrain.cli import main
main()
"""


def killed(module: str, function: str, *arguments: str) -> None:
    """Run a command in which this function ends the process."""
    program = KILLED.format(module=module, function=function)
    environment = {**os.environ, "PGBIN": str(PG_BIN)}
    done = subprocess.run([sys.executable, "-c", program, *arguments], check=False, timeout=60, env=environment)
    assert done.returncode == -signal.SIGKILL


def test_a_kill_in_the_middle_of_a_restore(database_url: str, tmp_path: Path) -> None:
    sample(database_url, 1, 1)
    file = str(tmp_path / "kept.gz")
    printed(database_url, "backup", file, "--pg-bin", str(PG_BIN))
    before = content(database_url)
    killed("restoring", "check", "--database", database_url, "restore", file, "--replace")
    if database_url.startswith("sqlite"):
        killed("storage.placing", "move", "--database", database_url, "restore", file, "--replace")
    else:
        killed("storage.pg_tools", "exchange", "--database", database_url, "restore", file, "--replace")
    assert content(database_url) == before
    assert printed(database_url, "restore", file, "--replace", "--pg-bin", str(PG_BIN))["keptAside"]


def test_a_kill_in_the_middle_of_a_copy(database_url: str, tmp_path: Path) -> None:
    """Whatever is there is empty, and a copy made anew is whole."""
    source = f"sqlite:///{tmp_path}/source.db"
    sample(source, 1, 1)
    killed("copying", "rows.figures", "copy", source, database_url)
    assert printed(database_url, "copy", source, database_url)["check"]["sound"]


def test_programs_that_are_not_there_or_too_old(postgres_url: str, tmp_path: Path) -> None:
    sample(postgres_url, 1, 1)
    file, folder = str(tmp_path / "kept"), tmp_path / "bin"
    folder.mkdir()
    assert "no pg_dump in" in complaint(postgres_url, "backup", file, "--pg-bin", str(folder))
    (folder / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    (folder / "pg_dump").chmod(0o755)
    assert "9.6" in complaint(postgres_url, "backup", file, "--pg-bin", str(folder))
    assert not Path(file).exists()
