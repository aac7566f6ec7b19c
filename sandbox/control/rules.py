"""Team rules, published into the stack's table as the dashboard publishes them.

The table has one item. It is put only where the version is still the one that was read, so that
whoever publishes at the same time is not overwritten.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ghkit import team_rules
from ghkit.errors import InvalidPayload
from sandbox.orders import BadOrder

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb.service_resource import DynamoDBServiceResource, Table

PUBLISHED = "published"
"""Key of the one item."""

PUBLISHER = "sandbox"

_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1})


class RulesOutOfReach(Exception):
    """The emulator does not answer, or has no stack with a table of rules."""


class PublishedRules:
    """The published rules of one stack at one emulator."""

    def __init__(self, aws_url: str, stack: str) -> None:
        self._aws_url = aws_url
        self._stack = stack

    def publish(self, rules: Mapping[str, Any], *, now: datetime) -> int:
        """Publish rules as the next version, and return it.

        Args:
            rules: `default` and `rules` as in `ghkit.team_rules`.
            now: The moment of publishing.

        Raises:
            BadOrder: They are no such rules.
            RulesOutOfReach: There is nowhere to publish them.
        """
        checked({**rules, "version": 1})
        try:
            table = self._table()
            held = table.get_item(Key={"id": PUBLISHED}, ConsistentRead=True).get("Item")
            before = int(cast("int", held["version"])) if held else 0
            text = team_rules.to_text(checked({**rules, "version": before + 1}))
            condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
            if held:
                condition = {
                    "ConditionExpression": "version = :before",
                    "ExpressionAttributeValues": {":before": before},
                }
            table.put_item(
                Item={
                    "id": PUBLISHED,
                    "version": before + 1,
                    "published_at": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
                    "published_by": PUBLISHER,
                    "rules": text,
                },
                **condition,
            )
        except (BotoCoreError, ClientError) as exc:
            raise RulesOutOfReach(f"team rules: {exc}") from exc
        return before + 1

    def forget(self) -> bool:
        """Delete what is published; False where there is nowhere to look."""
        try:
            self._table().delete_item(Key={"id": PUBLISHED})
        except (BotoCoreError, ClientError, RulesOutOfReach):
            return False
        return True

    @cached_property
    def _session(self) -> tuple["CloudFormationClient", "DynamoDBServiceResource"]:
        # Making these reads hundreds of kilobytes of service models.
        session = boto3.Session("test", "test", region_name="us-east-1")
        where: dict[str, Any] = {"endpoint_url": self._aws_url, "config": _CONFIG}
        return session.client("cloudformation", **where), session.resource("dynamodb", **where)

    def _table(self) -> "Table":
        stacks, tables = self._session
        outputs = {
            output["OutputKey"]: output["OutputValue"]
            for stack in stacks.describe_stacks(StackName=self._stack)["Stacks"]
            for output in stack.get("Outputs", [])
        }
        if "TeamRulesTable" not in outputs:
            raise RulesOutOfReach(f"the stack {self._stack} has no output TeamRulesTable")
        return tables.Table(outputs["TeamRulesTable"])


def checked(document: Mapping[str, Any]) -> team_rules.TeamRules:
    """The rules in a document, read as the product reads them."""
    try:
        return team_rules.read_rules(document)
    except InvalidPayload as exc:
        raise BadOrder(f"team rules: {exc}") from exc


def by_department(departments: Mapping[str, Sequence[object]]) -> list[dict[str, Any]]:
    """A rule for each department, in the order given."""
    return [
        {"when": {"department": department}, "teams": teams}
        for department, teams in departments.items()
    ]
