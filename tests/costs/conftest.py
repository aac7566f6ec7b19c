"""Fixtures of the costs tests."""

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def _only_on_its_database(request):
    """Skip what was written for PostgreSQL's locks when run by hand on SQLite."""
    if request.node.get_closest_marker("postgres") and connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
