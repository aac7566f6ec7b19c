"""An account that may sign in."""

import pytest
from django.contrib.auth.models import User

from tests.factories.accounts import account

PASSWORD = "correct-horse-battery"


@pytest.fixture
def ada(db) -> User:
    return account("ada", password=PASSWORD)
