"""Bulk retries in words, shares and lines."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse

from core import display
from executions import selectors
from executions.enums import BulkStatus, ExecutionStatus, RetryAction, Took

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from executions.models import BulkItem, BulkRetry

PREVIEW_TONES = {"redrive": "ok", "restart": "run", "none": "idle"}
OUTCOME_TONES = {
    "accepted": "ok",
    "requested": "run",
    "waiting": "idle",
    "refused": "bad",
    "skipped": "warn",
    "cancelled": "warn",
}
OUTCOME_WORDS = {
    "accepted": "Accepted by AWS",
    "requested": "AWS is being told",
    "waiting": "Waiting",
    "refused": "Refused by AWS",
    "skipped": "Nothing to retry",
    "cancelled": "Cancelled",
}
_WIDTH = 1_000
# Names of a filter as the list's address has them.
_PARAMETERS = {"search": "q"}


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a bar that shows a whole; x and width are thousandths."""

    name: str
    tone: str
    label: str
    count: int
    x: str
    width: str

    @property
    def within(self) -> str:
        """The label within a sentence: a small letter first, but for AWS."""
        return self.label if self.label[1:2].isupper() else self.label[:1].lower() + self.label[1:]


def shares(counts: Mapping[str, int], tones: Mapping[str, str]) -> list[Share]:
    """Part a bar by counts, in the order of `tones`; what does not occur is left out."""
    total = sum(counts.values())
    parts, x = [], 0.0
    for name, tone in tones.items():
        if count := counts.get(name, 0):
            width = _WIDTH * count / total
            label = OUTCOME_WORDS.get(name) or str(RetryAction(name).label)
            parts.append(Share(name, tone, label, count, f"{x:.2f}", f"{width:.2f}"))
            x += width
    return parts


def bulk_standing(bulk: BulkRetry, counts: Mapping[str, int]) -> tuple[str, str]:
    """Name how a bulk retry stands, as a state to look at and its words.

    That all has been asked for is not yet that AWS has heard it, nor that it agreed.
    """
    if bulk.status != BulkStatus.DONE:
        return bulk.status, bulk.get_status_display()
    if counts.get("requested"):
        return "running", "AWS is being told"
    if not (refused := counts.get("refused", 0)):
        return bulk.status, bulk.get_status_display()
    if counts.get("accepted"):
        return "warning", f"Done, {refused:,} refused"
    return "failed", "AWS refused"


def filter_in_words(wanted: selectors.Filter) -> list[str]:
    """Say what a filter lets through, a phrase a condition; empty where it lets all through."""
    attention = dict(selectors.ATTENTION_CHOICES)
    phrases: dict[str, Callable[[Any], str]] = {
        "status": lambda value: f"status {ExecutionStatus(value).label}",
        "state_machine": lambda value: f"workflow {value}",
        "subject": lambda value: f"about {value}",
        "delivery": lambda value: f"delivery {value}",
        "started_after": lambda value: f"started from {display.exact_time(value)}",
        "started_before": lambda value: f"started before {display.exact_time(value)}",
        "took": lambda value: f"took {Took(value).label}",
        "error": lambda value: f"error {value}",
        "attention": lambda value: attention[value].lower(),
        "family": lambda _value: "of one kind of failure",
        "parent": lambda value: f"started by {value.rpartition(':')[2]}",
        "search": lambda value: f"matching “{value}”",
    }
    return [
        phrase(value)
        for name, phrase in phrases.items()
        if (value := getattr(wanted, name)) not in ("", None)
    ]


def filter_query(wanted: selectors.Filter) -> str:
    """Return the list's address of a filter: `?status=FAILED`."""
    query = {_PARAMETERS.get(name, name): value for name, value in wanted.to_json().items()}
    return f"?{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One execution of a bulk retry, in words; `status` is how it, or its successor, stands now."""

    url: str
    title: str
    action: str
    outcome: str
    outcome_label: str
    told: str
    status: str
    status_label: str
    is_open: bool


def bulk_rows(items: Iterable[BulkItem]) -> list[BulkRow]:
    """Make lines of a bulk retry's items; no query."""
    rows = []
    for item in items:
        outcome = selectors.bulk_outcome(item)
        retry = item.retry
        result = selectors.bulk_result(item)
        rows.append(
            BulkRow(
                url=reverse("executions:detail", args=[item.execution.public_id]),
                title=item.execution.subject or item.execution.name,
                action=str(RetryAction(item.action).label),
                outcome=outcome,
                outcome_label=OUTCOME_WORDS[outcome],
                told=(retry.outcome or retry.last_error if retry else "") or item.reason,
                status=result.status,
                status_label=result.get_status_display(),
                is_open=result.is_open and not result.is_forgotten,
            )
        )
    return rows


def bulk_tag(bulk: BulkRetry, counts: Mapping[str, int], rows: Iterable[BulkRow]) -> str:
    """Name the state of a bulk retry's page: equal tags, equal pages."""
    state = (bulk.status, sorted(counts.items()), [(row.outcome, row.status) for row in rows])
    return hashlib.sha256(repr(state).encode()).hexdigest()[:16]
