"""The round that confirms the App's installations, and then the repositories of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from webhooks.models import Installation
from webhooks.services.installations import confirm_installations, confirm_repositories
from webhooks.services.turns import Turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


def take_turn(place: dict[str, Any], clock: Callable[[], datetime]) -> Turn:
    """Confirm all installations, and in each turn after that the repositories of one."""
    if "left" in place:
        left = list(place["left"])
        installation = Installation.objects.filter(github_id=left.pop(0)).first()
        found = confirm_repositories(installation, now=clock()) if installation else 0
        count, repositories = place["count"], place["repositories"] + found
    else:
        active = confirm_installations(now=clock())
        left = [installation.github_id for installation in active]
        count, repositories = len(active), 0
    if left:
        return Turn(
            is_over=False, place={"left": left, "count": count, "repositories": repositories}
        )
    return Turn(
        is_over=True, note=f"{count:,} active installations, {repositories:,} repositories"
    )
