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


# onboard-member: input


class OrganizationRef(TypedDict):
    """Where it happens; `id` is None where whoever started it by hand did not know it."""

    login: str
    id: int | None


class MemberRef(TypedDict):
    """Whom it is about: the id identifies, the login is what it was when this was written."""

    id: int
    login: str


OnboardingReason = Literal["webhook", "manual", "batch"]


class MemberOnboarding(TypedDict):
    """Input of `onboard-member`.

    Attributes:
        delivery: GUID of the webhook; empty where a person or a batch started it.
        reason: Decides about who is in neither state: a webhook never invites.
        installation_id: Where an event named one.
        requested_by: Who asked for it by hand.
        batch: UUID of the batch that it belongs to.
        row: Its row there, from 1.
    """

    delivery: str
    reason: OnboardingReason
    organization: OrganizationRef
    member: MemberRef
    installation_id: int | None
    requested_by: str | None
    batch: str | None
    row: int | None


# onboard-members: input and output


class BatchRow(TypedDict):
    """One person of a batch; `row` is where they stand in it, from 1."""

    row: int
    id: int
    login: str


class BatchOnboarding(TypedDict):
    """Input of `onboard-members`: at most 1,000 people, so that it stays below 256 KiB."""

    batch: str
    organization: OrganizationRef
    installation_id: int | None
    requested_by: str | None
    users: list[BatchRow]


class BatchOutcome(TypedDict):
    """What became of one person; the error is in the execution that was theirs."""

    row: int
    login: str
    status: Literal["succeeded", "failed"]


class BatchOnboarded(TypedDict):
    """Output of `onboard-members`; `rows` are in the order of the input."""

    batch: str
    total: int
    succeeded: int
    failed: int
    rows: list[BatchOutcome]


# update-member: input


class InvitationRef(TypedDict):
    """An invitation as its event described it; `login` is empty where it went by e-mail."""

    id: int
    login: str
    email: str
    created_at: str
    inviter: str


class TeamRef(TypedDict):
    """A team as its event described it; of a deleted one the slug is made of the name."""

    slug: str
    name: str
    deleted: bool


class MembershipChange(TypedDict):
    """Input of `update-member`: where to look, for an event carries no time.

    Attributes:
        member: None where the event names nobody (an invitation by e-mail, a deleted account).
    """

    delivery: str
    event: Literal["organization", "membership"]
    action: str
    organization: OrganizationRef
    member: MemberRef | None
    invitation: InvitationRef | None
    team: TeamRef | None
    installation_id: int | None


# onboard-member and update-member: output


class MemberKey(TypedDict):
    """Where a person stands in the table of members, as text."""

    organization_id: str
    github_id: str


class TeamStanding(TypedDict):
    """How a person stands to one team."""

    slug: str
    state: Literal["active", "pending", "synced", "removed"]


class MemberOnboarded(TypedDict):
    """Output of `onboard-member`.

    Attributes:
        stored: False where something newer was there already.
    """

    member: MemberKey
    login: str
    status: Literal["active", "pending", "removed"]
    teams: list[TeamStanding]
    stored: bool


# onboard-member and update-member: between their states


class Standing(TypedDict):
    """How a person stands to the organisation and to the team in question, at one moment.

    Attributes:
        login: What it is now, whatever it was in the event.
        team_state: None where no team is in question.
        observed_at: Just before GitHub was asked; such texts sort as their moments do.
        retry_at: When GitHub may be asked; then nothing else here counts.
    """

    organization: str
    organization_id: str
    github_id: str
    login: str
    state: Literal["active", "pending", "none"]
    team_state: Literal["active", "pending", "removed"] | None
    observed_at: str
    retry_at: str | None


class ChangeKeys(TypedDict):
    """Where a change is stored, as text; empty where it does not apply.

    Attributes:
        invitation: The sort key of an invitation's record.
        team: The attribute that holds how somebody stands to the team.
    """

    organization_id: str
    invitation: str
    invitation_id: str
    team: str


class CheckedChange(TypedDict):
    """A checked input of `update-member`, and where its change is stored."""

    event: MembershipChange
    key: ChangeKeys


class CompanyInfo(TypedDict):
    """What the company directory knows of a person.

    Attributes:
        text: The whole record as JSON, unknown fields included.
        source: Which provider told.
    """

    email: str
    employee_id: str
    name: str
    department: str
    title: str
    manager: str
    text: str
    source: str


class ChosenTeam(TypedDict):
    """A team that the rules give; `attribute` is where the table of members keeps it."""

    slug: str
    because: str
    attribute: str


class ChosenTeams(TypedDict):
    """What the rules give, `version` as text; `named` is a sentence's part."""

    teams: list[ChosenTeam]
    version: str
    named: str


class TeamAdded(TypedDict):
    """What became of adding somebody to one team; see `Standing` for the times."""

    state: Literal["active", "pending", "synced"]
    observed_at: str
    retry_at: str | None
