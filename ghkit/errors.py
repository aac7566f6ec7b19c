"""Failures named as facts; each docstring says what the caller can do about it.

The state machines match these classes by name (`ErrorEquals`), so renaming one changes them too.
Arguments are kept in `args` as given, so that every error survives pickling and copying.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime


class GhkitError(Exception):
    """Something ghkit anticipated went wrong; catch a subclass, not this."""


class GitHubUnavailable(GhkitError):
    """GitHub did not answer, or answered 5xx: try the same call again later."""


class GitHubRejected(GhkitError):
    """GitHub understood the call and refused it: trying again changes nothing, a person must.

    Attributes:
        status: The HTTP status of its answer.
        message: What GitHub gave as the reason.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message

    def __str__(self) -> str:
        return f"GitHub answered {self.status}: {self.message}"


class RateLimited(GhkitError):
    """GitHub asks for patience: call nothing before `retry_at`, then go on where you stopped."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(retry_at)
        self.retry_at = retry_at

    def __str__(self) -> str:
        return f"GitHub's rate limit is used up until {self.retry_at.isoformat()}"


class AppKeyUnusable(GhkitError):
    """The App's id or private key is missing or broken: put them right, then retry."""


class InstallationMissing(GhkitError):
    """The App is not installed (or is suspended) there: an owner must install it, then retry."""


class JobsNotSettled(GhkitError):
    """GitHub still lists jobs of a finished run as unfinished: ask again in a few seconds."""


class RunTooLarge(GhkitError):
    """The run has more jobs than a state machine can carry: no retry makes it fit."""


class UserUnknown(GhkitError):
    """GitHub has no such user (any more): correct the login, then start anew."""


class TeamMissing(GhkitError):
    """The organisation has no such team (any more): correct the team rules, then start anew."""


class TeamSynced(GhkitError):
    """An identity provider owns who is in the team: ask whoever owns the group there."""


class InvitationLimitReached(GhkitError):
    """The organisation has sent as many invitations as GitHub allows in 24 hours: retry later."""


class MemberGone(GhkitError):
    """Who was to be added to teams has left the organisation meanwhile: start anew to see why."""


class PersonUnknown(GhkitError):
    """The company directory does not know the person: correct the directory, then retry."""


class DirectoryUnavailable(GhkitError):
    """The company directory did not answer, or answered 5xx or 429: try again later."""


class DirectoryRejected(GhkitError):
    """The company directory refuses us: put its URL or token right, then retry."""


class DirectoryAnswerUnreadable(GhkitError):
    """The company directory's answer is no record: put its URL or fields right, then retry."""


class RulesMissing(GhkitError):
    """No readable team rules are published: publish them, then start anew."""


class ListTooLong(GhkitError):
    """A list of GitHub's does not end within reason: narrow the question."""


class InvalidPayload(GhkitError):
    """Input that cannot be what it claims to be: only a corrected sender helps.

    Attributes:
        field: Dotted path of the culprit, for example `workflow_run.id`.
        problem: What was expected and what was found, never the value itself.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"


class UnknownSku(GhkitError):
    """No price is known for this SKU on this day: show it as unknown, never price it as zero."""

    def __init__(self, sku: str, day: date) -> None:
        super().__init__(sku, day)
        self.sku = sku
        self.day = day

    def __str__(self) -> str:
        return f"no price is known for {self.sku} on {self.day.isoformat()}"
