"""A cluster of a test's own, whose workers may be killed: made by the programs of the one that is named, where they are
on this machine."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests import cluster
from tests.crash.test_kill import free_port

_SETTINGS = """
shared_preload_libraries = 'citus'
listen_addresses = '127.0.0.1'
max_prepared_transactions = 100
wal_level = logical
"""


class Node:
    """One PostgreSQL of it."""

    def __init__(self, programs: Path, owner: int, folder: Path) -> None:
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self._programs, self._owner, self._folder = programs, owner, folder
        self._run("initdb", "-D", str(folder), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale")
        with (folder / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(f"{_SETTINGS}port = {self.port}\nunix_socket_directories = ''\n")

    def start(self) -> None:
        self._run("pg_ctl", "-D", str(self._folder), "-w", "-l", str(self._folder / "log"), "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._folder), "-w", "-m", "immediate", "stop")

    def kill(self) -> None:
        """SIGKILL to each of its processes at once; none is left when this returns."""
        lock = self._folder / "postmaster.pid"
        first = int(lock.read_text(encoding="utf-8").split()[0])
        os.kill(first, signal.SIGSTOP)  # it starts no more of them
        with ExitStack() as until_then:
            handles = []
            for pid in [first, *_children(first)]:
                with suppress(ProcessLookupError):
                    handles.append(os.pidfd_open(pid))
                    until_then.callback(os.close, handles[-1])
            for handle in handles:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
            for handle in handles:
                assert select.select([handle], [], [], 60)[0]
        # Until somebody reaps the first, it seems to live. The lock of a socket would say so too: there is none.
        lock.unlink()

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        # What starts a server leaves it the pipes, so that nobody would see their end.
        subprocess.run(
            command,
            user=self._owner,
            cwd="/",
            check=True,
            timeout=120,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _children(parent: int) -> Iterator[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1]) == parent:
                yield int(stat.parent.name)


@contextmanager
def own_cluster() -> Iterator[tuple[Node, list[Node]]]:
    """The coordinator and two workers, with an empty database `postgres` that is spread over these."""
    programs, owner = _named()
    with tempfile.TemporaryDirectory(prefix="timegrain-citus-") as name, ExitStack() as until_then:
        Path(name).chmod(0o755)
        nodes = []
        for number in range(3):
            folder = Path(name) / str(number)
            folder.mkdir(mode=0o700)
            os.chown(folder, owner, -1)
            nodes.append(Node(programs, owner, folder))
            nodes[-1].start()
            until_then.callback(nodes[-1].stop)
        coordinator, *workers = nodes
        cluster.join(make_url(coordinator.url), [("127.0.0.1", one.port) for one in workers])
        yield coordinator, workers


def _named() -> tuple[Path, int]:
    """Where the programs of the named cluster are, and whose process its coordinator is."""
    with psycopg.connect(cluster.COORDINATOR) as connection:
        ((programs, data),) = connection.execute(
            "SELECT setting, current_setting('data_directory') FROM pg_config WHERE name = 'BINDIR'"
        ).fetchall()
    if not (Path(programs, "initdb").exists() and Path(data).exists()):
        pytest.skip("the cluster is on another machine: none of a test's own can be made and killed")
    owner = Path(data).stat().st_uid
    if os.geteuid() not in (0, owner):
        pytest.skip("the cluster is another user's")
    return Path(programs), owner
