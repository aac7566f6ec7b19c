"""A person who waits until all is well, and presses retry and replay where that is needed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from bench.worlds import Clients

_LONGEST_PAUSE_S = 30.0
_FAILED = ("FAILED", "TIMED_OUT", "PENDING_REDRIVE")


@dataclass
class Counts:
    """How many of the deliveries are where; all the same once all is well.

    Attributes:
        stored: Have a row.
        executions: Have an execution at AWS that succeeded.
        items: Items of the repository in DynamoDB.
        counted: Runs that the repository's counter in DynamoDB has counted.
        rows: Costs in the mirror.
    """

    stored: int = 0
    executions: int = 0
    items: int = 0
    counted: int = 0
    rows: int = 0

    def are_all(self, number: int) -> bool:
        """Whether nothing is missing and nothing is there twice."""
        found = (self.stored, self.executions, self.items, self.counted, self.rows)
        return set(found) == {number}


@dataclass
class Pressed:
    """Which buttons were needed.

    Attributes:
        retried: Executions that had failed.
        replayed: Deliveries that could not be started.
    """

    retried: int = 0
    replayed: int = 0


@dataclass
class Person:
    """Looks at the deliveries of one repository by REST, and at AWS itself.

    Attributes:
        api: A client of the dashboard, signed in.
        clients: boto3's clients by service.
        outputs: The stack's.
        repository: `owner/name`, of which nobody else has deliveries.
        repository_id: GitHub's number of it.
        guids: All deliveries that were made.
    """

    api: httpx.Client
    clients: Clients
    outputs: dict[str, str]
    repository: str
    repository_id: int
    guids: Collection[str]
    pressed: Pressed = field(default_factory=Pressed)
    counts: Counts = field(default_factory=Counts)
    _stored: set[str] = field(default_factory=set)

    def settle(
        self, *, patience_s: float, say: Callable[[Counts], None] = lambda _counts: None
    ) -> bool:
        """Wait until everything is everywhere; False says that patience ended first.

        Args:
            patience_s: How long to wait.
            say: Called after each look with what was found.
        """
        deadline = time.monotonic() + patience_s
        while (began := time.monotonic()) < deadline:
            try:
                if self._look():
                    return True
            except (httpx.HTTPError, BotoCoreError, ClientError):
                continue  # a process that was killed is not back yet
            finally:
                say(self.counts)
                # At most half of the time is spent on looking, however much there is to see.
                time.sleep(min(max(0.5, time.monotonic() - began), _LONGEST_PAUSE_S))
        return False

    def _look(self) -> bool:
        """Press what is to be pressed, and count; True once all is well."""
        counts = self.counts
        counts.stored = len(self.stored())
        self._retry_failed()
        self._replay_failed()
        counts.executions = self._executions()
        counts.items, counts.counted = self._items(), self._counted()
        if counts.stored == counts.executions == counts.items == len(self.guids):
            counts.rows = sum(1 for _ in self._listed("costs/runs/", repository=self.repository))
        return counts.are_all(len(self.guids))

    def stored(self) -> set[str]:
        """The deliveries that have a row; only those that are new since the last look are read."""
        latest: set[str] = set()
        for page in self._pages("deliveries/", repository=self.repository):
            found = {one["guid"] for one in page}
            if found <= self._stored:
                break
            latest |= found
        # Not page by page: what lies below a page that could not be read would never be looked for.
        self._stored |= latest
        return self._stored

    def listed_deliveries(self, **filters: str) -> Iterator[dict[str, Any]]:
        """The deliveries as REST lists them."""
        return self._listed("deliveries/", repository=self.repository, **filters)

    def listed_executions(self, **filters: str) -> Iterator[dict[str, Any]]:
        """Their executions in the mirror."""
        return self._listed("executions/", subject=self.repository, **filters)

    def _retry_failed(self) -> None:
        for status in _FAILED:
            for one in self.listed_executions(status=status):
                if one["retry"]["action"] in ("redrive", "restart"):
                    answer = self.api.post(f"/api/v1/executions/{one['id']}/retry/")
                    self.pressed.retried += answer.status_code == httpx.codes.ACCEPTED

    def _replay_failed(self) -> None:
        for one in self.listed_deliveries(status="failed"):
            self._replay(one["guid"])

    def _replay(self, guid: str) -> None:
        answer = self.api.post(f"/api/v1/deliveries/{guid}/replay/")
        self.pressed.replayed += answer.status_code == httpx.codes.ACCEPTED

    def _executions(self) -> int:
        """Count the deliveries that have an execution at AWS which succeeded."""
        pages = (
            self.clients("stepfunctions")
            .get_paginator("list_executions")
            .paginate(
                stateMachineArn=self.outputs["WorkflowCostStateMachineArn"],
                statusFilter="SUCCEEDED",
            )
        )
        prefix = len("workflow_run-")
        found = {one["name"][prefix : prefix + 36] for page in pages for one in page["executions"]}
        return len(found.intersection(self.guids))

    def _items(self) -> int:
        pages = (
            self.clients("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self.outputs["RunsTable"],
                FilterExpression="repository_id = :id",
                ExpressionAttributeValues={":id": {"N": str(self.repository_id)}},
                Select="COUNT",
            )
        )
        return sum(page["Count"] for page in pages)

    def _counted(self) -> int:
        answer = self.clients("dynamodb").get_item(
            TableName=self.outputs["RepositoriesTable"],
            Key={"repository_id": {"N": str(self.repository_id)}},
            ConsistentRead=True,
        )
        return int(answer["Item"]["runs"]["N"]) if "Item" in answer else 0

    def _listed(self, path: str, **filters: str) -> Iterator[dict[str, Any]]:
        for page in self._pages(path, **filters):
            yield from page

    def _pages(self, path: str, **filters: str) -> Iterator[list[dict[str, Any]]]:
        url: str | None = f"/api/v1/{path}"
        params: dict[str, Any] | None = {"page_size": 500, **filters}
        while url:
            answer = self.api.get(url, params=params)
            answer.raise_for_status()
            page = answer.json()
            yield page["results"]
            url, params = page["next"], None
