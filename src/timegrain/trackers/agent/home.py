"""The agent's folder, which only its user can read."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path

VARIABLE = "TIMEGRAIN_AGENT_HOME"


def home(named: Path | None = None) -> Path:
    """The folder named, else that of the variable, else the user's own; made where there is none."""
    variable = os.environ.get(VARIABLE)
    folder = named or (Path(variable) if variable else user_data_path("timegrain-agent", appauthor=False))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def write_private(path: Path, text: str) -> None:
    """Write a file that only its user can read: in its place is the old one or the new one, whole."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    unfinished.unlink(missing_ok=True)
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def make_private(path: Path) -> None:
    """Make sure that a file exists which only its user can read."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
