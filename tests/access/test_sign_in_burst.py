"""A burst of guesses at once gets no more tries than one after another."""

import threading

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.factories.databases import require_database


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_of_twenty_guesses_at_once_five_are_looked_at(database, ada):
    require_database(database)
    barrier = threading.Barrier(20)
    answers = []

    def guess():
        client = Client()
        barrier.wait()
        response = client.post(reverse("access:login"), {"username": "ada", "password": "wrong"})
        answers.append(response.status_code)
        connection.close()

    threads = [threading.Thread(target=guess) for _number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [422] * 5 + [429] * 15
