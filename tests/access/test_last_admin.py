"""One administrator always remains, however many leave at once."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from access import services
from access.enums import Role
from tests.factories.accounts import account
from tests.factories.databases import require_database

ADMINS = ("ada", "grace", "otto", "vera")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
@pytest.mark.parametrize(
    "leave",
    [
        lambda name: services.set_role(username=name, role=Role.VIEWER),
        lambda name: services.set_active(username=name, is_active=False),
    ],
    ids=["by role", "by door"],
)
def test_of_all_administrators_who_leave_at_once_one_stays(database, leave):
    require_database(database)
    for name in ADMINS:
        account(name)
    barrier = threading.Barrier(len(ADMINS))
    refused = []

    def go(name):
        barrier.wait()
        try:
            leave(name)
        except services.LastAdmin:
            refused.append(name)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(name,)) for name in ADMINS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    left = get_user_model().objects.filter(is_superuser=True, is_active=True)
    assert [user.username for user in left] == refused
    assert len(refused) == 1
