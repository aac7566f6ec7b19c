"""DynamoDB in plain Python: text, bool, None, lists, dicts, and Decimal for every number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from core.aws import client
from core.aws.errors import translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def get_item(table: str, key: Mapping[str, str | int | Decimal]) -> dict[str, Any] | None:
    """Return the item under `key` as it is now (consistent read), or None.

    Args:
        table: The table's real name, from the stack's outputs.
        key: Every attribute of the primary key.
    """
    with translated():
        answer = client.dynamodb().get_item(
            TableName=table,
            Key=_typed(key),
            ConsistentRead=True,
        )
    if "Item" not in answer:
        return None
    return _plain(answer["Item"])


def scan(table: str) -> Iterator[dict[str, Any]]:
    """Yield every item of a table as it is now, page by page, in DynamoDB's order.

    What is written meanwhile may be missing; events tell of it.
    """
    pages = client.dynamodb().get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    with translated():
        for page in pages:
            for item in page["Items"]:
                yield _plain(item)


def put_item(
    table: str, item: Mapping[str, Any], *, expected: Mapping[str, Any] | None = None
) -> None:
    """Write a whole item in one step.

    Args:
        table: The table's real name.
        item: Every attribute; what was there before is replaced.
        expected: Where given, the item is written only while the stored one has these values; an
            attribute that is expected to be None must be absent, as all are where there is no item.

    Raises:
        ConditionFailed: It is otherwise. A first try whose answer got lost may be the reason, so
            read the item before saying that somebody else was faster.
    """
    call: dict[str, Any] = {
        "TableName": table,
        "Item": _typed(item),
    }
    if expected is not None:
        terms, names, values = [], {}, {}
        for number, (name, value) in enumerate(expected.items()):
            names[f"#n{number}"] = name
            if value is None:
                terms.append(f"attribute_not_exists(#n{number})")
            else:
                terms.append(f"#n{number} = :v{number}")
                values[f":v{number}"] = _serialize(value)
        call["ConditionExpression"] = " AND ".join(terms)
        call["ExpressionAttributeNames"] = names
        if values:
            call["ExpressionAttributeValues"] = values
    with translated():
        client.dynamodb().put_item(**call)


def write_batch(
    table: str,
    *,
    puts: Sequence[Mapping[str, Any]] = (),
    deletes: Sequence[Mapping[str, Any]] = (),
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Put and delete up to 25 items, each by itself; return what AWS left for another call.

    Args:
        table: The table's real name.
        puts: Whole items, no two with the same key.
        deletes: Keys.

    Raises:
        AwsError: Perhaps some were written: both may be repeated.
    """
    requests: list[Any] = [{"PutRequest": {"Item": _typed(item)}} for item in puts]
    requests += [{"DeleteRequest": {"Key": _typed(key)}} for key in deletes]
    if not requests:
        return [], []
    with translated():
        answer = client.dynamodb().batch_write_item(RequestItems={table: requests})
    left = answer.get("UnprocessedItems", {}).get(table, [])
    return (
        [_plain(one["PutRequest"]["Item"]) for one in left if "PutRequest" in one],
        [_plain(one["DeleteRequest"]["Key"]) for one in left if "DeleteRequest" in one],
    )


def _typed(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in item.items()}


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _deserialize(value) for name, value in item.items()}
