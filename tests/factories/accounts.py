"""Accounts of each role."""

from django.contrib.auth.models import User

from access.enums import Role
from access.roles import flags_of


def account(username, role=Role.ADMIN, **fields):
    """An account that may do everything, unless the test is about who may not."""
    return User.objects.create_user(username, **flags_of(Role(role)), **fields)
