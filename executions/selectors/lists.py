"""Which executions: lists, filters, single ones."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import F, Min, QuerySet
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from executions.enums import FAILURES
from executions.models import Execution, Family
from ghkit.inputs import INPUTS

if TYPE_CHECKING:
    from collections.abc import Mapping

_MACHINES_CACHED_S = 60
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
# The last columns: SQLite reads through the large ones to get at what stands behind them.
LARGE = ("packed_input", "packed_output", "definition")
_SUCCESSOR = "latest_retry__new_execution"
# What a line of a list and its advice are made of.
_LISTED = (
    "public_id",
    "arn",
    "name",
    "state_machine",
    "status",
    "started_at",
    "stopped_at",
    "error",
    "cause",
    "redrive_count",
    "redrive_status",
    "redrive_status_reason",
    "delivery",
    "subject",
    "parent_arn",
    "work_state",
    "last_error",
    "updated_at",
    "history_fetched_at",
    "history_event_count",
    "ended_in_fail_state",
    "failed_step",
    "definition_id",
)


ATTENTION_CHOICES = (("needed", "Needs attention"), ("handled", "Handled"))
"""Of failures: those that nobody has put right or taken note of, and the others."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which executions a list shows; empty and None mean any.

    Attributes:
        took: A class of `executions.enums.Took`.
        attention: One of `ATTENTION_CHOICES`.
        family: Public id of a family of failures.
        parent: ARN of the execution that started them.
        search: A repository or login, a name, a delivery's GUID or an ARN.
    """

    status: str = ""
    state_machine: str = ""
    subject: str = ""
    delivery: UUID | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    took: int | None = None
    error: str = ""
    attention: str = ""
    family: UUID | None = None
    parent: str = ""
    search: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what is not empty, in values of JSON; `from_json` reads it back."""
        return {
            field.name: value if isinstance(value, str | int) else _text(value)
            for field in fields(self)
            if (value := getattr(self, field.name)) not in ("", None)
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Filter:
        """Read what `to_json` wrote."""
        return cls(**{name: _value(name, one) for name, one in value.items()})


def _text(value: UUID | datetime) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _value(name: str, written: Any) -> Any:
    if name in {"delivery", "family"}:
        return UUID(written)
    if name in {"started_after", "started_before"}:
        return datetime.fromisoformat(written)
    return written


def executions(wanted: Filter) -> QuerySet[Execution]:
    """Return the executions that a filter lets through, without inputs and outputs, ready to show.

    The period is half-open: started_after <= started_at < started_before.
    """
    return ready_to_show(matching(wanted)).order_by("-started_at", "-pk")


def matching(wanted: Filter) -> QuerySet[Execution]:
    """Return the executions that a filter lets through, in no order and with all columns."""
    plain: dict[str, Any] = {
        "status": wanted.status or None,
        "state_machine": wanted.state_machine or None,
        "delivery": wanted.delivery,
        "started_at__gte": wanted.started_after,
        "started_at__lt": wanted.started_before,
        "took": wanted.took,
        "error": wanted.error or None,
        "parent_arn": wanted.parent or None,
    }
    found = Execution.objects.filter(
        **{name: value for name, value in plain.items() if value is not None}
    )
    if wanted.subject:
        found = _about(found, wanted.subject)
    if wanted.attention == "needed":
        found = found.filter(needs_attention=True)
    elif wanted.attention:
        found = found.filter(needs_attention=False, status__in=FAILURES)
    if wanted.family:
        family = Family.objects.filter(public_id=wanted.family).values("pk")[:1]
        found = found.filter(family=family)
    if wanted.search:
        found = _searched(found, wanted.search)
    return found


def ready_to_show(found: QuerySet[Execution]) -> QuerySet[Execution]:
    """Load what a line of a list and its advice are made of, and nothing large."""
    return found.select_related(_SUCCESSOR).only(
        *_LISTED,
        "latest_retry__execution",
        "latest_retry__status",
        "latest_retry__last_error",
        f"{_SUCCESSOR}__name",
        f"{_SUCCESSOR}__public_id",
    )


def _about(found: QuerySet[Execution], subject: str) -> QuerySet[Execution]:
    return found.filter(Exact(Lower(F("subject")), subject.lower()))


def _searched(found: QuerySet[Execution], text: str) -> QuerySet[Execution]:
    """Search by what can be found at once among millions: whole subjects, names, deliveries."""
    text = text.strip()
    if text.startswith("arn:"):
        return found.filter(arn=text)
    if match := _UUID.search(text):
        return found.filter(delivery=UUID(match[0]))
    named = found.filter(name=text)
    # Names are drawn to be unique, logins are not named like them.
    return named if "/" not in text and named.exists() else _about(found, text)


def execution_by_id(public_id: UUID) -> Execution | None:
    """Find an execution with all that its page shows, by its public id."""
    return (
        Execution.objects.select_related("latest_retry__requested_by", _SUCCESSOR, "definition")
        .defer(*(f"{_SUCCESSOR}__{field}" for field in (*LARGE, "cause")))
        .filter(public_id=public_id)
        .first()
    )


def execution_by_arn(arn: str) -> Execution | None:
    """Find an execution by its ARN."""
    return Execution.objects.defer(*LARGE).filter(arn=arn).first()


def state_machines() -> list[str]:
    """Return the names of all machines seen, sorted, by one index look-up each."""
    known: list[str] | None = cache.get("executions:state-machines")
    if known is None:
        known, name = [], _next_machine("")
        while name is not None:
            known.append(name)
            name = _next_machine(name)
        if known:
            cache.set("executions:state-machines", known, _MACHINES_CACHED_S)
    return known


def startable_machines() -> list[str]:
    """Return the names of the machines whose input this version knows, sorted."""
    return sorted(INPUTS)


def _next_machine(after: str) -> str | None:
    least: str | None = Execution.objects.filter(state_machine__gt=after).aggregate(
        least=Min("state_machine")
    )["least"]
    return least
