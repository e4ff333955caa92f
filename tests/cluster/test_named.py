"""Whether anything here ran on a cluster."""

from __future__ import annotations

import pytest

from tests import cluster


def test_a_cluster_is_named() -> None:
    if not cluster.COORDINATOR:
        pytest.skip("TIMEGRAIN_TEST_CITUS names no coordinator of a Citus cluster: nothing ran on one")
