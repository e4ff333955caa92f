"""The agent in a process of its own, as people run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-c", "from timegrain.cli import main; main()", "agent")
NO_KEYRING = "keyring.backends.fail.Keyring"


@dataclass
class AgentHome:
    """One agent's folder; `extra` is added to its environment."""

    folder: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        no_proxy = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        return no_proxy | {
            "TIMEGRAIN_AGENT_HOME": str(self.folder),
            "PYTHON_KEYRING_BACKEND": NO_KEYRING,
            **self.extra,
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def __call__(self, *arguments: str, stdin: str = "") -> Any:
        """The one JSON object that a command answers; it must not fail."""
        done = self.run(*arguments, "--json", stdin=stdin)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return json.loads(done.stdout)

    def fails(self, *arguments: str) -> str:
        """The one line on standard error of a command that fails."""
        done = self.run(*arguments)
        assert (done.returncode, done.stdout) == (1, ""), (done.returncode, done.stdout, done.stderr)
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr
