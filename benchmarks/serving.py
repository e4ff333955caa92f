"""A real `timegrain serve` in a process of its own: the one who asks takes no time from the one who answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.serving import unlimited

from benchmarks.measuring import Client
from timegrain.storage.engine import Database

COMMAND = (sys.executable, "-m", "timegrain")


@dataclass(frozen=True)
class Child(Client):
    """The client of a server whose memory can be read."""

    pid: int

    def megabytes(self, which: str = "VmRSS") -> float:
        """Of all its processes: `VmRSS` now, `VmHWM` at most so far."""
        return sum(_kilobytes(pid, which) for pid in _family(self.pid)) / 1024


def _family(pid: int) -> list[int]:
    children = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            children += [int(one) for one in (task / "children").read_text().split()]
    return [pid, *(each for child in children for each in _family(child))]


def _kilobytes(pid: int, which: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{which}:")), 0)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def child(url: str, key: str, folder: Path, *arguments: str) -> Iterator[Child]:
    """Until the end of the block; the key's organisation has no limits of requests."""
    database = Database(url)
    unlimited(database)
    database.close()
    with started(url, key, folder, *arguments) as server:
        yield server


@contextmanager
def started(url: str, key: str, folder: Path, *arguments: str) -> Iterator[Child]:
    port = _free_port()
    with (folder / "serve.log").open("ab") as log:
        server = subprocess.Popen(
            [*COMMAND, "--database", url, "serve", "--port", str(port), *arguments],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait(server, port, folder / "serve.log")
        yield Child(port, key, server.pid)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(30)


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    with httpx.Client(trust_env=False, timeout=30) as client:
        while server.poll() is None:
            with suppress(httpx.TransportError):
                if client.get(f"http://127.0.0.1:{port}/health").is_success:
                    return
            time.sleep(0.01)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")
