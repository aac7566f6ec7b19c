"""Each kind of failure on the sandbox's AWS: what the adviser says, and what one click does.

Where it is part of the story, the cause is put right before the click. The table of all of them is
logged: `pytest -k kind_of_failure --log-cli-level=INFO`.
"""

import io
import json
import logging
import zipfile
from functools import partial
from http import HTTPStatus

import pytest
from django.core.cache import cache
from django.utils import timezone

from core.aws import stack as deployed
from executions import services
from executions.models import Execution
from executions.services.rows import ask_aws
from tests.factories.executions import work_off
from tests.factories.onboarding import People
from tests.factories.runs import run_of
from tests.waiting import eventually

pytestmark = pytest.mark.django_db
log = logging.getLogger(__name__)

ROLE = "arn:aws:iam::000000000000:role/test"
_KEPT = "What succeeded before is kept and does not run again."


@pytest.fixture
def api(aws, admin_client):
    return Api(aws, admin_client)


@pytest.fixture
def people(aws):
    people = People(aws)
    people.publish("everyone")
    return people


class Api:
    """The mirror and the REST API, to whoever retries."""

    def __init__(self, aws, client):
        self.aws, self.client = aws, client

    def ended(self, arn):
        """Wait for the end at AWS, have the mirror read it, and give what REST says."""
        self.aws.ended(arn)
        services.look_up(arn, now=timezone.now())
        return self.now(arn)

    def now(self, arn):
        ask_aws(
            Execution.objects.filter(arn=arn).values_list("pk", flat=True),
            now=timezone.now(),
            history_wanted=True,
        )
        work_off(now=timezone.now())
        row = Execution.objects.get(arn=arn)
        return self.client.get(f"/api/v1/executions/{row.public_id}/").json()

    def click(self, found, **body):
        """Press retry and follow it to its end; gives the execution that ended."""
        url = f"/api/v1/executions/{found['id']}/retry/"
        answer = self.client.post(url, body or None, content_type="application/json")
        assert answer.status_code == HTTPStatus.ACCEPTED, answer.content
        work_off(now=timezone.now())
        row = Execution.objects.select_related("latest_retry__new_execution").get(arn=found["arn"])
        followed = row.latest_retry.new_execution or row
        self.aws.ended(followed.arn)
        return self.now(followed.arn)


def told(kind, failed, then):
    """Note a line of the table."""
    name = "the same execution" if then["id"] == failed["id"] else "a new execution"
    log.info(
        "| %s | %s %s | %s: %s | %s %s |",
        *(kind, failed["status"], failed["error"] or ""),
        *(failed["retry"]["action"], failed["retry"]["reason"], name, then["status"]),
    )


def assert_resumed(failed, then, *, reason):
    assert failed["retry"]["action"] == "redrive"
    assert failed["retry"]["reason"] == reason
    assert failed["retry"]["until"] is not None
    assert (then["id"], then["status"], then["redrive_count"]) == (failed["id"], "SUCCEEDED", 1)
    assert then["retry"]["action"] == "none"


@pytest.fixture
def new_machine(aws, monkeypatch):
    """Add a machine of the test's own to the stack, as a later version of it might have."""
    sfn = aws.client("stepfunctions")

    def make(definition):
        name = f"ghadmin-test-{aws.number()}"
        arn = sfn.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)[
            "stateMachineArn"
        ]
        outputs = {**deployed.outputs(), "TestStateMachineArn": arn}
        monkeypatch.setattr(deployed, "outputs", lambda: outputs)
        return arn

    return make


def start(aws, machine, given=None):
    return aws.client("stepfunctions").start_execution(
        stateMachineArn=machine, name=f"by-hand-{aws.number()}", input=json.dumps(given or {})
    )["executionArn"]


def test_an_error_of_a_lambda_is_resumed_once_its_cause_is_gone(aws, api):
    payload = run_of(aws)
    aws.fail(f"/actions/runs/{payload['workflow_run']['id']}/", status=502)
    failed = api.ended(aws.start(payload))
    aws.heal()

    then = api.click(failed)

    told("Lambda error", failed, then)
    assert failed["error"] == "GitHubUnavailable"
    assert_resumed(
        failed,
        then,
        reason=f"It resumes at FetchJobs, which failed with GitHubUnavailable. {_KEPT}",
    )


def test_a_lambda_out_of_time_is_resumed_once_it_has_more(aws, api, new_machine):
    code, functions = io.BytesIO(), aws.client("lambda")
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "import time\n\ndef handler(event, _):\n    time.sleep(2)\n")
    name = f"slow-{aws.number()}"
    made = functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": code.getvalue()},
        Timeout=1,
    )
    task = {"Type": "Task", "Resource": made["FunctionArn"], "End": True}
    failed = api.ended(start(aws, new_machine({"StartAt": "Slow", "States": {"Slow": task}})))
    functions.update_function_configuration(FunctionName=name, Timeout=60)

    then = api.click(failed)

    told("Lambda timeout", failed, then)
    assert failed["error"] == "Sandbox.Timedout"
    assert_resumed(
        failed, then, reason=f"It resumes at Slow, which failed with Sandbox.Timedout. {_KEPT}"
    )


def test_an_unknown_person_is_resumed_once_the_directory_knows_them(api, people):
    member = people.put_person(company=None)
    failed = api.ended(people.onboard(member))
    people.put_person(number=member["id"])

    then = api.click(failed)

    told("Unknown person", failed, then)
    assert failed["error"] == "PersonUnknown"
    assert_resumed(
        failed,
        then,
        reason=f"It resumes at FetchCompanyInfo, which failed with PersonUnknown. {_KEPT}",
    )


def test_too_much_data_starts_anew_once_the_workflow_was_changed(aws, api, new_machine):
    double = {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "End": True}
    machine = new_machine({"StartAt": "Double", "States": {"Double": double}})
    failed = api.ended(start(aws, machine, {"text": "x" * 200_000}))
    again = api.click(failed)
    keep = {"StartAt": "Keep", "States": {"Keep": {"Type": "Pass", "End": True}}}
    aws.client("stepfunctions").update_state_machine(
        stateMachineArn=machine, definition=json.dumps(keep)
    )
    api.ended(start(aws, machine))  # by whose history the mirror learns of the change
    changed = eventually(
        lambda: (
            found if (found := api.now(failed["arn"]))["retry"]["action"] == "restart" else None
        ),
        cache.clear,  # as after the minute for which it remembers which definitions are the latest
    )

    then = api.click(changed)

    told("256 KiB", failed, again)
    told("256 KiB, after a change", changed, then)
    assert (failed["error"], failed["retry"]["action"]) == ("States.DataLimitExceeded", "redrive")
    assert "It succeeds only if less data comes this time" in failed["retry"]["reason"]
    assert (again["id"], again["status"], again["redrive_count"]) == (failed["id"], "FAILED", 1)
    assert "has been changed since" in changed["retry"]["reason"]
    assert (then["id"] != failed["id"], then["status"]) == (True, "SUCCEEDED")


def test_a_fail_state_is_not_resumed_but_starts_anew(aws, api, new_machine):
    refuse = {"Type": "Fail", "Error": "NotAllowed", "Cause": "by the rules"}
    machine = new_machine({"StartAt": "Refuse", "States": {"Refuse": refuse}})
    failed = api.ended(start(aws, machine))
    allow = {"StartAt": "Allow", "States": {"Allow": {"Type": "Pass", "End": True}}}
    aws.client("stepfunctions").update_state_machine(
        stateMachineArn=machine, definition=json.dumps(allow)
    )

    then = api.click(failed)

    told("Fail state", failed, then)
    assert failed["retry"] == {
        "action": "restart",
        "reason": "It ended in the Fail state Refuse, where resuming it would only fail again."
        " It starts anew, from the beginning, with the same input.",
        "until": None,
    }
    assert (then["id"] != failed["id"], then["status"]) == (True, "SUCCEEDED")
    left = api.now(failed["arn"])["retry"]
    assert left["action"] == "none"
    assert then["name"] in left["reason"]


def test_what_was_stopped_by_hand_goes_on_where_it_was(aws, api, new_machine):
    wait = {"Type": "Wait", "Seconds": 50, "Next": "Done"}
    states = {"Wait": wait, "Done": {"Type": "Pass", "End": True}}
    arn = start(aws, new_machine({"StartAt": "Wait", "States": states}))
    aws.wait_for_state(arn, "Wait")
    services.look_up(arn, now=timezone.now())
    running = api.now(arn)
    stop = api.client.post(
        f"/api/v1/executions/{running['id']}/stop/",
        {"note": "wrong day"},
        content_type="application/json",
    )
    work_off(now=timezone.now())
    aws.ended(arn)
    stopped = api.now(arn)

    then = api.click(stopped)

    told("Stopped by hand", stopped, then)
    assert stop.status_code == HTTPStatus.ACCEPTED
    assert (running["retry"]["action"], stopped["status"]) == ("none", "ABORTED")
    assert "wrong day" in stopped["cause"]
    assert_resumed(
        stopped,
        then,
        reason=f"It resumes at Wait, which was running when it was stopped. {_KEPT}",
    )


def test_a_child_of_a_map_is_resumed_by_itself(aws, api, people):
    known, unknown = people.put_person(), people.put_person(company=None)
    users = [{"row": row, **one} for row, one in enumerate((known, unknown), 1)]
    batch = {
        "batch": "00000000-0000-4000-8000-000000000001",
        "organization": {"login": people.organization, "id": None},
        "installation_id": None,
        "requested_by": "ada",
        "users": users,
    }
    parent = api.ended(start(aws, aws.outputs["OnboardMembersStateMachineArn"], batch))
    services.sweep(now=timezone.now())
    work_off(now=timezone.now())
    children = api.client.get("/api/v1/executions/", {"parent": parent["arn"]}).json()["results"]
    [failed] = [child for child in children if child["status"] == "FAILED"]
    people.put_person(number=unknown["id"])

    then = api.click(failed)

    told("Child of a Map", failed, then)
    assert sorted(child["status"] for child in children) == ["FAILED", "SUCCEEDED"]
    assert (parent["status"], parent["retry"]["action"]) == ("SUCCEEDED", "none")
    assert_resumed(
        failed,
        then,
        reason=f"It resumes at FetchCompanyInfo, which failed with PersonUnknown. {_KEPT}",
    )


def test_a_parent_whose_child_failed_is_resumed_with_a_new_child(aws, api, people, new_machine):
    member = people.put_person(company=None)
    child = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {
            "StateMachineArn": aws.outputs["OnboardMemberStateMachineArn"],
            "Input.$": "$",
        },
        "End": True,
    }
    event = {
        "delivery": "",
        "reason": "batch",
        "organization": {"login": people.organization, "id": None},
        "member": member,
        **dict.fromkeys(("installation_id", "requested_by", "batch", "row")),
    }
    machine = new_machine({"StartAt": "Onboard", "States": {"Onboard": child}})
    failed = api.ended(start(aws, machine, event))
    people.put_person(number=member["id"])

    then = api.click(failed)

    told("Parent of a failed child", failed, then)
    assert failed["error"] == "States.TaskFailed"
    assert_resumed(
        failed, then, reason=f"It resumes at Onboard, which failed with States.TaskFailed. {_KEPT}"
    )


def test_a_refused_input_is_not_retried_but_starts_anew_with_a_corrected_one(aws, api):
    payload = run_of(aws)
    good = aws.start(payload)
    given = json.loads(aws.client("stepfunctions").describe_execution(executionArn=good)["input"])
    failed = api.ended(aws.start(payload, repository={"id": "5"}))
    post = partial(api.client.post, content_type="application/json")
    url = f"/api/v1/executions/{failed['id']}/retry/"

    refused = post(url)
    wrong = post(url, {"input": {**given, "repository": {"id": "6"}}})
    then = api.click(failed, input=given)

    told("Refused input", failed, then)
    assert failed["error"] == "InvalidPayload"
    assert failed["retry"]["action"] == "none"
    assert "the same input would be refused again" in failed["retry"]["reason"]
    assert refused.status_code == HTTPStatus.CONFLICT
    assert refused.json()["message"] == failed["retry"]["reason"]
    assert wrong.status_code == HTTPStatus.BAD_REQUEST
    assert (then["id"] != failed["id"], then["status"]) == (True, "SUCCEEDED")
