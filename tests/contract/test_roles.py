"""Who sees whom: page levels of a role, enforced for every question in one place."""

from __future__ import annotations

from timegrain.api.access import ACCESS
from timegrain.api.all_routes import ROUTES


def test_every_route_has_its_row() -> None:
    assert {route.operation for route in ROUTES} == ACCESS.keys()
