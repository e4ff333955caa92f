"""Replay worlds until one differs."""

from __future__ import annotations

from pathlib import Path

from tests.serving import served
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate

from .test_worlds import replay


def hunt(folder: Path, first: int, worlds: int) -> int:
    """3 where one did, else 0; which world differs, and how, is printed. The world `first` is tried first."""
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
