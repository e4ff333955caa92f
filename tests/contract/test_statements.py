"""What a call costs: at most three statements, authentication included, whatever the number of people."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.served import statements
from tests.contract.test_roles import ABOUT, CHANGE, DEVICE, SEND, Cast, asked, cast
from timegrain.api.all_routes import ROUTES
from timegrain.api.routes import Route

__all__ = ["cast"]

QUESTIONS = [route for route in ROUTES if route.method == "GET" or ABOUT[route.operation] not in (CHANGE, DEVICE, SEND)]
MOST = {"POST /v1/explain": 5}


@pytest.mark.parametrize("route", QUESTIONS, ids=lambda route: route.operation)
@pytest.mark.parametrize("role", ["Admin", "Employee"])
def test_a_question_takes_three_statements(cast: Cast, route: Route[Any], role: str) -> None:
    own = cast.users[role]["own"]
    changed = {"userId": [own], "teamId": [], "userId in path": own}
    with statements(cast.office) as counted:
        asked(cast, route, role, **changed)
    assert 1 <= len(counted) <= MOST.get(route.operation, 3), "\n\n".join(counted)
