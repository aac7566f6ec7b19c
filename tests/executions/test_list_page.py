"""The list of executions: filled, empty, filtered, in pages, and asking again."""

import re
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import quote

import pytest
from django.utils import timezone

from executions import services
from executions.models import Execution
from tests.executions.pages import HTMX, LIST, poll_of, text
from tests.factories.executions import guid, hear, mirrored, told, work_off
from tests.factories.step_functions import START

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)


def test_an_empty_list_says_what_will_stand_there(admin_client):
    response = admin_client.get(LIST)

    assert response.status_code == HTTPStatus.OK
    assert "Nothing has run yet" in text(response)


def test_the_list_shows_each_execution_with_what_a_retry_would_do(admin_client, sfn, now):
    mirrored(
        sfn,
        told(1, repository="octo-org/good").ends("SUCCEEDED", END),
        told(2, repository="octo-org/bad").ends("FAILED", END),
        told(3, repository="octo-org/refused").fails_in_fail_state(END),
        now=now,
    )

    shown = text(admin_client.get(LIST))

    assert re.search(r"octo-org/refused .* Failed Refused .* Start anew octo-org/bad", shown)
    assert re.search(r"octo-org/bad .* Failed GitHubUnavailable .* Resume where it failed", shown)
    assert re.search(r"octo-org/good .* Succeeded", shown)
    assert "3 of 3" in shown


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("status=FAILED", {2}),
        ("status=failed", {2}),
        ("state_machine=workflow-cost", {1, 2, 3}),
        ("state_machine=onboard-member", set()),
        ("subject=Octo-Org/One", {1}),
        (f"delivery={guid(3)}", {3}),
        ("q=octo-org/one", {1}),
        (f"q={guid(2)}", {2}),
        (f"q=workflow_run-{guid(2)}", {2}),
        ("q=nothing", set()),
        ("status=RUNNING&q=octo-org/one", set()),
    ],
)
def test_filters_let_through_what_fits_all_of_them(admin_client, sfn, now, query, numbers):
    mirrored(
        sfn,
        told(1, repository="octo-org/one").ends("SUCCEEDED", END),
        told(2).ends("FAILED", END),
        told(3),
        now=now,
    )

    response = admin_client.get(f"{LIST}?{query}")

    assert response.status_code == HTTPStatus.OK
    shown = {
        number
        for number in (1, 2, 3)
        if f"workflow_run-{guid(number)}<" in response.content.decode()
    }
    assert shown == numbers
    assert ("No execution matches" in text(response)) == (not numbers)


def test_a_filter_by_arn_finds_one(admin_client, failed):
    response = admin_client.get(f"{LIST}?q={quote(failed.arn)}")

    assert failed.name in text(response)


@pytest.mark.parametrize("query", ["status=WRONG", "delivery=7", f"subject={'x' * 300}"])
def test_a_filter_that_makes_no_sense_is_named(admin_client, failed, query):
    response = admin_client.get(f"{LIST}?{query}")

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert query.partition("=")[0] in text(response)
    assert failed.name in text(response)


def test_the_list_is_cut_into_pages_that_keep_the_filter(admin_client, sfn, now):
    mirrored(sfn, *(told(n).ends("SUCCEEDED", END) for n in range(60)), now=now)

    first = admin_client.get(f"{LIST}?status=SUCCEEDED")
    older = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1].replace(
        "&amp;", "&"
    )
    second = admin_client.get(older)

    assert "50 of 60" in text(first)
    assert "status=SUCCEEDED" in older
    assert "10 of 60" in text(second)
    assert poll_of(second, "executions") is None


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_as_often_for_one_row_as_for_three(
    admin_client, sfn, now, count, django_assert_num_queries
):
    rows = mirrored(sfn, *(told(n).fails_in_fail_state(END) for n in range(count)), now=now)
    for row in rows:
        services.request_retry(execution=row, user=None, now=now)
    work_off(now=now)
    Execution.objects.filter(name__endswith="-2").update(started_at=START - timedelta(days=9))
    admin_client.get(LIST)  # what is cached for all

    # The session, its user, the rows (all of them, so that none counts them), how fresh it is.
    with django_assert_num_queries(4):
        response = admin_client.get(LIST)

    assert response.status_code == HTTPStatus.OK


def test_the_day_is_drawn_and_told_in_words(admin_client, sfn):
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    mirrored(
        sfn,
        told(1, started_at=hour).ends("FAILED", now),
        told(2, started_at=hour - timedelta(hours=3)).ends("SUCCEEDED", now),
        told(3, started_at=hour - timedelta(hours=30)).ends("SUCCEEDED", now),
        now=now,
    )

    html = admin_client.get(LIST).content.decode()

    assert "1 succeeded" in html
    assert f"<title>{hour:%H}:00 UTC: 1 failed</title>" in html
    assert f"<title>{hour - timedelta(hours=3):%H}:00 UTC: 1 succeeded</title>" in html
    assert html.count('class="day-ok"') == 1


def test_the_first_page_asks_again_sooner_while_something_runs(admin_client, sfn, now):
    one = told(1)
    mirrored(sfn, one, now=now)
    running = poll_of(admin_client.get(LIST), "executions")
    hear(one.ends("SUCCEEDED", END).status_event(), now=now)

    ended = poll_of(admin_client.get(LIST), "executions")

    assert (running, ended) == ("every 2s", "every 10s")


def test_a_list_that_did_not_change_is_not_sent_again(admin_client, sfn, now):
    one = told(1)
    mirrored(sfn, one, now=now)
    tag = admin_client.get(LIST)["HX-PTag"]

    same = admin_client.get(LIST, headers={**HTMX, "HX-PTag": tag})
    hear(one.ends("SUCCEEDED", END).status_event(), now=now)
    other = admin_client.get(LIST, headers={**HTMX, "HX-PTag": tag})

    assert (same.status_code, same.content) == (HTTPStatus.NOT_MODIFIED, b"")
    assert other.status_code == HTTPStatus.OK
    assert other["HX-PTag"] != tag
    assert b"<html" not in other.content
