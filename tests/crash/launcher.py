"""Starts commands out of a process that has loaded the program already.

What runs is a `timegrain` as from a shell, in a process and a group of its own, from its command line on; only
the imports, which are most of the time until a server answers, are not done again for each.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path


class Started:
    """A command, mostly a server, which is no child of this process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)

    def wait_for(self, port: int) -> None:
        """Until it listens, looking again every hundredth of a second."""
        for _ in range(3000):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    return
            assert not select.select([self._handle], [], [], 0.01)[0], "the server ended before it answered"
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        """Its whole group; returns when it is gone."""
        with suppress(ProcessLookupError):  # a command may have ended by itself
            os.killpg(self.pid, signal.SIGKILL)
        assert select.select([self._handle], [], [], 30)[0], "the server outlives SIGKILL"
        os.close(self._handle)


class Launcher:
    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.crash.launcher"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, arguments: list[str], log: Path) -> Started:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([arguments, str(log)]) + "\n")
        self._process.stdin.flush()
        return Started(int(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.communicate(timeout=30)


def main() -> None:
    from timegrain import cli
    from timegrain.cli import running  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        arguments, log = json.loads(line)
        pid = os.fork()
        if pid:
            print(pid, flush=True)
            continue
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(written, 1)
        os.dup2(written, 2)
        sys.argv = ["timegrain", *arguments]
        cli.main()
        sys.exit(0)


if __name__ == "__main__":
    main()
