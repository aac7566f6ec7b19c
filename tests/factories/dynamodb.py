"""DynamoDB as far as rules and the company directory need it, over real HTTP."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from tests.factories import http_servers

OUTPUTS = ("TeamRulesTable", "DirectoryTable")
OUTPUT = "<member><OutputKey>{0}</OutputKey><OutputValue>the-{0}</OutputValue></member>"
STACK = (
    '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">'
    "<DescribeStacksResult><Stacks><member><StackName>ghadmin</StackName><Outputs>"
    + "".join(map(OUTPUT.format, OUTPUTS))
    + "<member><OutputKey>CompanyDirectory</OutputKey><OutputValue>table</OutputValue></member>"
    + "</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
)


@dataclass
class Tables:
    """Tables with one text as their key.

    Attributes:
        items: By the real name of the table, then by key, in plain Python.
        calls: What was asked, in order: the operation's name and its body.
        refusals: Answers given in turn instead, as (operation, status, body, is it done all the same).
        left_over: How many requests of each batch are given back undone.
    """

    url: str = ""
    items: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    refusals: list[tuple[str, int, dict[str, Any], bool]] = field(default_factory=list)
    left_over: int = 0

    @property
    def rules(self) -> dict[str, Any] | None:
        """What is published."""
        return self.items.get("the-TeamRulesTable", {}).get("published")

    @rules.setter
    def rules(self, item: dict[str, Any]) -> None:
        self.items.setdefault("the-TeamRulesTable", {})["published"] = item

    @property
    def directory(self) -> dict[str, dict[str, Any]]:
        """The people of the directory by login."""
        return self.items.setdefault("the-DirectoryTable", {})

    def answer(self, operation: str, body: Any) -> tuple[int, Any]:
        self.calls.append((operation, body))
        for refusal in self.refusals:
            if refusal[0] == operation:
                self.refusals.remove(refusal)
                if refusal[3]:
                    self.do(operation, body)
                return refusal[1], refusal[2]
        return self.do(operation, body)

    def do(self, operation: str, body: Any) -> tuple[int, Any]:
        if operation == "BatchWriteItem":
            [(name, requests)] = body["RequestItems"].items()
            done = requests[: len(requests) - self.left_over]
            for request in done:
                self.write(name, request)
            left = requests[len(done) :]
            return 200, {"UnprocessedItems": {name: left} if left else {}}
        table = self.items.setdefault(body["TableName"], {})
        if operation == "GetItem":
            found = table.get(key_of(body["Key"]))
            return 200, {"Item": packed(found)} if found else {}
        if operation == "Scan":
            return 200, {"Items": [packed(item) for item in table.values()]}
        assert operation == "PutItem"
        if not holds(table.get(key_of(body["Item"])), body):
            return 400, {"__type": "ConditionalCheckFailedException", "message": "no"}
        self.write(body["TableName"], {"PutRequest": body})
        return 200, {}

    def write(self, name: str, request: Any) -> None:
        table = self.items.setdefault(name, {})
        if put := request.get("PutRequest"):
            table[key_of(put["Item"])] = plain(put["Item"])
        else:
            table.pop(key_of(request["DeleteRequest"]["Key"]), None)


def holds(item: dict[str, Any] | None, body: Any) -> bool:
    for term in body.get("ConditionExpression", "").split(" AND "):
        if match := re.fullmatch(r"attribute_not_exists\((#\w+)\)", term):
            if body["ExpressionAttributeNames"][match[1]] in (item or {}):
                return False
        elif term:
            name, _, value = term.partition(" = ")
            wanted = plain({"x": body["ExpressionAttributeValues"][value]})["x"]
            if (item or {}).get(body["ExpressionAttributeNames"][name]) != wanted:
                return False
    return True


def key_of(item: Any) -> str:
    return str(next(iter(item[name] for name in ("id", "login") if name in item))["S"])


def plain(item: Any) -> dict[str, Any]:
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def packed(item: Any) -> dict[str, Any]:
    return {name: TypeSerializer().serialize(value) for name, value in item.items()}


@contextmanager
def serving() -> Iterator[Tables]:
    """Serve until the block ends."""
    tables = Tables()

    def answer(request: http_servers.Request) -> http_servers.Answer:
        target = request.headers.get("X-Amz-Target", "")
        if not target:
            return 200, {}, STACK
        status, told = tables.answer(target.rpartition(".")[2], request.data)
        return status, {}, told

    with http_servers.serving(answer) as tables.url:
        yield tables
