"""Served organisations: a new one a test, and one a module for tests that change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests import cluster
from tests.conftest import BOTH
from tests.contract.served import Office, serving


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with serving(database_url) as served:
        yield served


@pytest.fixture(scope="module", params=BOTH)
def shared_office(request: pytest.FixtureRequest) -> Iterator[Office]:
    with ExitStack() as until_then:
        if request.param == "citus":
            url = until_then.enter_context(cluster.own_database())
        else:
            url = request.getfixturevalue("new_sqlite" if request.param == "sqlite" else "new_postgres")()
        yield until_then.enter_context(serving(url))
