"""Questions to the mirror of members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Case, Count, Exists, OuterRef, Prefetch, Value, When

from core.work import WorkState
from executions.selectors import Filter as ExecutionFilter
from executions.selectors import executions
from onboarding.enums import InvitationEnd, MemberState, MemberStatus, TeamState
from onboarding.models import (
    Member,
    MemberChore,
    MemberImport,
    MemberTeam,
    Organization,
    state_condition,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import QuerySet

    from executions.models import Execution

NO_DEPARTMENT: Final = "-"
"""Asks for those of whom the company directory names none."""

NOT_ONBOARDED_MAX: Final = 100
"""Failed onboardings that are looked through for names."""

IN_TEAM: Final = (TeamState.ACTIVE, TeamState.PENDING)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which members a list shows; empty means any."""

    search: str = ""
    department: str = ""
    team: str = ""
    state: str = ""


def members(wanted: Filter, *, now: datetime) -> QuerySet[Member]:
    """Return the members that a filter lets through, in order of their logins, with their teams."""
    found = Member.objects.defer("company")
    for word in wanted.search.lower().split():
        found = found.filter(search_text__contains=word)
    if wanted.department:
        found = found.filter(
            department="" if wanted.department == NO_DEPARTMENT else wanted.department
        )
    if wanted.team:
        found = found.exclude(status=MemberStatus.REMOVED).filter(
            Exists(
                MemberTeam.objects.filter(
                    member=OuterRef("pk"), slug=wanted.team, state__in=IN_TEAM
                )
            )
        )
    if wanted.state:
        found = found.in_state(wanted.state, now=now)
    return with_teams(found).order_by("sort_key", "pk")


def members_named(login: str) -> QuerySet[Member]:
    """Return the people of this login, or all members without one, as the REST API shows them."""
    found = Member.objects.defer("company", "search_text")
    if login:
        found = found.filter(sort_key=login.lower(), github_id__isnull=False)
    return with_teams(found).order_by("sort_key", "pk")


def with_teams(found: QuerySet[Member]) -> QuerySet[Member]:
    """Have the teams of each loaded, in order of their slugs."""
    return found.prefetch_related(Prefetch("teams", MemberTeam.objects.order_by("slug")))


def find_member(organization_id: int, key: str) -> Member | None:
    """Find one member with teams and company record."""
    found = Member.objects.filter(organization_id=organization_id, key=key)
    return with_teams(found).first()


def find_person(organization: str, github_id: int) -> Member | None:
    """Find a person by the organisation's login, in whatever case, and GitHub's id."""
    found = Member.objects.filter(organization__iexact=organization, github_id=github_id)
    return with_teams(found.defer("company")).first()


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many members there are, by department and state, those who have left included."""

    by_department: dict[str, dict[str, int]]

    @property
    def by_state(self) -> dict[str, int]:
        """All departments together."""
        total: dict[str, int] = {}
        for counts in self.by_department.values():
            for state, count in counts.items():
                total[state] = total.get(state, 0) + count
        return total

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_state.values())


def numbers(*, now: datetime) -> Numbers:
    """Count the members; one walk along an index that holds all it takes."""
    state = Case(
        *(When(state_condition(code, now=now), then=Value(code.value)) for code in MemberState),
        default=Value(""),
    )
    rows = (
        Member.objects.annotate(state=state)
        .values_list("department", "state")
        .annotate(count=Count("pk"))
        .order_by("department", "state")
    )
    found: dict[str, dict[str, int]] = {}
    for department, code, count in rows:
        found.setdefault(department, {})[code] = count
    return Numbers(found)


def team_sizes() -> dict[str, int]:
    """Count who is in each team or has been invited to it, by slug in order; nobody who has left."""
    rows = (
        MemberTeam.objects.filter(state__in=IN_TEAM)
        .exclude(member__status=MemberStatus.REMOVED)
        .values_list("slug")
        .annotate(count=Count("pk"))
        .order_by("slug")
    )
    return dict(rows)


def executions_about(member: Member) -> QuerySet[Execution]:
    """Return the executions about somebody, the latest started first, whatever the login was then."""
    about = MemberImport.objects.filter(member=member).order_by().values_list("execution_id")
    if member.login:
        of_login = executions(ExecutionFilter(subject=member.login)).order_by()
        # With OR in place of a union PostgreSQL would pass over every execution there is.
        about = about.union(of_login.values_list("pk"))
    return executions(ExecutionFilter()).filter(pk__in=about)


def not_onboarded() -> list[str]:
    """Return the logins whose onboarding failed and waits for a retry, the latest first.

    They may have no record at all: it is stored once the company directory has told who they are.
    """
    failed = executions(ExecutionFilter(state_machine="onboard-member", attention="needed"))
    latest: dict[str, datetime] = {}
    for login, at in failed.values_list("subject", "started_at")[:NOT_ONBOARDED_MAX]:
        latest.setdefault(login, at)
    if not latest:
        return []
    # Another execution may have gone well since: of a second part, or of an event that came later.
    onboarded = Member.objects.filter(
        sort_key__in=[login.lower() for login in latest], rules_version__isnull=False
    ).order_by("pk")
    since = dict(onboarded.values_list("sort_key", "updated_at"))
    return [
        login
        for login, at in latest.items()
        if login and not (login.lower() in since and since[login.lower()] > at)
    ]


def chores_of(member: Member) -> list[MemberChore]:
    """Return what was asked for, latest first, with who asked."""
    found = MemberChore.objects.filter(member=member).select_related("requested_by")
    return list(found.order_by("-requested_at", "-pk")[:20])


def members_of(organization_id: int) -> list[tuple[str, str, int | None]]:
    """Return login, e-mail and invitation of all who are in an organisation or invited to it.

    Whoever has left is not among them: that they are invited again is news.
    """
    found = (
        Member.objects.filter(organization_id=organization_id)
        .exclude(status=MemberStatus.REMOVED)
        .order_by("pk")
    )
    return list(found.values_list("login", "email", "invitation_id"))


def invited_by_email(arrived: Collection[Member]) -> set[int]:
    """Return the organisations in which one of these had an invitation to the company's address.

    GitHub's event of the joining does not name the invitation that it accepts.
    """
    addresses = {member.email.lower() for member in arrived if member.email}
    if not addresses:
        return set()
    found = Member.objects.filter(
        status=MemberStatus.INVITED,
        sort_key__in=addresses,
        organization_id__in={member.organization_id for member in arrived},
        invitation_end=InvitationEnd.NONE,
    )
    return set(found.order_by().values_list("organization_id", flat=True))


def find_accepted(invitation: Member) -> Member | None:
    """Find the member that an invitation's address belongs to, by the company's record."""
    if not invitation.email:
        return None
    return (
        Member.objects.filter(
            organization_id=invitation.organization_id,
            github_id__isnull=False,
            status=MemberStatus.ACTIVE,
            email__iexact=invitation.email,
        )
        .order_by("pk")
        .first()
    )


def organizations() -> list[Organization]:
    """Return the organisations, with how their invitations were last compared."""
    return list(Organization.objects.order_by("login"))


def unread_results() -> list[MemberImport]:
    """Return imports that were given up, a few of them, the latest first."""
    found = MemberImport.objects.filter(work_state=WorkState.DEAD).select_related("execution")
    return list(
        found.defer("execution__packed_input", "execution__packed_output").order_by("-pk")[:5]
    )
