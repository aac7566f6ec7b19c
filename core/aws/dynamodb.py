"""DynamoDB in plain Python: text, bool, None, lists, dicts, and Decimal for every number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from core.aws import client
from core.aws.errors import translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
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
            Key={name: _serialize(value) for name, value in key.items()},
            ConsistentRead=True,
        )
    if "Item" not in answer:
        return None
    return {name: _deserialize(value) for name, value in answer["Item"].items()}


def scan(table: str) -> Iterator[dict[str, Any]]:
    """Yield every item of a table as it is now, page by page, in DynamoDB's order.

    What is written meanwhile may be missing; events tell of it.
    """
    pages = client.dynamodb().get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    with translated():
        for page in pages:
            for item in page["Items"]:
                yield {name: _deserialize(value) for name, value in item.items()}
