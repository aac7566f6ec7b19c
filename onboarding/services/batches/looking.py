"""Who somebody is and what onboarding them would do, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from core import github
from core.aws.errors import AwsError
from core.errors import DomainError, Unavailable
from ghkit.errors import GhkitError
from ghkit.github import organizations as github_organizations
from onboarding.enums import CheckCode
from onboarding.models.batches import Batch, Row
from onboarding.services.batches import facts
from onboarding.services.batches.creating import Named, OrganizationUnnamed, checks_on_paper

if TYPE_CHECKING:
    from onboarding.services.batches.facts import Finding

_FIELDS: Final = (
    ("name", "Name"),
    ("email", "E-mail"),
    ("employee_id", "Employee id"),
    ("department", "Department"),
    ("title", "Title"),
    ("manager", "Manager"),
)


class LookFailed(Unavailable):
    """GitHub or AWS could not be asked who that is."""

    code = "look_failed"


@dataclass(frozen=True, slots=True)
class TeamLook:
    """A team that the rules give: why, and how the person stands in it now.

    `state` is GitHub's word, or `synced`: an identity provider decides, and nobody is added.
    """

    slug: str
    because: str
    state: str


@dataclass(frozen=True, slots=True)
class Look:
    """One person, looked at.

    Attributes:
        finding: What GitHub, directory and rules say; None where the login is none.
        facts: The company record, label and value.
    """

    organization: str
    finding: Finding | None
    checks: list[dict[str, Any]]
    teams: list[TeamLook] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """What stands in the way."""
        return [one["text"] for one in self.checks if one["blocks"]]

    @property
    def notes(self) -> list[str]:
        """What is worth knowing and is not told beside its team."""
        return [
            one["text"]
            for one in self.checks
            if not one["blocks"] and one["code"] != CheckCode.TEAM_SYNCED
        ]

    @property
    def is_known(self) -> bool:
        """Whether GitHub knows the person."""
        return self.finding is not None and self.finding.person is not None

    @property
    def can_go(self) -> bool:
        """Whether nothing stands in the way."""
        return self.is_known and not self.problems


def look_up(*, login: str, organization: str = "") -> Look:
    """Ask GitHub, the directory and the rules about one person; nothing is stored.

    Raises:
        OrganizationUnnamed: As its name says.
        LookFailed: One of them did not answer.
    """
    organization = organization or settings.GITHUB_ORG
    checks = checks_on_paper(Named(number=1, login=login), {})
    if checks:
        return Look(organization, None, checks)
    if not organization:
        message = "Set GITHUB_ORG: the organisation that work by hand is for."
        raise OrganizationUnnamed(message)
    batch = Batch(organization=organization)
    try:
        asked = facts.ask_about_organization(batch, people=1, is_deep=True)
        finding = facts.look_at(Row(number=1, login_given=login), asked)
        teams = _teams(finding, asked)
    except (GhkitError, github.GitHubNotConfigured, AwsError) as exc:
        raise LookFailed(_plain(exc)) from exc
    record = finding.record or {}
    known = [(label, str(record[name])) for name, label in _FIELDS if record.get(name)]
    return Look(asked.login, finding, finding.checks, teams, known)


def _teams(finding: Finding, organization: facts.Organization) -> list[TeamLook]:
    person = finding.person
    if person is None or not finding.teams:
        return []
    return [
        TeamLook(
            slug=team["slug"],
            because=team["because"],
            state=_state(team["slug"], person.login, finding, organization),
        )
        for team in finding.teams
    ]


def _state(slug: str, login: str, finding: Finding, organization: facts.Organization) -> str:
    state = "none"
    if finding.membership != "none":
        state = github_organizations.get_team_membership(
            github.app(),
            organization=organization.login,
            slug=slug,
            login=login,
            installation_id=organization.installation_id,
        )
    return "synced" if state == "none" and organization.synced.get(slug) else state


def _plain(exc: Exception) -> str:
    text = str(exc)
    return text if isinstance(exc, DomainError) else f"GitHub was asked, but: {text}."
