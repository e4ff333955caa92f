"""Served organisations: a new one a test, and one a module for tests that change nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import BOTH
from tests.contract.served import Office, serving


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with serving(database_url) as served:
        yield served


@pytest.fixture(scope="module", params=BOTH)
def shared_office(request: pytest.FixtureRequest) -> Iterator[Office]:
    new = request.getfixturevalue("new_sqlite" if request.param == "sqlite" else "new_postgres")
    with serving(new()) as served:
        yield served
