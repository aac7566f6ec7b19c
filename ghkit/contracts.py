"""The JSON that enters and leaves the state machines, and what passes between their states.

A number whose exact value matters leaves a function as text: Step Functions' own numbers are
floats, and DynamoDB takes and gives numbers as text anyway.
"""

from __future__ import annotations

from typing import Literal, TypedDict

Visibility = Literal["public", "private", "internal"]

# workflow-cost: input


class Repository(TypedDict):
    """Where the run belongs; `owner` and `name` are the two halves of `full_name`."""

    id: int
    owner: str
    name: str
    full_name: str
    private: bool
    visibility: Visibility


class Run(TypedDict):
    """One attempt of a workflow run; timestamps are ISO 8601 in UTC, ending in `Z`."""

    id: int
    run_attempt: int
    run_number: int
    name: str
    path: str
    event: str
    conclusion: str | None
    head_branch: str | None
    actor: str | None
    created_at: str
    run_started_at: str
    updated_at: str


class WorkflowRunCompleted(TypedDict):
    """Input of `workflow-cost`: what it needs of the webhook, and nothing that changes.

    The same delivery gives the same text every time, for Step Functions takes a second start
    of an execution for a repetition only if its input is the same.
    """

    delivery: str
    event: Literal["workflow_run"]
    action: Literal["completed"]
    installation_id: int | None
    organization: str | None
    repository: Repository
    run: Run


# workflow-cost: output


class RunKey(TypedDict):
    """Where the result stands in the table of runs, as text."""

    repository_id: str
    run_id: str
    run_attempt: str


class WorkflowCostResult(TypedDict):
    """Output of `workflow-cost`.

    Attributes:
        stored: False where the attempt was there already and nothing was counted.
        cost_usd: What the table holds, also where another execution stored it.
    """

    stored: bool
    run: RunKey
    cost_usd: str


# workflow-cost: between its states


class FetchedJob(TypedDict):
    """The fields of GitHub's job that its price and its row on a page need."""

    id: int
    name: str
    conclusion: str | None
    started_at: str | None
    completed_at: str | None
    labels: list[str]
    runner_id: int | None
    runner_name: str | None
    runner_group_name: str | None


class FetchedJobs(TypedDict):
    """What `FetchJobs` found: all jobs, or when GitHub may be asked again (then no job)."""

    jobs: list[FetchedJob]
    retry_at: str | None


class RunAttributes(TypedDict):
    """One attempt as the table of runs holds it, numbers as text.

    A text that GitHub left out is empty. `jobs` is one JSON text, for jobs are only ever read
    together.
    """

    run_id: str
    run_attempt: str
    repository_id: str
    repository: str
    organization: str
    private: bool
    visibility: str
    workflow: str
    workflow_path: str
    run_number: str
    event: str
    conclusion: str
    head_branch: str
    actor: str
    completed_at: str
    billable_minutes: str
    self_hosted_minutes: str
    unknown_sku_minutes: str
    cost_usd: str
    billed_usd: str
    jobs: str
    delivery: str
    execution_arn: str
