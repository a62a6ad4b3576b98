"""No test calls another machine: a call is refused, and the test that made it fails even if the refusal is caught."""

from __future__ import annotations

import pytest

from tests.hostile.network.sitecustomize import attempts

CLUSTERS = ("test_parallel",)
"""Tests of a Dask cluster, which asks for this machine's own address."""


@pytest.fixture(autouse=True)
def no_network(request):
    before = len(attempts)
    yield
    if not request.node.path.stem.startswith(CLUSTERS):
        assert attempts[before:] == []
