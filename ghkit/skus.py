"""Which runner SKU a job used, as far as GitHub lets us know.

No field of a job names its SKU, operating system or size, so it is inferred, most reliable hint
first. What no rule recognises stays unknown: a guess would put a wrong price in somebody's books.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ghkit.jobs import Job


class SkuKind(StrEnum):
    """How a job's minutes count."""

    STANDARD = "standard"
    """GitHub's own runner: free in public repositories."""
    LARGER = "larger"
    """GitHub's own larger runner: charged everywhere."""
    SELF_HOSTED = "self_hosted"
    """The organisation's own machine: GitHub charges nothing."""
    NONE = "none"
    """Nothing ran, so there is nothing to charge."""
    UNKNOWN = "unknown"
    """Something ran that has no known price; shown as such and left out of every sum of money."""


SELF_HOSTED_SKU: Final = "self_hosted"
"""Stands for GitHub's `actions_self_hosted_linux` and its like: a job does not say which."""

GITHUB_GROUP: Final = "GitHub Actions"
"""Runner group of GitHub's own runners, as recorded payloads spell it; its id differs per owner.

Larger macOS runners have it too: they need no set-up and belong to no group of an admin's.
A documented label in any other group is an admin's own runner that happens to be called so.
"""

# GitHub Docs, actions/how-tos/write-workflows/choose-where-workflows-run/
# choose-the-runner-for-a-job, read 2026-08-22; 26.04 and xcode-27 are previews.
STANDARD_LABELS: Final = {
    "ubuntu-slim": "actions_linux_slim",
    "ubuntu-latest": "actions_linux",
    "ubuntu-26.04": "actions_linux",
    "ubuntu-24.04": "actions_linux",
    "ubuntu-22.04": "actions_linux",
    "ubuntu-26.04-arm": "actions_linux_arm",
    "ubuntu-24.04-arm": "actions_linux_arm",
    "ubuntu-22.04-arm": "actions_linux_arm",
    "windows-latest": "actions_windows",
    "windows-2025": "actions_windows",
    "windows-2025-vs2026": "actions_windows",
    "windows-2022": "actions_windows",
    "windows-11-arm": "actions_windows_arm",
    "windows-11-vs2026-arm": "actions_windows_arm",
    "macos-latest": "actions_macos",
    "macos-26": "actions_macos",
    "macos-15": "actions_macos",
    "macos-14": "actions_macos",
    "macos-26-intel": "actions_macos",
    "macos-15-intel": "actions_macos",
    "xcode-27": "actions_macos",
    # Retired, but older jobs carry them: priced like their operating system (derived).
    "ubuntu-20.04": "actions_linux",
    "ubuntu-18.04": "actions_linux",
    "windows-2019": "actions_windows",
    "macos-13": "actions_macos",
    "macos-12": "actions_macos",
    "macos-11": "actions_macos",
}
"""`runs-on` labels of GitHub's standard runners, with their SKU."""

LARGER_LABELS: Final = {
    "macos-latest-large": "macos_l",
    "macos-26-large": "macos_l",
    "macos-15-large": "macos_l",
    "macos-14-large": "macos_l",
    "macos-latest-xlarge": "macos_xl",
    "macos-26-xlarge": "macos_xl",
    "macos-15-xlarge": "macos_xl",
    "macos-14-xlarge": "macos_xl",
    "xcode-27-xlarge": "macos_xl",
}
"""The only larger runners with labels of GitHub's own; an admin names all others."""

_HOSTED_LABELS: Final = {
    **{label: (SkuKind.STANDARD, sku) for label, sku in STANDARD_LABELS.items()},
    **{label: (SkuKind.LARGER, sku) for label, sku in LARGER_LABELS.items()},
}


@dataclass(frozen=True, slots=True)
class Resolution:
    """A job's SKU and, in words fit for a page, how we know."""

    kind: SkuKind
    sku: str | None
    reason: str


def resolve_sku(job: Job) -> Resolution:
    """Infer the SKU of a finished job; the first rule that recognises it decides."""
    return (
        _without_runner(job)
        or _self_hosted(job)
        or _documented_label(job)
        or Resolution(SkuKind.UNKNOWN, None, f"{_whereabouts(job)}: not a runner GitHub documents")
    )


def _without_runner(job: Job) -> Resolution | None:
    if job.conclusion == "skipped":
        return Resolution(SkuKind.NONE, None, "skipped")
    if job.has_runner:
        return None
    if job.conclusion == "success":
        # Only a job that ran succeeds, so it is GitHub's answer that lacks the runner.
        return Resolution(SkuKind.UNKNOWN, None, "succeeded, but GitHub names no runner")
    return Resolution(SkuKind.NONE, None, "never got a runner")


def _self_hosted(job: Job) -> Resolution | None:
    # Its absence proves nothing: runner scale sets and `--no-default-labels` do without it.
    if "self-hosted" in map(str.lower, job.labels):
        return Resolution(SkuKind.SELF_HOSTED, SELF_HOSTED_SKU, "label self-hosted")
    return None


def _documented_label(job: Job) -> Resolution | None:
    if job.runner_group_name != GITHUB_GROUP:
        return None
    # Several labels ask for one runner that has them all, so they must agree on its SKU.
    found = {_HOSTED_LABELS.get(label.lower()) for label in job.labels}
    match = found.pop() if len(found) == 1 else None
    return Resolution(*match, _whereabouts(job)) if match else None


def _whereabouts(job: Job) -> str:
    """Name what is known of the runner: "label ubuntu-latest, group GitHub Actions"."""
    plural = "s" if len(job.labels) > 1 else ""
    labels = f"label{plural} {', '.join(job.labels)}" if job.labels else "no label"
    return f"{labels}, " + (
        f"group {job.runner_group_name}" if job.runner_group_name else "no group"
    )
