"""Stopping, starting anew with a corrected input, starting by hand: each once, whatever dies."""

import json
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

import pytest

from core import work
from executions import selectors, services
from executions.models import Execution, Start, Stop
from ghkit import projections
from tests.factories.executions import guid, mirrored, told, work_off
from tests.factories.step_functions import START, Refused
from tests.factories.webhooks import example

pytestmark = pytest.mark.django_db
END = START + timedelta(minutes=5)


@pytest.fixture
def running(sfn, now):
    [row] = mirrored(sfn, told(1), now=now)
    return row


@pytest.fixture
def contract():
    """A whole input of workflow-cost."""
    return dict(projections.workflow_run_completed(example(), delivery=guid(9)))


@pytest.fixture
def refused(sfn, now, contract):
    """One whose input was refused, so that the same input is of no use."""
    given = json.dumps(contract | {"run": contract["run"] | {"run_attempt": 0}})
    [row] = mirrored(
        sfn, told(1, input=given).ends("FAILED", END, error="InvalidPayload"), now=now
    )
    return row


def address(row, name=""):
    return f"/executions/{row.public_id}/{name}"


# Stopping


def test_what_runs_is_stopped_with_the_reason_that_was_given(running, sfn, now, admin_client):
    response = admin_client.post(address(running, "stop/"), {"note": "wrong branch"})
    work_off(now=now + timedelta(minutes=1))

    running.refresh_from_db()
    assert response.status_code == HTTPStatus.FOUND
    assert (running.status, running.error) == ("ABORTED", "StoppedByHand")
    assert running.cause == "Stopped by admin: wrong branch"
    assert Stop.objects.get().outcome == "AWS stopped the execution."


def test_a_stop_outlives_an_aws_that_is_away(running, sfn, now):
    services.request_stop(execution=running, user=None, note="", now=now)
    sfn.faults["StopExecution"] = Refused("InternalServerError", status=500)
    work_off(now=now)
    assert Stop.objects.get().is_open

    sfn.faults.clear()
    work_off(now=now + timedelta(minutes=2))

    running.refresh_from_db()
    assert running.status == "ABORTED"


def test_two_people_stop_once(running, sfn, now):
    services.request_stop(execution=running, user=None, note="", now=now)

    with pytest.raises(services.NothingToStop, match="being stopped already"):
        services.request_stop(execution=running, user=None, note="", now=now)

    work_off(now=now)
    assert sfn.calls.count("StopExecution") == 1


def test_what_aws_has_stopped_is_not_stopped_again_before_it_was_asked(running, sfn, now):
    services.request_stop(execution=running, user=None, note="", now=now)
    [stop] = work.claim(Stop, limit=1, now=now, lease_s=60)
    services.carry_out_stop(stop, now)

    with pytest.raises(services.NothingToStop, match="being stopped already"):
        services.request_stop(execution=running, user=None, note="", now=now)

    work_off(now=now)
    services.request_retry(execution=running, user=None, now=now)
    work_off(now=now)
    services.request_stop(execution=running, user=None, note="", now=now)  # it runs again


def test_what_ended_by_itself_meanwhile_is_left_as_it_ended(running, sfn, now):
    services.request_stop(execution=running, user=None, note="", now=now)
    sfn.executions[running.arn].ends("SUCCEEDED", now)

    work_off(now=now)

    running.refresh_from_db()
    assert running.status == "SUCCEEDED"
    assert Stop.objects.get().outcome == "It had ended by itself meanwhile."
    assert "StopExecution" not in sfn.calls


def test_a_program_stops_and_is_told_when_there_is_nothing_to_stop(
    running, sfn, now, admin_client
):
    url = f"/api/v1/executions/{running.public_id}/stop/"

    first = admin_client.post(url, {"note": "x"}, content_type="application/json")
    work_off(now=now + timedelta(minutes=1))
    second = admin_client.post(url)

    assert (first.status_code, first.json()["id"]) == (202, str(running.public_id))
    assert second.status_code == HTTPStatus.CONFLICT
    assert second.json()["code"] == "nothing_to_stop"


def test_strangers_stop_and_start_nothing(client, running):
    for path in (address(running, "stop/"), address(running, "start-anew/")):
        assert client.post(path).status_code == HTTPStatus.FOUND
    for path in (f"/api/v1/executions/{running.public_id}/stop/", "/api/v1/starts/"):
        assert client.post(path).status_code == HTTPStatus.UNAUTHORIZED

    assert not Stop.objects.exists()
    assert not Start.objects.exists()


# Starting anew with a corrected input


def test_a_refused_input_is_corrected_and_started_anew(refused, sfn, now, admin_client, contract):
    assert not selectors.advice_of(refused, now=now).is_possible

    response = admin_client.post(
        address(refused, "start-anew/"), {"input": json.dumps(contract, indent=2)}
    )
    work_off(now=now + timedelta(minutes=1))

    refused.refresh_from_db()
    new = refused.latest_retry.new_execution
    assert response.status_code == HTTPStatus.FOUND
    assert new.name == f"{refused.name}-2"
    assert json.loads(new.input) == contract
    assert json.loads(refused.latest_retry.edited_input) == contract
    assert json.loads(refused.input) != contract


def test_what_was_corrected_stands_with_the_old_execution_and_with_the_new(
    refused, sfn, now, admin_client, contract
):
    admin_client.post(address(refused, "start-anew/"), {"input": json.dumps(contract)})
    work_off(now=now + timedelta(minutes=1))

    refused.refresh_from_db()
    old = admin_client.get(address(refused)).content.decode()
    new = admin_client.get(address(refused.latest_retry.new_execution)).content.decode()

    assert "with a corrected input" in new
    assert "with the same input" not in new
    for page in (old, new):
        assert "1 changed" in page
        assert '<code class="change-path">$.run.run_attempt</code>' in page


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "this is not JSON"),
        ('{"event": NaN}', "NaN is no JSON number"),
        ('{"event": "workflow_run"}', "action: expected"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_an_input_that_the_workflow_would_refuse_is_refused_here_and_names_the_field(
    refused, sfn, admin_client, text, problem
):
    response = admin_client.post(address(refused, "start-anew/"), {"input": text})

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert problem in response.content.decode()
    assert "StartExecution" not in sfn.calls
    assert refused.retries.count() == 0


def test_a_program_corrects_an_input(refused, sfn, now, admin_client, contract):
    url = f"/api/v1/executions/{refused.public_id}/retry/"

    bad = admin_client.post(url, {"input": {}}, content_type="application/json")
    good = admin_client.post(url, {"input": contract}, content_type="application/json")
    work_off(now=now + timedelta(minutes=1))

    assert (bad.status_code, bad.json()["code"]) == (400, "invalid_input")
    assert bad.json()["fields"].keys() == {"event"}
    assert good.status_code == HTTPStatus.ACCEPTED
    new = Execution.objects.get(name=f"{refused.name}-2")
    [retry] = admin_client.get(f"/api/v1/executions/{refused.public_id}/retries/").json()[
        "results"
    ]
    assert (retry["action"], retry["status"], retry["requested_by"]) == (
        "restart",
        "accepted",
        "admin",
    )
    assert retry["input"] == contract
    assert retry["execution"] == str(new.public_id)


def test_what_runs_or_succeeded_is_not_started_anew(running, sfn, now, admin_client, contract):
    response = admin_client.post(address(running, "start-anew/"), {"input": json.dumps(contract)})

    assert response.status_code == HTTPStatus.CONFLICT
    assert "It is still running." in response.content.decode()


# Starting by hand


def test_a_workflow_is_started_by_hand_from_the_form_of_its_contract(
    sfn, now, admin_client, contract
):
    page = admin_client.get("/executions/start/workflow-cost/")
    fields = {
        "delivery": "",
        "event": "workflow_run",
        "action": "completed",
        **{f"repository.{name}": value for name, value in contract["repository"].items()},
        "repository.private": "true" if contract["repository"]["private"] else "false",
        **{
            f"run.{name}": "" if value is None else value
            for name, value in contract["run"].items()
        },
    }

    response = admin_client.post("/executions/start/workflow-cost/", fields)
    work_off(now=now + timedelta(minutes=1))
    followed = admin_client.get(response["Location"])

    execution = Execution.objects.get()
    assert page.status_code == HTTPStatus.OK
    assert response.status_code == HTTPStatus.FOUND
    assert followed["Location"] == address(execution)
    assert execution.name.startswith("by-hand-")
    assert execution.delivery is None
    assert execution.subject == contract["repository"]["full_name"]
    started = json.loads(execution.input)
    assert started == contract | {"delivery": "", "organization": None, "installation_id": None}


def test_a_form_that_contradicts_the_contract_says_where_and_keeps_what_was_written(
    sfn, admin_client
):
    response = admin_client.post(
        "/executions/start/workflow-cost/",
        {"event": "workflow_run", "action": "completed", "repository.id": "x", "run.id": "7"},
    )

    text = response.content.decode()
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Enter a whole number." in text
    assert 'value="7"' in text
    assert not Start.objects.exists()


def test_a_worker_that_died_after_the_start_finds_it_again(sfn, now, contract):
    text = json.dumps(contract)
    start = services.request_start(state_machine="workflow-cost", text=text, user=None, now=now)
    [row] = work.claim(Start, limit=1, now=now, lease_s=1)
    services.carry_out_start(row, now)  # and then the process dies: the row is as it was
    Start.objects.filter(pk=start.pk).update(
        status="requested", execution=None, work_state="waiting", not_before=now, ended_at=None
    )
    Execution.objects.get().delete()
    [told_of] = sfn.executions.values()
    told_of.ends("SUCCEEDED", now)

    work_off(now=now + timedelta(minutes=1))

    assert len(sfn.executions) == 1
    assert Start.objects.get().execution == Execution.objects.get()


def test_a_program_starts_by_hand_and_follows(sfn, now, admin_client, contract):
    order = {"state_machine": "workflow-cost", "input": contract}

    answer = admin_client.post("/api/v1/starts/", order, content_type="application/json")
    work_off(now=now + timedelta(minutes=1))
    found = admin_client.get(f"/api/v1/starts/{answer.json()['id']}/").json()

    assert answer.status_code == HTTPStatus.ACCEPTED
    assert (answer.json()["status"], answer.json()["execution"]) == ("requested", None)
    assert UUID(found["execution"]) == Execution.objects.get().public_id
    assert found["status"] == "accepted"


@pytest.mark.parametrize(
    ("order", "status", "code"),
    [
        ({"state_machine": "nonsense", "input": {}}, 404, "state_machine_unknown"),
        ({"state_machine": "workflow-cost", "input": {"event": 7}}, 400, "invalid_input"),
        ({"state_machine": "workflow-cost"}, 400, "invalid"),
    ],
)
def test_a_start_that_makes_no_sense_is_refused(admin_client, order, status, code):
    answer = admin_client.post("/api/v1/starts/", order, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Start.objects.exists()


# Deadlines


def test_failures_that_soon_cannot_be_resumed_are_counted_down(sfn, now, admin_client):
    sfn.revisions[0].since = now - timedelta(days=90)
    ends = {1: now - timedelta(days=13), 2: now - timedelta(days=2), 3: now - timedelta(days=15)}
    for number, end in ends.items():
        one = told(number, started_at=end - timedelta(minutes=1), repository=f"octo/r{number}")
        mirrored(sfn, one.ends("FAILED", end), now=now)
    mirrored(sfn, told(4, started_at=ends[1]).fails_in_fail_state(ends[1]), now=now)
    for number, error in ((5, "InvalidPayload"), (6, "TeamMissing"), (7, "Known")):
        one = told(number, started_at=ends[1], repository=f"octo/r{number}")
        mirrored(sfn, one.ends("FAILED", ends[1], error=error), now=now)
    known = Execution.objects.get(error="Known").family
    services.acknowledge(family=known, user=None, note="", now=now)

    days = selectors.deadlines_by_day(now=now)
    page = admin_client.get("/executions/deadlines/").content.decode()
    program = admin_client.get("/api/v1/executions/deadlines/").json()["results"]
    two_weeks = admin_client.get("/api/v1/executions/deadlines/?within_days=14").json()["results"]

    assert [one["subject"] for one in program] == ["octo/r1"]
    assert program[0]["retry"]["until"] == f"{now + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    assert [one["subject"] for one in two_weeks] == ["octo/r1", "octo/r2"]
    assert days == {
        (now + timedelta(days=1)).date(): 1,
        (now + timedelta(days=12)).date(): 1,
    }
    until = f'<time datetime="{now + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"'
    assert page.index("octo/r1") < page.index(until)
    for number in (2, 5, 6, 7):  # in time; no retry helps; only from the beginning; noted
        assert f"octo/r{number}" not in page
    assert "2 can still be resumed" in page
