from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.served import Office, serving

FOLDER = Path(__file__).parent
QUICK = FOLDER / "test_pages.py"
"""The others, each of whose tests makes an office and signs in, are too many for `make test-fast`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents and item.path != QUICK:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    """On either database."""
    with serving(database_url) as found:
        yield found


@pytest.fixture
def sqlite_office(sqlite_url: str) -> Iterator[Office]:
    with serving(sqlite_url) as found:
        yield found
