"""GitHub's teams as the rules' editor needs them; asked at most once a minute by each process.

GitHub may be away while somebody edits: then the reason stands where the teams would.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache

from core import github
from core.github import GitHubNotConfigured
from ghkit.errors import GhkitError
from ghkit.github import organizations

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

TEAMS_TTL_S: Final = 60
SYNCED_TTL_S: Final = 600
"""Who owns a team hardly ever changes, and each takes a call of its own."""

LOOK_AGAIN_S: Final = 5
"""A team that is missing from what is known is looked for again, but not by every click."""

PROBLEM_TTL_S: Final = 10
"""A page that waited for GitHub's timeout should not wait again at the next click."""


_SINCE: Final = "github-teams:since"


@dataclass(frozen=True, slots=True)
class Teams:
    """The organisation's teams, or why they are not known.

    Attributes:
        names: By slug, in GitHub's order.
        synced: Slugs of those of the asked ones whose members an identity provider decides.
        problem: A sentence; "" where GitHub answered.
    """

    organization: str
    names: Mapping[str, str] = field(default_factory=dict)
    synced: frozenset[str] = frozenset()
    problem: str = ""

    @property
    def is_known(self) -> bool:
        """Whether GitHub answered."""
        return not self.problem


def ask(used: Collection[str], *, is_fresh: bool = False) -> Teams:
    """Ask for all teams, and for those in `used` whether an identity provider owns them.

    Args:
        used: Slugs that rules name.
        is_fresh: Whether GitHub is asked which teams there are, however short ago it was.
    """
    organization = str(settings.GITHUB_ORG)
    if not organization:
        return Teams("", problem="No organisation is set: GITHUB_ORG says whose teams these are.")
    place = _place(organization)
    if problem := cache.get(f"{place}:problem"):
        return Teams(organization, problem=problem)
    try:
        names = None if is_fresh else cache.get(place)
        # What is not among them may have been made since: no rule is refused for a list that is old.
        is_short = names is not None and any(slug not in names for slug in used)
        if names is None or (is_short and cache.add(f"{place}:again", 1, LOOK_AGAIN_S)):
            found = organizations.list_teams(github.app(), organization=organization)
            names = {team["slug"]: team["name"] for team in found}
            cache.set(place, names, TEAMS_TTL_S)
        synced = {slug for slug in used if slug in names and _is_synced(place, organization, slug)}
    except (GhkitError, GitHubNotConfigured) as exc:
        reason = str(exc).removesuffix(".")
        problem = f"GitHub cannot be asked for the teams of {organization}: {reason}."
        cache.set(f"{place}:problem", problem, PROBLEM_TTL_S)
        return Teams(organization, problem=problem)
    return Teams(organization, names, frozenset(synced))


def forget() -> None:
    """Ask anew at the next call."""
    # What was kept under an earlier word is found no more; the cache holds other things as well.
    cache.set(_SINCE, uuid4().hex, timeout=None)


def _place(organization: str) -> str:
    # Settings differ between tests, and a process may outlive a change of the file they come from.
    return f"github-teams:{cache.get(_SINCE)}:{settings.GITHUB_API_URL}:{organization}"


def _is_synced(place: str, organization: str, slug: str) -> bool:
    key = f"{place}:synced:{slug}"
    known = cache.get(key)
    if known is None:
        known = organizations.is_team_synced(github.app(), organization=organization, slug=slug)
        cache.set(key, known, SYNCED_TTL_S)
    return bool(known)
