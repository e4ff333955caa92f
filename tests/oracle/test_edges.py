"""What decides a second after the boundary stays, however far before it lies: each margin alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.serving import served
from timegrain.storage.engine import Database
from timegrain.storage.migrations import migrate

from .edges import EdgeReplay, changed_afterwards, retired_at_once


def tell(url: str, story: Callable[[EdgeReplay], None], longest: bool) -> None:
    database = Database(url)
    migrate(database)
    try:
        with served(database, run_jobs=False) as client:
            story(EdgeReplay(database, client, story.__name__, longest))
    finally:
        database.close()


@pytest.mark.slow
def test_figures_from_the_boundary_on_are_those_of_all_facts(sqlite_url: str) -> None:
    tell(sqlite_url, retired_at_once, longest=True)


@pytest.mark.slow
def test_every_change_meets_what_is_left(database_url: str) -> None:
    tell(database_url, changed_afterwards, longest=False)
