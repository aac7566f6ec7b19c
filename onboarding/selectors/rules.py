"""Questions about team rules: versions, drafts, and whom rules would change."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ghkit import team_rules
from onboarding.enums import MemberStatus
from onboarding.models import Member, MemberTeam, RuleDraft, RuleSet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import AbstractBaseUser

    from ghkit.team_rules import TeamRules

SHOWN_PEOPLE: Final = 50
SUGGESTIONS: Final = 200
VERSIONS_PAGE: Final = 20

_LIVING: Final = (MemberStatus.ACTIVE, MemberStatus.PENDING)


@dataclass(frozen=True, slots=True)
class PersonEffect:
    """What other rules would mean for one member."""

    login: str
    name: str
    gains: tuple[str, ...]
    losses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TeamEffect:
    """How many members a team would be given to, and no longer be given to."""

    slug: str
    gains: int
    losses: int


@dataclass(frozen=True, slots=True)
class Effects:
    """What other rules would mean for the members that are mirrored here.

    Attributes:
        people: How many there are, those who left and e-mail invitations not counted.
        unknown: Those of them without a department, title or e-mail address.
        changed: How many would be given other teams.
        teams: Those that change, the most first.
        shown: The first of the changed, by login.
        matches: By rule of the new rules, how many it applies to; 0 is the default.
    """

    people: int
    unknown: int
    changed: int
    teams: list[TeamEffect]
    shown: list[PersonEffect]
    matches: dict[int, int]

    @property
    def unshown(self) -> int:
        """How many more would change than are shown."""
        return self.changed - len(self.shown)


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What members have, for the fields of a rule."""

    departments: list[str]
    titles: list[str]
    domains: list[str]


def find_draft(*, user: AbstractBaseUser) -> RuleDraft | None:
    """Return what an admin is editing, if anything."""
    return RuleDraft.objects.filter(user_id=user.pk).first()


def latest_recorded() -> RuleSet | None:
    """Return the latest version that is recorded here, for when DynamoDB cannot be asked."""
    return RuleSet.objects.order_by("-version").first()


def find_version(version: int) -> RuleSet | None:
    """Return a recorded version."""
    return RuleSet.objects.filter(version=version).first()


def versions(*, before: int | None = None) -> list[RuleSet]:
    """List recorded versions, the newest first: a page and one more, to compare the last with.

    Args:
        before: Only those that are older.
    """
    found = RuleSet.objects.order_by("-version")
    if before is not None:
        found = found.filter(version__lt=before)
    return list(found[: VERSIONS_PAGE + 1])


def known_slugs(slugs: Iterable[str]) -> set[str]:
    """Tell which of these teams a member is or was in: they existed once."""
    return set(MemberTeam.objects.filter(slug__in=set(slugs)).values_list("slug", flat=True))


def suggestions() -> Suggestions:
    """List what members have, the most frequent spelling of the directory first."""
    emails = Member.objects.exclude(email="").values_list("email", flat=True)[:5_000]
    domains = Counter(email.rpartition("@")[2].lower() for email in emails)
    return Suggestions(
        departments=_values_of("department"),
        titles=_values_of("title"),
        domains=[domain for domain, _ in domains.most_common(SUGGESTIONS) if domain],
    )


def effects(*, old: TeamRules, new: TeamRules) -> Effects:
    """Work out for every member what `new` would give that `old` does not, and the reverse.

    Nobody is taken out of a team at GitHub: rules are for who joins, and for repairing.
    """
    fields = ("login", "name", "email", "department", "title")
    members = (
        Member.objects.filter(status__in=_LIVING, github_id__isnull=False)
        .order_by("sort_key", "pk")
        .values_list(*fields)
    )
    # Thousands of members are few kinds: what decides is department, title and domain.
    known: dict[tuple[str, str, str], tuple[list[str], list[str], set[int]]] = {}
    people = unknown = changed = 0
    gains: Counter[str] = Counter()
    losses: Counter[str] = Counter()
    matches: Counter[int] = Counter()
    shown: list[PersonEffect] = []
    for login, name, email, department, title in members.iterator(chunk_size=2_000):
        people += 1
        unknown += not (email or department or title)
        kind = (department, title, email.rpartition("@")[2])
        if kind not in known:
            known[kind] = _difference(old, new, email=email, department=department, title=title)
        gained, lost, numbers = known[kind]
        matches.update(numbers)
        if not gained and not lost:
            continue
        changed += 1
        gains.update(gained)
        losses.update(lost)
        if len(shown) < SHOWN_PEOPLE:
            shown.append(PersonEffect(login, name, tuple(gained), tuple(lost)))
    touched = sorted({*gains, *losses}, key=lambda slug: (-gains[slug] - losses[slug], slug))
    return Effects(
        people=people,
        unknown=unknown,
        changed=changed,
        teams=[TeamEffect(slug, gains[slug], losses[slug]) for slug in touched],
        shown=shown,
        matches=dict(matches),
    )


def _difference(
    old: TeamRules, new: TeamRules, **record: str
) -> tuple[list[str], list[str], set[int]]:
    before = [choice.slug for choice in team_rules.choose_teams(old, record)]
    after = [choice.slug for choice in team_rules.choose_teams(new, record)]
    numbers = {n for n, rule in enumerate(new.rules, start=1) if rule.matches(record)} | {0}
    gained = [slug for slug in after if slug not in before]
    return gained, [slug for slug in before if slug not in after], numbers


def _values_of(name: str) -> list[str]:
    found = (
        Member.objects.exclude(**{name: ""})
        .order_by(name)
        .values_list(name, flat=True)
        .distinct()[:SUGGESTIONS]
    )
    return list(found)
