"""What GitHub, the team rules and the company directory say; network alone, nothing is stored.

Of many people GitHub is asked by lists: a page of a hundred members instead of a question a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from core import github
from core.aws import dynamodb, stack
from ghkit.errors import InvalidPayload, UserUnknown
from ghkit.github import organizations as github_organizations
from ghkit.github.limits import get_hourly_limit
from ghkit.team_rules import Choice, TeamRules, choose_teams, parse_rules
from onboarding.enums import CheckCode
from onboarding.services.batches import directory
from onboarding.services.batches.creating import check, login_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from onboarding.models.batches import Batch, Row

FEW: Final = 20
"""Up to so many people are asked about one by one: cheaper than the list of a large organisation."""

_LOGIN_MAX_CHARS: Final = 255


@dataclass(frozen=True, slots=True)
class Person:
    """Whom GitHub knows under a login."""

    id: int
    login: str
    name: str = ""
    avatar_url: str = ""


@dataclass(frozen=True, slots=True)
class Organization:
    """What holds for everybody in the batch.

    Attributes:
        login: As GitHub spells it.
        members: By login in lower case; None where people are asked about one by one.
        invited: Logins in lower case of open invitations.
        teams: Slugs that GitHub has; None where it was not asked.
        rules: The published team rules; None where there are none, or none that can be read.
        rules_problem: Why there are none.
        is_limited: Whether GitHub limits how often it is asked.
        is_deep: Whether directory, rules and teams are looked at before anything runs.
        synced: Whether an identity provider decides of a team, by slug; of those asked about so far.
    """

    login: str
    id: int
    installation_id: int
    members: dict[str, Person] | None
    invited: frozenset[str]
    teams: frozenset[str] | None
    rules: TeamRules | None
    rules_problem: str
    is_deep: bool
    is_limited: bool
    synced: dict[str, bool] = field(default_factory=dict)


@dataclass(slots=True)
class Finding:
    """What is known of one row now.

    Attributes:
        membership: GitHub's word: active, pending or none.
        teams: What the rules give, with the reason; None where only the execution will know.
        record: Of the company directory; None where it has none, or was not asked.
    """

    person: Person | None = None
    membership: str = ""
    department: str = ""
    teams: list[dict[str, str]] | None = None
    checks: list[dict[str, Any]] = field(default_factory=list)
    writes: int = 1
    record: Mapping[str, object] | None = None

    def name_is_known(self) -> bool:
        """Whether GitHub told how the person is called."""
        return self.person is not None and bool(self.person.name)


def ask_about_organization(batch: Batch, *, people: int, is_deep: bool) -> Organization:
    """Ask for all that holds for everybody.

    Args:
        batch: Names the organisation.
        people: How many are to be looked at.
        is_deep: See `Organization`.

    Raises:
        InstallationMissing, GitHubUnavailable, GitHubRejected, RateLimited, GitHubNotConfigured,
        AwsError: As their names say.
    """
    app = github.app()
    installation_id = app.find_organization_installation(batch.organization)
    asked: dict[str, Any] = {
        "organization": batch.organization,
        "installation_id": installation_id,
    }
    found = github_organizations.get_organization(app, **asked)
    members = None
    invited: frozenset[str] = frozenset()
    if people > FEW:
        listed = github_organizations.list_members(app, **asked)
        members = {login.lower(): Person(id=id_, login=login) for id_, login in listed.items()}
        invited = frozenset(
            one["login"].lower()
            for one in github_organizations.list_invitations(app, **asked)
            if one["login"]
        )
    rules, rules_problem = published_rules()
    teams = None
    if is_deep:
        listed_teams = github_organizations.list_teams(app, **asked)
        teams = frozenset(one["slug"].lower() for one in listed_teams)
    return Organization(
        login=found["login"],
        id=found["id"],
        installation_id=installation_id,
        members=members,
        invited=invited,
        teams=teams,
        rules=rules,
        rules_problem=rules_problem,
        is_deep=is_deep,
        is_limited=get_hourly_limit(app, **asked) is not None,
    )


def published_rules() -> tuple[TeamRules | None, str]:
    """Return the published team rules, or why there are none that can be used.

    Raises:
        AwsError: DynamoDB was not reached.
    """
    item = dynamodb.get_item(stack.output("TeamRulesTable"), {"id": "published"})
    if item is None:
        return None, "No team rules are published: publish some first, if only a default team."
    try:
        return parse_rules(str(item["rules"])), ""
    except (InvalidPayload, KeyError) as exc:
        return None, f"The published team rules cannot be read: {exc}."


def is_synced(slug: str, organization: Organization) -> bool:
    """Tell whether an identity provider decides who is in a team; asked once for all people.

    Raises:
        GitHubUnavailable, GitHubRejected, RateLimited: As their names say.
    """
    if slug not in organization.synced:
        organization.synced[slug] = github_organizations.is_team_synced(
            github.app(),
            organization=organization.login,
            slug=slug,
            installation_id=organization.installation_id,
        )
    return organization.synced[slug]


def look_at(row: Row, organization: Organization) -> Finding:
    """Find out about one person; fit to run in a thread of its own.

    Raises:
        GitHubUnavailable, GitHubRejected, RateLimited: Nothing is known then.
    """
    found = Finding()
    login = login_of(row.login_given)
    found.person = _person(login, organization)
    if found.person is None:
        text = f"GitHub has no user “{login}”."
        found.checks.append(check(CheckCode.LOGIN_UNKNOWN, text, blocks=True))
        return found
    found.membership = _membership(found.person, organization)
    if found.membership == "active":
        text = f"Is a member of {organization.login} already; teams are added, nobody is invited."
        found.checks.append(check(CheckCode.ALREADY_MEMBER, text, blocks=False))
    elif found.membership == "pending":
        text = f"Has an open invitation to {organization.login}; no second one is sent."
        found.checks.append(check(CheckCode.ALREADY_INVITED, text, blocks=False))
    # Where nothing else is known: the default teams and, likely, one of a rule.
    found.writes = len(organization.rules.default) + 1 if organization.rules else 1
    if organization.is_deep:
        _look_deep(row, found, organization)
    return found


def _person(login: str, organization: Organization) -> Person | None:
    if organization.members is not None and (known := organization.members.get(login.lower())):
        return known
    try:
        user = github_organizations.get_user(
            github.app(),
            organization=organization.login,
            login=login,
            installation_id=organization.installation_id,
        )
    except UserUnknown:
        return None
    return Person(
        id=user["id"],
        login=user["login"][:_LOGIN_MAX_CHARS],
        name=(user["name"] or "")[:255],
        avatar_url=user["avatar_url"][:512],
    )


def _membership(person: Person, organization: Organization) -> str:
    if organization.members is None:
        return github_organizations.get_membership(
            github.app(),
            organization=organization.login,
            login=person.login,
            installation_id=organization.installation_id,
        )["state"]
    if person.login.lower() in organization.members:
        return "active"
    return "pending" if person.login.lower() in organization.invited else "none"


def _look_deep(row: Row, found: Finding, organization: Organization) -> None:
    """Look up the record, and which teams follow from it."""
    person = found.person
    assert person is not None  # noqa: S101 -- for mypy; the caller returns before
    company = directory.look_up(login=person.login, github_id=person.id)
    if company.check is not None:
        found.checks.append(company.check)
    if organization.rules is None:
        found.checks.append(
            check(CheckCode.NO_TEAM_RULES, organization.rules_problem, blocks=True)
        )
    if company.record is None:
        return
    found.record = company.record
    found.department = str(company.record.get("department") or "")[:255]
    email = str(company.record.get("email") or "")
    if row.email_given and email and row.email_given.casefold() != email.casefold():
        text = f"The directory has the e-mail {email}; that one counts."
        found.checks.append(check(CheckCode.EMAIL_DIFFERS, text, blocks=False))
    if not found.name_is_known():
        found.person = Person(
            id=person.id,
            login=person.login,
            name=str(company.record.get("name") or "")[:255],
            avatar_url=person.avatar_url,
        )
    if organization.rules is None:
        return
    choices = choose_teams(organization.rules, company.record)
    found.teams = [{"slug": choice.slug, "because": choice.because} for choice in choices]
    _note_teams(found, choices, organization)


def _note_teams(found: Finding, choices: Sequence[Choice], organization: Organization) -> None:
    """Tell of teams that are gone or not ours to change, and count what is to be written."""
    if not choices:
        text = "The team rules give no team; the person joins the organisation alone."
        found.checks.append(check(CheckCode.NO_TEAM, text, blocks=False))
    owned = 0
    for choice in choices:
        if organization.teams is not None and choice.slug.lower() not in organization.teams:
            text = (
                f"The team {choice.slug} ({choice.because}) does not exist in {organization.login}"
                " any more: change the team rules."
            )
            found.checks.append(check(CheckCode.TEAM_MISSING, text, blocks=True))
        elif is_synced(choice.slug, organization):
            owned += 1
            text = (
                f"An identity provider decides who is in {choice.slug} ({choice.because}): nobody"
                " is added from here."
            )
            found.checks.append(check(CheckCode.TEAM_SYNCED, text, blocks=False))
    found.writes = max(len(choices) - owned, 1)
