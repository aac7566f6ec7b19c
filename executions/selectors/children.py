"""The executions that an execution started, as the mirror has them now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Case, Count, IntegerField, Q, Value, When

from executions.enums import FAILURES, OPEN_STATUSES
from executions.models import Execution
from executions.selectors.lists import ready_to_show

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True, slots=True)
class ChildCounts:
    """How many children there are, by status, and how many failures nobody has put right."""

    by_status: Counter[str]
    need_attention: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.by_status.total()

    @property
    def running(self) -> int:
        """Those that may still go on by themselves."""
        return sum(self.by_status[status] for status in OPEN_STATUSES)


def child_counts(execution: Execution) -> ChildCounts:
    """Count the children of an execution."""
    rows = (
        Execution.objects.filter(parent_arn=execution.arn)
        .order_by("status")
        .values_list("status")
        .annotate(count=Count("pk"), attention=Count("pk", filter=Q(needs_attention=True)))
    )
    counted: Counter[str] = Counter()
    attention = 0
    for status, count, needing in rows:
        counted[status] += count
        attention += needing
    return ChildCounts(counted, attention)


def children(execution: Execution, *, limit: int) -> list[Execution]:
    """Return some children: what needs attention first, then what runs, then by start."""
    urgency = Case(
        When(needs_attention=True, then=Value(0)),
        When(status__in=OPEN_STATUSES, then=Value(1)),
        When(status__in=FAILURES, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    mine = ready_to_show(Execution.objects.filter(parent_arn=execution.arn))
    return list(mine.order_by(urgency, "started_at", "pk")[:limit])


def executions_by_arn(arns: Collection[str]) -> dict[str, Execution]:
    """Find executions by their ARNs, with what a line about them needs; unknown ones are left out."""
    if not arns:
        return {}
    found = Execution.objects.filter(arn__in=arns).only(
        "public_id", "arn", "name", "subject", "status", "error"
    )
    return {one.arn: one for one in found.order_by("pk")}
