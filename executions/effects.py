"""What an execution did to the world: items written to DynamoDB, mail sent. Pure.

Read from the events of its own native tasks (AWS Step Functions Developer Guide, "DynamoDB API calls
with Step Functions" and "Using SNS", read 2026-11-25): what was asked for is in TaskScheduled, and it
came to pass where the step succeeded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ONE: Final = {"putItem": "Put", "updateItem": "Update", "deleteItem": "Delete"}
_SERVICES: Final = ("dynamodb", "aws-sdk:dynamodb")
_MAIL: Final = ("sns:publish", "aws-sdk:sns:publish")
RESOURCES: Final = (
    *_MAIL,
    *(
        f"{service}:{call}"
        for service in _SERVICES
        for call in (*_ONE, "transactWriteItems", "batchWriteItem")
    ),
)
"""The calls that change something, as `Step.resource` has them."""
# A Put names no key; these are enough to know an item by.
_NAMES_AT_MOST: Final = 3


@dataclass(frozen=True, slots=True)
class Write:
    """One item that was written.

    Attributes:
        action: Put, Update or Delete.
        key: Names and values of its key, where the call has one, else its first scalar attributes.
        item: The scalar attributes that were put; empty for an Update or a Delete.
    """

    table: str
    action: str
    key: tuple[tuple[str, str], ...]
    item: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """What was published to a topic, which mails it."""

    topic: str
    subject: str
    message: str


def effects(events: Iterable[Mapping[str, Any]]) -> list[Write | Mail]:
    """Return what the latest try of a step asked for; nothing where its events do not tell.

    Args:
        events: The events of one step that succeeded, in order.
    """
    asked: list[Write | Mail] = []
    for event in events:
        if event["type"] != "TaskScheduled":
            continue
        details = event.get("taskScheduledEventDetails") or {}
        resource = f"{details.get('resourceType')}:{details.get('resource')}"
        try:
            given = orjson.loads(details.get("parameters") or "null")
        except orjson.JSONDecodeError:  # cut off
            given = None
        asked = list(_asked(resource, given)) if isinstance(given, dict) else []
    return asked


def _asked(resource: str, given: Mapping[str, Any]) -> Iterator[Write | Mail]:
    call = resource.rpartition(":")[2]
    if resource in _MAIL:
        topic = str(
            given.get("TopicArn") or given.get("TargetArn") or given.get("PhoneNumber") or ""
        )
        message = given.get("Message", "")
        yield Mail(
            topic=topic.rpartition(":")[2],
            subject=str(given.get("Subject") or ""),
            message=message if isinstance(message, str) else orjson.dumps(message).decode(),
        )
    elif call in _ONE:
        yield _write(_ONE[call], given)
    elif call == "transactWriteItems":
        yield from _transaction(given.get("TransactItems"))
    elif call == "batchWriteItem":
        tables = given.get("RequestItems")
        for table, requests in tables.items() if isinstance(tables, dict) else ():
            for action, asked in _pairs(requests):
                yield _write(action.removesuffix("Request"), asked | {"TableName": table})


def _transaction(items: Any) -> Iterator[Write]:
    for action, asked in _pairs(items):
        if action in _ONE.values():  # a ConditionCheck writes nothing
            yield _write(action, asked)


def _write(action: str, asked: Mapping[str, Any]) -> Write:
    item = _texts(asked.get("Item"))
    key = _texts(asked.get("Key")) or item[:_NAMES_AT_MOST]
    return Write(str(asked.get("TableName") or ""), action, key, item)


def _texts(attributes: Any) -> tuple[tuple[str, str], ...]:
    """Return attributes without DynamoDB's types: {"N": "7"} is 7; nested ones are left out."""
    if not isinstance(attributes, dict):
        return ()
    found = []
    for name, typed in attributes.items():
        if isinstance(typed, dict):
            # The SDK's integration spells the types in lower case too: {"s": "..."}.
            for kind, value in typed.items():
                if kind.upper() in ("S", "N") and isinstance(value, str):
                    found.append((name, value))
    return tuple(found)


def _pairs(items: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is asked for, by its action, from a list of {action: asked}."""
    for one in items if isinstance(items, list) else ():
        for action, asked in one.items() if isinstance(one, dict) else ():
            if isinstance(asked, dict):
                yield action, asked
