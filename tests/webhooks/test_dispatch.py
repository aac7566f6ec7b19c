"""From a waiting row to exactly one execution, against the sandbox's Step Functions."""

import json
import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
import zstandard
from django.db import connection

from core import work
from core.aws import errors, stepfunctions
from executions.models import Execution
from ghkit import projections, routing
from tests.factories.webhooks import body_of, example, stored
from webhooks import services
from webhooks.models import Delivery


def expected_input(delivery, payload=None):
    return projections.workflow_run_completed(payload or example(), delivery=delivery.guid)


def own_run(aws):
    """A run that no other test uses, with a repository of its own."""
    payload = example()
    payload["workflow_run"]["id"] = payload["repository"]["id"] = aws.number()
    return payload


def executions_of(aws, *deliveries):
    """The ARNs of all executions that these deliveries started."""
    machine = aws.outputs["WorkflowCostStateMachineArn"]
    guids = {delivery.guid for delivery in deliveries}
    return sorted(
        one["executionArn"]
        for page in stepfunctions.list_executions(machine)
        for one in page
        if routing.delivery_guid(one["name"]) in guids
    )


def due(delivery):
    """Make a postponed row due now."""
    Delivery.objects.filter(pk=delivery.pk).update(not_before=delivery.received_at)


@pytest.mark.django_db
def test_a_waiting_delivery_starts_its_execution_with_the_projection(aws, clock):
    payload = own_run(aws)
    delivery = stored(payload=payload)

    assert services.dispatch_deliveries(clock=clock) == 1

    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason, delivery.work_state) == ("started", "", "done")
    found = stepfunctions.describe_execution(delivery.execution_arn)
    assert found["name"] == f"workflow_run-{delivery.guid}"
    assert json.loads(found["input"]) == expected_input(delivery, payload)


@pytest.mark.django_db
def test_a_started_execution_is_in_the_mirror_at_once(aws, clock):
    delivery = stored(payload=own_run(aws))

    services.dispatch_deliveries(clock=clock)

    execution = Execution.objects.get()
    delivery.refresh_from_db()
    assert (execution.arn, execution.delivery) == (delivery.execution_arn, delivery.guid)
    assert (execution.status, execution.work_state) == ("RUNNING", "done")
    assert execution.subject == "octo-org/octo-repo"


@pytest.mark.django_db
def test_the_input_text_is_the_same_every_time(aws, clock):
    payload = own_run(aws)
    delivery = stored(payload=payload)
    services.dispatch_deliveries(clock=clock)
    Delivery.objects.all().delete()
    again = stored(guid=delivery.guid, payload=payload, received_at=clock() + timedelta(days=1))
    clock.pass_(86_400)

    services.dispatch_deliveries(clock=clock)

    again.refresh_from_db()
    assert again.status == "started"
    assert executions_of(aws, again) == [again.execution_arn]


@pytest.mark.django_db
def test_a_name_whose_execution_has_closed_counts_as_started_when_the_input_is_equal(aws, clock):
    delivery = stored(payload=own_run(aws))
    services.dispatch_deliveries(clock=clock)
    arn = Delivery.objects.get().execution_arn
    stepfunctions.stop_execution(arn, error="Test", cause="closed")
    work.rearm(
        Delivery.objects.filter(pk=delivery.pk), now=clock(), status="waiting", execution_arn=""
    )

    services.dispatch_deliveries(clock=clock)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.execution_arn) == ("started", arn)
    # How it stands, AWS will be asked.
    assert Execution.objects.get(arn=arn).work_state == "waiting"


@pytest.mark.django_db
def test_a_name_taken_with_another_input_fails_with_the_reason(aws, clock):
    delivery = stored(payload=own_run(aws))
    arn = stepfunctions.start_execution(
        state_machine_arn=aws.outputs["WorkflowCostStateMachineArn"],
        name=f"workflow_run-{delivery.guid}",
        input_json="{}",
    ).arn

    services.dispatch_deliveries(clock=clock)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.work_state, delivery.execution_arn) == ("failed", "dead", "")
    assert delivery.reason.endswith(f"is taken by an execution with another input: {arn}")


@pytest.mark.django_db
def test_while_aws_is_away_the_delivery_waits_says_why_and_is_never_given_up(dead_aws, clock):
    delivery = stored()

    for _number in range(8):
        services.dispatch_deliveries(clock=clock)
        delivery.refresh_from_db()
        assert delivery.explanation.startswith("AWS could not be reached")
        clock.now = delivery.not_before

    assert (delivery.status, delivery.strikes, delivery.attempt) == ("waiting", 0, 8)


@pytest.mark.django_db
def test_when_aws_is_back_the_delivery_starts(dead_aws, aws, settings, clock):
    delivery = stored(payload=own_run(aws))
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    services.dispatch_deliveries(clock=clock)
    settings.AWS_ENDPOINT_URL = aws.layout.aws_url
    clock.pass_(60)

    services.dispatch_deliveries(clock=clock)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_error) == ("started", "")


@pytest.mark.django_db
def test_a_stack_that_is_not_deployed_yet_is_waited_for(aws, settings, clock):
    settings.GHADMIN_STACK = "not-there"
    delivery = stored()

    services.dispatch_deliveries(clock=clock)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.strikes) == ("waiting", 0)
    assert delivery.explanation == "No stack named 'not-there' is deployed in us-east-1."


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400, "code": "ThrottlingException"},
        {"status": 500},
        {"status": 503},
        {"status": 403, "code": "AccessDeniedException"},
        {"status": 403, "code": "UnrecognizedClientException"},
    ],
    ids=str,
)
def test_answers_that_are_no_fault_of_the_delivery_cost_no_strike(aws, clock, fault):
    delivery = stored(payload=own_run(aws))
    aws.fail("StartExecution", service="aws", **fault)

    services.dispatch_deliveries(clock=clock)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.strikes) == ("waiting", 0), delivery.explanation
    assert delivery.not_before > clock()
    aws.heal()
    due(delivery)
    services.dispatch_deliveries(clock=clock)
    delivery.refresh_from_db()
    assert delivery.status == "started"


@pytest.mark.django_db
def test_a_machine_that_is_gone_fails_the_delivery_after_five_attempts(aws, clock, settings):
    gone = aws.outputs["WorkflowCostStateMachineArn"] + "-gone"
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"WorkflowCostStateMachineArn": {"Value": gone}},
    }
    aws.client("cloudformation").create_stack(
        StackName="half-deleted", TemplateBody=json.dumps(template)
    )
    aws.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="half-deleted", WaiterConfig={"Delay": 1}
    )
    settings.GHADMIN_STACK = "half-deleted"
    delivery = stored()

    for number in range(work.MAX_STRIKES):
        delivery.refresh_from_db()
        assert (delivery.status, delivery.strikes) == ("waiting", number)
        services.dispatch_deliveries(clock=clock)
        clock.pass_(60)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.work_state) == ("failed", "dead")
    assert gone in delivery.reason


@pytest.mark.django_db
def test_a_failed_delivery_can_be_tried_again_by_hand_once(aws, clock):
    delivery = stored(payload=own_run(aws))
    [row] = work.claim(Delivery, limit=1, now=clock(), lease_s=20)
    work.give_up(row, reason="the machine was gone")

    services.retry_delivery(delivery.guid, now=clock())
    with pytest.raises(services.NotRetryable):
        services.retry_delivery(delivery.guid, now=clock())
    services.dispatch_deliveries(clock=clock)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason) == ("started", "")


@pytest.mark.django_db
def test_a_body_that_this_version_cannot_read_fails_with_the_field(clock):
    delivery = stored()
    payload = example()
    payload["workflow_run"]["id"] = "seven"
    Delivery.objects.update(body=zstandard.compress(body_of(payload)))

    services.dispatch_deliveries(clock=clock)

    delivery.refresh_from_db()
    assert delivery.status == "failed"
    assert "workflow_run.id: expected a whole number, got a text" in delivery.reason


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_start_every_delivery_once(aws, clock):
    deliveries = [stored(payload=own_run(aws)) for _number in range(6)]
    problems = []

    def run():
        try:
            services.dispatch_deliveries(clock=clock)
        except Exception as exc:  # noqa: BLE001 -- shown by the test
            problems.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    for delivery in deliveries:
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempt) == ("started", 1)
    assert executions_of(aws, *deliveries) == sorted(row.execution_arn for row in deliveries)


@pytest.mark.django_db
def test_a_worker_killed_between_start_and_save_leads_to_the_same_execution(aws, clock):
    delivery = stored(payload=own_run(aws))
    [row] = work.claim(Delivery, limit=1, now=clock(), lease_s=20)
    route_input = json.dumps(expected_input(delivery, json.loads(row.body_json())))
    arn = stepfunctions.start_execution(
        state_machine_arn=aws.outputs["WorkflowCostStateMachineArn"],
        name=f"workflow_run-{delivery.guid}",
        input_json=json.dumps(json.loads(route_input), sort_keys=True, separators=(",", ":")),
    ).arn
    # … and here it dies: started in AWS, leased in our database.
    clock.pass_(20)

    services.dispatch_deliveries(clock=clock)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.execution_arn, delivery.attempt) == ("started", arn, 2)
    assert executions_of(aws, delivery) == [arn]


# Hangs at its third row, before or after AWS has started the execution, and waits to be killed.
WORKER = """
import sys, time
import django
django.setup()
from django.utils import timezone
from core import work
from webhooks.models import Delivery
from webhooks.services import dispatch

rows = []

def hang(*args, **kwargs):
    print("hanging", flush=True)
    time.sleep(600)

def handle(delivery, now):
    rows.append(delivery)
    if len(rows) == 3 and sys.argv[1] == "before":
        hang()
    if len(rows) == 3:
        dispatch._record_start = hang
    dispatch.start_execution(delivery, now)

work.work_off(Delivery, handle, clock=timezone.now)
"""


@pytest.mark.django_db(transaction=True)
def test_workers_killed_before_and_after_a_start_lose_and_double_nothing(aws, clock):
    deliveries = [stored(payload=own_run(aws)) for _number in range(12)]
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "AWS_ENDPOINT_URL": aws.layout.aws_url,
    }

    for where in ("before", "after", "after"):
        worker = subprocess.Popen(  # noqa: S603 -- our own script
            [sys.executable, "-c", WORKER, where], env=environment, stdout=subprocess.PIPE
        )
        assert worker.stdout.readline() == b"hanging\n"
        worker.kill()
        worker.wait()
        worker.stdout.close()
        # Its leases end.
        Delivery.objects.filter(work_state="leased").update(not_before=clock())
    left = Delivery.objects.filter(status="waiting").count()
    known = len(executions_of(aws, *deliveries))
    while services.dispatch_deliveries(clock=clock):
        clock.pass_(20)

    # Two saved by each; the row that the second left half done was the first of the third.
    assert (left, known) == (6, 7)
    for delivery in deliveries:
        delivery.refresh_from_db()
        assert delivery.status == "started", delivery.explanation
    assert executions_of(aws, *deliveries) == sorted(row.execution_arn for row in deliveries)


def database_url():
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**found)


def test_the_errors_that_a_dispatch_tells_apart_are_distinct():
    assert not issubclass(errors.AwsUnavailable, errors.AwsRejected)
    assert issubclass(errors.AwsThrottled, errors.AwsUnavailable)
