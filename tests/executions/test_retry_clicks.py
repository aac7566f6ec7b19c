"""The one click that retries, with JavaScript and without."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from executions.models import Execution, Retry
from tests.executions.pages import HTMX, page, poll_of, text
from tests.factories.executions import mirrored, told, work_off
from tests.factories.step_functions import START

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)


def test_one_click_retries_without_javascript(admin_client, sfn, failed):
    response = admin_client.post(page(failed, "retry"), follow=True)
    under_way = text(response)
    work_off(now=timezone.now())
    resumed = admin_client.get(page(failed))

    assert response.redirect_chain == [(page(failed), 302)]
    assert "A retry is already under way." in under_way
    assert "asked for by admin" in under_way
    assert poll_of(response, "execution") == "every 2s"
    assert "AWS resumed the execution." in text(resumed)
    assert "Running" in text(resumed)
    assert poll_of(resumed, "execution") == "every 2s"
    assert sfn.executions[failed.arn].redrive_count == 1


def test_one_click_retries_in_place_with_javascript(admin_client, failed):
    response = admin_client.post(page(failed, "retry"), headers=HTMX)

    assert response.status_code == HTTPStatus.OK
    assert b"<html" not in response.content
    assert "A retry is already under way." in text(response)
    assert f'hx-get="{page(failed)}"' in response.content.decode()


def test_a_second_click_is_told_why_nothing_happened(admin_client, failed):
    admin_client.post(page(failed, "retry"))

    plain = admin_client.post(page(failed, "retry"), follow=True)
    in_place = admin_client.post(page(failed, "retry"), headers=HTMX)

    assert "A retry is already under way." in text(plain)
    assert in_place.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "A retry is already under way." in text(in_place)
    assert Retry.objects.count() == 1


def test_the_page_leads_on_to_the_execution_that_was_started_anew(admin_client, sfn, now):
    [old] = mirrored(sfn, told(7).fails_in_fail_state(END), now=now)
    admin_client.post(page(old, "retry"))
    work_off(now=timezone.now())
    new = Execution.objects.get(name=f"{old.name}-2")

    from_old, from_new = admin_client.get(page(old)), admin_client.get(page(new))

    assert f"Follow {new.name}" in text(from_old)
    assert page(new) in from_old.content.decode()
    assert "Started anew in place of" in text(from_new)
    assert page(old) in from_new.content.decode()


def test_a_retry_wants_a_token_against_forgery(failed, admin_user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)

    assert client.post(page(failed, "retry")).status_code == HTTPStatus.FORBIDDEN
    assert not Retry.objects.exists()
