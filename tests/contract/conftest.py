"""Served organisations: a new one a test, and one a module for tests that change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.conftest import BOTH
from tests.contract.served import Office, serving


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with serving(database_url) as served:
        yield served


@pytest.fixture(scope="module", params=BOTH)
def shared_office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('shared')}/timegrain.db"
    else:
        server, name = request.getfixturevalue("postgres_server"), f"shared_{uuid4().hex}"
        server.psql(f"CREATE DATABASE {name};")
        url = server.get_uri(name)
    with serving(url) as served:
        yield served
