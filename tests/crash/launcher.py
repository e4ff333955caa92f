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
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path


class Started:
    """A command, mostly a server, which is no child of this process."""

    def __init__(self, pid: int, code: Path) -> None:
        self.pid = pid
        self._code = code
        self._handle = os.pidfd_open(pid)

    def ended(self, within_s: float) -> bool:
        return bool(select.select([self._handle], [], [], within_s)[0])

    def code(self) -> int | None:
        """Of one that ended: None where it was killed."""
        return int(self._code.read_text()) if self._code.exists() else None

    def wait_for(self, port: int) -> None:
        """Until it listens, looking again every hundredth of a second."""
        for _ in range(3000):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    return
            assert not self.ended(0.01), "the server ended before it answered"
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        """Its whole group; returns when it is gone."""
        with suppress(ProcessLookupError):  # a command may have ended by itself
            os.killpg(self.pid, signal.SIGKILL)
        assert self.ended(30), "the server outlives SIGKILL"
        os.close(self._handle)


class Launcher:
    """Of commands that the module `loaded` holds, with one environment."""

    def __init__(self, loaded: str = "timegrain.cli.running", environment: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "tests.crash.launcher", loaded]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def start(self, arguments: list[str], log: Path) -> Started:
        """What it prints is added to `log`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        code = log.with_name(f"{log.name}.code")
        code.unlink(missing_ok=True)
        self._process.stdin.write(json.dumps([arguments, str(log), str(code)]) + "\n")
        self._process.stdin.flush()
        return Started(int(self._process.stdout.readline()), code)

    def close(self) -> None:
        self._process.communicate(timeout=30)


def main() -> None:
    from timegrain import cli

    import_module(sys.argv[1])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        arguments, log, code = json.loads(line)
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
        ended: object = 0
        try:
            cli.main()
        except SystemExit as error:
            ended = error.code
        Path(code).write_text(str(ended))
        sys.exit(0)


if __name__ == "__main__":
    main()
