"""Replay worlds until one differs: `python -m tests.oracle.hunt FOLDER FIRST WORLDS` exits with 3 where one did."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.serving import served
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate

from .test_worlds import replay


def hunt(folder: Path, first: int, worlds: int) -> int:
    """The exit code; which world differs, and how, is printed. The world `first` is tried first."""
    database = Database(f"sqlite:///{folder}/hunt.db")
    migrate(database)
    with served(database, run_jobs=False) as client:
        for seed in dict.fromkeys((first, *range(worlds))):
            try:
                replay(database, client, seed)
            except Exception as error:  # a mutant may fail in any way: all of them are catches
                print(seed, type(error).__name__, str(error)[:200])
                return 3
    return 0


if __name__ == "__main__":
    sys.exit(hunt(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
