from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.served import Office, serving


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    """On either database."""
    with serving(database_url) as found:
        yield found


@pytest.fixture
def sqlite_office(sqlite_url: str) -> Iterator[Office]:
    with serving(sqlite_url) as found:
        yield found
