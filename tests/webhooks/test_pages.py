"""The pages of deliveries: what they show, to whom, and at what price."""

import re
import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from core import work
from executions import services as executions
from tests.factories.accounts import account
from tests.factories.webhooks import NOW, example, stored
from webhooks.models import Delivery


@pytest.fixture
def signed_in(client):
    client.force_login(account("olga"))
    return client


def failed(**fields):
    delivery = stored(**fields)
    [row] = work.claim(Delivery.objects.filter(pk=delivery.pk), limit=1, now=NOW, lease_s=20)
    work.give_up(row, reason="The machine is gone.")
    delivery.refresh_from_db()
    return delivery


def guids_on(response):
    return re.findall(r'href="/deliveries/([0-9a-f-]{36})/"', response.content.decode())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/deliveries/", "/deliveries/72d3162e-cc78-11e3-81ab-4c9367dc0958/"]
)
def test_the_pages_are_for_people_who_are_signed_in(client, path):
    response = client.get(path)

    assert (response.status_code, response["Location"]) == (
        302,
        f"{reverse('access:login')}?next={path}",
    )


@pytest.mark.django_db
def test_the_list_shows_what_became_of_each_delivery_the_latest_first(signed_in):
    ignored = stored(event="ping", payload={"zen": "Keep it simple."})
    broken = failed()

    response = signed_in.get("/deliveries/")

    page = response.content.decode()
    assert guids_on(response) == [str(broken.guid), str(ignored.guid)]
    assert "The machine is gone." in page
    assert "no workflow uses &#x27;ping&#x27;" in page
    assert "workflow_run.completed" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=failed", ["broken"]),
        ("status=ignored", ["ping"]),
        ("event=workflow_run", ["broken", "waiting"]),
        ("event=workflow_run&status=waiting", ["waiting"]),
        ("action=completed", ["broken", "waiting"]),
        ("repository=octo-org/octo-repo", ["broken", "waiting"]),
        ("repository=nobody/nothing", []),
        ("q=octo-org/octo-repo", ["broken", "waiting"]),
        ("q=CODERTOCAT", ["broken", "waiting"]),
        ("person=codertocat&status=failed", ["broken"]),
        ("q=nobody", []),
        ("day=2026-11-23", ["broken", "waiting", "ping"]),
        ("day=2026-11-22", []),
        ("", ["broken", "waiting", "ping"]),
    ],
)
def test_the_list_can_be_filtered(signed_in, query, expected):
    named = {"ping": stored(event="ping", payload={}), "waiting": stored(), "broken": failed()}

    response = signed_in.get(f"/deliveries/?{query}")

    assert guids_on(response) == [str(named[name].guid) for name in expected]


@pytest.mark.django_db
def test_a_status_that_does_not_exist_is_named(signed_in):
    response = signed_in.get("/deliveries/?status=lost")

    assert response.status_code == 400
    assert "lost is not one of the available choices" in response.content.decode()


@pytest.mark.django_db
def test_a_delivery_is_found_by_its_guid_wherever_that_stands_in_the_text(signed_in):
    stored()
    delivery = stored()

    response = signed_in.get("/deliveries/", {"q": f"workflow_run-{delivery.guid}-2"})

    assert guids_on(response) == [str(delivery.guid)]


@pytest.mark.django_db
def test_a_day_that_is_none_is_named(signed_in):
    response = signed_in.get("/deliveries/?day=yesterday")

    assert response.status_code == 400
    assert "Enter a valid date" in response.content.decode()


@pytest.mark.django_db
def test_the_empty_list_says_why_it_is_empty(signed_in):
    assert "GitHub has sent nothing yet" in signed_in.get("/deliveries/").content.decode()
    assert "No delivery matches" in signed_in.get("/deliveries/?event=x").content.decode()


@pytest.mark.django_db
def test_paging_down_and_up_shows_every_delivery_once(signed_in):
    wanted = [str(stored(event="ping", payload={}).guid) for _number in range(120)][::-1]

    seen, url, pages = [], "/deliveries/?event=ping", []
    while url:
        response = signed_in.get(url)
        pages.append(guids_on(response))
        seen += pages[-1]
        older = re.search(r'rel="next" href="([^"]+)"', response.content.decode())
        url = "/deliveries/" + older[1].replace("&amp;", "&") if older else None
    newer = re.search(r'rel="prev" href="([^"]+)"', response.content.decode())
    back = signed_in.get("/deliveries/" + newer[1].replace("&amp;", "&"))

    assert seen == wanted
    assert [len(page) for page in pages] == [50, 50, 20]
    assert guids_on(back) == pages[1]
    assert "50 of 120" in back.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["x", "before-", "before-x", "after-" + "9" * 30, "-1", "\x00"])
def test_a_cursor_that_makes_no_sense_shows_the_first_page(signed_in, cursor):
    delivery = stored()

    response = signed_in.get("/deliveries/", {"cursor": cursor})

    assert guids_on(response) == [str(delivery.guid)]


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("path", ["/deliveries/", "/api/v1/deliveries/"])
def test_a_list_costs_the_same_queries_for_one_row_and_three(
    signed_in, django_assert_num_queries, path, rows
):
    for _number in range(rows):
        stored()

    # Session, user, rows; on the page GitHub's log and the day's hours too.
    cache.clear()
    with django_assert_num_queries(6 if path == "/deliveries/" else 3):
        response = signed_in.get(path)

    assert response.status_code == 200


@pytest.mark.django_db
def test_a_delivery_shows_headers_and_body(signed_in):
    delivery = stored(payload=example() | {"marker": "<script>alert(1)</script>"})

    page = signed_in.get(f"/deliveries/{delivery.guid}/").content.decode()

    assert "X-GitHub-Hook-Installation-Target-ID" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


@pytest.mark.django_db
def test_a_delivery_without_body_says_why(signed_in):
    delivery = stored(event="ping", payload={})

    page = signed_in.get(f"/deliveries/{delivery.guid}/").content.decode()

    assert "The body was not kept, because nothing uses this event." in page


@pytest.mark.django_db
def test_a_huge_body_is_cut_on_the_page(signed_in):
    delivery = stored(payload=example() | {"filler": "x" * 300_000})

    page = signed_in.get(f"/deliveries/{delivery.guid}/").content.decode()

    assert "bytes more" in page
    assert len(page) < 260_000


@pytest.mark.django_db
def test_a_started_delivery_leads_to_its_execution(signed_in):
    delivery = stored()
    [row] = work.claim(Delivery, limit=1, now=NOW, lease_s=20)
    arn = f"arn:aws:states:us-east-1:1:execution:ghadmin-workflow-cost:workflow_run-{row.guid}"
    work.finish(row, status="started", execution_arn=arn)

    before = signed_in.get(f"/deliveries/{delivery.guid}/").content.decode()
    execution = executions.record_started(
        arn=arn,
        name=f"workflow_run-{row.guid}",
        state_machine="workflow-cost",
        started_at=NOW,
        input_json="{}",
        now=NOW,
    )
    after = signed_in.get(f"/deliveries/{delivery.guid}/").content.decode()

    assert "not in the mirror yet" in before
    assert f'href="/executions/{execution.public_id}/"' in after
    assert arn in after
    assert "Try again" not in after


@pytest.mark.django_db
def test_a_waiting_delivery_says_what_it_waits_for(signed_in):
    delivery = stored()
    [row] = work.claim(Delivery, limit=1, now=NOW, lease_s=20)
    work.postpone(row, not_before=NOW + timedelta(minutes=1), error="AWS could not be reached")

    page = signed_in.get(f"/deliveries/{delivery.guid}/").content.decode()

    assert "Not started yet, and tried again by itself: AWS could not be reached" in page


@pytest.mark.django_db
def test_one_press_tries_a_failed_delivery_again_and_a_second_press_does_nothing(signed_in):
    delivery = failed()
    url = f"/deliveries/{delivery.guid}/retry/"
    assert f'action="{url}"' in signed_in.get(f"/deliveries/{delivery.guid}/").content.decode()

    first = signed_in.post(url, follow=True).content.decode()
    attempt = Delivery.objects.get().attempt
    second = signed_in.post(url, follow=True).content.decode()

    assert "The delivery is being tried again." in first
    assert "Only a delivery that failed can be tried again." in second
    assert Delivery.objects.values_list("status", "reason", "attempt").get() == (
        "waiting",
        "",
        attempt,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_delivery_is_not_found(signed_in, method):
    path = f"/deliveries/{uuid.uuid4()}/" + ("retry/" if method == "post" else "")

    assert getattr(signed_in, method)(path).status_code == 404


@pytest.mark.django_db
def test_a_retry_needs_the_csrf_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(account("eve"))
    delivery = failed()

    assert client.post(f"/deliveries/{delivery.guid}/retry/").status_code == 403
    assert Delivery.objects.get().status == "failed"
