"""Hunts in processes forked from one that has loaded what is not ours: that takes longer than to catch most mutants."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_OURS = (
    *("alembic.command", "argon2", "babel.dates", "click", "httpx", "idna", "jinja2", "litestar", "msgspec"),
    *("prometheus_client", "psycopg", "pytest", "sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite"),
    *("uvicorn", "uvicorn.protocols.http.httptools_impl", "uvloop", "xlsxwriter", "zstandard"),
)
LONGEST_S = 300
"""Until a hunt that has not ended is ended, and has caught nothing."""


class Hunters:
    """Each hunt takes the program from where it is told to, in a process that has none of it yet."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.oracle.hunters"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def hunt(self, program: Path | None, folder: Path, first: int, worlds: int) -> tuple[int, str]:
        """With the program in `program`, or as it is: the exit code, and what was printed."""
        log = folder / "hunt.log"
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(program or ""), str(folder), first, worlds, str(log)]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline()), log.read_text()

    def close(self) -> None:
        self._process.communicate(timeout=30)


def main() -> None:
    for name in NOT_OURS:
        importlib.import_module(name)
    for line in sys.stdin:
        program, folder, first, worlds, log = json.loads(line)
        pid = os.fork()
        if pid:
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
            continue
        signal.alarm(LONGEST_S)
        written = os.open(log, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(written, 1)
        os.dup2(written, 2)
        if program:
            sys.path.insert(0, program)
        from tests.oracle.hunt import hunt

        sys.exit(hunt(Path(folder), first, worlds))


if __name__ == "__main__":
    main()
