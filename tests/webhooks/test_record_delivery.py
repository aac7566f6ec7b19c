"""One row a GUID, whatever comes at once."""

import threading
import uuid

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from tests.factories.databases import require_database
from tests.factories.webhooks import SECRET, body_of, example, heard, post
from webhooks import ingress, services
from webhooks.models import Delivery


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_twenty_copies_at_once_are_one_row_and_nineteen_duplicates(database):
    require_database(database)
    guid, body = uuid.uuid4(), body_of(example())
    barrier = threading.Barrier(20)
    answers = []

    def send():
        barrier.wait()
        response = post(Client(), body, guid=guid)
        answers.append((response.status_code, response.json()["status"]))
        connection.close()

    threads = [threading.Thread(target=send) for _number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [(202, "accepted")] + [(202, "duplicate")] * 19
    assert Delivery.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_many_different_deliveries_at_once_are_all_stored(database):
    require_database(database)
    body = body_of(example())
    answers = []

    def send():
        client = Client()
        answers.extend(post(client, body).json()["status"] for _number in range(10))
        connection.close()

    threads = [threading.Thread(target=send) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == ["accepted"] * 80
    assert Delivery.objects.count() == 80


@pytest.mark.django_db
def test_only_the_guids_constraint_is_taken_for_a_duplicate():
    body = body_of(example())
    reading = ingress.read(heard(body), body, secrets=[SECRET])

    with pytest.raises(IntegrityError):
        # Without a time of arrival it violates another constraint.
        services.record_delivery(reading, received_at=None)

    assert not Delivery.objects.exists()
