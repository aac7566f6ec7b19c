"""SQS, where it is not ministack's own."""

import json
import subprocess

from sandbox.runner.layout import ROOT, emulator_python
from tests.sandbox.aws.emulators import ACCOUNT, REGION, Emulator

# Runs in the emulator's environment: how many fields of messages are looked at while some are
# received and deleted from a queue.
COUNT = """
import asyncio, json, pathlib, sys, time
from sandbox.aws.settings import Settings, install

install(Settings.read({"STATE_DIR": sys.argv[1]}))
from ministack.services import sqs
from sandbox.aws import queues

class Message(dict):
    looked = 0
    def __getitem__(self, key):
        Message.looked += 1
        return super().__getitem__(key)

queues.apply()
looks = []
for length in (100, 5_000):
    url = sqs._act_create_queue({"QueueName": f"q{length}"}, "")["QueueUrl"]
    queue = sqs._get_q(url)
    for number in range(length):
        sqs._act_send_message({"QueueUrl": url, "MessageBody": str(number)}, url)
    queue["messages"] = [Message(message) for message in queue["messages"]]
    Message.looked = 0
    for _ in range(5):
        order = {"QueueUrl": url, "MaxNumberOfMessages": 10}
        received = asyncio.run(sqs._act_receive_message(order, url))["Messages"]
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(received)
        ]
        sqs._HANDLERS["DeleteMessageBatch"]({"QueueUrl": url, "Entries": entries}, url)
    looks.append(Message.looked)
    assert len(queue["messages"]) == length - 50
print(json.dumps(looks))
"""


def test_a_message_costs_the_same_in_a_long_queue(tmp_path) -> None:
    told = subprocess.run(  # noqa: S603 -- our own program
        [emulator_python(), "-c", COUNT, tmp_path],
        env={"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    short, long = json.loads(told.stdout.splitlines()[-1])
    assert long <= 1.5 * short


def test_messages_are_deleted_by_their_handles_and_no_others(emulator: Emulator) -> None:
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName="deleting")["QueueUrl"]
    for body in ("a", "b", "c"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)[
        "Messages"
    ]
    handles = [received[1]["ReceiptHandle"], "none", received[1]["ReceiptHandle"]]

    answer = sqs.delete_message_batch(
        QueueUrl=url,
        Entries=[{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate(handles)],
    )

    assert [each["Id"] for each in answer["Successful"]] == ["0"]
    assert [(each["Id"], each["Code"]) for each in answer["Failed"]] == [
        ("1", "ReceiptHandleIsInvalid"),
        ("2", "ReceiptHandleIsInvalid"),
    ]
    left = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [each["Body"] for each in left] == ["a", "c"]


def test_message_received_too_often_goes_to_the_dead_letters(emulator: Emulator) -> None:
    sqs = emulator.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
    policy = json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": "2"})
    url = sqs.create_queue(QueueName="living", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    sqs.send_message(QueueUrl=url, MessageBody="food")

    order = {"QueueUrl": url, "MaxNumberOfMessages": 1, "VisibilityTimeout": 0}
    seen = [sqs.receive_message(**order)["Messages"][0]["Body"] for _ in range(3)]

    assert seen == ["poison", "poison", "food"]
    assert sqs.receive_message(QueueUrl=dead)["Messages"][0]["Body"] == "poison"
