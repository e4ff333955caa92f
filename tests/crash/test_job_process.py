"""The process beside a server that advances its jobs: it does them, and never outlives the server."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from timegrain.counting.facts import Focus, Report
from timegrain.job_process import JobProcess
from timegrain.policy_changes import start_change
from timegrain.recording import record_in_bulk
from timegrain.storage import jobs, people
from timegrain.storage.changes import Change
from timegrain.storage.engine import Database
from timegrain.storage.jobs import Job

HOLDING = """
import sys
from timegrain.job_process import JobProcess
from timegrain.storage.engine import Database
process = JobProcess(Database(sys.argv[1]))
process.start()
print(process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def job(database: Database) -> Job:
    return a_job(database)


def a_job(database: Database) -> Job:
    with database.write(0, policy=True) as connection:
        organisation = people.add_organisation(connection, "o", "UTC", "test", 0).id
        user = people.add_user(connection, organisation, "u", "u@example.com", 0).id
    list(record_in_bulk(database, organisation, user, [Report("laptop", [Focus(10**12, 10**12 + 10**6, "Code")])]))
    return start_change(database, organisation, Change(values={"idle_threshold": 180}))


def state(database: Database, job: Job) -> str:
    with database.read() as connection:
        found = jobs.by_uuid(connection, 1, job.uuid)
    assert found is not None
    return found.state


def ready(process: JobProcess) -> None:
    process.start()
    waiting = threading.Event()
    assert any(process.is_ready or waiting.wait(0.01) for _ in range(6000))


def test_it_does_what_there_is_to_do_until_it_is_closed(database: Database, job: Job) -> None:
    process = JobProcess(database)
    ready(process)
    assert state(database, job) == "waiting"
    assert process.finish_all(threading.Event())
    assert state(database, job) == "done"
    pid = process.pid
    process.rest(3600)
    assert process.pid == pid, "it has not rested that long"
    process.rest(0)
    assert not process.is_ready
    assert not alive(pid)


def test_a_server_goes_on_where_it_is_killed(database: Database, job: Job) -> None:
    process = JobProcess(database)
    ready(process)
    pid = process.pid
    with database.turn if database.is_sqlite else threading.Lock():
        # On SQLite it waits for its turn, if it got that far.
        os.kill(pid, signal.SIGKILL)
        assert not process.finish_all(threading.Event())
    assert not process.is_ready
    with database.write(1) as connection:
        assert jobs.unfinished(connection, 1)
    process.close()


class NoTurn(AbstractContextManager[None]):
    def __exit__(self, *_: object) -> None: ...

    def __enter__(self) -> None:
        raise ValueError("a fault that nobody foresaw")


def test_a_server_goes_on_where_the_turn_fails(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    asked = a_job(database)
    process = JobProcess(Database(sqlite_url, turn=NoTurn()))
    ready(process)
    pid = process.pid
    ended = os.pidfd_open(pid)
    assert not process.finish_all(threading.Event())
    assert select.select([ended], [], [], 30)[0], "it waits for no turn that never comes"
    os.close(ended)
    process.close()
    assert state(database, asked) == "waiting"
    database.close()


def test_it_ends_with_a_server_that_is_killed(database_url: str, database: Database) -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", HOLDING, database_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    pid = int(server.stdout.readline())
    ended = os.pidfd_open(pid)
    server.kill()
    server.wait(30)
    assert select.select([ended], [], [], 30)[0], "the process beside it ends by itself"
    os.close(ended)


def test_it_opens_the_same_file_whatever_its_name_and_the_folder(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('not of the server')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    file = tmp_path / "zähl "
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), file)
    database = Database(f"sqlite:///{file}")
    asked = a_job(database)
    process = JobProcess(database)
    ready(process)
    assert process.finish_all(threading.Event())
    process.close()
    assert state(database, asked) == "done"
    database.close()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
