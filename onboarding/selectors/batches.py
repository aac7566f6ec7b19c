"""Reading onboardings by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, QuerySet

from core.errors import NotFound
from onboarding.enums import OPEN_ROWS, RowState
from onboarding.models.batches import Batch, Row

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Counts:
    """People of a batch by state."""

    by_state: dict[str, int]

    @property
    def total(self) -> int:
        """Everybody."""
        return sum(self.by_state.values())

    @property
    def succeeded(self) -> int:
        """Who is onboarded, by this batch or before it."""
        return self._sum((RowState.SUCCEEDED, RowState.SKIPPED))

    @property
    def failed(self) -> int:
        """Who is not, and will not be unless somebody does something."""
        return self._sum((RowState.FAILED, RowState.CANCELLED))

    @property
    def running(self) -> int:
        """Who is being checked, waits, or is with AWS."""
        return self._sum(OPEN_ROWS)

    def of(self, state: str) -> int:
        """How many are in this state."""
        return self.by_state.get(state, 0)

    def _sum(self, states: Iterable[str]) -> int:
        return sum(self.of(state) for state in states)


def batches() -> QuerySet[Batch]:
    """Return all batches; keyset pages order them, the latest first."""
    return Batch.objects.all()


def get_batch(public_id: UUID) -> Batch:
    """Return a batch.

    Raises:
        NotFound: There is none of that id.
    """
    found = Batch.objects.filter(public_id=public_id).first()
    if found is None:
        message = f"There is no onboarding {public_id}."
        raise NotFound(message)
    return found


def counts(batch: Batch) -> Counts:
    """Count a batch's people by state."""
    return counts_of([batch])[batch.pk]


def counts_of(batches: Iterable[Batch]) -> dict[int, Counts]:
    """Count the people of several batches by state, in one query."""
    found: dict[int, dict[str, int]] = {batch.pk: {} for batch in batches}
    rows = Row.objects.filter(batch_id__in=found).values("batch_id", "state").order_by()
    for line in rows.annotate(people=Count("pk")):
        found[line["batch_id"]][line["state"]] = line["people"]
    return {pk: Counts(by_state) for pk, by_state in found.items()}


def rows(batch: Batch, *, state: str = "") -> QuerySet[Row]:
    """Return a batch's people in order of their rows, of one state where it is given."""
    found = batch.rows.order_by("number", "pk")
    return found.filter(state=state) if state else found
