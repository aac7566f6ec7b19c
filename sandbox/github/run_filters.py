"""The filters of the list of workflow runs.

Source: REST API, List workflow runs for a repository, docs.github.com, read 2026-08-22.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.github.answers import GitHubError

FILTERS: Mapping[str, Callable[[Mapping[str, Any]], set[str | None]]] = {
    "actor": lambda run: {(run["actor"] or {}).get("login")},
    "branch": lambda run: {run["head_branch"]},
    "check_suite_id": lambda run: {str(run["check_suite_id"])},
    "event": lambda run: {run["event"]},
    "head_sha": lambda run: {run["head_sha"]},
    "status": lambda run: {run["status"], run["conclusion"]},
}
"""What a run may be found by, except for the moment of its creation."""

SPAN = re.compile(r"(?P<sign>[<>]=?)?(?P<first>[^.]+?)(\.\.(?P<second>.+))?")


def wanted_by(query: Mapping[str, str]) -> dict[str, str]:
    """The filters among a query's parameters."""
    return {name: query[name] for name in (*FILTERS, "created") if name in query}


def matches(run: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    """Whether a completed run is what all filters ask for.

    Raises:
        GitHubError: 422 where `created` is no span of time.
    """
    return all(
        is_within(run["created_at"], value) if name == "created" else value in FILTERS[name](run)
        for name, value in wanted.items()
    )


def is_within(created_at: str, text: str) -> bool:
    """Whether a moment lies in a span: `>=D`, `>D`, `<=D`, `<D`, `D..D`, `*..D`, `D..*` or `D`.

    D is a day or a moment; both last, so that every span is half open.
    """
    found = SPAN.fullmatch(text)
    if found is None:
        raise GitHubError(422, f"Invalid value for parameter 'created': {text}")
    starts_at, ends_at = bounds(found["first"])
    if found["second"] is not None:
        ends_at = bounds(found["second"])[1]
    elif found["sign"] is not None:
        starts_at, ends_at = {
            ">=": (starts_at, LAST),
            ">": (ends_at, LAST),
            "<=": (FIRST, ends_at),
            "<": (FIRST, starts_at),
        }[found["sign"]]
    return starts_at <= moment_of(created_at) < ends_at


FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)


def bounds(text: str) -> tuple[datetime, datetime]:
    """When a day or a moment begins and ends; a moment lasts a second, `*` for ever."""
    if text == "*":
        return FIRST, LAST
    began = moment_of(text)
    is_day = len(text) == len("2026-01-01")
    return began, began + (timedelta(days=1) if is_day else timedelta(seconds=1))


def moment_of(text: str) -> datetime:
    """An ISO moment or day; without a zone it is in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise GitHubError(422, f"Invalid value for parameter 'created': {text}") from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
