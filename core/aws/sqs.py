"""SQS, as far as the mirror uses it: receive, delete, hide for a while."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.aws import client
from core.aws.errors import translated

if TYPE_CHECKING:
    from collections.abc import Sequence

# The most that AWS allows a call.
BATCH_SIZE = 10


@dataclass(frozen=True, slots=True)
class Message:
    """A received message; invisible to others until its visibility timeout ends."""

    message_id: str
    receipt: str
    body: str
    receive_count: int


def receive(queue_url: str, *, wait_s: int = 20, limit: int = BATCH_SIZE) -> list[Message]:
    """Return up to `limit` (at most 10) messages, waiting up to `wait_s` (at most 20) for one."""
    with translated():
        answer = client.sqs().receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=limit,
            WaitTimeSeconds=wait_s,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
    return [
        Message(
            message_id=one["MessageId"],
            receipt=one["ReceiptHandle"],
            body=one["Body"],
            receive_count=int(one.get("Attributes", {}).get("ApproximateReceiveCount", "1")),
        )
        for one in answer.get("Messages", [])
    ]


def delete_batch(queue_url: str, messages: Sequence[Message]) -> list[Message]:
    """Delete up to 10 messages; return those that AWS kept (they will be delivered again)."""
    if not messages:
        return []
    with translated():
        answer = client.sqs().delete_message_batch(
            QueueUrl=queue_url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": message.receipt}
                for number, message in enumerate(messages)
            ],
        )
    return [messages[int(one["Id"])] for one in answer.get("Failed", [])]


def depth(queue_url: str) -> int:
    """Return about how many messages wait, visible or in flight."""
    with translated():
        found = client.sqs().get_queue_attributes(
            QueueUrl=queue_url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
    return sum(int(count) for count in found.values())
