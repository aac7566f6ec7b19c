"""Messages at the same cost however many are queued.

ministack walks a standard queue from end to end four times for each ReceiveMessage and once for
each message of a DeleteMessageBatch. Nothing depends on it but time: of a consumer that is 20,000
messages late, every ten would cost 50 ms of the event loop that all of AWS runs on. Messages in
flight stand at the queue's head, where they are looked for instead.
"""

import time
from typing import Any

from ministack.services import sqs

from sandbox.aws.patching import replace

# Retention is counted in minutes at least.
_EXPIRE_EVERY_S = 10.0

Queue = dict[str, Any]
Message = dict[str, Any]


def apply() -> None:
    expire = replace(sqs, "_expire_retained", None)
    sweep = replace(sqs, "_dlq_sweep", None)
    collect_in_groups = replace(sqs, "_collect_msgs", None)
    expired_at: dict[int, float] = {}

    def expire_now_and_then(queue: Queue) -> None:
        now = time.monotonic()
        if now - expired_at.get(id(queue), -_EXPIRE_EVERY_S) >= _EXPIRE_EVERY_S:
            expired_at[id(queue)] = now
            expire(queue)

    def collect(queue: Queue, most: int, invisible_s: int) -> list[Message]:
        if queue["is_fifo"]:
            sweep(queue)
            return collect_in_groups(queue, most, invisible_s)  # type: ignore[no-any-return]
        found = _visible(queue, most)
        if any(message["receive_count"] for message in found):
            # One that came back may have come back once too often.
            sweep(queue)
            found = _visible(queue, most)
        return collect_in_groups(queue | {"messages": found}, most, invisible_s)  # type: ignore[no-any-return]

    replace(sqs, "_expire_retained", expire_now_and_then)
    replace(sqs, "_dlq_sweep", lambda _queue: None)
    replace(sqs, "_collect_msgs", collect)
    sqs._HANDLERS["DeleteMessageBatch"] = delete_batch


def delete_batch(data: dict[str, Any], default_url: str) -> dict[str, Any]:
    queue = sqs._get_q(data.get("QueueUrl", default_url), "sqs:DeleteMessage")
    entries = data.get("Entries", [])
    sqs._validate_batch_entries(entries, "DeleteMessageBatchRequestEntry")
    deleted = _delete(queue["messages"], {entry.get("ReceiptHandle", "") for entry in entries})
    answer: dict[str, Any] = {"Successful": [], "Failed": []}
    for entry in entries:
        told = {"Id": entry.get("Id", "")}
        try:
            deleted.remove(entry.get("ReceiptHandle", ""))
        except KeyError:
            message = "The input receipt handle is invalid."
            reason = {"Code": "ReceiptHandleIsInvalid", "Message": message, "SenderFault": True}
            answer["Failed"].append(told | reason)
        else:
            answer["Successful"].append(told)
    return answer


def _visible(queue: Queue, most: int) -> list[Message]:
    now = time.time()
    found: list[Message] = []
    for message in queue["messages"]:
        if len(found) == most:
            break
        sqs._ensure_msg_fields(message)
        if message["visible_at"] <= now:
            found.append(message)
    return found


def _delete(messages: list[Message], handles: set[str]) -> set[str]:
    """Delete what has one of these receipt handles, and say which were found."""
    places: dict[str, int] = {}
    for place, message in enumerate(messages):
        if len(places) == len(handles):
            break
        if message["receipt_handle"] in handles:
            places[message["receipt_handle"]] = place
    for place in sorted(places.values(), reverse=True):
        del messages[place]
    return set(places)
