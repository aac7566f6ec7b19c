"""Starting again: one delivery or many, each once a request, under a name of its own."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from core import work
from executions import services as executions
from tests.factories.accounts import account
from tests.factories.webhooks import NOW, stored
from webhooks import selectors, services
from webhooks.models import Delivery, Replay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_database")]


@pytest.fixture
def signed_in(client):
    client.force_login(account("olga"))
    return client


def settled(status, **fields):
    """A delivery that ended in this status."""
    delivery = stored(**fields)
    [row] = work.claim(Delivery.objects.filter(pk=delivery.pk), limit=1, now=NOW, lease_s=20)
    if status == "started":
        arn = f"arn:aws:states:us-east-1:1:execution:ghadmin-x:workflow_run-{row.guid}"
        work.finish(row, status=status, execution_arn=arn)
    elif status == "failed":
        work.give_up(row, reason="The machine is gone.")
    else:
        work.finish(row, status=status, reason="kept out")
    return row


def state(row):
    row.refresh_from_db()
    return row.status, row.start_number, row.execution_arn


def carry_out(clock):
    while services.carry_out_replays(clock=clock):
        pass


def test_a_started_delivery_starts_once_more_under_the_next_number():
    delivery = settled("started")

    services.replay_delivery(delivery.guid, now=NOW)

    assert state(delivery) == ("waiting", 2, "")
    assert list(work.due(Delivery, now=NOW)) == [delivery]


def test_the_number_of_a_retry_that_started_anew_is_not_used_again():
    delivery = settled("started")
    for name in (f"workflow_run-{delivery.guid}", f"workflow_run-{delivery.guid}-4"):
        executions.record_started(
            arn=f"arn:aws:states:us-east-1:1:execution:ghadmin-workflow-cost:{name}",
            name=name,
            state_machine="workflow-cost",
            started_at=NOW,
            input_json="{}",
            now=NOW,
        )

    services.replay_delivery(delivery.guid, now=NOW)

    assert state(delivery)[1] == 5


@pytest.mark.parametrize("status", ["failed", "ignored"])
def test_what_was_never_started_tries_its_first_name(status):
    delivery = settled(status)

    services.replay_delivery(delivery.guid, now=NOW)

    assert state(delivery) == ("waiting", 1, "")


def test_what_waits_or_has_no_body_is_not_replayed_and_says_why():
    waiting, bodiless = stored(), settled("started")
    Delivery.objects.filter(pk=bodiless.pk).update(body=None)

    with pytest.raises(services.NotReplayable, match="waiting"):
        services.replay_delivery(waiting.guid, now=NOW)
    with pytest.raises(services.NotReplayable, match="body"):
        services.replay_delivery(bodiless.guid, now=NOW)


def test_everything_that_matches_is_replayed_once_in_batches(clock, monkeypatch):
    monkeypatch.setattr("webhooks.services.replays._BATCH", 2)
    rows = [settled("started") for _number in range(5)]
    other = settled("failed")
    wanted = selectors.Wanted(status="started")

    replay = services.request_replay(wanted, up_to=selectors.latest_key(), user=None, now=clock())
    carry_out(clock)

    replay.refresh_from_db()
    assert (replay.total, replay.replayed, replay.state) == (5, 5, "done")
    assert [state(row)[:2] for row in rows] == [("waiting", 2)] * 5
    assert state(other)[0] == "failed"


def test_what_arrives_after_the_request_is_left_alone(clock):
    settled("started")
    up_to = selectors.latest_key()
    later = settled("started")

    services.request_replay(selectors.Wanted(), up_to=up_to, user=None, now=clock())
    carry_out(clock)

    assert state(later)[0] == "started"


def test_a_worker_that_dies_in_a_replay_replays_nothing_twice(clock, monkeypatch):
    monkeypatch.setattr("webhooks.services.replays._BATCH", 2)
    rows = [settled("started") for _number in range(4)]
    services.request_replay(
        selectors.Wanted(), up_to=selectors.latest_key(), user=None, now=clock()
    )
    [dying] = work.claim(Replay, limit=1, now=clock(), lease_s=20)
    clock.pass_(21)
    carry_out(clock)

    with pytest.raises(work.LeaseLost):
        services.carry_out_replay(dying, clock())

    assert [state(row)[:2] for row in rows] == [("waiting", 2)] * 4


def test_the_preview_counts_what_would_happen_and_the_button_does_exactly_that(signed_in, clock):
    settled("started")
    settled("failed")
    stored()

    page = signed_in.get("/deliveries/replay/?event=workflow_run").content.decode()
    later = settled("failed")
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    answer = signed_in.post("/deliveries/replay/", fields)
    progress = signed_in.get(answer["Location"]).content.decode()
    clock.now = Replay.objects.get().requested_at
    carry_out(clock)
    done = signed_in.get(answer["Location"]).content.decode()

    assert "Replay 2 deliveries?" in page
    assert fields["event"] == "workflow_run"
    assert 'hx-trigger="every 1s"' in progress
    assert "2 of 2" in done
    assert "hx-trigger" not in done.partition('id="progress"')[2]
    assert state(later)[0] == "failed"
    assert Replay.objects.get().requested_by.username == "olga"


def test_half_a_filter_replays_nothing(signed_in):
    delivery = settled("failed")

    response = signed_in.post("/deliveries/replay/", {"day": "yesterday"})

    assert response.status_code == 400
    assert "Enter a valid date" in response.content.decode()
    assert (state(delivery)[0], Replay.objects.count()) == ("failed", 0)


def test_nothing_to_replay_is_said(signed_in):
    stored()

    assert "Nothing to replay" in signed_in.get("/deliveries/replay/").content.decode()
    posted = signed_in.post("/deliveries/replay/", follow=True).content.decode()
    assert "No delivery matches that could be replayed." in posted


def test_one_press_replays_one_delivery_and_a_second_says_that_it_waits(signed_in):
    delivery = settled("started")
    url = f"/deliveries/{delivery.guid}/replay/"
    assert f'action="{url}"' in signed_in.get(f"/deliveries/{delivery.guid}/").content.decode()

    first = signed_in.post(url, follow=True).content.decode()
    second = signed_in.post(url, follow=True).content.decode()

    assert "this is start 2" in first
    assert "waiting to be started already" in second
    assert signed_in.post(f"/deliveries/{uuid4()}/replay/").status_code == 404


@pytest.mark.parametrize("path", ["replay/", "{guid}/replay/", "recovery/compare/"])
def test_no_change_without_the_csrf_token(path):
    client = Client(enforce_csrf_checks=True)
    client.force_login(account("eve"))
    delivery = settled("failed", received_at=NOW - timedelta(days=1))

    answer = client.post(f"/deliveries/{path.format(guid=delivery.guid)}")

    assert answer.status_code == 403
    assert state(delivery)[0] == "failed"


def test_the_api_replays_one_delivery_and_refuses_a_second_time(signed_in):
    delivery = settled("started")
    url = f"/api/v1/deliveries/{delivery.guid}/replay/"

    first, second = signed_in.post(url), signed_in.post(url)

    assert (first.status_code, first.json()["status"]) == (202, "waiting")
    assert (second.status_code, second.json()["code"]) == (409, "delivery_not_replayable")
    assert signed_in.post(f"/api/v1/deliveries/{uuid4()}/replay/").status_code == 404
