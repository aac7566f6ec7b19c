"""The whole endpoint without HTTP: what a faster way in would call."""

import pytest
from django.db import InterfaceError, OperationalError, connection

from tests.factories.webhooks import NOW, SECRET, body_of, example, heard
from webhooks import ingress, services
from webhooks.models import Delivery


@pytest.mark.django_db
def test_a_delivery_becomes_a_row_and_an_answer():
    body = body_of(example())

    answer = services.ingest(headers=heard(body), body=body, now=NOW)

    delivery = Delivery.objects.get()
    assert answer == services.Answer(202, {"delivery": str(delivery.guid), "status": "accepted"})
    assert delivery.received_at == delivery.not_before == NOW


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_what_could_not_be_committed_is_not_accepted(error):
    body = body_of(example())

    def fail(execute, sql, params, many, context):
        raise error("the server closed the connection")

    with connection.execute_wrapper(fail):
        answer = services.ingest(headers=heard(body), body=body, now=NOW)

    assert (answer.status_code, answer.payload["code"]) == (503, "database_busy")
    assert answer.headers == {"Retry-After": "5"}


@pytest.mark.parametrize(
    ("secrets", "size", "status_code"),
    [([SECRET], 1, 413), ([b"other"], 1, 413), ([], 1, 413), ([], 0, 503), ([b"other"], 0, 401)],
)
def test_size_comes_before_secret_before_signature_before_all_else(secrets, size, status_code):
    body = b"x" * (ingress.MAX_BODY_BYTES + size)

    with pytest.raises(ingress.Refused) as caught:
        ingress.read({}, body, secrets=secrets)

    assert caught.value.status_code == status_code
