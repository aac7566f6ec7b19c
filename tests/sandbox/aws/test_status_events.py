"""Status changes reach EventBridge's targets as AWS sends them."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.sandbox.aws.emulators import ACCOUNT, REGION, Emulator
from tests.waiting import eventually

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "No", "Cause": "why"}}}


class Rule:
    """A rule on a machine's status changes, with a queue behind it."""

    def __init__(self, emulator: Emulator, machine: str) -> None:
        self._emulator = emulator
        self._name = f"rule-{uuid4().hex}"
        self.queue_url, self.queue_arn = self.queue()
        pattern = {
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {"stateMachineArn": [machine]},
        }
        events = emulator.client("events")
        events.put_rule(Name=self._name, EventPattern=json.dumps(pattern))
        self.send_to(self.queue_arn)

    def queue(self) -> tuple[str, str]:
        name = f"queue-{uuid4().hex}"
        url = self._emulator.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def send_to(self, arn: str, **fields: Any) -> None:
        target = {"Id": f"t-{uuid4().hex}", "Arn": arn, **fields}
        self._emulator.client("events").put_targets(Rule=self._name, Targets=[target])

    def bodies(self, count: int, url: str | None = None) -> list[str]:
        """The bodies of so many messages, in the order in which they came."""
        sqs = self._emulator.client("sqs")
        found: list[str] = []

        def receive() -> bool:
            answer = sqs.receive_message(
                QueueUrl=url or self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1
            )
            for message in answer.get("Messages", []):
                sqs.delete_message(
                    QueueUrl=url or self.queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
                found.append(message["Body"])
            return len(found) >= count

        eventually(receive)
        return found

    def events(self, count: int) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies(count)]


def start(emulator: Emulator, machine: str, given: str = "{}") -> str:
    started = emulator.sfn.start_execution(stateMachineArn=machine, input=given)
    return str(started["executionArn"])


def test_event_says_what_aws_says_and_no_more(emulator: Emulator) -> None:
    machine = emulator.machine(PASS)
    rule = Rule(emulator, machine)
    arn = start(emulator, machine, '{"a": 1}')
    described = emulator.ended(arn)

    running, succeeded = rule.events(2)

    begun = round(described["startDate"].timestamp() * 1000)
    assert running["source"] == "aws.states"
    assert running["detail-type"] == "Step Functions Execution Status Change"
    assert running["resources"] == [arn]
    assert running["account"] == ACCOUNT
    assert running["detail"] == {
        "executionArn": arn,
        "stateMachineArn": machine,
        "name": described["name"],
        "status": "RUNNING",
        "startDate": begun,
        "stopDate": None,
        "input": '{"a": 1}',
        "inputDetails": {"included": True},
        "output": None,
        "outputDetails": None,
    }
    assert succeeded["detail"] == running["detail"] | {
        "status": "SUCCEEDED",
        "stopDate": round(described["stopDate"].timestamp() * 1000),
        "output": '{"a":1}',
        "outputDetails": {"included": True},
    }
    assert running["id"] != succeeded["id"]


def test_failure_says_neither_error_nor_cause(emulator: Emulator) -> None:
    machine = emulator.machine(FAIL)
    rule = Rule(emulator, machine)
    start(emulator, machine)

    _, failed = rule.events(2)

    assert failed["detail"]["status"] == "FAILED"
    assert not {"error", "cause", "redriveCount"} & failed["detail"].keys()
    assert failed["detail"]["output"] is None


def test_redrive_says_running_again(emulator: Emulator) -> None:
    machine = emulator.machine(FAIL)
    rule = Rule(emulator, machine)
    arn = start(emulator, machine)
    emulator.ended(arn)

    emulator.sfn.redrive_execution(executionArn=arn)

    statuses = [event["detail"]["status"] for event in rule.events(4)]
    assert statuses == ["RUNNING", "FAILED", "RUNNING", "FAILED"]


def test_stop_and_timeout_say_so(emulator: Emulator) -> None:
    sit = {"Sit": {"Type": "Wait", "Seconds": 600, "End": True}}
    machine = emulator.machine({"StartAt": "Sit", "States": sit, "TimeoutSeconds": 1})
    rule = Rule(emulator, machine)
    start(emulator, machine)
    emulator.sfn.stop_execution(executionArn=start(emulator, machine))

    statuses = sorted(event["detail"]["status"] for event in rule.events(4))

    assert statuses == ["ABORTED", "RUNNING", "RUNNING", "TIMED_OUT"]


@pytest.mark.parametrize(
    ("size", "input_included", "output_included"),
    [
        # The output is the input here. Escaped and together they may have 248 KiB.
        (126_000, True, True),
        (128_000, False, True),
        (255_000, False, False),
    ],
)
def test_input_is_left_out_before_the_output(
    size: int, input_included: bool, output_included: bool, emulator: Emulator
) -> None:
    machine = emulator.machine(PASS)
    rule = Rule(emulator, machine)
    start(emulator, machine, json.dumps("x" * size))

    _, succeeded = rule.events(2)

    detail = succeeded["detail"]
    assert detail["inputDetails"] == {"included": input_included}
    assert detail["outputDetails"] == {"included": output_included}
    assert (detail["input"] is None) is not input_included
    assert (detail["output"] is None) is not output_included


def test_failure_reaches_a_topic_as_a_sentence(emulator: Emulator) -> None:
    machine = emulator.machine(FAIL)
    rule = Rule(emulator, machine)
    topic = emulator.client("sns").create_topic(Name=f"topic-{uuid4().hex}")["TopicArn"]
    mailbox_url, mailbox_arn = rule.queue()
    emulator.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=mailbox_arn)
    transformer = {
        "InputPathsMap": {"name": "$.detail.name", "status": "$.detail.status"},
        "InputTemplate": '"Execution <name> is <status>: look at http://dashboard/<name>."',
    }
    rule.send_to(topic, InputTransformer=transformer)
    arn = start(emulator, machine)

    mails = rule.bodies(2, mailbox_url)

    name = arn.rsplit(":", 1)[1]
    texts = [json.loads(mail)["Message"] for mail in mails]
    assert texts[1] == f'"Execution {name} is FAILED: look at http://dashboard/{name}."'
