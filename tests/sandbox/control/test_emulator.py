"""Orders for AWS, and mails from SNS, with the real emulator behind them."""

import os
import subprocess

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.runner.layout import ROOT, emulator_python
from scripts.ports import free_port
from tests.waiting import eventually


@pytest.fixture(scope="module")
def emulator_url(tmp_path_factory):
    port = free_port()
    environ = {"GATEWAY_PORT": str(port), "STATE_DIR": str(tmp_path_factory.mktemp("aws"))}
    with subprocess.Popen(  # noqa: S603 -- the emulator's interpreter, beside our own
        [emulator_python(), "-m", "sandbox.aws"], cwd=ROOT, env={**os.environ, **environ}
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            eventually(lambda: is_ready(url))
            yield url
        finally:
            process.terminate()
            process.wait(timeout=60)


def is_ready(url):
    try:
        return requests.get(f"{url}/_ministack/ready", timeout=1).status_code == 200
    except requests.RequestException:
        return False


@pytest.fixture(scope="module")
def running_with_aws(start_services, emulator_url):
    with start_services(AWS_ENDPOINT_URL=emulator_url) as services:
        yield services


@pytest.fixture
def services(running_with_aws):
    assert running_with_aws.order("POST", "/reset").json()["aws"] == "done"
    return running_with_aws


@pytest.fixture(scope="module")
def aws(emulator_url):
    """Makes clients that try once, so that every fault shows."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1})
    return lambda name: session.client(name, endpoint_url=emulator_url, config=config)


def test_a_published_message_arrives_as_a_mail(services, aws):
    sns = aws("sns")
    topic = sns.create_topic(Name="done")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{services.control}/sns")
    eventually(lambda: is_confirmed(sns, topic))

    sns.publish(TopicArn=topic, Subject="Counted", Message="One run costs $0.02.")

    eventually(lambda: services.order("GET", "/mails").json())
    [mail] = services.order("GET", "/mails").json()
    assert (mail["subject"], mail["body"]) == ("Counted", "One run costs $0.02.")
    assert mail["at"].startswith("20")


def is_confirmed(sns, topic):
    [subscription] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    arn = subscription["SubscriptionArn"]
    if not arn.startswith("arn:"):
        return False
    # The emulator lists an ARN from the start; what is published until it is confirmed is not sent.
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    return attributes["PendingConfirmation"] == "false"


def test_a_fault_of_aws_is_met_as_often_as_ordered(services, aws):
    sqs = aws("sqs")
    order = {"service": "aws", "path": "AmazonSQS.ListQueues", "status": 503, "times": 2}
    services.order("POST", "/faults", order).raise_for_status()

    assert [code_of(sqs.list_queues) for _ in range(3)] == [503, 503, 200]


def code_of(call):
    try:
        return call()["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as exc:
        return exc.response["ResponseMetadata"]["HTTPStatusCode"]


def test_deleting_faults_ends_those_of_aws_too(services, aws):
    services.order("POST", "/faults", {"service": "aws", "path": ".", "status": 503})

    ended = services.order("DELETE", "/faults").json()

    assert ended == {"aws": "done"}
    assert code_of(aws("sqs").list_queues) == 200


def test_a_fault_that_the_emulator_refuses_is_refused_here(services):
    answer = services.order("POST", "/faults", {"service": "aws", "path": "["})

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("path: not a regular expression")


def test_what_aws_was_asked_is_listed(services, aws):
    aws("sqs").list_queues()

    asked = services.order("GET", "/requests?service=aws").json()

    assert [(each["method"], each["path"], each["status"]) for each in asked] == [
        ("POST", "/AmazonSQS.ListQueues", 200)
    ]


def test_the_limits_of_aws_are_switched_where_aws_is(services):
    answer = services.order("PUT", "/limits", {"github": False, "aws": True})

    assert (answer.status_code, answer.json()) == (200, {"github": False, "aws": True})
