"""Tests that need one of the two databases."""

import pytest
from django.db import connection


def require_database(vendor):
    """Skip, loudly, a test that was chosen by hand on the other database."""
    if connection.vendor != vendor:
        pytest.skip(f"needs {vendor}; DATABASE_URL is {connection.vendor}")
