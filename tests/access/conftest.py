"""An account that may sign in."""

import pytest
from django.contrib.auth.models import User

PASSWORD = "correct-horse-battery"


@pytest.fixture
def ada(db) -> User:
    return User.objects.create_user("ada", password=PASSWORD)
